/*
 * Rows of an executed statement: all of them copied into memory at once (the statement is free
 * again), or one at a time off the wire. Both are read through the same cells.
 */
#ifndef MUSTER_DB_ROWS_H
#define MUSTER_DB_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"
#include "db/stmt.h"

/* One value. */
struct rows_cell {
    union {
        int64_t i64;
        const char *at;
    } value;
    uint32_t len; /* of bytes */
    uint8_t is_null;
    uint8_t is_bytes;
};

struct rows_column; /* where one column of the row under the cursor is fetched to */

struct db_rows {
    struct db *db;
    struct stmt *stmt; /* streaming, not at the end yet; else NULL */
    unsigned column_count;
    struct rows_cell *cells; /* stored: row after row; streaming: one row */
    size_t cell_cap;
    size_t row_count;                /* stored */
    size_t next_row;                 /* stored: the row that the next step goes to */
    const struct rows_cell *current; /* NULL: on no row */
    bool is_broken;                  /* streaming ended before the end */
    struct rows_column *columns;
    MYSQL_BIND *bind;
    unsigned column_cap;
    struct arena *memory; /* bytes of stored rows */
    struct db_rows *next; /* in the pool */
};

/* Row objects that are not in use, kept with their memory. */
struct rows_pool {
    struct db_rows *first;
    unsigned count;
};

/* Takes an empty object for `stmt`, which has just been executed. Give it back. */
struct db_rows *rows_take(struct rows_pool *pool, const struct stmt *stmt);

/* Gives one back; it must not be streaming any more. */
void rows_give(struct rows_pool *pool, struct db_rows *rows);

/* Frees the pool's objects. */
void rows_clear(struct rows_pool *pool);

/* Reads all rows of `stmt` into memory. Returns 0 or a code. */
unsigned rows_store(struct db_rows *rows, struct conn *conn, struct stmt *stmt);

/* Prepares for reading row by row. Returns 0 or a code. */
unsigned rows_stream(struct db_rows *rows, struct conn *conn, struct stmt *stmt);

/* Steps to the next row. ret_more tells whether there is one. Returns 0 or a code. */
unsigned rows_step(struct db_rows *rows, struct conn *conn, bool *ret_more);

/* Ends streaming, reading away what is left. */
void rows_stop(struct db_rows *rows);

/* Ends streaming from outside; whoever reads on must be told. */
void rows_break(struct db_rows *rows);

/* Reads a cell as an integer: decimals such as SUM() gives are read up to their point. */
int64_t rows_cell_i64(const struct rows_cell *cell);

#endif
