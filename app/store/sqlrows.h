/*
 * Multi-row statements with constant SQL and no filling: each exists for 1, 8, 32 and 128 rows, and
 * a list is cut into the largest that fit. For INSERTs that must write each row exactly once
 * (store/sqllist.h repeats the last item instead).
 */
#ifndef MUSTER_STORE_SQLROWS_H
#define MUSTER_STORE_SQLROWS_H

#include "db/db.h"

#define SQLROWS_SIZES 4
#define SQLROWS_2(row) row "," row
#define SQLROWS_8(row) SQLROWS_2(row) "," SQLROWS_2(row) "," SQLROWS_2(row) "," SQLROWS_2(row)
#define SQLROWS_32(row) SQLROWS_8(row) "," SQLROWS_8(row) "," SQLROWS_8(row) "," SQLROWS_8(row)
#define SQLROWS_128(row) SQLROWS_32(row) "," SQLROWS_32(row) "," SQLROWS_32(row) "," SQLROWS_32(row)

/* A constant table of the statements: text before the rows, one row, text behind them. */
#define SQLROWS(name, before, row, after)                                                          \
    static const char *const name[SQLROWS_SIZES] = {before row after, before SQLROWS_8(row) after, \
                                                    before SQLROWS_32(row) after,                  \
                                                    before SQLROWS_128(row) after}

/*
 * Runs the statement over `count` rows of `width` params each, which stand one behind the other.
 * Returns 0 or an err of db_exec.
 */
int sqlrows_exec(struct db *db, const char *const *sql, const struct db_param *params, size_t count,
                 unsigned width, struct err_info *info) MUST_CHECK;

#endif
