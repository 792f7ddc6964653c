/* Values in and out: types, NULL, large values, streaming, the statement cache. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/timeutil.h"
#include "testdb.h"

static struct db *db;
static struct db *other;

static void set_up(void)
{
    db = testdb_new();
    other = testdb_new();
    testdb_reset(other);
    testdb_exec(other, "DROP TABLE IF EXISTS w", DB_NO_PARAMS);
    testdb_exec(other,
                "CREATE TABLE w (id BIGINT UNSIGNED NOT NULL PRIMARY KEY, small TINYINT NULL, "
                "big BIGINT NULL, code BINARY(16) NULL, words MEDIUMTEXT CHARACTER SET utf8mb4 "
                "COLLATE utf8mb4_bin NULL, bytes LONGBLOB NULL) ENGINE=InnoDB",
                DB_NO_PARAMS);
}

static void tear_down(void)
{
    db_free(db);
    db_free(other);
}

static const char INSERT[] =
    "INSERT INTO w (id, small, big, code, words, bytes) VALUES (?, ?, ?, ?, ?, ?)";
static const char SELECT[] = "SELECT id, small, big, code, words, bytes FROM w ORDER BY id";
static const char SELECT_ONE[] = "SELECT id, small, big, code, words, bytes FROM w WHERE id = ?";

static void check_text(struct str got, const char *expected)
{
    ck_assert_msg(str_eq_c(got, expected), "'" STR_FMT "' is not '%s'", STR_ARG(got), expected);
}

START_TEST(values_come_back_as_they_went)
{
    const char code[16] = "\x00\xff\xfe'\\\"%;\n\x80\x01\x02\x03\x04\x05";
    testdb_exec(db, INSERT,
                DB_PARAMS(DB_U64(UINT64_MAX), DB_I64(-128), DB_I64(INT64_MIN), DB_BYTES(code, 16),
                          DB_STR(STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 'x\\")),
                          DB_BYTES("\0\0", 2)));
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_one(db, SELECT_ONE, DB_PARAMS(DB_U64(UINT64_MAX)), &rows, NULL), 1);
    ck_assert_uint_eq((uint64_t)db_i64(rows, 0), UINT64_MAX);
    ck_assert_int_eq(db_i64(rows, 1), -128);
    ck_assert_int_eq(db_i64(rows, 2), INT64_MIN);
    ck_assert_mem_eq(db_bytes(rows, 3).at, code, 16);
    check_text(db_bytes(rows, 4), "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 'x\\");
    ck_assert_uint_eq(db_bytes(rows, 5).len, 2);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM w WHERE words = ? AND code = ?",
                                DB_PARAMS(DB_STR(STR("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80 'x\\")),
                                          DB_BYTES(code, 16))),
                     1);
}
END_TEST

START_TEST(null_is_not_empty)
{
    testdb_exec(db, INSERT, DB_PARAMS(DB_I64(1), DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_NULL));
    testdb_exec(db, INSERT,
                DB_PARAMS(DB_I64(2), DB_I64(0), DB_I64(0), DB_NULL, DB_STR(((struct str){NULL, 0})),
                          DB_BYTES(NULL, 0)));
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_query(db, SELECT, DB_NO_PARAMS, false, &rows, NULL), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(db_next(rows, NULL), 1);
        ck_assert_int_eq(db_i64(rows, 0), i + 1);
        for (unsigned column = 1; column < 6; column++) {
            ck_assert_int_eq(db_is_null(rows, column), i == 0 || column == 3);
            ck_assert_int_eq(db_i64(rows, column), 0);
            ck_assert_uint_eq(db_bytes(rows, column).len, 0);
        }
    }
    ck_assert_int_eq(db_next(rows, NULL), 0);
    ck_assert_int_eq(db_next(rows, NULL), 0);
    ck_assert_uint_eq(db_stats(db).rows, 2);
}
END_TEST

START_TEST(derived_numbers_read_as_integers)
{
    ck_assert_int_eq(testdb_i64(db, "SELECT SUM(v) FROM t", DB_NO_PARAMS), 60);
    ck_assert_int_eq(testdb_i64(db, "SELECT -SUM(v) / 7 FROM t", DB_NO_PARAMS), -8);
    ck_assert_int_eq(testdb_i64(db, "SELECT MAX(v) FROM t WHERE id = 77", DB_NO_PARAMS), 0);
    ck_assert_int_eq(testdb_i64(db, "SELECT ? + 1", DB_PARAMS(DB_I64(41))), 42);
    int64_t now_ms = 0;
    ck_assert_int_eq(db_now_ms(db, &now_ms, NULL), 0);
    ck_assert_int_lt(llabs(now_ms - timeutil_wall_ms()), 2000);
}
END_TEST

/* A pattern that shows any shift or cut. */
static char *pattern(size_t len)
{
    char *bytes = malloc(len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return bytes;
}

static const size_t LENGTHS[] = {0, 1, 1023, 1024, 1025, 70000, 9000001, 3, 5000000, 1024};

static void check_large(bool stream)
{
    char *bytes = pattern(9000001);
    for (size_t i = 0; i < ARRAY_LEN(LENGTHS); i++)
        testdb_exec(db, INSERT,
                    DB_PARAMS(DB_U64(i), DB_I64(i), DB_NULL, DB_NULL, DB_STR(STR("beside")),
                              DB_BYTES(bytes, LENGTHS[i])));
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_query(db, SELECT, DB_NO_PARAMS, stream, &rows, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(LENGTHS); i++) {
        ck_assert_int_eq(db_next(rows, NULL), 1);
        ck_assert_uint_eq(db_bytes(rows, 5).len, LENGTHS[i]);
        ck_assert(memcmp(db_bytes(rows, 5).at, bytes, LENGTHS[i]) == 0);
        check_text(db_bytes(rows, 4), "beside");
        ck_assert_int_eq(db_i64(rows, 1), (int64_t)i);
    }
    ck_assert_int_eq(db_next(rows, NULL), 0);
    free(bytes);
}

START_TEST(large_values_stored)
{
    check_large(false);
}
END_TEST

START_TEST(large_values_streamed)
{
    check_large(true);
}
END_TEST

START_TEST(more_than_a_packet_is_our_defect)
{
    size_t len = 65 * 1024 * 1024;
    char *bytes = calloc(1, len);
    struct err_info info = {0};
    int err = db_exec(
        db, INSERT, DB_PARAMS(DB_I64(1), DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_BYTES(bytes, len)),
        NULL, &info);
    free(bytes);
    ck_assert_int_eq(err, ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(info.message, "max_allowed_packet"));
    ck_assert_int_eq(testdb_v(db, 1), 10);
    ck_assert_uint_eq(db_stats(db).connects, 1);
}
END_TEST

static const char SEQUENCE[] = "SELECT seq, CONCAT('row ', seq) FROM seq_1_to_50000";

START_TEST(streaming_owns_the_connection)
{
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_query(db, SEQUENCE, DB_NO_PARAMS, true, &rows, NULL), 0);
    ck_assert_int_eq(db_next(rows, NULL), 1);
    check_text(db_bytes(rows, 1), "row 1");
    /* Nothing may come between; both are told, and the stream goes on. */
    ck_assert_int_eq(db_exec(db, "UPDATE t SET v = 0", DB_NO_PARAMS, NULL, NULL), ERR_INTERNAL);
    ck_assert_int_eq(db_tx(db, DB_READ, NULL, NULL, NULL), ERR_INTERNAL);
    ck_assert(db_ping(db));
    for (int i = 2; i <= 1000; i++) {
        ck_assert_int_eq(db_next(rows, NULL), 1);
        ck_assert_int_eq(db_i64(rows, 0), i);
    }
    /* Freed half-way, the connection is good for the next statement. */
    db_rows_free(rows);
    rows = NULL;
    ck_assert_int_eq(testdb_v(db, 1), 10);
    ck_assert_int_eq(db_query(db, SEQUENCE, DB_NO_PARAMS, true, &rows, NULL), 0);
    int count = 0;
    while (db_next(rows, NULL) == 1)
        count++;
    ck_assert_int_eq(count, 50000);
    /* At its end the connection is free, though the rows are not. */
    ck_assert_int_eq(testdb_v(db, 1), 10);
    ck_assert_int_eq(db_next(rows, NULL), 0);
    ck_assert_uint_eq(db_stats(db).connects, 1);
}
END_TEST

