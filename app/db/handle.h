/* The handle behind `struct db`: what the files of db/ share and nobody else sees. */
#ifndef MUSTER_DB_HANDLE_H
#define MUSTER_DB_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "db/conn.h"
#include "db/db.h"
#include "db/rows.h"
#include "db/stmt.h"

/* What a body asked for when COMMIT's answer is lost. */
struct handle_check {
    const char *sql; /* NULL: nothing */
    struct db_param *params;
    unsigned count;
    struct arena *memory; /* of the params */
};

/* The transaction that a body runs in. */
struct handle_tx {
    bool is_open;
    int lost; /* not 0: what every further statement answers, because the transaction is gone */
    struct handle_check check;
};

struct db {
    struct db_config config;
    struct arena *memory; /* of config's strings */
    struct conn conn;
    struct stmt_cache cache;
    struct rows_pool pool;
    struct db_rows *stream; /* the open streaming rows; NULL: none */
    struct handle_tx tx;
    unsigned writes;     /* write transactions since there was anything else */
    int64_t deadline_us; /* monotonic; 0: none */
    struct db_stats stats;
};

#endif
