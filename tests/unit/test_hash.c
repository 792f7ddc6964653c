/* Hashes against their published vectors. */
#include "base/hash.h"
#include "unit.h"

static const char *hex(const void *bytes, size_t len)
{
    char *out = arena_alloc(unit_arena, 2 * len + 1);
    hash_hex(bytes, len, out);
    return out;
}

START_TEST(sha256_of_fips_180)
{
    uint8_t out[32];
    hash_sha256("abc", 3, out);
    ck_assert_str_eq(hex(out, 32),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256("", 0, out);
    ck_assert_str_eq(hex(out, 32),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

START_TEST(crc32_check_value)
{
    ck_assert_uint_eq(hash_crc32("123456789", 9), 0xcbf43926);
    ck_assert_uint_eq(hash_crc32("", 0), 0);
    ck_assert_uint_eq(hash_crc32("a", 1), 0xe8b7be43);
}
END_TEST

START_TEST(content_is_xxh3_128_in_canonical_order)
{
    struct hash128 empty = hash_content("", 0), a = hash_content("a", 1);
    ck_assert_str_eq(hex(empty.bytes, 16), "99aa06d3014798d86001c324468d497f");
    ck_assert_str_eq(hex(a.bytes, 16), "a96faf705af16834e6c632b61e964e1f");
}
END_TEST

START_TEST(fast_differs_where_texts_differ)
{
    ck_assert_uint_eq(hash_fast("abc", 3), hash_fast("abcd", 3));
    ck_assert_uint_ne(hash_fast("abc", 3), hash_fast("abd", 3));
    ck_assert_uint_ne(hash_fast("abc", 3), hash_fast("abc", 2));
}
END_TEST

START_TEST(equal_looks_at_every_byte)
{
    char a[32], b[32];
    memset(a, 7, sizeof a);
    memset(b, 7, sizeof b);
    ck_assert(hash_equal(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 1;
        ck_assert(!hash_equal(a, b, sizeof a));
        b[i] ^= 1;
    }
    ck_assert(hash_equal(a, b, 0));
}
END_TEST

START_TEST(hex_is_lower_case)
{
    ck_assert_str_eq(hex("\x00\x0f\xa0\xff", 4), "000fa0ff");
    ck_assert_str_eq(hex("", 0), "");
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {sha256_of_fips_180, 0},
        {crc32_check_value, 0},
        {content_is_xxh3_128_in_canonical_order, 0},
        {fast_differs_where_texts_differ, 0},
        {equal_looks_at_every_byte, 0},
        {hex_is_lower_case, 0},
    };
    return UNIT_RUN("hash", cases);
}
