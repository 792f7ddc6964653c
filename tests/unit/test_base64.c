/* Base64 against the vectors of RFC 4648, and what is no base64. */
#include "base/base64.h"
#include "unit.h"

static const struct {
    const char *bytes;
    const char *text;
} pairs[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

START_TEST(there_and_back)
{
    struct str bytes = str_from(pairs[_i].bytes);
    struct str decoded;
    unit_str_eq(base64_encode(unit_arena, bytes.at, bytes.len), pairs[_i].text);
    ck_assert(base64_decode(unit_arena, str_from(pairs[_i].text), &decoded));
    unit_str_eq(decoded, pairs[_i].bytes);
}
END_TEST

static const char *const refused[] = {
    "Z",     "Zg",   "Zg=",  "Zg===", "=",    "====",     "Z===", "Zm9v\n",
    "Zm 9v", "Zm9-", "Zm9_", "Zh==",  "Zm9=", "Zg==Zg==", "=Zg=", "Z\xc3\xa4==",
};

START_TEST(refuses)
{
    struct str decoded;
    ck_assert_msg(!base64_decode(unit_arena, str_from(refused[_i]), &decoded), "%s", refused[_i]);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {there_and_back, ARRAY_LEN(pairs)},
        {refuses, ARRAY_LEN(refused)},
    };
    return UNIT_RUN("base64", cases);
}
