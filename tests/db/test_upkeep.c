/*
 * Fold, merge and rebuild: when they run, what they write, and that they lose nothing. Runs under
 * tests/db/with-mariadb.
 */
#include <stdio.h>

#include "audience/rebuild.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/chunkstore.h"

#define DATA "JSON_OBJECT('plan', ELT(1 + seq % 3, 'free', 'pro', 'Team'), 'score', seq % 10)"

static struct columnhelp help;

static void setup(void)
{
    columnhelp_open(&help);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

/* Rows of a stored run of a part in a chunk, from its header; 0: there is none. */
static int64_t run_rows(uint64_t part, unsigned chunk, int run)
{
    return testdb_i64(help.db,
                      "SELECT COALESCE(MAX(CONV(HEX(REVERSE(SUBSTR(bytes, 9, 4))), 16, 10)), 0)"
                      " FROM delta_chunk WHERE project_id = ? AND column_key = ? AND chunk = ?"
                      " AND run = ?",
                      DB_PARAMS(DB_U64(help.project_id), DB_U64(part), DB_U64(chunk), DB_I64(run)));
}

#define LARGE(part) run_rows(part, 0, CHUNKSTORE_LARGE)
#define SMALL(part) run_rows(part, 0, CHUNKSTORE_SMALL)

/* The fold is `ms` old: as if that time had passed. */
static void age_fold(int64_t ms)
{
    testdb_exec(help.db,
                "UPDATE project_state SET folded_ms ="
                " FLOOR(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000) - ?"
                " WHERE project_id = ?",
                DB_PARAMS(DB_I64(ms), DB_U64(help.project_id)));
}

static void check_all(void)
{
    columnhelp_verify(&help);
    columnhelp_agree(&help);
}

/* ---- when a fold is due -------------------------------------------------------------------- */

START_TEST(five_hundred_marks_are_folded_at_once)
{
    columnhelp_contacts(&help, 1, 499, DATA, true);
    age_fold(0);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 0);
    ck_assert_int_eq(MARKS(&help), 499);
    columnhelp_contacts(&help, 500, 500, DATA, true);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 500);
    ck_assert_int_eq(MARKS(&help), 0);
    check_all();
}
END_TEST

START_TEST(fifty_marks_are_folded_when_the_last_fold_is_old)
{
    columnhelp_contacts(&help, 1, 49, DATA, true);
    age_fold(3600000);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 0);
    columnhelp_contacts(&help, 50, 50, DATA, true);
    age_fold(500);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 0);
    age_fold(2000);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 50);
    check_all();
}
END_TEST

START_TEST(marks_of_all_parts_count_together)
{
    struct segment segment = columnhelp_static(&help, "vips");
    columnhelp_contacts(&help, 1, 200, DATA, true);
    columnhelp_events(&help, "seen", 1, 200, true);
    columnhelp_members(&help, &segment, 1, 99, true);
    age_fold(0);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 0);
    columnhelp_members(&help, &segment, 100, 100, true);
    ck_assert_uint_eq(columnhelp_fold(&help, false).folded_marks, 500);
    check_all();
}
END_TEST

START_TEST(force_folds_a_single_mark)
{
    columnhelp_contacts(&help, 1, 1, DATA, true);
    age_fold(0);
    ck_assert_uint_eq(columnhelp_fold(&help, true).folded_marks, 1);
    ck_assert_uint_eq(columnhelp_fold(&help, true).folded_marks, 0);
    check_all();
}
END_TEST

START_TEST(a_project_without_anything)
{
    ck_assert_uint_eq(columnhelp_fold(&help, true).folded_marks, 0);
    ck_assert_uint_eq(columnhelp_merge(&help, true).merged_chunks, 0);
    ck_assert_uint_eq(columnhelp_rebuild(&help).bytes_written, 0);
    ck_assert_int_eq(DELTAS(&help) + BASES(&help), 0);
    check_all();
}
END_TEST

START_TEST(a_project_that_is_not_there)
{
    struct upkeep_report report = {0};
    uint64_t different;
    uint32_t nobody = help.project_id + 100000;
    ck_assert_int_eq(upkeep_fold(help.db, nobody, true, &report, &help.info), ERR_NOT_FOUND);
    ck_assert_int_eq(upkeep_merge(help.db, nobody, true, &report, &help.info), ERR_NOT_FOUND);
    ck_assert_int_eq(rebuild_run(help.db, nobody, NULL, &report, &help.info), ERR_NOT_FOUND);
    ck_assert_int_eq(rebuild_verify(help.db, nobody, NULL, &different, &help.info), ERR_NOT_FOUND);
}
END_TEST

