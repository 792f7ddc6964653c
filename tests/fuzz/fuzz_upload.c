/*
 * libFuzzer: any bytes as an uploaded file. The rows of a CSV file are the same however the source
 * cuts its bytes, and whoever goes on behind any row reads the same rest: that is what an import
 * resumes by. The content of a multipart body is the same however it is cut.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/multipart.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s\n", what);
    abort();
}

/* Bytes given out in pieces of at most `piece`. */
struct cut {
    const char *at;
    size_t left;
    size_t piece;
};

static int give(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    struct cut *cut = ctx;
    size_t len = size < cut->piece ? size : cut->piece;
    (void)info;
    len = len < cut->left ? len : cut->left;
    memcpy(out, cut->at, len);
    cut->at += len;
    cut->left -= len;
    *ret_len = len;
    return 0;
}

/* ---- rows ---------------------------------------------------------------------------------- */

#define ROWS_MAX 64

struct reading {
    int end; /* what csv_next said last */
    size_t count;
    uint64_t hash[ROWS_MAX]; /* of the row's cells, number, line and verdict */
    struct csv_position behind[ROWS_MAX];
};

static uint64_t hash_row(const struct csv_row *row)
{
    uint64_t facts[] = {row->number, row->line, row->count, row->problem != NULL, row->is_unclosed};
    uint64_t hash = hash_fast(facts, sizeof facts);
    for (size_t i = 0; i < row->count; i++) {
        uint64_t cell[] = {hash, hash_fast(row->cells[i].at, row->cells[i].len), row->cells[i].len};
        hash = hash_fast(cell, sizeof cell);
    }
    return hash;
}

static struct reading read_rows(const uint8_t *bytes, size_t len, char delimiter, size_t piece,
                                struct csv_position from)
{
    struct reading reading = {0};
    struct err_info info = {0};
    struct cut cut = {(const char *)bytes + from.offset, len - from.offset, piece};
    struct csv_config config = {.source = give, .ctx = &cut, .delimiter = delimiter, .from = from};
    AUTO(csv) csv = csv_new(&config);
    struct csv_row row;
    while ((reading.end = csv_next(csv, &row, &info)) > 0 && reading.count < ROWS_MAX) {
        reading.hash[reading.count] = hash_row(&row);
        reading.behind[reading.count] = csv_position(csv);
        require(reading.behind[reading.count].offset <= len, "a row ends behind the file");
        reading.count++;
    }
    return reading;
}

static void same_rest(const struct reading *whole, size_t from, const struct reading *rest)
{
    if (whole->count == ROWS_MAX)
        return;
    require(rest->end == whole->end, "the end is another");
    require(rest->count == whole->count - from, "there are more or fewer rows");
    require(memcmp(rest->hash, whole->hash + from, rest->count * sizeof *rest->hash) == 0,
            "a row is another");
}

static void check_csv(const uint8_t *bytes, size_t len, char delimiter, size_t piece)
{
    struct csv_position start = {0};
    struct reading whole = read_rows(bytes, len, delimiter, SIZE_MAX, start);
    struct reading pieces = read_rows(bytes, len, delimiter, piece, start);
    same_rest(&whole, 0, &pieces);
    for (size_t i = 0; i < whole.count && i < 8; i++) {
        struct reading rest = read_rows(bytes, len, delimiter, piece, whole.behind[i]);
        same_rest(&whole, i + 1, &rest);
    }
}

/* ---- multipart ----------------------------------------------------------------------------- */

static int read_file(struct arena *arena, const uint8_t *bytes, size_t len, size_t piece,
                     struct buf *ret)
{
    struct cut cut = {(const char *)bytes, len, piece};
    struct multipart m;
    struct err_info info = {0};
    char part[100];
    bool found;
    size_t got = 1;
    int err = multipart_open(&m, arena, STR("multipart/form-data; boundary=b"), "file", give, &cut,
                             &found, &info);
    if (err || !found)
        return err ? err : 1;
    while (!err && got) {
        err = multipart_read(&m, part, sizeof part, &got, &info);
        if (!err)
            buf_add(ret, part, got);
    }
    return err ? err : multipart_finish(&m, arena, "file", &info);
}

static void check_multipart(const uint8_t *bytes, size_t len, size_t piece)
{
    AUTO(arena) arena = arena_new();
    struct buf whole, pieces;
    buf_init(&whole, 1 << 20);
    buf_init(&pieces, 1 << 20);
    int first = read_file(arena, bytes, len, SIZE_MAX, &whole);
    int second = read_file(arena, bytes, len, piece, &pieces);
    require(first == second, "the verdict is another");
    require(first != 0 || str_eq(buf_str(&whole), buf_str(&pieces)), "the content is another");
    buf_done(&whole);
    buf_done(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len < 2)
        return 0;
    size_t piece = 1 + bytes[1] % 17;
    switch (bytes[0] % 3) {
    case 0:
        check_csv(bytes + 2, len - 2, ',', piece);
        break;
    case 1:
        check_csv(bytes + 2, len - 2, '\0', piece);
        break;
    default:
        check_multipart(bytes + 2, len - 2, piece);
        break;
    }
    return 0;
}
