/*
 * Running one statement on a handle: connecting, budgets, re-preparing, and what an error means for
 * the transaction that it happened in.
 */
#ifndef MUSTER_DB_RUN_H
#define MUSTER_DB_RUN_H

#include "db/handle.h"

/* Makes sure of a connection: connects when there is none, and asks an idle one whether it is
 * still there. Returns 0 or ERR_UNAVAILABLE. */
int run_connect(struct db *db, struct err_info *info) MUST_CHECK;

/* Closes the connection with all that hangs on it; the next run_connect opens another one. */
void run_disconnect(struct db *db);

/* Ends the open streamed rows, if any: reading on from them is an error. */
void run_stop_stream(struct db *db);

/* True when the deadline of the handle has passed. */
bool run_is_late(const struct db *db);

/* Milliseconds to the deadline, at most `most`. */
unsigned run_left_ms(const struct db *db, unsigned most);

/* Sleeps before run `attempt` + 1, as db/retry.h says. */
void run_pause(unsigned attempt);

/* Sends a command such as COMMIT, counted like a statement where `is_counted`. Returns 0 or a code;
 * the connection is closed when it was lost. */
unsigned run_command(struct db *db, const char *sql, bool is_counted);

/* As db_exec and db_query. */
int run_exec(struct db *db, const char *sql, const struct db_param *params, unsigned count,
             uint64_t *ret_affected, struct err_info *info) MUST_CHECK;
int run_query(struct db *db, const char *sql, const struct db_param *params, unsigned count,
              bool stream, struct db_rows **ret, struct err_info *info) MUST_CHECK;

/* As db_next. */
int run_next(struct db_rows *rows, struct err_info *info) MUST_CHECK;

/* Turns a failed statement's code into an err, closes a lost connection and notes what it means for
 * the open transaction. */
int run_fail(struct db *db, unsigned code, struct err_info *info);

#endif
