/* Case folding over utf8proc. */
#include "filter/fold.h"

#include <utf8proc.h>

/* Longest full case folding in Unicode is three code points; a little room above that. */
#define FOLD_SEQUENCE 8

static bool is_plain_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c >= 0x80 || (c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

static char lower_ascii(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static utf8proc_int32_t fold_code_point(utf8proc_int32_t code_point)
{
    utf8proc_int32_t folded[FOLD_SEQUENCE];
    int boundary_class = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(code_point, folded, FOLD_SEQUENCE,
                                                     UTF8PROC_CASEFOLD, &boundary_class);

    return count == 1 ? folded[0] : utf8proc_tolower(code_point);
}

/*
 * Folds the character that `text` begins with into out[4]; returns how many bytes of text it took.
 * A byte that begins no character is copied: the callers promise valid text, and a scan over
 * damaged text must end too.
 */
static size_t fold_next(struct str text, char out[4], size_t *ret_len)
{
    utf8proc_int32_t code_point = -1;
    utf8proc_ssize_t taken = 0;

    *ret_len = 1;
    out[0] = lower_ascii(text.at[0]);
    if ((unsigned char)text.at[0] < 0x80)
        return 1;
    taken = utf8proc_iterate((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len,
                             &code_point);
    if (taken <= 0)
        return 1;
    *ret_len = (size_t)utf8proc_encode_char(fold_code_point(code_point), (utf8proc_uint8_t *)out);
    return (size_t)taken;
}

void fold_append(struct buf *out, struct str text)
{
    if (is_plain_ascii(text)) {
        buf_add(out, text.at, text.len);
        return;
    }
    while (text.len > 0) {
        char folded[4];
        size_t folded_len = 0;
        size_t taken = fold_next(text, folded, &folded_len);

        buf_add(out, folded, folded_len);
        text.at += taken;
        text.len -= taken;
    }
}

struct str fold_text(struct arena *arena, struct str text)
{
    /* An ASCII byte folds to one byte, any longer character to at most four. */
    struct str folded = {NULL, 0};
    char *at = NULL;

    if (is_plain_ascii(text))
        return text;
    at = arena_alloc(arena, 2 * text.len + 4);
    for (struct str rest = text; rest.len > 0;) {
        size_t len = 0;
        size_t taken = fold_next(rest, at + folded.len, &len);

        folded.len += len;
        rest.at += taken;
        rest.len -= taken;
    }
    folded.at = at;
    return str_eq(folded, text) ? text : folded;
}
