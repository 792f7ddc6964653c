/*
 * Imports against a database that goes wrong in every way: each row is done once and told once,
 * whoever worked on it, and wherever he was stopped. Runs under tests/db/with-mariadb.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/stopsignal.h"
#include "contacthelp.h"
#include "db/fault.h"
#include "proxy.h"
#include "store/importerror.h"
#include "store/importpart.h"
#include "store/importrun.h"
#include "store/importupload.h"

#define ROWS 400
#define BAD_EVERY 40
#define BAD (ROWS / BAD_EVERY)
#define BATCH 50
#define LEASE_MS 60000

static struct contacthelp help;
static struct db *other; /* past the proxy, and outside of what is tested */
static struct proxy *proxy;

static void setup(void)
{
    struct db_config config = testdb_config();
    char path[200];
    contacthelp_reset();
    contacthelp_open(&help);
    other = db_new(&config);
    (void)snprintf(path, sizeof path, "%s/import.sock", getenv("MUSTER_TEST_MARIADB_DIR"));
    proxy = proxy_start(path, config.socket);
    config.socket = path;
    config.io_timeout_s = 2;
    db_free(help.handles.db);
    help.handles.db = db_new(&config);
    testdb_exec(other, "DELETE FROM import_job", DB_NO_PARAMS);
    testdb_exec(other, "DELETE FROM import_part", DB_NO_PARAMS);
    testdb_exec(other, "DELETE FROM import_lane", DB_NO_PARAMS);
    testdb_exec(other, "DELETE FROM import_error", DB_NO_PARAMS);
}

static void teardown(void)
{
    contacthelp_close(&help);
    proxy_stop(proxy);
    db_free(other);
}

#define COUNT(table) testdb_i64(other, "SELECT COUNT(*) FROM " table, DB_NO_PARAMS)

/* ---- short forms --------------------------------------------------------------------------- */

static const struct importjob_input events = {
    .kind = IMPORTJOB_EVENTS, .format = IMPORTJOB_CSV, .mode = IMPORTJOB_UPSERT};
static const struct importjob_input contacts = {
    .kind = IMPORTJOB_CONTACTS, .format = IMPORTJOB_CSV, .mode = IMPORTJOB_UPSERT};

static int upload(const struct importjob_input *input, struct str text, unsigned lease_ms,
                  struct importjob *ret)
{
    struct importupload upload;
    help.info = (struct err_info){.code = ""};
    int err = importupload_begin(&upload, help.handles.db, help.arena, CONTACTHELP_PROJECT, input,
                                 &help.info);
    if (err == 0) {
        err = importupload_add(&upload, text, &help.info);
    }
    if (err == 0) {
        err = importupload_end(&upload, lease_ms, &help.info);
    }
    *ret = upload.job;
    return err;
}

