#include "base/hash.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <xxhash.h>

struct hash128 hash_content(const void *bytes, size_t len)
{
    XXH128_canonical_t canonical;
    struct hash128 hash;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, len));
    memcpy(hash.bytes, canonical.digest, sizeof hash.bytes);
    return hash;
}

void hash_sha256(const void *bytes, size_t len, uint8_t out[32])
{
    SHA256(bytes, len, out);
}

void hash_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                      uint8_t out[32])
{
    unsigned out_len = 32;
    if (key_len > INT_MAX ||
        HMAC(EVP_sha256(), key, (int)key_len, bytes, len, out, &out_len) == NULL || out_len != 32)
        abort(); /* only without memory, or with a libcrypto that knows no SHA-256 */
}

bool hash_equal(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

uint32_t hash_crc32(const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < len; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
    }
    return ~crc;
}

uint64_t hash_fast(const void *bytes, size_t len)
{
    return XXH3_64bits(bytes, len);
}

void hash_hex(const void *bytes, size_t len, char *out)
{
    static const char hex[] = "0123456789abcdef";
    const uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = hex[at[i] >> 4];
        out[2 * i + 1] = hex[at[i] & 15];
    }
    out[2 * len] = '\0';
}
