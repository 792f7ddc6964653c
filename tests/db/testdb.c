#include "testdb.h"

#include <stdio.h>
#include <stdlib.h>

#define FAIL_ON(err, info) ck_assert_msg((err) >= 0, "%s: %s", err_name(err), (info).message)

struct db_config testdb_config(void)
{
    struct db_config config;
    db_config_from_env(&config);
    ck_assert_msg(config.socket != NULL, "run me through tests/db/with-mariadb");
    return config;
}

struct db *testdb_new(void)
{
    struct db_config config = testdb_config();
    return db_new(&config);
}

struct db *testdb_new_in(const char *name)
{
    char sql[100];
    snprintf(sql, sizeof(sql), "CREATE DATABASE IF NOT EXISTS %s", name);
    AUTO(db) first = testdb_new();
    testdb_exec(first, sql, DB_NO_PARAMS);
    struct db_config config = testdb_config();
    config.name = name;
    return db_new(&config);
}

uint64_t testdb_exec(struct db *db, const char *sql, const struct db_param *params, unsigned count)
{
    struct err_info info = {0};
    uint64_t affected = 0;
    int err = db_exec(db, sql, params, count, &affected, &info);
    FAIL_ON(err, info);
    return affected;
}

int64_t testdb_i64(struct db *db, const char *sql, const struct db_param *params, unsigned count)
{
    struct err_info info = {0};
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, params, count, &rows, &info);
    FAIL_ON(found, info);
    ck_assert_int_eq(found, 1);
    return db_i64(rows, 0);
}

void testdb_reset(struct db *db)
{
    testdb_exec(db, "DROP TABLE IF EXISTS t", DB_NO_PARAMS);
    testdb_exec(db,
                "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, v BIGINT NOT NULL, "
                "note VARCHAR(50) NULL, UNIQUE KEY note_key (note)) ENGINE=InnoDB",
                DB_NO_PARAMS);
    testdb_exec(db, "INSERT INTO t (id, v) VALUES (1, 10), (2, 20), (3, 30)", DB_NO_PARAMS);
}

int64_t testdb_v(struct db *db, int64_t id)
{
    return testdb_i64(db, "SELECT v FROM t WHERE id = ?", DB_PARAMS(DB_I64(id)));
}

void testdb_set_v(struct db *db, int64_t id, int64_t v)
{
    uint64_t matched =
        testdb_exec(db, "UPDATE t SET v = ? WHERE id = ?", DB_PARAMS(DB_I64(v), DB_I64(id)));
    ck_assert_uint_eq(matched, 1);
}

int64_t testdb_connection_id(struct db *db)
{
    return testdb_i64(db, "SELECT CONNECTION_ID()", DB_NO_PARAMS);
}

void testdb_kill(struct db *killer, int64_t connection_id)
{
    testdb_exec(killer, "KILL ?", DB_PARAMS(DB_I64(connection_id)));
    /* KILL only asks: wait until the victim is gone. */
    static const char left[] = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?";
    while (testdb_i64(killer, left, DB_PARAMS(DB_I64(connection_id))) > 0)
        ;
}

void testdb_server(const char *word)
{
    char command[600];
    const char *script = getenv("MUSTER_TEST_WITH_MARIADB");
    ck_assert_ptr_nonnull(script);
    snprintf(command, sizeof(command), "'%s' %s", script, word);
    ck_assert_int_eq(system(command), 0);
}

int testdb_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
