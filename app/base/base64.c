#include "base/base64.h"

#include <stdint.h>

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str base64_encode(struct arena *arena, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    size_t groups = len / 3 + (len % 3 != 0);
    char *out = arena_alloc(arena, groups * 4 + 1);
    for (size_t i = 0; i < groups; i++) {
        size_t left = len - i * 3;
        uint32_t bits = (uint32_t)at[i * 3] << 16;
        bits |= left > 1 ? (uint32_t)at[i * 3 + 1] << 8 : 0;
        bits |= left > 2 ? at[i * 3 + 2] : 0;
        out[i * 4] = base64_alphabet[bits >> 18];
        out[i * 4 + 1] = base64_alphabet[bits >> 12 & 63];
        out[i * 4 + 2] = left > 1 ? base64_alphabet[bits >> 6 & 63] : '=';
        out[i * 4 + 3] = left > 2 ? base64_alphabet[bits & 63] : '=';
    }
    return (struct str){out, groups * 4};
}

static int base64_value(char c)
{
    const char *at = c == '\0' ? NULL : strchr(base64_alphabet, c);
    return at == NULL ? -1 : (int)(at - base64_alphabet);
}

bool base64_decode(struct arena *arena, struct str text, struct str *ret)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.at[text.len - 1 - padding] == '=') {
        padding++;
    }
    size_t digits = text.len - padding;
    if (text.len % 4 != 0) {
        return false;
    }
    uint8_t *out = arena_alloc(arena, text.len / 4 * 3 + 1);
    uint32_t bits = 0;
    unsigned have = 0;
    size_t len = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = base64_value(text.at[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[len++] = (uint8_t)(bits >> have);
        }
    }
    *ret = (struct str){(const char *)out, len};
    return (bits & ((1U << have) - 1)) == 0; /* bits that belong to no byte are zero */
}
