/* Migrations: once, again, changed, half-applied, two at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/migrate.h"
#include "testdb.h"

static struct db *db;
static char dir[64];
static char reported[400];

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
    db = testdb_new_in("muster_migrate");
    testdb_exec(db, "DROP TABLE IF EXISTS schema_migration, one, two, three", DB_NO_PARAMS);
    snprintf(dir, sizeof(dir), "/tmp/muster-migrate-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    reported[0] = '\0';
    write_file("0001-one.sql", "-- first;\nCREATE TABLE one (id INT NOT NULL PRIMARY KEY);\n"
                               "INSERT INTO one VALUES (1);\n");
    write_file("README", "not a migration");
}

static void tear_down(void)
{
    db_free(db);
    char command[100];
    snprintf(command, sizeof(command), "rm -r '%s'", dir);
    ck_assert_int_eq(system(command), 0);
}

static void report(const char *name)
{
    strncat(reported, name, sizeof(reported) - strlen(reported) - 2);
    strcat(reported, " ");
}

static void must_run(const char *expected_report)
{
    struct err_info info = {0};
    reported[0] = '\0';
    int err = migrate_run(db, dir, report, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    ck_assert_str_eq(reported, expected_report);
}

/* migrate_run must fail so, with all three words in its message. */
static void must_fail(int expected, const char *a, const char *b, const char *c)
{
    struct err_info info = {0};
    int err = migrate_run(db, dir, NULL, &info);
    ck_assert_msg(err == expected, "%s: %s", err_name(err), info.message);
    ck_assert_msg(strstr(info.message, a) && strstr(info.message, b) && strstr(info.message, c),
                  "%s", info.message);
}

static struct migrate_state status(void)
{
    struct migrate_state state = {0};
    struct err_info info = {0};
    int err = migrate_status(db, dir, &state, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    return state;
}

START_TEST(applies_what_is_missing)
{
    ck_assert_uint_eq(status().applied, 0);
    ck_assert_uint_eq(status().available, 1);
    must_run("0001-one.sql ");
    must_run("");
    write_file("0002-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY)");
    write_file("0010-three.sql", "CREATE TABLE three (id INT NOT NULL PRIMARY KEY);");
    must_run("0002-two.sql 0010-three.sql ");
    ck_assert_uint_eq(status().applied, 3);
    ck_assert_str_eq(status().last, "0010-three.sql");
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM one", DB_NO_PARAMS), 1);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM three", DB_NO_PARAMS), 0);
}
END_TEST

START_TEST(history_must_not_change)
{
    write_file("0005-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY);");
    must_run("0001-one.sql 0005-two.sql ");
    write_file("0003-three.sql", "CREATE TABLE three (id INT NOT NULL PRIMARY KEY);");
    must_fail(ERR_CONFLICT, "0003-three.sql", "before", "0005-two.sql");
    char path[200];
    snprintf(path, sizeof(path), "%s/0003-three.sql", dir);
    ck_assert_int_eq(unlink(path), 0);
    write_file("0001-one.sql", "CREATE TABLE one (id BIGINT NOT NULL PRIMARY KEY);");
    must_fail(ERR_CONFLICT, "0001-one.sql", "changed", "");
    snprintf(path, sizeof(path), "%s/0001-one.sql", dir);
    ck_assert_int_eq(unlink(path), 0);
    must_fail(ERR_CONFLICT, "0001-one.sql", "does not have it", "");
}
END_TEST

START_TEST(half_applied_file_stops_everything)
{
    write_file("0002-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY);\n"
                               "CREATE TABLE three (oops);\nCREATE TABLE four (id INT);\n");
    must_fail(ERR_INTERNAL, "0002-two.sql, statement 2", "CREATE TABLE three", "1064");
    must_fail(ERR_CONFLICT, "0002-two.sql", "statement 2", "schema_migration");
    ck_assert_uint_eq(status().applied, 1);
    /* As the message says: undone by hand, the row deleted, the file corrected. */
    testdb_exec(db, "DROP TABLE two", DB_NO_PARAMS);
    testdb_exec(db, "DELETE FROM schema_migration WHERE name = '0002-two.sql'", DB_NO_PARAMS);
    write_file("0002-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY);\n");
    must_run("0002-two.sql ");
}
END_TEST

