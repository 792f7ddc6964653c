/* The text of API keys: what is made parses, and nothing else does. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/apikey.h"

static const enum apikey_kind kinds[] = {APIKEY_SECRET, APIKEY_PUBLIC, APIKEY_ACCOUNT,
                                         APIKEY_SESSION};

START_TEST(what_is_made_parses)
{
    static const char *const prefixes[] = {"sk_", "pk_", "pm_live_", "ses_"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        char text[APIKEY_TEXT_MAX], other[APIKEY_TEXT_MAX];
        uint8_t sha256[32];
        struct apikey_text parsed;
        apikey_generate(kinds[i], text);
        apikey_generate(kinds[i], other);
        ck_assert_str_ne(text, other);
        ck_assert_uint_eq(strlen(text), strlen(prefixes[i]) + 12 + 1 + 22 + 6);
        ck_assert(str_starts(str_from(text), str_from(prefixes[i])));
        ck_assert(apikey_parse(str_from(text), &parsed));
        ck_assert_int_eq(parsed.kind, kinds[i]);
        const char *id = text + strlen(prefixes[i]);
        ck_assert(strncmp(parsed.key_id, id, 12) == 0 && parsed.key_id[12] == '\0');
        hash_sha256(id + 13, 22, sha256);
        ck_assert_mem_eq(parsed.secret_sha256, sha256, sizeof(sha256));
    }
}
END_TEST

/* One character changed anywhere, one left out, one added: the checksum or the form says no. */
START_TEST(every_change_is_refused)
{
    char text[APIKEY_TEXT_MAX];
    struct apikey_text parsed;
    apikey_generate(APIKEY_SECRET, text);
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char changed[APIKEY_TEXT_MAX];
        memcpy(changed, text, len + 1);
        changed[i] = text[i] == 'x' ? 'y' : 'x';
        ck_assert_msg(!apikey_parse(str_from(changed), &parsed), "changed at %zu", i);
        changed[i] = '\0';
        ck_assert(!apikey_parse((struct str){changed, len}, &parsed));
        ck_assert(!apikey_parse((struct str){text, i}, &parsed));
    }
    char longer[APIKEY_TEXT_MAX];
    memcpy(longer, text, len);
    memcpy(longer + len, "0", 2);
    ck_assert(!apikey_parse(str_from(longer), &parsed));
    ck_assert(!apikey_parse((struct str){NULL, 0}, &parsed));
    ck_assert(!apikey_parse(str_from("sk_test"), &parsed));
}
END_TEST

/* A known text, so that a change of the format cannot go unseen: keys out there must go on working.
 */
START_TEST(an_old_key_still_parses)
{
    struct apikey_text parsed;
    ck_assert(apikey_parse(STR("sk_k4j5kZIR8OuP_cuDD9VzpECER63LbCWRtLj1Rvg7y"), &parsed));
    ck_assert_str_eq(parsed.key_id, "k4j5kZIR8OuP");
    ck_assert(apikey_parse(STR("pm_live_BlZhXfYoYzT7_Nr0i2lPh8CifvsNIUvWs5s4JooMe"), &parsed));
    ck_assert_int_eq(parsed.kind, APIKEY_ACCOUNT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("apikey");
    TCase *tc = tcase_create("apikey");
    tcase_add_test(tc, what_is_made_parses);
    tcase_add_test(tc, every_change_is_refused);
    tcase_add_test(tc, an_old_key_still_parses);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
