/*
 * The chunk cache: files that are not what they were, and directories that cannot be used. Answers
 * stay exact, and files are replaced. Runs under tests/db/with-mariadb.
 *
 * Whoever reads does it in a process of its own: a mapping that is good hides what is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audience/chunkcache.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/chunkstore.h"

#define DATA                                                                                       \
    "JSON_OBJECT('plan', ELT(1 + seq % 3, 'free', 'pro', 'Team'), 'score', seq % 10, 'vip',"       \
    " seq % 2 = 0, 'tags', JSON_ARRAY('a', seq % 4), 'mix', JSON_EXTRACT(IF(seq % 2, '5', "        \
    "'\"5\"'), '$'), 'address',"                                                                   \
    " JSON_OBJECT('city', 'Oslo'), 'renewal', '2026-05-05')"

static struct columnhelp help;
static char dir[300];

/* ---- what children do ---------------------------------------------------------------------- */

/* How a child uses the cache. */
struct use {
    const char *dir;
    int want_configured; /* what chunkcache_configure shall say */
    bool disk_is_full;
};

static int configure(struct columnhelp *child, const struct use *use)
{
    int got = chunkcache_configure(use ? use->dir : NULL, &child->info);
    if (use && use->disk_is_full) {
        struct rlimit limit = {100, 100};
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            return 101;
    }
    if (got != (use ? use->want_configured : 0))
        return 102;
    child->info.message[0] = '\0';
    return 0;
}

/* Every question answers what the rows say; then each is asked for its number as a request does. */
static int ask(struct columnhelp *child, void *use)
{
    uint64_t compared = 0, asked = 0;
    int err = configure(child, use);
    if (!err)
        err =
            columnhelp_compare(child, columnhelp_conditions, columnhelp_condition_count, &compared);
    for (size_t i = 0; !err && i < columnhelp_condition_count; i++) {
        struct audience_page page;
        struct audience_query query = {.project_id = child->project_id,
                                       .filter = columnhelp_filter(child, columnhelp_conditions[i]),
                                       .at_ms = AUDIENCE_AT_NOW};
        err = audience_page(child->db, child->arena, &query, &page, &child->info);
        asked += page.total;
    }
    return err ? err : asked == compared ? 0 : 103;
}

/* All that there is goes into the base. */
static int settle(struct columnhelp *child, void *ctx)
{
    struct upkeep_report report = {0};
    (void)ctx;
    int err = upkeep_fold(child->db, child->project_id, true, &report, &child->info);
    return err ? err : upkeep_merge(child->db, child->project_id, true, &report, &child->info);
}

#define ASK(use) ck_assert_int_eq(columnhelp_fork(&help, ask, use), 0)
#define REBUILD_IS_REQUESTED                                                                       \
    columnhelp_i64(&help, "SELECT rebuild_requested FROM project_state WHERE project_id = ?")

/* ---- the project --------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static void remove_dir(void)
{
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void setup(void)
{
    columnhelp_open(&help);
    (void)snprintf(dir, sizeof dir, "%s/cache-%u", getenv("MUSTER_TEST_MARIADB_DIR"),
                   help.project_id);
    remove_dir();
    columnhelp_contacts(&help, 1, 2000, DATA, true);
    columnhelp_events(&help, "seen", 1, 1500, true);
    columnhelp_events(&help, "bought", 1, 700, true);
    ck_assert_int_eq(columnhelp_fork(&help, settle, NULL), 0);
    columnhelp_mark(&help, KEY_PART_CONTACT, 40, 60);
}

static void teardown(void)
{
    remove_dir();
    columnhelp_close(&help);
}

/* ---- files --------------------------------------------------------------------------------- */

static struct {
    const char *(*spoil)(const char *path);
    size_t good, bad;
} files;

/* Counts files by whether their name is their hash, and spoils them when asked. */
static int see_file(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    char hex[33], *bytes = malloc((size_t)st->st_size + 1);
    (void)walk;
    if (type == FTW_F) {
        int fd = open(path, O_RDONLY);
        ssize_t size = read(fd, bytes, (size_t)st->st_size);
        (void)close(fd);
        struct hash128 hash = hash_content(bytes, size > 0 ? (size_t)size : 0);
        hash_hex(hash.bytes, sizeof hash.bytes, hex);
        bool good = strcmp(hex, strrchr(path, '/') + 1) == 0 && (st->st_mode & 0777) == 0600;
        files.good += good;
        files.bad += !good;
        if (files.spoil) {
            const char *wrong = files.spoil(path);
            ck_assert_msg(!wrong, "%s %s: %s", wrong, path, strerror(errno));
        }
    }
    free(bytes);
    return 0;
}