/* Idle deltas, marks and requested rebuilds make a project one that has work. */
static bool is_pending(void)
{
    uint32_t *ids;
    size_t count;
    ck_assert_int_eq(chunkstore_pending(help.db, help.arena, &ids, &count, &help.info), 0);
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == help.project_id)
            return true;
    }
    return false;
}

START_TEST(pending_names_projects_that_have_work)
{
    ck_assert(!is_pending());
    columnhelp_contacts(&help, 1, 10, DATA, true);
    ck_assert(is_pending());
    columnhelp_fold(&help, true);
    ck_assert(is_pending()); /* a delta to merge, one day */
    columnhelp_merge(&help, true);
    ck_assert(!is_pending());
    ck_assert_int_eq(chunkstore_request_rebuild(help.db, help.project_id, &help.info), 0);
    ck_assert(is_pending());
    columnhelp_fold(&help, false);
    ck_assert(!is_pending());
    check_all();
}
END_TEST

/* ---- the cascade --------------------------------------------------------------------------- */

/* 10,000 contacts in the base: a large run holds 500. */
static void make_base(void)
{
    columnhelp_contacts(&help, 1, 10000, DATA, false);
    columnhelp_rebuild(&help);
    ck_assert_int_eq(DELTAS(&help), 0);
    check_all();
}

/* Changes contacts behind the columns' back, marks and folds them. */
static struct upkeep_report change(uint32_t first, uint32_t last)
{
    testdb_exec(help.db,
                "UPDATE contact SET data = JSON_SET(data, '$.score', 100, '$.plan', 'pro')"
                " WHERE project_id = ? AND ordinal BETWEEN ? AND ?",
                DB_PARAMS(DB_U64(help.project_id), DB_U64(first), DB_U64(last)));
    columnhelp_mark(&help, KEY_PART_CONTACT, first, last);
    return columnhelp_fold(&help, true);
}

START_TEST(small_runs_grow_into_a_large_one_and_that_into_the_base)
{
    make_base();
    const char *before = columnhelp_base_hashes(&help);
    change(1, 256);
    ck_assert_int_eq(SMALL(KEY_PART_CONTACT), 256);
    ck_assert_int_eq(LARGE(KEY_PART_CONTACT), 0);
    change(257, 257);
    ck_assert_int_eq(SMALL(KEY_PART_CONTACT), 0);
    ck_assert_int_eq(LARGE(KEY_PART_CONTACT), 257);
    change(301, 500);
    ck_assert_int_eq(SMALL(KEY_PART_CONTACT), 200);
    ck_assert_int_eq(LARGE(KEY_PART_CONTACT), 257);
    check_all();
    change(501, 543); /* 243 in the small run, 500 in all */
    ck_assert_int_eq(SMALL(KEY_PART_CONTACT), 243);
    ck_assert_str_eq(columnhelp_base_hashes(&help), before);
    ck_assert_uint_eq(change(601, 614).merged_chunks, 1); /* one too many for either */
    ck_assert_int_eq(DELTAS(&help), 0);
    ck_assert_str_ne(columnhelp_base_hashes(&help), before);
    check_all();
}
END_TEST

START_TEST(the_large_run_holds_a_twentieth_of_the_base)
{
    make_base();
    change(1, 500);
    ck_assert_int_eq(LARGE(KEY_PART_CONTACT), 500);
    ck_assert_uint_eq(change(1, 500).merged_chunks, 1); /* counted again: the base takes it */
    ck_assert_int_eq(DELTAS(&help), 0);
    check_all();
    ck_assert_uint_eq(change(2000, 2500).merged_chunks, 1);
    ck_assert_int_eq(DELTAS(&help), 0);
    check_all();
}
END_TEST

START_TEST(newer_runs_override_older_ones)
{
    make_base();
    change(1, 400);
    columnhelp_run(&help, "UPDATE contact SET data = NULL WHERE project_id = ? AND ordinal < 100",
                   1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 1, 99);
    columnhelp_fold(&help, true);
    ck_assert_int_eq(LARGE(KEY_PART_CONTACT), 400);
    ck_assert_int_eq(SMALL(KEY_PART_CONTACT), 99);
    check_all();
    columnhelp_run(&help,
                   "UPDATE contact SET data = '{\"score\":\"much\"}', status = 4"
                   " WHERE project_id = ? AND ordinal BETWEEN 50 AND 60",
                   1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 50, 60);
    check_all(); /* the marks override both, and the base */
    columnhelp_fold(&help, true);
    check_all();
    columnhelp_merge(&help, true);
    ck_assert_int_eq(DELTAS(&help), 0);
    check_all();
}
END_TEST