START_TEST(refused_first_statement_leaves_no_trace)
{
    write_file("0002-two.sql", "CREATE TABLE two (oops);\n");
    must_fail(ERR_INTERNAL, "0002-two.sql, statement 1", "nothing of the file was applied", "");
    write_file("0002-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY);\n");
    must_run("0002-two.sql ");
}
END_TEST

START_TEST(process_that_dies_in_a_file_is_seen)
{
    write_file("0002-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY);\n"
                               "INSERT INTO two VALUES (SLEEP(20));\n");
    pid_t child = fork();
    if (child == 0) {
        AUTO(db) own = testdb_new_in("muster_migrate");
        _exit(migrate_run(own, dir, NULL, NULL) != 0);
    }
    static const char sleeping[] =
        "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'";
    while (testdb_i64(db, sleeping, DB_NO_PARAMS) == 0)
        usleep(10000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    /* The lock went with the process: this does not wait. */
    must_fail(ERR_CONFLICT, "0002-two.sql", "statement 2", "");
    static const char kill_sleeper[] =
        "SELECT id FROM information_schema.processlist WHERE state = 'User sleep'";
    testdb_kill(db, testdb_i64(db, kill_sleeper, DB_NO_PARAMS));
}
END_TEST

START_TEST(two_at_once)
{
    write_file("0002-two.sql", "CREATE TABLE two (id INT NOT NULL PRIMARY KEY);\n"
                               "INSERT INTO two VALUES (SLEEP(1));\n"
                               "INSERT INTO two VALUES (1);\n");
    pid_t children[4];
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            AUTO(db) own = testdb_new_in("muster_migrate");
            struct err_info info = {0};
            int err = migrate_run(own, dir, NULL, &info);
            if (err)
                fprintf(stderr, "%s: %s\n", err_name(err), info.message);
            _exit(err != 0);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        int result = -1;
        waitpid(children[i], &result, 0);
        ck_assert_int_eq(result, 0);
    }
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM two", DB_NO_PARAMS), 2);
    ck_assert_uint_eq(status().applied, 2);
}
END_TEST

START_TEST(folder_must_be_readable_and_numbers_unique)
{
    write_file("0001-other.sql", "SELECT 1;");
    must_fail(ERR_INTERNAL, "0001-one.sql", "0001-other.sql", "");
    struct err_info info = {0};
    ck_assert_int_eq(migrate_run(db, "/nowhere", NULL, &info), ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(info.message, "/nowhere"));
}
END_TEST

START_TEST(the_real_schema_applies)
{
    const char *sql = getenv("MUSTER_SQL_DIR");
    ck_assert_msg(sql != NULL, "MUSTER_SQL_DIR must name the folder sql/");
    AUTO(db) own = testdb_new_in("muster_schema");
    struct err_info info = {0};
    int err = migrate_run(own, sql, NULL, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    ck_assert_int_eq(testdb_i64(own, "SELECT LENGTH(instance_id) FROM instance", DB_NO_PARAMS), 16);
    testdb_exec(db, "DROP DATABASE muster_schema", DB_NO_PARAMS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("migrate");
    TCase *tests = tcase_create("migrate");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, applies_what_is_missing);
    tcase_add_test(tests, history_must_not_change);
    tcase_add_test(tests, half_applied_file_stops_everything);
    tcase_add_test(tests, refused_first_statement_leaves_no_trace);
    tcase_add_test(tests, process_that_dies_in_a_file_is_seen);
    tcase_add_test(tests, two_at_once);
    tcase_add_test(tests, folder_must_be_readable_and_numbers_unique);
    tcase_add_test(tests, the_real_schema_applies);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}
