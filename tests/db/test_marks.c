/* store/dirty and store/hostmem against a database. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/timeutil.h"
#include "store/dirty.h"
#include "store/hostmem.h"
#include "testdb.h"

static struct db *db;
static char path[64];

static void set_up(void)
{
    db = testdb_new_in("muster_marks");
    testdb_exec(db, "DROP TABLE IF EXISTS dirty, ordinal_block", DB_NO_PARAMS);
    testdb_exec(db,
                "CREATE TABLE dirty (project_id INT UNSIGNED NOT NULL, part BIGINT UNSIGNED NOT "
                "NULL, ordinal INT UNSIGNED NOT NULL, seq BIGINT NOT NULL, "
                "PRIMARY KEY (project_id, part, ordinal)) ENGINE=InnoDB",
                DB_NO_PARAMS);
    testdb_exec(db,
                "CREATE TABLE ordinal_block (project_id INT UNSIGNED NOT NULL PRIMARY KEY, "
                "next_ordinal BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
                DB_NO_PARAMS);
    testdb_exec(db, "INSERT INTO ordinal_block VALUES (1, 0), (2, 4294967290)", DB_NO_PARAMS);
    snprintf(path, sizeof(path), "/tmp/muster-hostmem-%d", (int)getpid());
}

static void tear_down(void)
{
    db_free(db);
    unlink(path);
}

/* ---- marks --------------------------------------------------------------------------------- */

static void add(struct dirty_mark *marks, size_t count)
{
    struct err_info info = {0};
    int err = dirty_add(db, 1, marks, count, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
}

START_TEST(marks_of_every_batch_size)
{
    static const size_t counts[] = {0, 1, 7, 8, 9, 64, 329, 1003};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct dirty_mark marks[2100];
        testdb_exec(db, "DELETE FROM dirty", DB_NO_PARAMS);
        /* Downwards and each twice: sorted and single in the table. */
        for (size_t k = 0; k < counts[i]; k++) {
            marks[2 * k] = (struct dirty_mark){UINT64_C(1) << 63 | k % 3, (uint32_t)(5000 - k)};
            marks[2 * k + 1] = marks[2 * k];
        }
        add(marks, 2 * counts[i]);
        ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(DISTINCT seq) FROM dirty", DB_NO_PARAMS),
                         (int64_t)counts[i]);
        ck_assert_int_eq(testdb_i64(db,
                                    "SELECT COUNT(*) FROM dirty WHERE project_id = 1 AND "
                                    "part >= 9223372036854775808 AND seq > 0",
                                    DB_NO_PARAMS),
                         (int64_t)counts[i]);
    }
}
END_TEST

START_TEST(mark_again_gets_another_seq)
{
    static const char seq[] = "SELECT seq FROM dirty WHERE project_id = 1 AND part = 7";
    struct dirty_mark mark = {7, 70};
    add(&mark, 1);
    int64_t first = testdb_i64(db, seq, DB_NO_PARAMS);
    add(&mark, 1);
    ck_assert_int_ne(testdb_i64(db, seq, DB_NO_PARAMS), first);
}
END_TEST

/* ---- ordinals ------------------------------------------------------------------------------ */

static struct hostmem *must_open(void)
{
    struct hostmem *memory = NULL;
    struct err_info info = {0};
    int err = hostmem_open(path, &memory, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    return memory;
}

/* Takes `count` at `now_ms`, checks that they ascend behind `last`, and returns the last one. */
static int64_t take(struct hostmem *memory, struct db *reserve, size_t count, int64_t now_ms,
                    int64_t last, int64_t *ret_created_ms)
{
    uint32_t ordinals[HOSTMEM_TAKE_MAX];
    int64_t created_ms[HOSTMEM_TAKE_MAX];
    struct err_info info = {0};
    int err = hostmem_take(memory, reserve, 1, count, now_ms, ordinals, created_ms, &info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), info.message);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_gt(ordinals[i], last);
        ck_assert_int_eq(created_ms[i], created_ms[0]);
        last = ordinals[i];
    }
    *ret_created_ms = created_ms[0];
    return last;
}