/* The number of good files; there must be no other. */
static size_t good_files(void)
{
    files.spoil = NULL;
    files.good = files.bad = 0;
    (void)nftw(dir, see_file, 16, FTW_PHYS);
    ck_assert_uint_eq(files.bad, 0);
    return files.good;
}

static void spoil_files(const char *(*spoil)(const char *path))
{
    files.spoil = spoil;
    (void)nftw(dir, see_file, 16, FTW_PHYS);
}

static const char *truncate_half(const char *path)
{
    struct stat st;
    return stat(path, &st) != 0 || truncate(path, st.st_size / 2) != 0 ? "truncate" : NULL;
}

static const char *truncate_all(const char *path)
{
    return truncate(path, 0) != 0 ? "truncate" : NULL;
}

static const char *overwrite(const char *path)
{
    int fd = open(path, O_WRONLY);
    ssize_t wrote = pwrite(fd, "foreign content", 15, 40);
    (void)close(fd);
    return wrote != 15 ? "write" : NULL;
}

static const char *append(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND);
    ssize_t wrote = write(fd, "more", 4);
    (void)close(fd);
    return wrote != 4 ? "write" : NULL;
}

static const char *link_elsewhere(const char *path)
{
    return unlink(path) != 0 || symlink("/etc/passwd", path) != 0 ? "symlink" : NULL;
}

static const char *replace_by_dir(const char *path)
{
    return unlink(path) != 0 || mkdir(path, 0700) != 0 ? "mkdir" : NULL;
}

START_TEST(spoiled_files_are_replaced)
{
    const char *(*const spoils[])(const char *) = {truncate_half, truncate_all, overwrite, append,
                                                   link_elsewhere};
    struct use use = {.dir = dir};
    ASK(&use);
    size_t count = good_files();
    ck_assert_uint_ge(count, 14);
    for (size_t i = 0; i < ARRAY_LEN(spoils); i++) {
        spoil_files(spoils[i]);
        ASK(&use);
        ck_assert_uint_eq(good_files(), count);
        ck_assert_int_eq(REBUILD_IS_REQUESTED, 0); /* the database has it whole */
    }
}
END_TEST

START_TEST(files_that_cannot_be_replaced)
{
    struct use use = {.dir = dir};
    ASK(&use);
    spoil_files(replace_by_dir);
    ASK(&use);
    ck_assert_uint_eq(good_files(), 0);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
}
END_TEST

/* The files are good, the database is not: whoever has the files does not see it. */
START_TEST(a_good_cache_outlives_damage_in_the_database)
{
    struct use use = {.dir = dir};
    ASK(&use);
    testdb_exec(help.db,
                "UPDATE base_chunk SET bytes = INSERT(bytes, LENGTH(bytes) DIV 2, 2, 'XX')"
                " WHERE project_id = ? AND column_key = ?",
                DB_PARAMS(DB_U64(help.project_id), DB_U64(KEY_STATUS)));
    ASK(&use);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
    ASK(NULL);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 1);
}
END_TEST

START_TEST(a_full_disk)
{
    struct use use = {.dir = dir, .disk_is_full = true};
    ASK(&use);
    ck_assert_uint_eq(good_files(), 0);
    use.disk_is_full = false;
    ASK(&use);
    ck_assert_uint_gt(good_files(), 0);
}
END_TEST

/* ---- directories --------------------------------------------------------------------------- */

START_TEST(a_directory_that_others_can_read)
{
    struct use use = {.dir = dir, .want_configured = ERR_INTERNAL};
    const unsigned modes[] = {0755, 0701, 0710, 0777};
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        remove_dir();
        ck_assert_int_eq(mkdir(dir, 0700), 0);
        ck_assert_int_eq(chmod(dir, modes[i]), 0);
        ASK(&use);
        ck_assert_uint_eq(good_files(), 0);
    }
}
END_TEST