/* Every BAD_EVERY-th row has no address. */
static struct str many_events(void)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    buf_add_c(&text, "email,event,n\n");
    for (int i = 1; i <= ROWS; i++) {
        if (i % BAD_EVERY == 0) {
            buf_add_c(&text, "nobody,visit,0\n");
        } else {
            buf_printf(&text, "c%d@example.com,visit,\"%d\n\"\n", i % 7, i);
        }
    }
    struct str copy = str_copy(help.arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

static struct importjob must_upload(const struct importjob_input *input, struct str text)
{
    struct importjob job;
    int err = upload(input, text, 0, &job);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return job;
}

static struct importrun a_run(struct arena *arena)
{
    return (struct importrun){
        .handles = help.handles, .arena = arena, .lease_ms = LEASE_MS, .batch_rows = BATCH};
}

/* Claims and works until no job is left; what died gives its lease up at once. */
static void work_off(void)
{
    AUTO(arena) arena = arena_new();
    struct importrun run = a_run(arena);
    for (int turns = 0; turns < 200; turns++) {
        struct importjob job;
        enum importrun_end end;
        struct err_info info = {.code = ""};
        testdb_exec(other, "UPDATE import_job SET lease_until_ms = 0 WHERE state IN (2, 3)",
                    DB_NO_PARAMS);
        int found = importjob_claim(help.handles.db, help.arena, LEASE_MS, &job, &info);
        ck_assert_msg(found >= 0, "%s", info.message);
        if (found == 0) {
            return;
        }
        int err = importrun_work(&run, &job, &end, &info);
        ck_assert_msg(err == 0, "%s", info.message);
    }
    ck_abort_msg("the job does not end");
}

static struct importjob stored(const struct importjob *job)
{
    struct importjob now;
    int err = importjob_get(other, help.arena, CONTACTHELP_PROJECT, job->input.kind, &job->job_id,
                            &now, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return now;
}

/* Everything of many_events is there once. */
static void check_whole(const struct importjob *job)
{
    struct importjob now = stored(job);
    ck_assert_str_eq(importjob_state_word(now.state), "completed");
    ck_assert_uint_eq(importlane_rows(&now.counts), ROWS);
    ck_assert_uint_eq(now.row_count, ROWS);
    ck_assert_uint_eq(now.bytes_done, now.bytes);
    ck_assert_uint_eq(now.counts.created, ROWS - BAD);
    ck_assert_uint_eq(now.counts.rejected, BAD);
    ck_assert_uint_eq(now.counts.updated + now.counts.unchanged + now.counts.skipped, 0);
    ck_assert_int_eq(COUNT("event"), ROWS - BAD);
    ck_assert_int_eq(testdb_i64(other, "SELECT COUNT(DISTINCT data) FROM event", DB_NO_PARAMS),
                     ROWS - BAD);
    ck_assert_int_eq(testdb_i64(other, "SELECT SUM(count) FROM contact_event", DB_NO_PARAMS),
                     ROWS - BAD);
    ck_assert_int_eq(COUNT("contact"), 7);
    ck_assert_int_eq(COUNT("import_error WHERE row_no % 40 = 0 AND email = 'nobody'"), BAD);
    ck_assert_int_eq(COUNT("import_error"), BAD);
    ck_assert_int_eq(COUNT("import_part"), 0);
}

/* ---- what happens between two batches ------------------------------------------------------ */

static unsigned batches;
static enum proxy_mode next_mode;

static bool stop_here(const struct importjob *job, void *ctx)
{
    (void)job;
    (void)ctx;
    batches++;
    return false;
}

static bool lose_next_commit(const struct importjob *job, void *ctx)
{
    (void)job;
    (void)ctx;
    proxy_set(proxy, next_mode);
    batches++;
    return true;
}

static bool lose_lease(const struct importjob *job, void *ctx)
{
    (void)job;
    (void)ctx;
    if (++batches == 3) {
        testdb_exec(other, "UPDATE import_job SET lease_id = lease_id + 1", DB_NO_PARAMS);
    }
    return true;
}

static bool cancel_now(const struct importjob *job, void *ctx)
{
    (void)ctx;
    if (++batches == 3) {
        struct err_info info = {.code = ""};
        ck_assert_int_eq(importjob_cancel(other, help.arena, CONTACTHELP_PROJECT, job->input.kind,
                                          &job->job_id, &info),
                         0);
    }
    return true;
}

/* Claims a job and works on it with a callback; returns how it ended. */
static enum importrun_end work_with(bool (*progress)(const struct importjob *job, void *ctx),
                                    struct importjob *ret)
{
    AUTO(arena) arena = arena_new();
    struct importrun run = a_run(arena);
    enum importrun_end end = IMPORTRUN_DONE;
    run.progress = progress;
    batches = 0;
    ck_assert_int_eq(importjob_claim(help.handles.db, help.arena, LEASE_MS, ret, &help.info), 1);
    int err = importrun_work(&run, ret, &end, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return end;
}

START_TEST(goes_on_where_it_was_stopped)
{
    struct importjob job = must_upload(&events, many_events());
    struct importjob turn;
    unsigned turns = 0;
    while (stored(&job).state < IMPORTJOB_COMPLETED) {
        enum importrun_end end = work_with(stop_here, &turn);
        ck_assert_int_eq(end, batches == 0 ? IMPORTRUN_DONE : IMPORTRUN_PAUSED);
        ck_assert_int_eq(COUNT("event"), (int64_t)turn.counts.created);
        turns++;
    }
    ck_assert_uint_eq(turns, ROWS / BATCH + 1);
    check_whole(&job);
}
END_TEST

START_TEST(a_lost_commit_is_settled)
{
    static const enum proxy_mode modes[] = {PROXY_LOSE_COMMIT, PROXY_LOSE_ANSWER,
                                            PROXY_LATE_COMMIT};
    struct importjob job = must_upload(&events, many_events());
    struct importjob turn;
    next_mode = modes[_i];
    ck_assert_int_eq(work_with(lose_next_commit, &turn), IMPORTRUN_DONE);
    ck_assert_uint_eq(batches, ROWS / BATCH);
    check_whole(&job);
}
END_TEST

START_TEST(who_lost_the_lease_writes_nothing)
{
    struct importjob job = must_upload(&events, many_events());
    struct importjob turn;
    ck_assert_int_eq(work_with(lose_lease, &turn), IMPORTRUN_LOST);
    struct importjob now = stored(&job);
    ck_assert_uint_eq(importlane_rows(&now.counts), 3 * BATCH);
    ck_assert_int_eq(COUNT("event"), (int64_t)now.counts.created);
    ck_assert_int_eq(COUNT("import_error"), (int64_t)now.counts.rejected);
    work_off();
    check_whole(&job);
}
END_TEST

START_TEST(a_cancelled_job_stops)
{
    struct importjob job = must_upload(&events, many_events());
    struct importjob turn;
    ck_assert_int_eq(work_with(cancel_now, &turn), IMPORTRUN_LOST);
    struct importjob now = stored(&job);
    ck_assert_str_eq(importjob_state_word(now.state), "cancelled");
    ck_assert_uint_eq(importlane_rows(&now.counts), 3 * BATCH);
    ck_assert_int_eq(COUNT("event"), (int64_t)now.counts.created);
    ck_assert_int_eq(importjob_sweep(other, help.arena, &help.info), 0);
    ck_assert_int_eq(COUNT("import_part"), 0);
    ck_assert_int_eq(stored(&job).state, IMPORTJOB_CANCELLED);
}
END_TEST

#ifdef MUSTER_FAULTS

static const struct {
    unsigned code;
    bool after;
} faults[] = {{1213, false}, {1205, false}, {2006, false}, {2013, false}, {2013, true}};

/* The n-th statement or COMMIT of the work fails; a worker that gave up is followed by others. */
START_TEST(each_row_once_whatever_fails)
{
    for (unsigned n = 1; n <= 120; n += 1 + n / 30) {
        AUTO(arena) arena = arena_new();
        struct importrun run = a_run(arena);
        struct importjob turn;
        enum importrun_end end;
        teardown();
        setup();
        struct importjob job = must_upload(&events, many_events());
        ck_assert_int_eq(importjob_claim(help.handles.db, help.arena, LEASE_MS, &turn, &help.info),
                         1);
        run.handles = help.handles;
        fault_arm(n, faults[_i].code, faults[_i].after);
        int err = importrun_work(&run, &turn, &end, &help.info);
        fault_arm(0, 0, false);
        ck_assert_msg(err == 0 || err == ERR_UNAVAILABLE, "%u: %s %s", n, err_name(err),
                      help.info.message);
        work_off();
        check_whole(&job);
    }
}
END_TEST

#endif

/* ---- the queue ----------------------------------------------------------------------------- */

START_TEST(two_open_jobs_of_a_project)
{
    struct importjob job;
    struct importjob first = must_upload(&contacts, STR("email\na@b.c\n"));
    struct importjob second = must_upload(&contacts, STR("email\nd@b.c\n"));
    ck_assert_int_eq(upload(&contacts, STR("email\n"), 0, &job), ERR_CONFLICT);
    /* One of them at a time, and the one that waits longest first. */
    struct importjob turn;
    ck_assert_int_eq(importjob_claim(other, help.arena, LEASE_MS, &turn, &help.info), 1);
    ck_assert(uuid_eq(&turn.job_id, &first.job_id));
    ck_assert_int_eq(importjob_claim(other, help.arena, LEASE_MS, &job, &help.info), 0);
    ck_assert_int_eq(importjob_release(other, &turn, &help.info), 0);
    ck_assert_int_eq(importjob_claim(other, help.arena, LEASE_MS, &turn, &help.info), 1);
    ck_assert(uuid_eq(&turn.job_id, &second.job_id));
    work_off();
    ck_assert_int_eq(COUNT("contact"), 2);
    must_upload(&contacts, STR("email\n"));
}
END_TEST

START_TEST(an_upload_is_nothing_until_its_end)
{
    struct importupload upload;
    struct importjob job;
    ck_assert_int_eq(
        importupload_begin(&upload, other, help.arena, CONTACTHELP_PROJECT, &contacts, &help.info),
        0);
    ck_assert_int_eq(importupload_add(&upload, STR("email\na@b.c\n"), &help.info), 0);
    ck_assert_int_eq(importjob_claim(other, help.arena, LEASE_MS, &job, &help.info), 0);
    ck_assert_int_eq(importjob_get(other, help.arena, CONTACTHELP_PROJECT, IMPORTJOB_CONTACTS,
                                   &upload.job.job_id, &job, &help.info),
                     ERR_NOT_FOUND);
    importupload_abandon(&upload);
    ck_assert_int_eq(COUNT("import_job") + COUNT("import_part"), 0);
    /* One that took too long is swept, and cannot be ended any more. */
    ck_assert_int_eq(
        importupload_begin(&upload, other, help.arena, CONTACTHELP_PROJECT, &contacts, &help.info),
        0);
    ck_assert_int_eq(importupload_add(&upload, STR("email\na@b.c\n"), &help.info), 0);
    testdb_exec(other, "UPDATE import_job SET lease_until_ms = 5", DB_NO_PARAMS);
    ck_assert_int_eq(importupload_end(&upload, 0, &help.info), ERR_CONFLICT);
    ck_assert_int_eq(importjob_sweep(other, help.arena, &help.info), 0);
    ck_assert_int_eq(COUNT("import_job") + COUNT("import_part"), 0);
}
END_TEST

/* ---- a file that has two lanes ------------------------------------------------------------- */

#define PEOPLE 5000

/* The same people again and again, each time with a higher x. */
static struct str large_file(uint64_t *ret_rows)
{
    size_t len = 2 * IMPORTPART_BYTES + 12345;
    char *text = arena_alloc(help.arena, len + 1);
    size_t at = (size_t)snprintf(text, len, "email,x\n");
    *ret_rows = 0;
    while (at + 100 < len) {
        at += (size_t)snprintf(text + at, len - at, "c%d@example.com,%d\n", (int)*ret_rows % PEOPLE,
                               (int)*ret_rows);
        ++*ret_rows;
    }
    return (struct str){text, at};
}

/* Each row was done once, and those of one address in their order. */
static void check_large(const struct importjob *job, uint64_t rows)
{
    struct importjob now = stored(job);
    ck_assert_str_eq(importjob_state_word(now.state), "completed");
    ck_assert_uint_eq(importlane_rows(&now.counts), rows);
    ck_assert_uint_eq(now.row_count, rows);
    ck_assert_uint_eq(now.bytes_done, now.bytes);
    ck_assert_uint_eq(now.counts.created, PEOPLE);
    ck_assert_uint_eq(now.counts.updated, rows - PEOPLE);
    ck_assert_int_eq(COUNT("contact"), PEOPLE);
    ck_assert_int_eq(testdb_i64(other,
                                "SELECT COUNT(*) FROM contact WHERE CAST(SUBSTRING(data, 6)"
                                " AS UNSIGNED) >= ?",
                                DB_PARAMS(DB_U64(rows - PEOPLE))),
                     PEOPLE);
}

static uint64_t rows_of(const struct importjob *job)
{
    struct importjob now = stored(job);
    return importlane_rows(&now.counts);
}

/* One process of the job's two dies in the middle: kill -9, as the system does it. */
static bool kill_the_other(const struct importjob *job, void *ctx)
{
    char path[64];
    int pid = 0;
    (void)job;
    (void)ctx;
    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *children = fopen(path, "r");
    ck_assert_ptr_nonnull(children);
    while (fscanf(children, "%d", &pid) == 1) { /* the latest: the proxy's are older */
    }
    (void)fclose(children);
    ck_assert_int_gt(pid, 0);
    if (++batches == 2) {
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
    }
    return true;
}

START_TEST(the_other_lane_dies)
{
    uint64_t rows;
    struct importjob job = must_upload(&contacts, large_file(&rows));
    struct importjob turn;
    AUTO(arena) arena = arena_new();
    struct importrun run = a_run(arena);
    enum importrun_end end = IMPORTRUN_DONE;
    run.batch_rows = 2000;
    run.progress = kill_the_other;
    batches = 0;
    ck_assert_int_eq(importjob_claim(help.handles.db, help.arena, LEASE_MS, &turn, &help.info), 1);
    ck_assert_int_eq(importrun_work(&run, &turn, &end, &help.info), ERR_UNAVAILABLE);
    ck_assert_uint_lt(rows_of(&job), rows);
    ck_assert_uint_eq(stored(&job).state, IMPORTJOB_ACTIVE);
    work_off();
    check_large(&job, rows);
}
END_TEST

START_TEST(both_lanes_are_stopped)
{
    uint64_t rows;
    struct importjob job = must_upload(&contacts, large_file(&rows));
    struct importjob turn;
    stopsignal_prepare(); /* as every program that imports: SIGTERM asks the other process to stop
                           */
    ck_assert_int_eq(work_with(stop_here, &turn), IMPORTRUN_PAUSED);
    ck_assert_uint_eq(rows_of(&job), importlane_rows(&turn.counts));
    ck_assert_uint_lt(importlane_rows(&turn.counts), rows);
    ck_assert_int_eq(work_with(cancel_now, &turn), IMPORTRUN_LOST);
    struct importjob now = stored(&job);
    ck_assert_str_eq(importjob_state_word(now.state), "cancelled");
    ck_assert_int_eq(COUNT("contact"), (int64_t)now.counts.created);
}
END_TEST

START_TEST(a_job_from_before_the_lanes)
{
    uint64_t rows;
    struct importjob job = must_upload(&contacts, large_file(&rows));
    testdb_exec(other, "DELETE FROM import_lane WHERE lane > 0", DB_NO_PARAMS);
    work_off();
    check_large(&job, rows);
}
END_TEST

START_TEST(parts_of_any_size)
{
    uint64_t rows;
    struct importjob job = must_upload(&contacts, large_file(&rows));
    ck_assert_uint_eq(job.part_count, 3);
    ck_assert_uint_eq(job.row_count, rows);
    AUTO(arena) arena = arena_new();
    struct importrun run = a_run(arena);
    enum importrun_end end;
    run.batch_rows = 0;
    ck_assert_int_eq(importjob_claim(help.handles.db, help.arena, LEASE_MS, &job, &help.info), 1);
    ck_assert_int_eq(importrun_work(&run, &job, &end, &help.info), 0);
    ck_assert_uint_eq(importlane_rows(&job.counts), rows);
    check_large(&job, rows);
}
END_TEST

/* Which sign parts the columns is found also where each cell stands in quotes. */
START_TEST(a_header_in_quotes)
{
    static const char *const files[] = {"\"E-Mail\";\"a, b\"\na@b.c;1\n",
                                        "\xef\xbb\xbf\"E-Mail\"\t\"a;b\"\n\"a@b.c\"\t1\n",
                                        "\"E-Mail\",\"a;b\"\na@b.c,1\n"};
    struct importjob_input input = contacts;
    input.mapping = STR("{\"E-Mail\":\"email\"}");
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct importjob job = must_upload(&input, str_from(files[i]));
        work_off();
        struct importjob now = stored(&job);
        ck_assert_msg(now.failed_reason.at == NULL, STR_FMT, STR_ARG(now.failed_reason));
        ck_assert_uint_eq(importlane_rows(&now.counts), 1);
        ck_assert_uint_eq(now.counts.rejected, 0);
    }
    struct importjob job = must_upload(&input, STR("\"E-Mail\"x\n"));
    work_off();
    ck_assert(str_starts(stored(&job).failed_reason, STR("line 1: column 1 has text behind")));
}
END_TEST

/* A reason that could not be stored would keep the job, and its place, for ever. */
START_TEST(a_reason_that_is_cut)
{
    struct buf mapping;
    buf_init(&mapping, 1000);
    buf_add_c(&mapping, "{\"x");
    for (int i = 0; i < 150; i++)
        buf_add_c(&mapping, "\xc3\xa9");
    buf_add_c(&mapping, "\":\"email\"}");
    struct importjob_input input = contacts;
    input.mapping = buf_str(&mapping);
    struct importjob job = must_upload(&input, STR("email\na@b.c\n"));
    buf_done(&mapping);
    work_off();
    struct importjob now = stored(&job);
    ck_assert_str_eq(importjob_state_word(now.state), "failed");
    ck_assert(str_starts(now.failed_reason, STR("columns names \"x\xc3\xa9")));
}
END_TEST

START_TEST(a_job_that_never_gets_on_ends)
{
    struct importjob job = must_upload(&events, many_events());
    testdb_exec(other, "UPDATE import_job SET tries = 10", DB_NO_PARAMS);
    work_off();
    struct importjob now = stored(&job);
    ck_assert_str_eq(importjob_state_word(now.state), "failed");
    ck_assert_int_eq(COUNT("event"), 0);
}
END_TEST

START_TEST(old_jobs_go)
{
    struct importjob job = must_upload(&events, many_events());
    work_off();
    ck_assert_int_eq(importjob_sweep(other, help.arena, &help.info), 0);
    check_whole(&job);
    testdb_exec(other, "UPDATE import_job SET finished_ms = finished_ms - ? - 60000",
                DB_PARAMS(DB_I64(IMPORTJOB_KEEP_MS)));
    ck_assert_int_eq(importjob_sweep(other, help.arena, &help.info), 0);
    ck_assert_int_eq(COUNT("import_job") + COUNT("import_error") + COUNT("import_lane"), 0);
}
END_TEST

START_TEST(an_address_can_be_forgotten)
{
    struct importjob job =
        must_upload(&contacts, STR("email,subscribed\na@b.c,what\nd@b.c,what\n"));
    work_off();
    ck_assert_uint_eq(stored(&job).counts.rejected, 2);
    ck_assert_int_eq(
        importerror_forget(other, help.arena, CONTACTHELP_PROJECT, &STR("a@b.c"), 1, &help.info),
        0);
    ck_assert_int_eq(COUNT("import_error WHERE email = ''"), 1);
    ck_assert_int_eq(COUNT("import_error WHERE email = 'd@b.c'"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tcase = tcase_create("import");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, goes_on_where_it_was_stopped);
    tcase_add_loop_test(tcase, a_lost_commit_is_settled, 0, 3);
    tcase_add_test(tcase, who_lost_the_lease_writes_nothing);
    tcase_add_test(tcase, a_cancelled_job_stops);
#ifdef MUSTER_FAULTS
    tcase_add_loop_test(tcase, each_row_once_whatever_fails, 0, (int)ARRAY_LEN(faults));
#endif
    tcase_add_test(tcase, two_open_jobs_of_a_project);
    tcase_add_test(tcase, an_upload_is_nothing_until_its_end);
    tcase_add_test(tcase, parts_of_any_size);
    tcase_add_test(tcase, the_other_lane_dies);
    tcase_add_test(tcase, both_lanes_are_stopped);
    tcase_add_test(tcase, a_job_from_before_the_lanes);
    tcase_add_test(tcase, a_header_in_quotes);
    tcase_add_test(tcase, a_reason_that_is_cut);
    tcase_add_test(tcase, a_job_that_never_gets_on_ends);
    tcase_add_test(tcase, old_jobs_go);
    tcase_add_test(tcase, an_address_can_be_forgotten);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}
