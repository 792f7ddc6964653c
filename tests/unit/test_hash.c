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

static const char *hmac(const void *key, size_t key_len, const void *bytes, size_t len)
{
    uint8_t out[32];
    hash_hmac_sha256(key, key_len, bytes, len, out);
    return hex(out, sizeof out);
}

/* RFC 4231, test cases 1 to 4, 6 and 7; case 5 is about a truncated output. */
START_TEST(hmac_of_rfc_4231)
{
    uint8_t key[131], data[50];
    memset(key, 0x0b, 20);
    ck_assert_str_eq(hmac(key, 20, "Hi There", 8),
                     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    ck_assert_str_eq(hmac("Jefe", 4, "what do ya want for nothing?", 28),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, 20);
    memset(data, 0xdd, 50);
    ck_assert_str_eq(hmac(key, 20, data, 50),
                     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    for (size_t i = 0; i < 25; i++)
        key[i] = (uint8_t)(i + 1);
    memset(data, 0xcd, 50);
    ck_assert_str_eq(hmac(key, 25, data, 50),
                     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    memset(key, 0xaa, 131);
    ck_assert_str_eq(hmac(key, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 54),
                     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    const char *text = "This is a test using a larger than block-size key and a larger than "
                       "block-size data. The key needs to be hashed before being used by the "
                       "HMAC algorithm.";
    ck_assert_str_eq(hmac(key, 131, text, strlen(text)),
                     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
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
        {hmac_of_rfc_4231, 0},
        {equal_looks_at_every_byte, 0},
        {hex_is_lower_case, 0},
    };
    return UNIT_RUN("hash", cases);
}
