#include "store/dirty.h"

#include <stdlib.h>

#include "base/uuid.h"
#include "store/sqlrows.h"

/*
 * REPLACE, and not INSERT … ON DUPLICATE KEY UPDATE: it is the one form that both servers take
 * without a warning (VALUES() is deprecated in MySQL, its row alias unknown to MariaDB). The table
 * has no other key and no trigger, so that both update the row in place; measured equal in speed.
 */
#define MARK_WIDTH 4
SQLROWS(sql_mark, "REPLACE INTO dirty (project_id, part, ordinal, seq) VALUES ", "(?,?,?,?)", "");

#define AT_ONCE 512u

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

int dirty_add(struct db *db, uint32_t project_id, struct dirty_mark *marks, size_t count,
              struct err_info *info)
{
    /* Too large for the stack of the one mark that most writes make. */
    static struct db_param params[AT_ONCE * MARK_WIDTH];
    size_t left = sort_and_drop_repeats(marks, count);
    int err = 0;
    while (!err && left > 0) {
        size_t now = left < AT_ONCE ? left : AT_ONCE;
        for (size_t i = 0; i < now; i++) {
            params[i * MARK_WIDTH] = DB_I64(project_id);
            params[i * MARK_WIDTH + 1] = DB_U64(marks[i].part);
            params[i * MARK_WIDTH + 2] = DB_I64(marks[i].ordinal);
            params[i * MARK_WIDTH + 3] = DB_I64(uuid_random63());
        }
        err = sqlrows_exec(db, sql_mark, params, now, MARK_WIDTH, info);
        marks += now;
        left -= now;
    }
    return err;
}