static int body_stream_left_open(struct db *own, void *ctx, struct err_info *info)
{
    return db_query(own, SEQUENCE, DB_NO_PARAMS, true, ctx, info);
}

START_TEST(stream_that_outlives_its_transaction_fails)
{
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_tx(db, DB_READ, body_stream_left_open, &rows, NULL), 0);
    ck_assert_int_eq(db_next(rows, NULL), ERR_INTERNAL);
    ck_assert_int_eq(testdb_v(db, 1), 10);
}
END_TEST

START_TEST(one_statement_within_the_rows_of_another)
{
    static const char all[] = "SELECT id FROM t ORDER BY id";
    AUTO(db_rows) outer = NULL;
    ck_assert_int_eq(db_query(db, all, DB_NO_PARAMS, false, &outer, NULL), 0);
    int seen = 0;
    while (db_next(outer, NULL) == 1) {
        AUTO(db_rows) inner = NULL;
        ck_assert_int_eq(db_query(db, all, DB_NO_PARAMS, false, &inner, NULL), 0);
        while (db_next(inner, NULL) == 1)
            seen++;
    }
    ck_assert_int_eq(seen, 9);
}
END_TEST

START_TEST(affected_rows_are_those_that_matched)
{
    static const char same[] = "UPDATE t SET v = v WHERE id <= ?";
    ck_assert_uint_eq(testdb_exec(db, same, DB_PARAMS(DB_I64(2))), 2);
    static const char upsert[] =
        "INSERT INTO t (id, v) VALUES (?, ?) ON DUPLICATE KEY UPDATE v = VALUES(v)";
    ck_assert_uint_eq(testdb_exec(db, upsert, DB_PARAMS(DB_I64(7), DB_I64(1))), 1);
    ck_assert_uint_eq(testdb_exec(db, upsert, DB_PARAMS(DB_I64(7), DB_I64(2))), 2);
    ck_assert_uint_eq(testdb_exec(db, upsert, DB_PARAMS(DB_I64(7), DB_I64(2))), 1);
}
END_TEST

