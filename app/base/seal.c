#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/uuid.h"

#define SEAL_FILE_BYTES 256 /* longer than any text of a key */

/* ---- the master key ------------------------------------------------------------------------ */

/* Reads a small file; returns its length, or -1 with errno. */
static ssize_t seal_read_file(const char *path, char *out, size_t room)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    size_t len = 0;
    ssize_t got = 0;
    while (len < room &&
           ((got = read(fd, out + len, room - len)) > 0 || (got < 0 && errno == EINTR))) {
        len += got > 0 ? (size_t)got : 0;
    }
    int failed = errno;
    close(fd);
    errno = failed;
    return got < 0 ? -1 : (ssize_t)len;
}

static bool seal_read_hex(struct str text, unsigned char key[32])
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (text.len != 64) {
        return false;
    }
    for (size_t i = 0; i < 64; i++) {
        const char *at = memchr(digits, text.at[i], sizeof(digits) - 1);
        if (at == NULL) {
            return false;
        }
        unsigned value = (unsigned)(at - digits) % 16;
        key[i / 2] = (unsigned char)(i % 2 == 0 ? value << 4 : key[i / 2] | value);
    }
    return true;
}

/* 32 bytes exactly are the key itself; anything else is a text. */
static bool seal_read_key(struct str file, unsigned char key[32])
{
    if (file.len == 32) {
        memcpy(key, file.at, 32);
        return true;
    }
    AUTO(arena) arena = arena_new();
    struct str text = str_trim(file);
    struct str bytes;
    if (seal_read_hex(text, key)) {
        return true;
    }
    if (!base64_decode(arena, text, &bytes) || bytes.len != 32) {
        return false;
    }
    memcpy(key, bytes.at, 32);
    return true;
}

int seal_load(const char *path, struct seal *ret, struct err_info *info)
{
    char file[SEAL_FILE_BYTES];
    uint8_t digest[32];
    if (path == NULL || *path == '\0') {
        return err_set(info, ERR_NOT_FOUND, NULL,
                       "There is no master key: MUSTER_MASTER_KEY_FILE must name a file with 32"
                       " random bytes");
    }
    ssize_t len = seal_read_file(path, file, sizeof(file));
    if (len < 0) {
        return err_set(info, errno == ENOENT ? ERR_NOT_FOUND : ERR_INVAL, NULL,
                       "The master key file %s cannot be read: %s. MUSTER_MASTER_KEY_FILE must"
                       " name a file with 32 random bytes",
                       path, strerror(errno));
    }
    if (!seal_read_key((struct str){file, (size_t)len}, ret->key)) {
        return err_set(info, ERR_INVAL, NULL,
                       "The master key file %s must hold 32 random bytes, or their hex or base64"
                       " text",
                       path);
    }
    hash_sha256(ret->key, sizeof(ret->key), digest);
    memcpy(ret->key_id, digest, sizeof(ret->key_id));
    return 0;
}

/* ---- sealing ------------------------------------------------------------------------------- */

static EVP_CIPHER_CTX *seal_start(const struct seal *seal, bool closing, const unsigned char *nonce,
                                  struct str owner)
{
    int len = 0;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    if (cipher == NULL || owner.len > INT_MAX ||
        EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, seal->key, nonce, closing ? 1 : 0) !=
            1 ||
        EVP_CipherUpdate(cipher, NULL, &len, (const unsigned char *)owner.at, (int)owner.len) !=
            1) {
        abort(); /* only without memory, or with a libcrypto that knows no AES */
    }
    return cipher;
}

struct str seal_close(const struct seal *seal, struct arena *arena, struct str owner,
                      struct str text)
{
    unsigned char *out = arena_alloc(arena, text.len + SEAL_EXTRA_BYTES);
    unsigned char *body = out + SEAL_NONCE_BYTES;
    int len = 0;
    int rest = 0;
    uuid_random(out, SEAL_NONCE_BYTES);
    EVP_CIPHER_CTX *cipher = seal_start(seal, true, out, owner);
    if (text.len > INT_MAX ||
        EVP_CipherUpdate(cipher, body, &len, (const unsigned char *)text.at, (int)text.len) != 1 ||
        EVP_CipherFinal_ex(cipher, body + len, &rest) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES, body + text.len) != 1) {
        abort();
    }
    EVP_CIPHER_CTX_free(cipher);
    return (struct str){(const char *)out, text.len + SEAL_EXTRA_BYTES};
}

int seal_open(const struct seal *seal, struct arena *arena, struct str owner, struct str sealed,
              struct str *ret, struct err_info *info)
{
    unsigned char tag[SEAL_TAG_BYTES];
    int len = 0;
    int rest = 0;
    if (sealed.len < SEAL_EXTRA_BYTES || sealed.len > INT_MAX) {
        return err_set(info, ERR_CORRUPT, NULL, "a sealed text is too short");
    }
    size_t text_len = sealed.len - SEAL_EXTRA_BYTES;
    const unsigned char *nonce = (const unsigned char *)sealed.at;
    unsigned char *out = arena_alloc(arena, text_len + 1);
    memcpy(tag, sealed.at + SEAL_NONCE_BYTES + text_len, sizeof(tag));
    EVP_CIPHER_CTX *cipher = seal_start(seal, false, nonce, owner);
    bool is_good =
        EVP_CipherUpdate(cipher, out, &len, nonce + SEAL_NONCE_BYTES, (int)text_len) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1 &&
        EVP_CipherFinal_ex(cipher, out + len, &rest) == 1;
    EVP_CIPHER_CTX_free(cipher);
    if (!is_good) {
        return err_set(info, ERR_CORRUPT, NULL,
                       "a sealed text does not open: another master key, another row, or damage");
    }
    *ret = (struct str){(const char *)out, text_len};
    return 0;
}
