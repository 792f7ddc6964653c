/*
 * The database connection: one handle per process, opened after fork, prepared statements cached by
 * the address of their constant SQL text, three kinds of transaction (design: "Transactions"), and
 * the retry rules. The only room that knows <mysql.h>. No SQL of the domain stands here.
 */
#ifndef MUSTER_DB_DB_H
#define MUSTER_DB_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct db;

struct db_config {
    const char *socket; /* path of the unix socket; NULL: host and port */
    const char *host;
    unsigned port;
    const char *name; /* database */
    const char *user;
    const char *password;          /* NULL or "": none */
    unsigned statement_timeout_ms; /* server-side budget of one statement; 0: none */
    unsigned io_timeout_s;         /* read and write timeout of the socket; must be the longer one,
                                      or a slow statement looks like a lost connection */
};

/* Fills from MUSTER_DB_SOCKET, _HOST, _PORT, _NAME, _USER, _PASSWORD; strings borrow getenv's. The
 * timeouts are those of a request, 8 s and 12 s: jobs and the CLI set their own. */
void db_config_from_env(struct db_config *config);

/*
 * Makes a handle without connecting; the first use connects, and a lost connection is made anew by
 * the next use (never in mid-transaction). Never fails. Free with db_free (NULL allowed).
 */
struct db *db_new(const struct db_config *config);
void db_free(struct db *db);
AUTO_DEFINE(db);

/* Another handle with the same configuration, not connected: for a child process. As db_new. */
struct db *db_twin(const struct db *db);

/* ---- transactions -------------------------------------------------------------------------- */

enum db_kind {
    DB_READ,          /* one consistent snapshot, read only */
    DB_WRITE,         /* READ COMMITTED: row writes and queue claims */
    DB_SNAPSHOT_WRITE /* REPEATABLE READ, plain BEGIN: lock first, then the snapshot is newer */
};

/* The body of a transaction. It may run several times; it does no outside I/O. `ctx` is its own.
 * A negative return rolls back. */
typedef int db_body(struct db *db, void *ctx, struct err_info *info);

/*
 * Runs `body` in a transaction of `kind`, commits, and follows the retry table: a deadlock, a lock
 * wait timeout or a lost connection before COMMIT runs the whole body again (≤ 5 times, full
 * jitter); a COMMIT whose answer is lost is settled through `write_id` (see db_set_write_check).
 * Returns 0, what the body returned, or ERR_UNAVAILABLE.
 * Nothing else in the program opens a transaction; statements outside one run in autocommit.
 */
int db_tx(struct db *db, enum db_kind kind, db_body *body, void *ctx,
          struct err_info *info) MUST_CHECK;

/*
 * Called by a body that wrote a row with a random write id: if COMMIT's answer is lost, `sql` (a
 * locking SELECT that returns a row exactly when the write is there) is run on a new connection
 * with the given params to learn the outcome. `sql` is a constant; params are copied.
 */
struct db_param;
void db_set_write_check(struct db *db, const char *sql, const struct db_param *params,
                        unsigned count);

/* ---- statements ---------------------------------------------------------------------------- */

enum db_type {
    DB_TYPE_NULL,
    DB_TYPE_I64,
    DB_TYPE_TEXT, /* UTF-8; compared by the column's collation */
    DB_TYPE_BYTES /* any bytes */
};

/* A bound parameter. Unsigned 64-bit values are bound as such when `is_unsigned`. */
struct db_param {
    enum db_type type;
    int64_t i64;
    bool is_unsigned;
    struct str bytes; /* borrowed until the call returns */
};

#define DB_I64(v) ((struct db_param){.type = DB_TYPE_I64, .i64 = (int64_t)(v)})
#define DB_U64(v)                                                                                  \
    ((struct db_param){.type = DB_TYPE_I64, .i64 = (int64_t)(uint64_t)(v), .is_unsigned = true})
#define DB_STR(s) ((struct db_param){.type = DB_TYPE_TEXT, .bytes = (s)})
#define DB_BYTES(p, n) ((struct db_param){.type = DB_TYPE_BYTES, .bytes = {(const char *)(p), (n)}})
#define DB_NULL ((struct db_param){.type = DB_TYPE_NULL})

