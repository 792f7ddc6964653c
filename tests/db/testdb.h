/* What the tests against a database share. Everything asserts; nothing returns an error. */
#ifndef MUSTER_TESTS_DB_TESTDB_H
#define MUSTER_TESTS_DB_TESTDB_H

#include <check.h>
#include <stdint.h>

#include "db/db.h"

/* A handle to the server that with-mariadb runs, short timeouts. Free with db_free. */
struct db *testdb_new(void);

/* A handle to a database of its own on that server, made when it is not there, for tests whose
 * tables would stand in the way of others. */
struct db *testdb_new_in(const char *name);

/* The configuration of testdb_new. */
struct db_config testdb_config(void);

/* Makes `t (id, v, note)` anew with rows (1, 10), (2, 20), (3, 30). id is the primary key, note is
 * unique under the key `note_key` and NULL. */
void testdb_reset(struct db *db);

/* db_exec that must succeed. Returns the affected rows. */
uint64_t testdb_exec(struct db *db, const char *sql, const struct db_param *params, unsigned count);

/* The first column of a query that must have one row. */
int64_t testdb_i64(struct db *db, const char *sql, const struct db_param *params, unsigned count);

/* v of row `id` in t. */
int64_t testdb_v(struct db *db, int64_t id);
void testdb_set_v(struct db *db, int64_t id, int64_t v);

/* Kills the connection of `victim` through `killer`. */
void testdb_kill(struct db *killer, int64_t connection_id);
int64_t testdb_connection_id(struct db *db);

/* Runs `with-mariadb WORD` ("--stop", "--start"). */
void testdb_server(const char *word);

/* Runs the suite: 0 when all passed. */
int testdb_run(Suite *suite);

#endif