START_TEST(blocks_grow_and_expire)
{
    static const char next[] = "SELECT next_ordinal FROM ordinal_block WHERE project_id = 1";
    struct hostmem *memory = must_open();
    int64_t created_ms = 0;
    int64_t last = -1;
    for (int i = 0; i < 3000; i++)
        last = take(memory, db, 1, 1000 + i, last, &created_ms);
    ck_assert_int_eq(last, 2999);
    /* 1 + 2 + 4 … 1024 + 1024: twelve reservations of two statements, not 3,000. */
    ck_assert_uint_lt(db_stats(db).statements, 40);
    int64_t reserved = testdb_i64(db, next, DB_NO_PARAMS);
    ck_assert_int_gt(reserved, 3000);
    /* Time runs backwards for nobody. */
    last = take(memory, db, 1000, 5, last, &created_ms);
    ck_assert_int_eq(created_ms, 1000 + 2999);
    /* A block that is too old is given up, and the next one is small. */
    reserved = testdb_i64(db, next, DB_NO_PARAMS);
    sleep(6);
    last = take(memory, db, 1, 9000, last, &created_ms);
    ck_assert_int_eq(last, reserved);
    ck_assert_int_eq(testdb_i64(db, next, DB_NO_PARAMS), reserved + 1);
    hostmem_close(memory);
}
END_TEST

START_TEST(limits_have_their_errors)
{
    struct hostmem *memory = must_open();
    uint32_t ordinals[HOSTMEM_TAKE_MAX];
    int64_t created_ms[HOSTMEM_TAKE_MAX];
    ck_assert_int_eq(hostmem_take(memory, db, 9, 1, 1, ordinals, created_ms, NULL), ERR_NOT_FOUND);
    ck_assert_int_eq(hostmem_take(memory, db, 1, 0, 1, ordinals, created_ms, NULL), ERR_INVAL);
    ck_assert_int_eq(
        hostmem_take(memory, db, 1, HOSTMEM_TAKE_MAX + 1, 1, ordinals, created_ms, NULL),
        ERR_INVAL);
    ck_assert_int_eq(hostmem_take(memory, db, 2, 6, 1, ordinals, created_ms, NULL), 0);
    ck_assert_uint_eq(ordinals[5], UINT32_MAX);
    ck_assert_int_eq(hostmem_take(memory, db, 2, 1, 1, ordinals, created_ms, NULL),
                     ERR_UNPROCESSABLE);
    hostmem_close(memory);
}
END_TEST

START_TEST(strange_files_are_refused)
{
    struct hostmem *memory = NULL;
    struct err_info info = {0};
    hostmem_close(must_open());
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(hostmem_open(path, &memory, &info), ERR_INTERNAL);
    ck_assert_ptr_nonnull(strstr(info.message, path));
    ck_assert_int_eq(chmod(path, 0600), 0);
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(write(fd, "other", 5), 5);
    close(fd);
    ck_assert_int_eq(hostmem_open(path, &memory, &info), ERR_INTERNAL);
    ck_assert_int_eq(truncate(path, 100), 0);
    ck_assert_int_eq(hostmem_open(path, &memory, &info), ERR_INTERNAL);
    ck_assert_int_eq(hostmem_open("/nowhere/file", &memory, &info), ERR_INTERNAL);
}
END_TEST

START_TEST(more_projects_than_slots)
{
    testdb_exec(db, "INSERT INTO ordinal_block SELECT 10 + seq, seq FROM seq_1_to_4200",
                DB_NO_PARAMS);
    struct hostmem *memory = must_open();
    uint32_t ordinals[3];
    int64_t created_ms[3];
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 1; i <= 4200; i += round ? 419 : 1) {
            ck_assert_int_eq(hostmem_take(memory, db, 10 + i, 3, 77, ordinals, created_ms, NULL),
                             0);
            ck_assert_uint_ge(ordinals[0], i + 3 * round);
            ck_assert_uint_gt(ordinals[1], ordinals[0]);
            ck_assert_uint_gt(ordinals[2], ordinals[1]);
            ck_assert_int_eq(created_ms[2], 77);
        }
    }
    hostmem_close(memory);
}
END_TEST

