#include "db/rows.h"

#include <stdlib.h>
#include <string.h>

/* A value up to this size is fetched with its row; a longer one by a second call, into memory of
 * its own size, so that no buffer is ever as large as the largest value might be. */
#define INLINE_BYTES 1024u
#define POOL_MAX 8u

struct rows_column {
    int64_t i64;
    unsigned long length; /* of the value, which may be longer than inline_bytes */
    my_bool is_null;
    my_bool is_cut;
    char *large; /* streaming: the last long value of the column */
    size_t large_cap;
    char inline_bytes[INLINE_BYTES];
};

static void grow_columns(struct db_rows *rows, unsigned count)
{
    if (count <= rows->column_cap)
        return;
    rows->columns = arena_xrealloc(rows->columns, count * sizeof(*rows->columns));
    rows->bind = arena_xrealloc(rows->bind, count * sizeof(*rows->bind));
    memset(rows->columns + rows->column_cap, 0,
           (count - rows->column_cap) * sizeof(*rows->columns));
    rows->column_cap = count;
}

struct db_rows *rows_take(struct rows_pool *pool, const struct stmt *stmt)
{
    struct db_rows *rows = pool->first;
    if (rows) {
        pool->first = rows->next;
        pool->count--;
    } else {
        rows = arena_xmalloc(sizeof(*rows));
        *rows = (struct db_rows){.memory = arena_new()};
    }
    rows->column_count = stmt->column_count;
    grow_columns(rows, stmt->column_count);
    return rows;
}

static void free_rows(struct db_rows *rows)
{
    for (unsigned i = 0; i < rows->column_cap; i++)
        free(rows->columns[i].large);
    free(rows->columns);
    free(rows->bind);
    free(rows->cells);
    arena_free(rows->memory);
    free(rows);
}

/* Keeps small memory for the next query, and gives back what a large one left. */
static void shrink(struct db_rows *rows)
{
    arena_reset(rows->memory);
    if (rows->cell_cap > 65536) {
        free(rows->cells);
        rows->cells = NULL;
        rows->cell_cap = 0;
    }
    for (unsigned i = 0; i < rows->column_cap; i++) {
        free(rows->columns[i].large);
        rows->columns[i].large = NULL;
        rows->columns[i].large_cap = 0;
    }
}

void rows_give(struct rows_pool *pool, struct db_rows *rows)
{
    if (pool->count == POOL_MAX) {
        free_rows(rows);
        return;
    }
    shrink(rows);
    *rows = (struct db_rows){.cells = rows->cells,
                             .cell_cap = rows->cell_cap,
                             .columns = rows->columns,
                             .bind = rows->bind,
                             .column_cap = rows->column_cap,
                             .memory = rows->memory,
                             .next = pool->first};
    pool->first = rows;
    pool->count++;
}

void rows_clear(struct rows_pool *pool)
{
    while (pool->first) {
        struct db_rows *rows = pool->first;
        pool->first = rows->next;
        free_rows(rows);
    }
    pool->count = 0;
}

/* An error that the server sends between rows reaches the connection, but not the statement. */
static unsigned fail_stmt(struct conn *conn, const struct stmt *stmt)
{
    if (mysql_stmt_errno(stmt->handle) == 0)
        return conn_fail(conn, mysql_errno(conn->mysql), mysql_error(conn->mysql));
    return conn_fail(conn, mysql_stmt_errno(stmt->handle), mysql_stmt_error(stmt->handle));
}

static unsigned bind_columns(struct db_rows *rows, struct conn *conn, struct stmt *stmt)
{
    for (unsigned i = 0; i < rows->column_count; i++) {
        struct rows_column *column = &rows->columns[i];
        MYSQL_BIND *bind = &rows->bind[i];
        *bind = (MYSQL_BIND){
            .length = &column->length, .is_null = &column->is_null, .error = &column->is_cut};
        if (stmt->columns[i] == STMT_INTEGER || stmt->columns[i] == STMT_UNSIGNED) {
            bind->buffer_type = MYSQL_TYPE_LONGLONG;
            bind->buffer = &column->i64;
            bind->is_unsigned = stmt->columns[i] == STMT_UNSIGNED;
        } else {
            bind->buffer_type =
                stmt->columns[i] == STMT_BINARY ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
            bind->buffer = column->inline_bytes;
            bind->buffer_length = INLINE_BYTES;
        }
    }
    if (mysql_stmt_bind_result(stmt->handle, rows->bind))
        return fail_stmt(conn, stmt);
    return 0;
}

static void grow_cells(struct db_rows *rows, size_t count)
{
    if (count <= rows->cell_cap)
        return;
    size_t cap = rows->cell_cap * 2;
    if (cap < count)
        cap = count < 64 ? 64 : count;
    rows->cells = arena_xrealloc(rows->cells, cap * sizeof(*rows->cells));
    rows->cell_cap = cap;
}

