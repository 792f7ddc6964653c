/*
 * What folds and merges make of rows: deletes, gaps, several chunks, rebuilds, and writers in their
 * middle. Runs under tests/db/with-mariadb.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "audience/rebuild.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/chunkstore.h"
#include "store/contactdelete.h"
#include "store/member.h"

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

static void check_all(void)
{
    columnhelp_verify(&help);
    columnhelp_agree(&help);
}

/* Contacts that changed, as a writer leaves them. */
static void change(uint32_t first, uint32_t last)
{
    testdb_exec(help.db,
                "UPDATE contact SET data = JSON_SET(data, '$.score', 100) WHERE project_id = ?"
                " AND ordinal BETWEEN ? AND ?",
                DB_PARAMS(DB_U64(help.project_id), DB_U64(first), DB_U64(last)));
    columnhelp_mark(&help, KEY_PART_CONTACT, first, last);
}

/* ---- what is in a fold --------------------------------------------------------------------- */

START_TEST(bytes_are_those_that_are_stored)
{
    columnhelp_contacts(&help, 1, 100, DATA, true);
    columnhelp_events(&help, "seen", 1, 50, true);
    uint64_t folded = columnhelp_fold(&help, true).bytes_written;
    ck_assert_int_eq((int64_t)folded,
                     columnhelp_i64(&help, "SELECT SUM(LENGTH(bytes)) FROM delta_chunk"
                                           " WHERE project_id = ?"));
    uint64_t merged = columnhelp_merge(&help, true).bytes_written;
    ck_assert_int_eq((int64_t)merged,
                     columnhelp_i64(&help, "SELECT SUM(LENGTH(bytes)) FROM base_chunk"
                                           " WHERE project_id = ?"));
    ck_assert_uint_eq(columnhelp_fold(&help, true).bytes_written, 0);
    ck_assert_uint_eq(columnhelp_merge(&help, true).bytes_written, 0);
}
END_TEST

START_TEST(deleted_contacts_leave_every_level)
{
    struct segment segment = columnhelp_static(&help, "vips");
    columnhelp_contacts(&help, 1, 10000, DATA, false);
    columnhelp_rebuild(&help);
    columnhelp_events(&help, "seen", 1, 5000, true);
    columnhelp_members(&help, &segment, 1, 5000, true);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    change(1, 100);
    columnhelp_fold(&help, true);
    for (unsigned ordinal = 1; ordinal <= 5000; ordinal += 50) {
        struct contact contact;
        size_t found;
        ck_assert_int_eq(contact_by_ordinals(help.db, help.arena, help.project_id, &ordinal, 1,
                                             &contact, &found, &help.info),
                         0);
        ck_assert_uint_eq(found, 1);
        ck_assert_int_eq(
            contactdelete_one(help.db, help.arena, help.project_id, &contact.uuid, &help.info), 0);
    }
    ck_assert_int_eq(MARKS(&help), 300);
    check_all();
    columnhelp_fold(&help, true);
    ck_assert_int_eq(DELTAS(&help), 3);
    check_all();
    columnhelp_merge(&help, true);
    check_all();
}
END_TEST

START_TEST(a_part_whose_rows_are_all_gone_has_no_chunks)
{
    columnhelp_contacts(&help, 1, 10, DATA, true);
    uint32_t seen = columnhelp_events(&help, "seen", 1, 10, true);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    static const char count[] = "SELECT COUNT(*) FROM base_chunk WHERE project_id = ?"
                                " AND column_key >> 56 = 2";
    ck_assert_int_eq(columnhelp_i64(&help, count), 1);
    columnhelp_run(&help, "DELETE FROM contact_event WHERE project_id = ?", 1);
    columnhelp_run(&help, "DELETE FROM event WHERE project_id = ?", 1);
    columnhelp_mark(&help, KEY_PART_EVENT(seen), 1, 10);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    ck_assert_int_eq(columnhelp_i64(&help, count), 0);
    check_all();
}
END_TEST