START_TEST(a_directory_that_is_none)
{
    char below[400], longer[6000];
    struct use use = {.dir = dir, .want_configured = ERR_INTERNAL};
    int fd = open(dir, O_WRONLY | O_CREAT, 0600);
    (void)close(fd);
    ASK(&use);
    (void)snprintf(below, sizeof below, "%s/below", dir);
    use.dir = below;
    ASK(&use);
    use.dir = "/nowhere/to/be/found";
    ASK(&use);
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    use.dir = longer;
    ASK(&use);
}
END_TEST

/* Something stands where a directory of ours should be made: nothing can be written below it. */
START_TEST(a_directory_in_which_nothing_can_be_made)
{
    char path[500];
    struct uuid instance;
    char hex[33];
    struct use use = {.dir = dir};
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    ck_assert_int_eq(chunkstore_instance(help.db, &instance, &help.info), 0);
    hash_hex(instance.bytes, sizeof instance.bytes, hex);
    (void)snprintf(path, sizeof path, "%s/%s", dir, hex);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    (void)close(fd);
    ASK(&use);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
}
END_TEST

/* The directory goes while a process uses it. */
static int lose_directory(struct columnhelp *child, void *ctx)
{
    int err = configure(child, ctx);
    if (!err)
        err = columnhelp_compare(child, columnhelp_conditions, 5, NULL);
    remove_dir();
    return err ? err
               : columnhelp_compare(child, columnhelp_conditions, columnhelp_condition_count, NULL);
}

START_TEST(a_directory_that_is_removed_in_use)
{
    struct use use = {.dir = dir};
    ck_assert_int_eq(columnhelp_fork(&help, lose_directory, &use), 0);
}
END_TEST

static int evict_all(struct columnhelp *child, void *ctx)
{
    int err = configure(child, ctx);
    if (!err)
        err = columnhelp_compare(child, columnhelp_conditions, columnhelp_condition_count, NULL);
    uint64_t deleted = chunkcache_evict(0);
    if (!err && deleted == 0)
        err = 105;
    return err ? err
               : columnhelp_compare(child, columnhelp_conditions, columnhelp_condition_count, NULL);
}

START_TEST(evicting_while_in_use)
{
    struct use use = {.dir = dir};
    ck_assert_int_eq(columnhelp_fork(&help, evict_all, &use), 0);
    ck_assert_uint_eq(good_files(), 0); /* what is mapped stays mapped */
    ASK(&use);
    ck_assert_uint_gt(good_files(), 0);
}
END_TEST

/* Files of chunks that were replaced go, the others stay; young ones stay too. */
static int sweep_old(struct columnhelp *child, void *ctx)
{
    uint64_t young = 0, old = 0, again = 0;
    int err = configure(child, ctx);
    if (!err)
        err = columnhelp_compare(child, columnhelp_conditions, columnhelp_condition_count, NULL);
    if (!err)
        err = chunkcache_sweep(child->db, child->project_id, 0, &again, &child->info);
    columnhelp_mark(child, KEY_PART_CONTACT, 1, 3);
    columnhelp_run(child,
                   "UPDATE contact SET email = CONCAT('x', email) WHERE project_id = ?"
                   " AND ordinal <= 3",
                   1);
    struct upkeep_report report = {0};
    if (!err)
        err = upkeep_fold(child->db, child->project_id, true, &report, &child->info);
    if (!err)
        err = upkeep_merge(child->db, child->project_id, true, &report, &child->info);
    if (!err)
        err = columnhelp_compare(child, columnhelp_conditions, columnhelp_condition_count, NULL);
    if (!err)
        err = chunkcache_sweep(child->db, child->project_id, 3600, &young, &child->info);
    if (!err)
        err = chunkcache_sweep(child->db, child->project_id, 0, &old, &child->info);
    if (!err && (again || young || !old))
        err = 106;
    return err;
}

START_TEST(files_of_chunks_that_are_no_more)
{
    struct use use = {.dir = dir};
    ck_assert_int_eq(columnhelp_fork(&help, sweep_old, &use), 0);
    ck_assert_uint_gt(good_files(), 0);
    ASK(&use);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        spoiled_files_are_replaced,
        files_that_cannot_be_replaced,
        a_good_cache_outlives_damage_in_the_database,
        a_full_disk,
        a_directory_that_others_can_read,
        a_directory_that_is_none,
        a_directory_in_which_nothing_can_be_made,
        a_directory_that_is_removed_in_use,
        evicting_while_in_use,
        files_of_chunks_that_are_no_more,
    };
    Suite *suite = suite_create("chunkcache");
    TCase *cases = tcase_create("chunkcache");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}