/* Memory for a value of this row: of the rows when they are stored, of the column when not. */
static char *place_for(struct db_rows *rows, struct rows_column *column)
{
    if (!rows->stmt)
        return arena_alloc(rows->memory, column->length);
    if (column->length > column->large_cap) {
        free(column->large);
        column->large = arena_xmalloc(column->length);
        column->large_cap = column->length;
    }
    return column->large;
}

/* Where the bytes of the fetched column stand; `failed` when the library refused to give them. */
static const char *bytes_of(struct db_rows *rows, struct stmt *stmt, unsigned index, bool *failed)
{
    struct rows_column *column = &rows->columns[index];
    if (column->length <= INLINE_BYTES) {
        if (rows->stmt)
            return column->inline_bytes;
        return arena_copy(rows->memory, column->inline_bytes, column->length);
    }
    char *at = place_for(rows, column);
    unsigned long length = 0;
    my_bool is_null = 0;
    my_bool is_cut = 0;
    MYSQL_BIND bind = {.buffer_type = rows->bind[index].buffer_type,
                       .buffer = at,
                       .buffer_length = column->length,
                       .length = &length,
                       .is_null = &is_null,
                       .error = &is_cut};
    *failed |= mysql_stmt_fetch_column(stmt->handle, &bind, index, 0) != 0;
    return at;
}

static unsigned fill_cells(struct db_rows *rows, struct conn *conn, struct stmt *stmt,
                           struct rows_cell *cells)
{
    bool failed = false;
    for (unsigned i = 0; i < rows->column_count; i++) {
        const struct rows_column *column = &rows->columns[i];
        struct rows_cell *cell = &cells[i];
        *cell = (struct rows_cell){.is_null = column->is_null != 0};
        if (cell->is_null)
            continue;
        if (rows->bind[i].buffer_type == MYSQL_TYPE_LONGLONG) {
            cell->value.i64 = column->i64;
        } else {
            cell->is_bytes = 1;
            cell->len = (uint32_t)column->length;
            cell->value.at = bytes_of(rows, stmt, i, &failed);
        }
    }
    return failed ? fail_stmt(conn, stmt) : 0;
}

/* Fetches one row into `cells`. */
static unsigned fetch(struct db_rows *rows, struct conn *conn, struct stmt *stmt,
                      struct rows_cell *cells, bool *ret_more)
{
    int result = mysql_stmt_fetch(stmt->handle);
    *ret_more = result == 0 || result == MYSQL_DATA_TRUNCATED;
    if (*ret_more)
        return fill_cells(rows, conn, stmt, cells);
    return result == MYSQL_NO_DATA ? 0 : fail_stmt(conn, stmt);
}

unsigned rows_store(struct db_rows *rows, struct conn *conn, struct stmt *stmt)
{
    unsigned code = bind_columns(rows, conn, stmt);
    bool more = true;
    while (!code && more) {
        size_t at = rows->row_count * rows->column_count;
        grow_cells(rows, at + rows->column_count);
        code = fetch(rows, conn, stmt, rows->cells + at, &more);
        rows->row_count += !code && more;
    }
    mysql_stmt_free_result(stmt->handle);
    return code;
}

unsigned rows_stream(struct db_rows *rows, struct conn *conn, struct stmt *stmt)
{
    unsigned code = bind_columns(rows, conn, stmt);
    if (code) {
        mysql_stmt_free_result(stmt->handle);
        return code;
    }
    grow_cells(rows, rows->column_count);
    rows->stmt = stmt;
    return 0;
}

unsigned rows_step(struct db_rows *rows, struct conn *conn, bool *ret_more)
{
    rows->current = NULL;
    *ret_more = false;
    if (rows->stmt) {
        unsigned code = fetch(rows, conn, rows->stmt, rows->cells, ret_more);
        if (code)
            return code;
        if (*ret_more)
            rows->current = rows->cells;
        else
            rows_stop(rows);
    } else if (rows->next_row < rows->row_count) {
        rows->current = rows->cells + rows->next_row++ * rows->column_count;
        *ret_more = true;
    }
    return 0;
}

void rows_stop(struct db_rows *rows)
{
    if (rows->stmt)
        mysql_stmt_free_result(rows->stmt->handle);
    rows->stmt = NULL;
    rows->current = NULL;
}

void rows_break(struct db_rows *rows)
{
    rows->is_broken = true;
    rows_stop(rows);
}

int64_t rows_cell_i64(const struct rows_cell *cell)
{
    if (cell->is_null)
        return 0;
    if (!cell->is_bytes)
        return cell->value.i64;
    uint64_t number = 0;
    bool is_negative = cell->len > 0 && cell->value.at[0] == '-';
    for (uint32_t i = is_negative; i < cell->len; i++) {
        char digit = cell->value.at[i];
        if (digit < '0' || digit > '9')
            break;
        number = number * 10 + (uint64_t)(digit - '0');
    }
    return (int64_t)(is_negative ? 0 - number : number);
}
