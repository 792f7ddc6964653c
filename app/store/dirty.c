#include "store/dirty.h"

#include <stdlib.h>

#include "base/uuid.h"

/*
 * REPLACE, and not INSERT … ON DUPLICATE KEY UPDATE: it is the one form that both servers take
 * without a warning (VALUES() is deprecated in MySQL, its row alias unknown to MariaDB). The table
 * has no other key and no trigger, so that both update the row in place; measured equal in speed.
 * 256 rows is the longest text that ISO C promises to hold.
 */
#define HEAD "REPLACE INTO dirty (project_id, part, ordinal, seq) VALUES "
#define ROW "(?,?,?,?)"
#define ROWS_2 ROW "," ROW
#define ROWS_4 ROWS_2 "," ROWS_2
#define ROWS_8 ROWS_4 "," ROWS_4
#define ROWS_16 ROWS_8 "," ROWS_8
#define ROWS_32 ROWS_16 "," ROWS_16
#define ROWS_64 ROWS_32 "," ROWS_32
#define ROWS_128 ROWS_64 "," ROWS_64
#define ROWS_256 ROWS_128 "," ROWS_128
#define BATCH_MAX 256u

static const char SQL_1[] = HEAD ROW;
static const char SQL_8[] = HEAD ROWS_8;
static const char SQL_64[] = HEAD ROWS_64;
static const char SQL_256[] = HEAD ROWS_256;

/* Largest first. */
static const struct {
    size_t rows;
    const char *sql;
} BATCHES[] = {{BATCH_MAX, SQL_256}, {64, SQL_64}, {8, SQL_8}, {1, SQL_1}};

static int by_part_and_ordinal(const void *a, const void *b)
{
    const struct dirty_mark *left = a;
    const struct dirty_mark *right = b;
    if (left->part != right->part)
        return left->part < right->part ? -1 : 1;
    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

static size_t sort_and_drop_repeats(struct dirty_mark *marks, size_t count)
{
    if (count < 2)
        return count;
    qsort(marks, count, sizeof(*marks), by_part_and_ordinal);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++) {
        if (by_part_and_ordinal(&marks[i], &marks[kept - 1]) != 0)
            marks[kept++] = marks[i];
    }
    return kept;
}

static int add_batch(struct db *db, uint32_t project_id, const struct dirty_mark *marks,
                     size_t rows, const char *sql, struct err_info *info)
{
    struct db_param params[BATCH_MAX * 4];
    for (size_t i = 0; i < rows; i++) {
        params[i * 4] = DB_I64(project_id);
        params[i * 4 + 1] = DB_U64(marks[i].part);
        params[i * 4 + 2] = DB_I64(marks[i].ordinal);
        params[i * 4 + 3] = DB_I64(uuid_random63());
    }
    return db_exec(db, sql, params, (unsigned)(rows * 4), NULL, info);
}

int dirty_add(struct db *db, uint32_t project_id, struct dirty_mark *marks, size_t count,
              struct err_info *info)
{
    size_t left = sort_and_drop_repeats(marks, count);
    int err = 0;
    for (size_t i = 0; i < ARRAY_LEN(BATCHES); i++) {
        for (; !err && left >= BATCHES[i].rows; left -= BATCHES[i].rows) {
            err = add_batch(db, project_id, marks, BATCHES[i].rows, BATCHES[i].sql, info);
            marks += BATCHES[i].rows;
        }
    }
    return err;
}
