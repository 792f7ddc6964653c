/*
 * A reader of row-wise files in constant memory: CSV (RFC 4180: quotes, doubled quotes, newlines
 * inside quotes; CR LF, LF or CR at the end of a row) or plain lines (for NDJSON). It takes the
 * bytes from a source, knows where each row begins, so that reading can go on there later, and
 * gives a row that is broken with what is wrong with it instead of stopping.
 */
#ifndef MUSTER_BASE_CSV_H
#define MUSTER_BASE_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct csv;

/* The bytes of a file, in order. Fills `out` with 1 to `size` of them; ret_len 0 is the end.
 * Returns 0 or a negative err, which csv_next hands on. */
typedef int csv_source(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info);

/* Where a reader stands: at the beginning of a row. */
struct csv_position {
    uint64_t offset; /* bytes before it */
    uint64_t lines;  /* line ends before it */
    uint64_t rows;   /* rows before it, broken ones too */
};

struct csv_config {
    csv_source *source;
    void *ctx;
    char delimiter; /* 0: each line is one cell, and quotes mean nothing */
    struct csv_position from;
};

/* One row. The cells are valid until the next csv_next. */
struct csv_row {
    const struct str *cells;
    size_t count;
    uint64_t number;     /* from 1 */
    uint64_t line;       /* where it begins, from 1 */
    const char *problem; /* NULL: a good row. Otherwise what is wrong; the cells may be cut off */
    bool is_unclosed;    /* it begins a quote that the file never ends: the rest of the file */
};

/* Never fails. Free with csv_free (NULL allowed). */
struct csv *csv_new(const struct csv_config *config);
void csv_free(struct csv *csv);
AUTO_DEFINE(csv);

/*
 * The next row that is not an empty line. A row is broken when it is longer than
 * LIMIT_IMPORT_ROW_BYTES, has more than LIMIT_IMPORT_COLUMNS cells, text behind a closing quote, a
 * NUL, bytes that are no UTF-8, or an end of the file inside quotes.
 * Returns 1 with a row, 0 at the end, ERR_INVAL when the file's first bytes say that it is no text
 * in UTF-8 (UTF-16, UTF-32, a spreadsheet or compressed file; the message names it), or the
 * source's err.
 */
int csv_next(struct csv *csv, struct csv_row *ret, struct err_info *info) MUST_CHECK;

/* Behind the row that was read last: where another reader can go on. */
struct csv_position csv_position(const struct csv *csv);

#endif
