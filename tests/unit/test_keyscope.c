/* What a key may do, and the text of a sign-in link's token. */
#include "store/keyscope.h"
#include "store/logintoken.h"
#include "unit.h"

static const struct {
    const char *text;
    const char *printed; /* NULL: refused */
} words[] = {
    {"*", "*"},
    {"read", "read"},
    {"admin,read", "read,admin"},
    {"write, read ,write", "read,write"},
    {"read,write,admin,*", "read,write,admin,*"},
    {"", NULL},
    {",", NULL},
    {"read,", NULL},
    {"read,root", NULL},
    {"Read", NULL},
};

START_TEST(words_are_read_and_printed)
{
    unsigned scopes = 0;
    char text[KEYSCOPE_TEXT_MAX];
    bool good = keyscope_parse(str_from(words[_i].text), &scopes);
    ck_assert_msg(good == (words[_i].printed != NULL), "%s", words[_i].text);
    if (!good)
        return;
    keyscope_print(scopes, ",", text);
    ck_assert_str_eq(text, words[_i].printed);
}
END_TEST

static const struct {
    unsigned scopes;
    bool read, write, admin, all; /* what it allows, and what it may give */
} meanings[] = {
    {0, false, false, false, false},
    {KEYSCOPE_READ, true, false, false, false},
    {KEYSCOPE_WRITE, true, true, false, false},
    {KEYSCOPE_ADMIN, false, false, true, false},
    {KEYSCOPE_READ | KEYSCOPE_WRITE | KEYSCOPE_ADMIN, true, true, true, false},
    {KEYSCOPE_ALL, true, true, true, true},
};

START_TEST(what_each_allows)
{
    unsigned scopes = meanings[_i].scopes;
    ck_assert(keyscope_allows(scopes, KEYSCOPE_READ) == meanings[_i].read);
    ck_assert(keyscope_allows(scopes, KEYSCOPE_WRITE) == meanings[_i].write);
    ck_assert(keyscope_allows(scopes, KEYSCOPE_ADMIN) == meanings[_i].admin);
    ck_assert(keyscope_covers(scopes, KEYSCOPE_ALL) == meanings[_i].all);
    ck_assert(keyscope_covers(scopes, scopes));
    ck_assert(keyscope_covers(scopes, KEYSCOPE_READ | KEYSCOPE_ADMIN) ==
              (meanings[_i].read && meanings[_i].admin));
}
END_TEST

START_TEST(a_token_says_its_project)
{
    uint8_t random[LOGINTOKEN_RANDOM_BYTES] = {0xff, 0xef, 0xbe, 1, 2, 3};
    struct logintoken_text parsed, other;
    const char *text = logintoken_print(unit_arena, 0xfbefbe01, random);
    ck_assert_uint_eq(strlen(text), LOGINTOKEN_CHARS);
    ck_assert_ptr_null(strpbrk(text, "+/="));
    ck_assert(logintoken_parse(unit_arena, str_from(text), &parsed));
    ck_assert_uint_eq(parsed.project_id, 0xfbefbe01);
    random[15] = 1;
    text = logintoken_print(unit_arena, 0xfbefbe01, random);
    ck_assert(logintoken_parse(unit_arena, str_from(text), &other));
    ck_assert(memcmp(parsed.sha256, other.sha256, sizeof(parsed.sha256)) != 0);
}
END_TEST

static const char *const no_tokens[] = {"",
                                        "AAAAAQwb6IWp69yzyZPcoClRz3",
                                        "AAAAAQwb6IWp69yzyZPcoClRz3wA",
                                        "AAAAAQwb6IWp69yzyZPcoClRz3=",
                                        "AAAAAQ+b6IWp69yzyZPcoClRz3w",
                                        "AAAAAQ/b6IWp69yzyZPcoClRz3w",
                                        "AAAAAQ b6IWp69yzyZPcoClRz3w"};

START_TEST(anything_else_is_none)
{
    struct logintoken_text parsed;
    ck_assert(!logintoken_parse(unit_arena, str_from(no_tokens[_i]), &parsed));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {words_are_read_and_printed, ARRAY_LEN(words)},
        {what_each_allows, ARRAY_LEN(meanings)},
        {a_token_says_its_project, 0},
        {anything_else_is_none, ARRAY_LEN(no_tokens)},
    };
    return UNIT_RUN("keyscope", cases);
}