START_TEST(cache_is_bounded)
{
    static char texts[1500][40];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1500; i++) {
            snprintf(texts[i], sizeof(texts[i]), "SELECT v + %d FROM t WHERE id = ?", i);
            ck_assert_int_eq(testdb_i64(db, texts[i], DB_PARAMS(DB_I64(1))), 10 + i);
        }
    }
    static const char open_statements[] =
        "SELECT variable_value FROM information_schema.global_status "
        "WHERE variable_name = 'PREPARED_STMT_COUNT'";
    ck_assert_int_le(testdb_i64(other, open_statements, DB_NO_PARAMS), 512 + 20);
}
END_TEST

START_TEST(text_that_changes_is_refused)
{
    char text[40] = "SELECT v FROM t WHERE id = 1";
    ck_assert_int_eq(testdb_i64(db, text, DB_NO_PARAMS), 10);
    strcpy(text, "SELECT v FROM t WHERE id = 2");
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_one(db, text, DB_NO_PARAMS, &rows, NULL), ERR_INTERNAL);
    ck_assert_int_eq(db_exec(db, "UPDATE t SET v = ?", DB_NO_PARAMS, NULL, NULL), ERR_INTERNAL);
}
END_TEST

START_TEST(schema_changes_under_a_statement)
{
    static const char star[] = "SELECT * FROM t ORDER BY id";
    AUTO(db_rows) before = NULL;
    ck_assert_int_eq(db_one(db, star, DB_NO_PARAMS, &before, NULL), 1);
    testdb_exec(other, "ALTER TABLE t ADD COLUMN extra BIGINT NOT NULL DEFAULT 5", DB_NO_PARAMS);
    for (int i = 0; i < 2; i++) {
        AUTO(db_rows) rows = NULL;
        struct err_info info = {0};
        int found = db_one(db, star, DB_NO_PARAMS, &rows, &info);
        ck_assert_msg(found == 1, "%s: %s", err_name(found), info.message);
        ck_assert_int_eq(db_i64(rows, 3), 5);
    }
}
END_TEST

START_TEST(session_is_as_promised)
{
    static const struct {
        const char *sql;
        const char *expected;
    } cases[] = {
        {"SELECT @@session.time_zone", "+00:00"},
        {"SELECT @@character_set_client", "utf8mb4"},
        {"SELECT @@session.tx_isolation", "READ-COMMITTED"},
        {"SELECT @@session.sql_mode LIKE '%STRICT_ALL_TABLES%'", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        AUTO(db_rows) rows = NULL;
        ck_assert_int_eq(db_one(db, cases[i].sql, DB_NO_PARAMS, &rows, NULL), 1);
        if (*cases[i].expected)
            check_text(db_bytes(rows, 0), cases[i].expected);
        else
            ck_assert_int_eq(db_i64(rows, 0), 1);
    }
    struct err_info info = {0};
    ck_assert_int_eq(
        db_exec(db, "UPDATE t SET v = 1; UPDATE t SET v = 2", DB_NO_PARAMS, NULL, &info),
        ERR_INTERNAL);
    ck_assert_int_eq(testdb_v(other, 1), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("db_rows");
    TCase *tests = tcase_create("rows");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, values_come_back_as_they_went);
    tcase_add_test(tests, null_is_not_empty);
    tcase_add_test(tests, derived_numbers_read_as_integers);
    tcase_add_test(tests, large_values_stored);
    tcase_add_test(tests, large_values_streamed);
    tcase_add_test(tests, more_than_a_packet_is_our_defect);
    tcase_add_test(tests, streaming_owns_the_connection);
    tcase_add_test(tests, stream_that_outlives_its_transaction_fails);
    tcase_add_test(tests, one_statement_within_the_rows_of_another);
    tcase_add_test(tests, affected_rows_are_those_that_matched);
    tcase_add_test(tests, cache_is_bounded);
    tcase_add_test(tests, text_that_changes_is_refused);
    tcase_add_test(tests, schema_changes_under_a_statement);
    tcase_add_test(tests, session_is_as_promised);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}
