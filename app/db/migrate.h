/*
 * Migrations: the numbered files of sql/, applied in order under a lock, each recorded in
 * schema_migration with the SHA-256 of its text. A recorded file whose text changed is an error.
 *
 * DDL commits by itself, so a file cannot be applied as one transaction. Its row is written as
 * "started" with the number of the statement that runs next, and as "done" at the end: a file that
 * stopped half-way is named with its statement, and nothing more is applied until somebody has
 * looked.
 *
 * The lock is a row of schema_migration that a second connection holds by SELECT … FOR UPDATE:
 * it works on both servers, needs no GET_LOCK, and is gone with the process that held it.
 */
#ifndef MUSTER_DB_MIGRATE_H
#define MUSTER_DB_MIGRATE_H

#include "db/db.h"

struct migrate_state {
    unsigned applied;   /* recorded in the database as done */
    unsigned available; /* files there are */
    char last[64];      /* name of the last applied one */
};

/*
 * Applies what is missing; `dir` holds NNNN-name.sql, names of at most 63 bytes. `report` (may be
 * NULL) is told each file that is applied. Two at once are safe: the second waits, then finds
 * nothing to do. The statements have no time budget of their own, but `db`'s io_timeout_s holds for
 * each. Returns 0, ERR_CONFLICT (a changed, unknown, late or half-applied file, named),
 * ERR_UNAVAILABLE, or ERR_INTERNAL (an unreadable folder or a statement that the server refuses;
 * file and statement named).
 */
int migrate_run(struct db *db, const char *dir, void (*report)(const char *name),
                struct err_info *info) MUST_CHECK;

/* Reads where the database stands; a database without schema_migration has applied 0. Errors as
 * migrate_run, without the conflicts. */
int migrate_status(struct db *db, const char *dir, struct migrate_state *ret,
                   struct err_info *info) MUST_CHECK;

#endif