/* DB_PARAMS(DB_I64(1), DB_STR(x)) expands to the two arguments (array, count). */
#define DB_PARAMS(...)                                                                             \
    (struct db_param[]){__VA_ARGS__},                                                              \
        (unsigned)(sizeof((struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param))
#define DB_NO_PARAMS NULL, 0u

/*
 * Runs a statement without rows. `sql` must be a string constant (its address is the cache key).
 * ret_affected (may be NULL) gets the rows that matched (CLIENT_FOUND_ROWS: also where nothing
 * changed; an INSERT … ON DUPLICATE KEY UPDATE counts 1 new, 2 changed, 1 unchanged).
 * Returns 0; ERR_CONFLICT on a duplicate key (info.message names the key); ERR_RETRY when the
 * transaction was lost and db_tx will run it again; ERR_UNAVAILABLE (database away or over its
 * statement budget); ERR_INTERNAL for anything else, with the server's message in info.
 * In a transaction only a duplicate key leaves it alive: after any other error every statement
 * fails until the body has returned, and nothing is committed.
 */
int db_exec(struct db *db, const char *sql, const struct db_param *params, unsigned count,
            uint64_t *ret_affected, struct err_info *info) MUST_CHECK;

/* Rows of a running query. */
struct db_rows;

/*
 * Runs a query. With `stream` rows are not buffered in the client: nothing else may use `db` until
 * the rows are freed (reindex, fold); without, all rows are in memory when it returns.
 * ret is freed with db_rows_free. Errors as db_exec.
 */
int db_query(struct db *db, const char *sql, const struct db_param *params, unsigned count,
             bool stream, struct db_rows **ret, struct err_info *info) MUST_CHECK;

/* Next row: 1 there is one, 0 no more, or a negative err as db_exec. */
int db_next(struct db_rows *rows, struct err_info *info) MUST_CHECK;

/* Columns of the current row, 0-based. Bytes are valid until the next db_next. NULL reads as 0
 * and as an empty view; so does an integer column as bytes. A decimal, as SUM() gives it, reads as
 * an integer up to its point. */
int64_t db_i64(const struct db_rows *rows, unsigned column);
struct str db_bytes(const struct db_rows *rows, unsigned column);
bool db_is_null(const struct db_rows *rows, unsigned column);

/* Ends the reading; what was not read is let go. NULL is allowed. */
void db_rows_free(struct db_rows *rows);
AUTO_DEFINE(db_rows);

/*
 * First row of a query that has at most one. Returns 1 (ret_rows is on the row, free it), 0 (none,
 * ret_rows is NULL), or a negative err.
 */
int db_one(struct db *db, const char *sql, const struct db_param *params, unsigned count,
           struct db_rows **ret, struct err_info *info) MUST_CHECK;

/* The database's UTC clock now, in ms. Returns 0 or an err. */
int db_now_ms(struct db *db, int64_t *ret, struct err_info *info) MUST_CHECK;

/* True when a connection is there and answers; connects when there is none. Costs one round trip.
 */
bool db_ping(struct db *db);

/*
 * Sets the budget of the statements that follow, in ms from now; 0: none. A statement that would
 * start after it fails with ERR_UNAVAILABLE; one that runs into it is cut by the server, at the
 * latest after twice the time that was left at its start. The pool calls it per request.
 */
void db_set_deadline_ms(struct db *db, unsigned ms);

/*
 * For work between statements that may take long: returns 0, or ERR_UNAVAILABLE when the budget is
 * used up.
 */
int db_check_deadline(const struct db *db, struct err_info *info) MUST_CHECK;

/* False when less than `ms` of the budget is left; without a budget true. */
bool db_has_ms(const struct db *db, unsigned ms);

/* Bytes that the server takes in one statement with its values; 0 before the first one. */
uint64_t db_max_packet(const struct db *db);

/* Counters since the handle was made, for tests and the log line. */
struct db_stats {
    uint64_t statements;
    uint64_t rows;
    uint64_t retries;
    uint64_t connects;
};
struct db_stats db_stats(const struct db *db);

#endif
