#include "base/slug.h"

#include <utf8proc.h>

/* No code point has a canonical decomposition of more than four. */
#define SLUG_DECOMPOSED_MAX 8

struct slug_text {
    char *at; /* room for two bytes per byte of the name */
    size_t len;
    bool hyphen; /* owed before the next character */
};

static void slug_put(struct slug_text *out, const char *text)
{
    if (out->hyphen && out->len > 0) {
        out->at[out->len++] = '-';
    }
    out->hyphen = false;
    while (*text != '\0') {
        out->at[out->len++] = *text++;
    }
}

/* Letters whose stroke or ligature is part of them: Unicode decomposes none of these. */
static const char *slug_letter(utf8proc_int32_t lower)
{
    switch (lower) {
    case 0x00DF: /* ß */
        return "ss";
    case 0x00E6: /* æ */
        return "ae";
    case 0x00F8: /* ø */
        return "o";
    case 0x0111: /* đ */
        return "d";
    case 0x0127: /* ħ */
        return "h";
    case 0x0131: /* ı */
        return "i";
    case 0x0142: /* ł */
        return "l";
    case 0x0153: /* œ */
        return "oe";
    default:
        return NULL;
    }
}

/* U+FEFF is no separator to Unicode, but it is white space to JavaScript and so to the peer. */
static bool slug_is_space(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (c >= 0x09 && c <= 0x0D) || c == 0xFEFF || category == UTF8PROC_CATEGORY_ZS ||
           category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static void slug_add(struct slug_text *out, utf8proc_int32_t c)
{
    if (c == '-' || slug_is_space(c)) {
        out->hyphen = true;
        return;
    }
    utf8proc_int32_t lower = utf8proc_tolower(c);
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_') {
        slug_put(out, (char[]){(char)lower, '\0'});
        return;
    }
    const char *letter = slug_letter(lower);
    if (letter != NULL) {
        slug_put(out, letter);
    }
}

struct str slug_of(struct arena *arena, struct str name)
{
    struct slug_text out = {.at = arena_alloc(arena, name.len * 2 + 2)};
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)name.at;
    utf8proc_ssize_t left = (utf8proc_ssize_t)name.len;
    while (left > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t used = utf8proc_iterate(at, left, &c);
        if (used <= 0) {
            break;
        }
        at += used;
        left -= used;
        utf8proc_int32_t parts[SLUG_DECOMPOSED_MAX];
        utf8proc_ssize_t count =
            utf8proc_decompose_char(c, parts, SLUG_DECOMPOSED_MAX, UTF8PROC_DECOMPOSE, NULL);
        for (utf8proc_ssize_t i = 0; i < count && i < SLUG_DECOMPOSED_MAX; i++) {
            slug_add(&out, parts[i]);
        }
    }
    return (struct str){out.at, out.len};
}