START_TEST(a_dropped_segment_takes_its_columns_along)
{
    struct segment segment = columnhelp_static(&help, "vips");
    columnhelp_contacts(&help, 1, 3000, DATA, true);
    columnhelp_members(&help, &segment, 1, 3000, true);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    ck_assert_int_eq(
        segment_delete(help.db, help.arena, help.project_id, &segment.uuid, &help.info), 0);
    ck_assert_int_eq(member_sweep(help.db, help.arena, 2, &help.info), 0);
    columnhelp_verify(&help);
    columnhelp_fold(&help, true);
    columnhelp_verify(&help);
    ck_assert_int_eq(member_sweep(help.db, help.arena, 100, &help.info), 0);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT COUNT(*) FROM base_chunk WHERE project_id = ?"
                                           " AND column_key >> 56 = 3"),
                     0);
    columnhelp_verify(&help);
}
END_TEST

START_TEST(gaps_and_several_chunks)
{
    struct segment segment = columnhelp_static(&help, "vips");
    columnhelp_contacts(&help, 3, 3, DATA, true);
    columnhelp_contacts(&help, 65530, 65540, DATA, true);
    columnhelp_contacts(&help, 131070, 131080, DATA, true);
    columnhelp_contacts(&help, 200000, 200001, DATA, true);
    columnhelp_events(&help, "seen", 65535, 65537, true);
    columnhelp_events(&help, "bought", 131072, 131072, true);
    columnhelp_members(&help, &segment, 65536, 65540, true);
    check_all();
    columnhelp_fold(&help, true);
    ck_assert_int_eq(columnhelp_i64(&help, "SELECT COUNT(*) FROM delta_chunk WHERE project_id = ?"
                                           " AND column_key >> 56 = 1"),
                     4); /* 3 and 65,530 are of chunk 0, and 196,608 begins chunk 3 */
    check_all();
    columnhelp_merge(&help, true);
    check_all();
    const char *merged = columnhelp_base_hashes(&help);
    columnhelp_run(&help, "UPDATE contact SET status = 3 WHERE project_id = ? AND ordinal = 65536",
                   1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 65536, 65536);
    check_all();
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    check_all();
    ck_assert_str_ne(columnhelp_base_hashes(&help), merged);
}
END_TEST

START_TEST(a_rebuild_changes_nothing_and_takes_the_deltas)
{
    struct segment segment = columnhelp_static(&help, "vips");
    columnhelp_contacts(&help, 1, 500, DATA, true);
    columnhelp_contacts(&help, 65600, 66000, DATA, true);
    columnhelp_events(&help, "seen", 1, 300, true);
    columnhelp_members(&help, &segment, 65700, 65800, true);
    columnhelp_fold(&help, true);
    columnhelp_merge(&help, true);
    const char *merged = columnhelp_base_hashes(&help);
    columnhelp_rebuild(&help);
    ck_assert_str_eq(columnhelp_base_hashes(&help), merged);
    change(1, 10);
    columnhelp_fold(&help, true);
    columnhelp_rebuild(&help);
    ck_assert_int_eq(DELTAS(&help), 0);
    ck_assert_str_ne(columnhelp_base_hashes(&help), merged);
    check_all();
}
END_TEST

/* ---- a fold with writers in its middle ------------------------------------------------------ */

static pid_t start_fold(void)
{
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct columnhelp own;
        struct upkeep_report report = {0};
        int err = columnhelp_join(&own, help.project_id);
        if (!err)
            err = upkeep_fold(own.db, help.project_id, true, &report, &own.info);
        _exit(err ? 1 : 0);
    }
    return pid;
}

/* Waits until some transaction of this server waits for a row. The table is a snapshot that is made
 * anew only when nobody has read it for 100 ms. */
