/* What the database server is set to and really does, for `muster doctor` and /metrics. */
#ifndef MUSTER_STORE_SERVERINFO_H
#define MUSTER_STORE_SERVERINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "store/queuedepth.h"

struct serverinfo {
    struct str version;
    struct str sql_mode;  /* of our session */
    struct str time_zone; /* of our session */
    struct str charset;   /* of our connection */
    bool writes_binlog;
    struct str binlog_format;
    int64_t flush_at_commit; /* innodb_flush_log_at_trx_commit */
    int64_t sync_binlog;
};

/* Texts in the arena. Returns 0 or an err of db_query. */
int serverinfo_read(struct db *db, struct arena *arena, struct serverinfo *ret,
                    struct err_info *info) MUST_CHECK;

/* How much there is, for /metrics. */
struct serverinfo_counts {
    uint64_t projects;
    uint64_t dirty; /* marks of all projects */
};

/* Returns 0 or an err of db_query. */
int serverinfo_count(struct db *db, struct serverinfo_counts *ret,
                     struct err_info *info) MUST_CHECK;

/* What waits for the worker, and what it gave up. */
struct serverinfo_queues {
    struct queuedepth queues[QUEUEDEPTH_COUNT];
    uint64_t webhooks_disabled; /* by the worker or by hand */
};

/* All projects. Returns 0 or an err of db_query. */
int serverinfo_queues(struct db *db, struct serverinfo_queues *ret,
                      struct err_info *info) MUST_CHECK;

/* What a project has, and when changes went into its columns last (0: never). */
struct serverinfo_project {
    int64_t folded_ms;
    uint64_t fields;
    uint64_t event_names;
    uint64_t segments;
    uint64_t tracked; /* of the segments */
    uint64_t webhooks;
};

/* Returns 0 (zeros for one that is gone) or an err of db_query. */
int serverinfo_project(struct db *db, uint32_t project_id, struct serverinfo_project *ret,
                       struct err_info *info) MUST_CHECK;

/* The number of stored webhook secrets, and of those that another master key sealed: key_id is that
 * of base/seal.h. All projects. Returns 0 or an err of db_query. */
int serverinfo_sealed(struct db *db, const unsigned char *key_id, uint64_t *ret_count,
                      uint64_t *ret_foreign, struct err_info *info) MUST_CHECK;

/* What a transaction sees of a row that another connection changes meanwhile. */
struct serverinfo_probe {
    bool read_keeps_snapshot; /* DB_READ: the old row, twice */
    bool write_sees_commits;  /* DB_WRITE: the new row */
    bool skip_locked_works;   /* FOR UPDATE SKIP LOCKED passes over a row that is locked */
    bool locks_hold;          /* …and does lock a row that is free */
};

/*
 * Tries it, with two connections and one row of project 0, which is deleted again.
 * Returns 0 or an err of the database.
 */
int serverinfo_probe(struct db *one, struct db *two, struct serverinfo_probe *ret,
                     struct err_info *info) MUST_CHECK;

#endif
