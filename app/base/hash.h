/* Hashes and their text forms. The only file of base/ that knows libcrypto and xxhash. */
#ifndef MUSTER_BASE_HASH_H
#define MUSTER_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* 128-bit content hash of a blob (XXH3-128, canonical byte order): finds damage, resists nobody. */
struct hash128 {
    uint8_t bytes[16];
};

/* Returns that hash of bytes. */
struct hash128 hash_content(const void *bytes, size_t len);

/* SHA-256 of bytes, 32 bytes into out. */
void hash_sha256(const void *bytes, size_t len, uint8_t out[32]);

/* HMAC-SHA256 (RFC 2104) of bytes, 32 bytes into out. A key may have any length. */
void hash_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t len,
                      uint8_t out[32]);

/* Constant-time comparison of equally long secrets. */
bool hash_equal(const void *a, const void *b, size_t len);

/* CRC-32 (IEEE 802.3), for the checksum inside an API key. */
uint32_t hash_crc32(const void *bytes, size_t len);

/* A fast 64-bit hash for tables in memory. */
uint64_t hash_fast(const void *bytes, size_t len);

/* Lower-case hex of len bytes, NUL-terminated: out has 2 × len + 1 bytes. */
void hash_hex(const void *bytes, size_t len, char *out);

#endif