/* What the processes of one host report: the createdAt under each ordinal, 0 where none. */
#define SEEN 200000
static int64_t *seen;

static void take_for_ever(unsigned rounds)
{
    AUTO(db) reserve = testdb_new_in("muster_marks");
    struct hostmem *memory = must_open();
    uint32_t ordinals[20];
    int64_t created_ms[20];
    for (unsigned round = 0; round < rounds; round++) {
        size_t count = 1 + round % 20;
        int err =
            hostmem_take(memory, reserve, 1, count, timeutil_wall_ms(), ordinals, created_ms, NULL);
        if (!err && ordinals[count - 1] >= SEEN - 1)
            break;
        for (size_t i = 0; !err && i < count; i++) {
            /* Somebody else has it: say so in a way that no later writer hides. */
            int64_t before =
                __atomic_exchange_n(&seen[ordinals[i]], created_ms[i], __ATOMIC_SEQ_CST);
            if (before != 0)
                __atomic_store_n(&seen[SEEN - 1], 1, __ATOMIC_SEQ_CST);
        }
    }
    hostmem_close(memory);
}

static pid_t start_taker(unsigned rounds)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        take_for_ever(rounds);
        _exit(0);
    }
    return child;
}

static void map_seen(void)
{
    seen =
        mmap(NULL, SEEN * sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(seen != MAP_FAILED);
}

/* No ordinal twice, and along the ordinals createdAt never falls. Returns how many were taken. */
static int check_seen(void)
{
    int64_t last_ms = 0;
    int taken = 0;
    ck_assert_int_eq(seen[SEEN - 1], 0);
    for (size_t i = 0; i < SEEN - 1; i++) {
        if (seen[i] == 0)
            continue;
        ck_assert_int_ge(seen[i], last_ms);
        last_ms = seen[i];
        taken++;
    }
    return taken;
}

START_TEST(processes_share_and_never_clash)
{
    map_seen();
    pid_t children[6];
    for (size_t i = 0; i < ARRAY_LEN(children); i++)
        children[i] = start_taker(1000);
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        int result = -1;
        waitpid(children[i], &result, 0);
        ck_assert_int_eq(result, 0);
    }
    ck_assert_int_eq(check_seen(), 6 * 50 * 210);
}
END_TEST

START_TEST(killed_process_leaves_no_lock)
{
    map_seen();
    struct hostmem *memory = must_open();
    for (unsigned round = 0; round < 60; round++) {
        pid_t child = start_taker(1000000);
        usleep(5000 + round * 700);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        int64_t created_ms = 0;
        int64_t start_us = timeutil_mono_us();
        take(memory, db, 1, timeutil_wall_ms(), -1, &created_ms);
        ck_assert_int_lt(timeutil_mono_us() - start_us, 2000000);
        if (testdb_i64(db, "SELECT next_ordinal FROM ordinal_block WHERE project_id = 1",
                       DB_NO_PARAMS) > SEEN - 30000)
            break;
    }
    ck_assert_int_gt(check_seen(), 0);
    hostmem_close(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("marks");
    TCase *tests = tcase_create("marks");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, marks_of_every_batch_size);
    tcase_add_test(tests, mark_again_gets_another_seq);
    tcase_add_test(tests, blocks_grow_and_expire);
    tcase_add_test(tests, limits_have_their_errors);
    tcase_add_test(tests, strange_files_are_refused);
    tcase_add_test(tests, more_projects_than_slots);
    tcase_add_test(tests, processes_share_and_never_clash);
    tcase_add_test(tests, killed_process_leaves_no_lock);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}
