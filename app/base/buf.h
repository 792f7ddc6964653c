/*
 * buf: a growing byte string with a mandatory limit and a sticky error (after curl's dynbuf and
 * pgbouncer's PktBuf): append calls return nothing, one check at the end sees any failure.
 */
#ifndef MUSTER_BASE_BUF_H
#define MUSTER_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/str.h"

struct buf {
    char *at;   /* malloc'ed; NUL-terminated behind len once anything was appended */
    size_t len; /* bytes */
    size_t cap;
    size_t limit; /* bytes; an append that would pass it sets failed */
    bool failed;
};

/* Starts an empty buffer that will never hold more than `limit` bytes. */
void buf_init(struct buf *b, size_t limit);

/* Releases the memory; the buffer is then empty with the same limit. */
void buf_done(struct buf *b);

/* Empties it, keeps the memory, clears failed. */
void buf_clear(struct buf *b);

/* Append bytes, a view, a NUL-terminated text, one byte, formatted text. Never fail aloud: past the
 * limit, and ever after, they set failed and append nothing. */
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Appends text as HTML, between tags or in an attribute in quotes. Past the limit as above. */
void buf_add_html(struct buf *b, struct str text);

/* Appends `len` zeroed bytes and returns them; NULL when the limit forbids. Valid until the next
 * append. */
void *buf_grow(struct buf *b, size_t len);

/* View of the content; valid until the next append. */
struct str buf_str(const struct buf *b);

#endif