static void wait_until_blocked(void)
{
    static const char waiting[] =
        "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
    for (int i = 0; testdb_i64(help.db, waiting, DB_NO_PARAMS) == 0; i++) {
        ck_assert_int_lt(i, 100);
        usleep(150000);
    }
}

static void finish_fold(pid_t pid)
{
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

/* Holds the delta of the contact part, so that a fold stops when it has read all and writes. */
struct holding {
    pid_t fold;
};

static void write_in_mid_fold(void)
{
    /* Contact 5 changes again, 300 for the first time; 20 and 21 change twice. */
    columnhelp_run(&help,
                   "UPDATE contact SET data = '{\"plan\":\"late\"}' WHERE project_id = ?"
                   " AND ordinal IN (5, 20, 21, 300)",
                   1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 5, 5);
    columnhelp_mark(&help, KEY_PART_CONTACT, 20, 21);
    columnhelp_mark(&help, KEY_PART_CONTACT, 300, 300);
    columnhelp_run(&help, "DELETE FROM contact WHERE project_id = ? AND ordinal = 6", 1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 6, 6);
}

static int hold_and_write(struct db *db, void *ctx, struct err_info *info)
{
    struct holding *holding = ctx;
    AUTO(db_rows) rows = NULL;
    int got = db_one(db,
                     "SELECT chunk FROM delta_chunk WHERE project_id = ? AND column_key = ?"
                     " AND chunk = 0 AND run = 2 FOR UPDATE",
                     DB_PARAMS(DB_U64(help.project_id), DB_U64(KEY_PART_CONTACT)), &rows, info);
    ck_assert_int_eq(got, 1);
    holding->fold = start_fold();
    wait_until_blocked();
    write_in_mid_fold(); /* through another connection: the fold has its snapshot */
    columnhelp_agree(&help);
    return 0;
}

START_TEST(marks_made_during_a_fold_survive_it)
{
    struct holding holding = {0};
    AUTO(db) locker = testdb_new_in("muster_columns");
    columnhelp_contacts(&help, 1, 100, DATA, true);
    columnhelp_contacts(&help, 300, 300, DATA, true);
    columnhelp_fold(&help, true);
    columnhelp_run(&help, "UPDATE contact SET status = 3 WHERE project_id = ? AND ordinal < 50", 1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 1, 49);
    ck_assert_int_eq(db_tx(locker, DB_WRITE, hold_and_write, &holding, &help.info), 0);
    finish_fold(holding.fold);
    ck_assert_int_eq(MARKS(&help), 5); /* 5, 6, 20, 21 and 300; the other 45 are folded */
    check_all();
    columnhelp_fold(&help, true);
    ck_assert_int_eq(MARKS(&help), 0);
    check_all();
}
END_TEST

/* Two folds and a merge at once: one after the other, and nothing is folded twice. */
START_TEST(folds_and_merges_queue_up)
{
    pid_t folds[4];
    columnhelp_contacts(&help, 1, 2000, DATA, true);
    columnhelp_events(&help, "seen", 1, 2000, true);
    for (size_t i = 0; i < ARRAY_LEN(folds); i++)
        folds[i] = start_fold();
    columnhelp_merge(&help, true);
    for (size_t i = 0; i < ARRAY_LEN(folds); i++)
        finish_fold(folds[i]);
    ck_assert_int_eq(MARKS(&help), 0);
    columnhelp_merge(&help, true);
    check_all();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        bytes_are_those_that_are_stored,
        deleted_contacts_leave_every_level,
        a_part_whose_rows_are_all_gone_has_no_chunks,
        a_dropped_segment_takes_its_columns_along,
        gaps_and_several_chunks,
        a_rebuild_changes_nothing_and_takes_the_deltas,
        marks_made_during_a_fold_survive_it,
        folds_and_merges_queue_up,
    };
    Suite *suite = suite_create("foldrows");
    TCase *cases = tcase_create("foldrows");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}
