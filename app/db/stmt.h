/*
 * Prepared statements of one connection, cached by the address of their constant SQL text. Codes
 * and error texts as in db/conn.h.
 */
#ifndef MUSTER_DB_STMT_H
#define MUSTER_DB_STMT_H

#include <mysql.h>
#include <stddef.h>
#include <stdint.h>

#include "db/conn.h"
#include "db/db.h"

/* Statements kept prepared by one connection; the least recently used one makes room. The servers
 * allow 16,382 in all by default. */
#define STMT_CACHE_MAX 512u
#define STMT_BUCKETS 256u

/* How a column is fetched. */
enum stmt_column { STMT_INTEGER, STMT_UNSIGNED, STMT_BINARY, STMT_TEXT };

struct stmt {
    const char *sql; /* the caller's constant; the key */
    uint64_t sql_hash;
    MYSQL_STMT *handle;
    unsigned param_count;
    unsigned column_count;
    enum stmt_column *columns;
    uint64_t used; /* cache's clock at the last use */
    struct stmt *next;
};

struct stmt_cache {
    struct stmt *buckets[STMT_BUCKETS];
    unsigned count;
    uint64_t clock;
    MYSQL_BIND *bind; /* scratch of the longest parameter list so far */
    size_t bind_cap;
};

/* Finds or prepares `sql`. ret is owned by the cache, valid until it is dropped or cleared or
 * another one is prepared. Returns 0 or a code. */
unsigned stmt_get(struct stmt_cache *cache, struct conn *conn, const char *sql, struct stmt **ret);

/* Binds and executes. Rows, if any, wait unread. Returns 0 or a code. */
unsigned stmt_execute(struct stmt_cache *cache, struct conn *conn, struct stmt *stmt,
                      const struct db_param *params, unsigned count);

/* Forgets one statement. */
void stmt_drop(struct stmt_cache *cache, struct stmt *stmt);

/* Forgets all statements, before their connection is closed, and the scratch memory. */
void stmt_clear(struct stmt_cache *cache);

#endif
