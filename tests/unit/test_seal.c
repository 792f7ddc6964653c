/* Sealing: what was closed opens again for its key and its owner, and for nobody else. */
#include "base/seal.h"

#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

/* ---- master keys --------------------------------------------------------------------------- */

static int load(const void *bytes, size_t len, struct seal *ret, struct err_info *info)
{
    char path[] = "/tmp/muster-seal-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
    int err = seal_load(path, ret, info);
    unlink(path);
    return err;
}

/* The bytes 0 to 31 in every form that a file may have. */
static const char *const key_files[] = {
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    " 000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F\r\n",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
};

START_TEST(reads_texts)
{
    unsigned char bytes[32];
    struct seal seal, raw;
    struct err_info info = {.message = ""};
    for (unsigned char i = 0; i < 32; i++) {
        bytes[i] = i;
    }
    ck_assert_int_eq(load(bytes, sizeof bytes, &raw, &info), 0);
    ck_assert_int_eq(load(key_files[_i], strlen(key_files[_i]), &seal, &info), 0);
    ck_assert_mem_eq(raw.key, bytes, 32);
    ck_assert_mem_eq(seal.key, bytes, 32);
    /* SHA-256 of those bytes begins so. */
    ck_assert_mem_eq(seal.key_id, "\x63\x0d\xcd\x29\x66\xc4\x33\x66", 8);
}
END_TEST

static const char *const bad_key_files[] = {
    "",
    "short",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00",
    "0123456789012345678901234567890", /* 31 bytes */
};

START_TEST(refuses_what_is_no_key)
{
    struct seal seal;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(load(bad_key_files[_i], strlen(bad_key_files[_i]), &seal, &info), ERR_INVAL);
    ck_assert_ptr_nonnull(strstr(info.message, "32 random bytes"));
}
END_TEST

START_TEST(no_file_is_no_key)
{
    struct seal seal;
    struct err_info info = {.message = ""};
    ck_assert_int_eq(seal_load(NULL, &seal, &info), ERR_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(info.message, "MUSTER_MASTER_KEY_FILE"));
    ck_assert_int_eq(seal_load("", &seal, NULL), ERR_NOT_FOUND);
    ck_assert_int_eq(seal_load("/nowhere/at/all", &seal, NULL), ERR_NOT_FOUND);
    ck_assert_int_eq(seal_load("/tmp", &seal, NULL), ERR_INVAL);
}
END_TEST

/* ---- sealing ------------------------------------------------------------------------------- */

static const struct seal key = {.key = "0123456789abcdef0123456789abcde"};

/* AES-256-GCM, test case 16 of the GCM submission (McGrew and Viega): key, nonce, owner, text, and
 * what must come of them. */
START_TEST(opens_a_published_vector)
{
    static const unsigned char vector_key[32] =
        "\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08"
        "\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08";
    static const char owner[] = "\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef"
                                "\xab\xad\xda\xd2";
    static const char sealed[] = "\xca\xfe\xba\xbe\xfa\xce\xdb\xad\xde\xca\xf8\x88"
                                 "\x52\x2d\xc1\xf0\x99\x56\x7d\x07\xf4\x7f\x37\xa3\x2a\x84\x42\x7d"
                                 "\x64\x3a\x8c\xdc\xbf\xe5\xc0\xc9\x75\x98\xa2\xbd\x25\x55\xd1\xaa"
                                 "\x8c\xb0\x8e\x48\x59\x0d\xbb\x3d\xa7\xb0\x8b\x10\x56\x82\x88\x38"
                                 "\xc5\xf6\x1e\x63\x93\xba\x7a\x0a\xbc\xc9\xf6\x62"
                                 "\x76\xfc\x6e\xce\x0f\x4e\x17\x68\xcd\xdf\x88\x53\xbb\x2d\x55\x1b";
    static const char text[] = "\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a"
                               "\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30\x3d\x8a\x31\x8a\x72"
                               "\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\x49\xa6\xb5\x25"
                               "\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39";
    struct seal seal = {.key_id = ""};
    struct str opened;
    memcpy(seal.key, vector_key, 32);
    ck_assert_int_eq(seal_open(&seal, unit_arena, STR(owner), STR(sealed), &opened, NULL), 0);
    ck_assert_uint_eq(opened.len, sizeof(text) - 1);
    ck_assert_mem_eq(opened.at, text, opened.len);
}
END_TEST

START_TEST(there_and_back)
{
    char text[100];
    struct str opened;
    memset(text, 'x', sizeof text);
    struct str part = {text, (size_t)_i};
    struct str sealed = seal_close(&key, unit_arena, STR("webhook:7:a"), part);
    ck_assert_uint_eq(sealed.len, part.len + SEAL_EXTRA_BYTES);
    ck_assert_int_eq(seal_open(&key, unit_arena, STR("webhook:7:a"), sealed, &opened, NULL), 0);
    ck_assert(str_eq(opened, part));
}
END_TEST

START_TEST(never_the_same_twice)
{
    struct str one = seal_close(&key, unit_arena, STR("o"), STR("secret"));
    struct str other = seal_close(&key, unit_arena, STR("o"), STR("secret"));
    ck_assert(!str_eq(one, other));
}
END_TEST

START_TEST(stays_closed)
{
    struct str sealed = seal_close(&key, unit_arena, STR("webhook:7:a"), STR("a secret of mine"));
    struct str opened;
    struct seal other = key;
    other.key[31] ^= 1;
    ck_assert_int_eq(seal_open(&other, unit_arena, STR("webhook:7:a"), sealed, &opened, NULL),
                     ERR_CORRUPT);
    ck_assert_int_eq(seal_open(&key, unit_arena, STR("webhook:7:b"), sealed, &opened, NULL),
                     ERR_CORRUPT);
    for (size_t i = 0; i < sealed.len; i++) {
        char *copy = arena_copy(unit_arena, sealed.at, sealed.len);
        copy[i] ^= 1;
        ck_assert_int_eq(seal_open(&key, unit_arena, STR("webhook:7:a"),
                                   (struct str){copy, sealed.len}, &opened, NULL),
                         ERR_CORRUPT);
        ck_assert_int_eq(seal_open(&key, unit_arena, STR("webhook:7:a"), (struct str){sealed.at, i},
                                   &opened, NULL),
                         ERR_CORRUPT);
    }
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {reads_texts, ARRAY_LEN(key_files)},
        {refuses_what_is_no_key, ARRAY_LEN(bad_key_files)},
        {no_file_is_no_key, 0},
        {opens_a_published_vector, 0},
        {there_and_back, 70},
        {never_the_same_twice, 0},
        {stays_closed, 0},
    };
    return UNIT_RUN("seal", cases);
}
