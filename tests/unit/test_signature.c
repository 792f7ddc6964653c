/* Signatures against the vector that the reference libraries of Standard Webhooks share. */
#include "base/base64.h"
#include "deliver/signature.h"
#include "unit.h"

#define VECTOR_ID STR("msg_p5jXN8AQM9LWM0D4loKWxJek")
#define VECTOR_TIME_S 1614265330
#define VECTOR_BODY STR("{\"test\": 2432232314}")
#define ANY_BYTES "v1,m3iE/7BpHHF5nIlC+U6YHwjbqf+HLZaaTTcmUOzze1A="
#define VECTOR_SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

/* What stands behind whsec_ in a secret. */
static struct str key_of(const char *text)
{
    struct str key;
    ck_assert(base64_decode(unit_arena, str_from(text), &key));
    return key;
}

START_TEST(the_published_vector)
{
    struct str key = key_of("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    ck_assert_str_eq(signature_header(unit_arena, &key, 1, VECTOR_ID, VECTOR_TIME_S, VECTOR_BODY),
                     VECTOR_SIGNATURE);
}
END_TEST

START_TEST(each_secret_signs_for_itself)
{
    struct str keys[] = {key_of("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                         key_of("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")};
    const char *both = signature_header(unit_arena, keys, 2, VECTOR_ID, VECTOR_TIME_S, VECTOR_BODY);
    const char *second =
        signature_header(unit_arena, keys + 1, 1, VECTOR_ID, VECTOR_TIME_S, VECTOR_BODY);
    ck_assert_str_eq(both, arena_printf(unit_arena, "%s %s", VECTOR_SIGNATURE, second));
    ck_assert_str_ne(second, VECTOR_SIGNATURE);
}
END_TEST

START_TEST(id_time_and_body_are_signed)
{
    struct str key = key_of("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const char *others[] = {
        signature_header(unit_arena, &key, 1, STR("msg_p5jXN8AQM9LWM0D4loKWxJe"), VECTOR_TIME_S,
                         VECTOR_BODY),
        signature_header(unit_arena, &key, 1, VECTOR_ID, VECTOR_TIME_S + 1, VECTOR_BODY),
        signature_header(unit_arena, &key, 1, VECTOR_ID, VECTOR_TIME_S,
                         STR("{\"test\":2432232314}")),
        signature_header(unit_arena, &key, 1, VECTOR_ID, VECTOR_TIME_S, (struct str){NULL, 0}),
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ck_assert_str_ne(others[i], VECTOR_SIGNATURE);
}
END_TEST

/* Bytes of a body that are no text are signed as they are (HMAC-SHA256 by openssl). */
START_TEST(any_bytes)
{
    struct str key = STR("key"), body = {"\0\xff\n", 3};
    ck_assert_str_eq(signature_header(unit_arena, &key, 1, STR("a"), 1, body), ANY_BYTES);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {the_published_vector, 0},
        {each_secret_signs_for_itself, 0},
        {id_time_and_body_are_signed, 0},
        {any_bytes, 0},
    };
    return UNIT_RUN("signature", cases);
}
