/*
 * Multi-row statements with constant SQL and no filling: each exists for 1, 8, 32, 128 and 512
 * rows, and a list is cut into the largest that fit. For INSERTs that must write each row exactly
 * once (store/sqllist.h repeats the last item instead).
 */
#ifndef MUSTER_STORE_SQLROWS_H
#define MUSTER_STORE_SQLROWS_H

#include "db/db.h"

#define SQLROWS_SIZES 5

/* A statement: constant pieces, and the texts that are made of them once, when first needed (the
 * longest would be longer than ISO C promises to take as a literal). */
struct sqlrows {
    const char *before, *row, *after;
    const char *text[SQLROWS_SIZES];
};

/* A statement as a variable: text before the rows, one row, text behind them. */
#define SQLROWS(name, before, row, after)                                                          \
    static struct sqlrows name[1] = {{before, row, after, {NULL}}}

/*
 * Runs the statement over `count` rows of `width` params each, which stand one behind the other.
 * Returns 0 or an err of db_exec.
 */
int sqlrows_exec(struct db *db, struct sqlrows *sql, const struct db_param *params, size_t count,
                 unsigned width, struct err_info *info) MUST_CHECK;

#endif