START_TEST(idle_deltas_are_merged)
{
    make_base();
    change(1, 100);
    ck_assert_uint_eq(columnhelp_merge(&help, false).merged_chunks, 0);
    columnhelp_run(
        &help, "UPDATE delta_chunk SET changed_ms = changed_ms - 599000 WHERE project_id = ?", 1);
    columnhelp_run(&help,
                   "UPDATE project_state SET columns_version = columns_version + 1"
                   " WHERE project_id = ?",
                   1);
    ck_assert_uint_eq(columnhelp_merge(&help, false).merged_chunks, 0);
    columnhelp_run(&help,
                   "UPDATE delta_chunk SET changed_ms = changed_ms - 1000 WHERE project_id = ?", 1);
    columnhelp_run(&help,
                   "UPDATE project_state SET columns_version = columns_version + 1"
                   " WHERE project_id = ?",
                   1);
    ck_assert_uint_eq(columnhelp_merge(&help, false).merged_chunks, 1);
    ck_assert_int_eq(DELTAS(&help), 0);
    check_all();
}
END_TEST

START_TEST(a_merge_writes_only_columns_that_changed)
{
    make_base();
    change(1, 100); /* plan and score; nothing else of the contact */
    uint64_t bytes = columnhelp_merge(&help, true).bytes_written;
    int64_t changed = columnhelp_i64(
        &help, "SELECT SUM(LENGTH(bytes)) FROM base_chunk WHERE project_id = ?"
               " AND version = (SELECT MAX(b.version) FROM base_chunk b WHERE b.project_id ="
               " base_chunk.project_id)");
    ck_assert_int_eq((int64_t)bytes, changed);
    ck_assert_int_eq(columnhelp_i64(&help,
                                    "SELECT COUNT(*) FROM base_chunk WHERE project_id = ?"
                                    " AND version = (SELECT MAX(b.version) FROM base_chunk b WHERE"
                                    " b.project_id = base_chunk.project_id)"),
                     2);
    check_all();
}
END_TEST

START_TEST(a_merge_of_more_chunks_than_one_transaction_takes)
{
    columnhelp_contacts(&help, 1, 5, DATA, true);
    for (unsigned i = 0; i < 150; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "event%u", i);
        columnhelp_events(&help, name, 1, 3, true);
    }
    ck_assert_uint_eq(columnhelp_fold(&help, true).folded_marks, 5 + 150 * 3);
    ck_assert_int_eq(DELTAS(&help), 151);
    check_all();
    ck_assert_uint_eq(columnhelp_merge(&help, true).merged_chunks, 151);
    ck_assert_int_eq(DELTAS(&help), 0);
    check_all();
}
END_TEST

START_TEST(a_fold_of_more_parts_than_one_transaction_takes)
{
    columnhelp_contacts(&help, 1, 5, DATA, true);
    for (unsigned i = 0; i < 300; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "event%u", i);
        columnhelp_events(&help, name, 1, 2, true);
    }
    ck_assert_uint_eq(columnhelp_fold(&help, true).folded_marks, 5 + 300 * 2);
    ck_assert_int_eq(MARKS(&help), 0);
    check_all();
}
END_TEST

START_TEST(a_fold_of_more_marks_than_one_transaction_takes)
{
    columnhelp_contacts(&help, 1, 70000, DATA, true);
    columnhelp_events(&help, "seen", 60000, 70000, true);
    struct upkeep_report report = columnhelp_fold(&help, false);
    ck_assert_uint_ge(report.folded_marks, 50000);
    report = columnhelp_fold(&help, true);
    ck_assert_int_eq(MARKS(&help), 0);
    check_all();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        five_hundred_marks_are_folded_at_once,
        fifty_marks_are_folded_when_the_last_fold_is_old,
        marks_of_all_parts_count_together,
        force_folds_a_single_mark,
        a_project_without_anything,
        a_project_that_is_not_there,
        pending_names_projects_that_have_work,
        small_runs_grow_into_a_large_one_and_that_into_the_base,
        the_large_run_holds_a_twentieth_of_the_base,
        newer_runs_override_older_ones,
        idle_deltas_are_merged,
        a_merge_writes_only_columns_that_changed,
        a_merge_of_more_chunks_than_one_transaction_takes,
        a_fold_of_more_parts_than_one_transaction_takes,
        a_fold_of_more_marks_than_one_transaction_takes,
    };
    Suite *suite = suite_create("upkeep");
    TCase *cases = tcase_create("upkeep");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}
