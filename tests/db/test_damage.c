/*
 * Damage: stored chunks and cache files that are not what they were, and cache directories that
 * cannot be used. Answers stay exact, and what is damaged is mended. Runs under
 * tests/db/with-mariadb.
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
#include "audience/facts.h"
#include "audience/rebuild.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/chunkstore.h"

#define DATA                                                                                       \
    "JSON_OBJECT('plan', ELT(1 + seq % 3, 'free', 'pro', 'Team'), 'score', seq % 10, 'vip',"       \
    " seq % 2 = 0, 'tags', JSON_ARRAY('a', seq % 4), 'mix', IF(seq % 2, 5, '5'), 'address',"       \
    " JSON_OBJECT('city', 'Oslo'), 'renewal', '2026-05-05')"

static struct columnhelp help;
static char dir[300]; /* of the cache */

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
    int err = configure(child, use);
    for (size_t i = 0; !err && i < columnhelp_condition_count; i++) {
        uint64_t count = 0;
        struct audience_page page;
        struct audience_query query = {.project_id = child->project_id,
                                       .filter = columnhelp_filter(child, columnhelp_conditions[i]),
                                       .at_ms = AUDIENCE_AT_NOW};
        err = columnhelp_compare(child, &columnhelp_conditions[i], 1, &count);
        if (!err)
            err = audience_page(child->db, child->arena, &query, &page, &child->info);
        if (!err && page.total != count)
            err = 103;
    }
    return err;
}

static int fold(struct columnhelp *child, void *force)
{
    struct upkeep_report report = {0};
    return upkeep_fold(child->db, child->project_id, force != NULL, &report, &child->info);
}

static int merge(struct columnhelp *child, void *force)
{
    struct upkeep_report report = {0};
    return upkeep_merge(child->db, child->project_id, force != NULL, &report, &child->info);
}

/* The number of chunks that `muster verify` would name, at most 100. */
static int verify(struct columnhelp *child, void *ctx)
{
    uint64_t different = 0;
    (void)ctx;
    int err = rebuild_verify(child->db, child->project_id, NULL, &different, &child->info);
    return err ? 104 : different > 100 ? 100 : (int)different;
}

static int ask_facts(struct columnhelp *child, void *ctx)
{
    struct facts_field *fields;
    size_t count;
    uint64_t contacts;
    (void)ctx;
    int err = facts_fields(child->db, child->arena, child->project_id, &fields, &count, &contacts,
                           &child->info);
    return err ? err : contacts != 2000;
}

#define FORCE ((void *)&help)
#define ASK(use) ck_assert_int_eq(columnhelp_fork(&help, ask, use), 0)
#define FOLD(force) ck_assert_int_eq(columnhelp_fork(&help, fold, force), 0)
#define MERGE(force) ck_assert_int_eq(columnhelp_fork(&help, merge, force), 0)
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

static void change_some(void)
{
    columnhelp_run(&help,
                   "UPDATE contact SET data = JSON_SET(data, '$.score', ordinal, '$.plan', 'late')"
                   " WHERE project_id = ? AND ordinal < 50",
                   1);
    columnhelp_mark(&help, KEY_PART_CONTACT, 1, 49);
}

/* 2,000 contacts in the base, some of them changed in the delta, a few marked. */
static void setup(void)
{
    struct segment segment;
    columnhelp_open(&help);
    (void)snprintf(dir, sizeof dir, "%s/cache-%u", getenv("MUSTER_TEST_MARIADB_DIR"),
                   help.project_id);
    remove_dir();
    segment = columnhelp_static(&help, "vips");
    columnhelp_contacts(&help, 1, 2000, DATA, true);
    columnhelp_events(&help, "seen", 1, 1500, true);
    columnhelp_events(&help, "bought", 1, 700, true);
    columnhelp_members(&help, &segment, 1, 500, true);
    FOLD(FORCE);
    MERGE(FORCE);
    change_some();
    FOLD(FORCE);
    columnhelp_mark(&help, KEY_PART_CONTACT, 40, 60);
    ck_assert_int_eq(DELTAS(&help), 1);
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
}

static void teardown(void)
{
    remove_dir();
    columnhelp_close(&help);
}

/* Every stored chunk has the hash that stands in its row. */
static void check_stored(void)
{
    AUTO(db_rows) rows = NULL;
    struct db_param project = DB_U64(help.project_id);
    int more = db_query(help.db,
                        "SELECT bytes, hash FROM base_chunk WHERE project_id = ? UNION ALL"
                        " SELECT bytes, hash FROM delta_chunk WHERE project_id = ?",
                        DB_PARAMS(project, project), false, &rows, &help.info);
    while (more >= 0 && (more = db_next(rows, &help.info)) > 0) {
        struct hash128 hash = hash_content(db_bytes(rows, 0).at, db_bytes(rows, 0).len);
        ck_assert_mem_eq(hash.bytes, db_bytes(rows, 1).at, sizeof hash.bytes);
    }
    ck_assert_int_eq(more, 0);
}

/* ---- damaged chunks ------------------------------------------------------------------------ */

/* What can happen to bytes; ? is 1 for a base chunk, whose row is then the one with the given key.
 */
static const char *const base_damages[] = {
    "UPDATE base_chunk SET bytes = INSERT(bytes, LENGTH(bytes) DIV 2, 2, 'XX')"
    " WHERE project_id = ? AND column_key = ?",
    "UPDATE base_chunk SET bytes = INSERT(bytes, 1, 1, 'X') WHERE project_id = ? AND column_key = "
    "?",
    "UPDATE base_chunk SET bytes = LEFT(bytes, LENGTH(bytes) - 8) WHERE project_id = ?"
    " AND column_key = ?",
    "UPDATE base_chunk SET bytes = '' WHERE project_id = ? AND column_key = ?",
    "UPDATE base_chunk SET hash = REVERSE(hash) WHERE project_id = ? AND column_key = ?",
};
static const char *const delta_damages[] = {
    "UPDATE delta_chunk SET bytes = INSERT(bytes, LENGTH(bytes) DIV 2, 2, 'XX')"
    " WHERE project_id = ? AND column_key = ?",
    "UPDATE delta_chunk SET bytes = INSERT(bytes, 9, 1, 'X') WHERE project_id = ?"
    " AND column_key = ?",
    "UPDATE delta_chunk SET bytes = LEFT(bytes, 40) WHERE project_id = ? AND column_key = ?",
    "UPDATE delta_chunk SET bytes = '' WHERE project_id = ? AND column_key = ?",
};

static void damage(const char *sql, uint64_t key)
{
    ck_assert_uint_eq(testdb_exec(help.db, sql, DB_PARAMS(DB_U64(help.project_id), DB_U64(key))),
                      1);
    columnhelp_run(&help,
                   "UPDATE project_state SET columns_version = columns_version + 1"
                   " WHERE project_id = ?",
                   1);
}

/* Exact in spite of it, mended by the next fold, exact and quiet again. */
static void check_mended(void)
{
    ck_assert_int_gt(columnhelp_fork(&help, verify, NULL), 0);
    ASK(NULL);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 1);
    FOLD(NULL);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
    check_stored();
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
    ASK(NULL);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
}

/* Keys of the base chunks that the questions look at, in the arena. */
static size_t base_keys(uint64_t **ret)
{
    AUTO(db_rows) rows = NULL;
    size_t count = 0, room = 0;
    int more = db_query(help.db,
                        "SELECT column_key FROM base_chunk WHERE project_id = ?"
                        " AND column_key >> 56 NOT IN (3, 12)", /* sets, updatedAt */
                        DB_PARAMS(DB_U64(help.project_id)), false, &rows, &help.info);
    *ret = NULL;
    while (more >= 0 && (more = db_next(rows, &help.info)) > 0) {
        *ret = arena_grow(help.arena, *ret, count, &room, sizeof **ret);
        (*ret)[count++] = (uint64_t)db_i64(rows, 0);
    }
    ck_assert_int_eq(more, 0);
    return count;
}

START_TEST(each_base_chunk_in_turn)
{
    uint64_t *keys;
    size_t count = base_keys(&keys);
    ck_assert_uint_ge(count, 14);
    for (size_t i = 0; i < count; i++) {
        damage(base_damages[i % ARRAY_LEN(base_damages)], keys[i]);
        check_mended();
    }
}
END_TEST

START_TEST(a_base_chunk_in_every_way)
{
    uint64_t *keys;
    ck_assert_uint_gt(base_keys(&keys), 0);
    for (size_t i = 0; i < ARRAY_LEN(base_damages); i++) {
        damage(base_damages[i], KEY_EXISTS);
        check_mended();
    }
}
END_TEST

START_TEST(a_delta_in_every_way)
{
    for (size_t i = 0; i < ARRAY_LEN(delta_damages); i++) {
        damage(delta_damages[i], KEY_PART_CONTACT);
        check_mended();
        change_some(); /* the rebuild took the delta */
        FOLD(FORCE);
        columnhelp_mark(&help, KEY_PART_CONTACT, 40, 60);
    }
}
END_TEST

START_TEST(everything_at_once)
{
    uint64_t *keys;
    size_t count = base_keys(&keys);
    for (size_t i = 0; i < count; i++)
        damage(base_damages[i % ARRAY_LEN(base_damages)], keys[i]);
    damage(delta_damages[0], KEY_PART_CONTACT);
    check_mended();
}
END_TEST

/* A chunk of another key, good in itself: its hash is right, its columns are not there. */
START_TEST(a_chunk_that_does_not_open)
{
    struct hash128 hash = hash_content("nonsense", 8);
    testdb_exec(help.db,
                "UPDATE base_chunk SET bytes = 'nonsense', hash = ? WHERE project_id = ?"
                " AND column_key = ?",
                DB_PARAMS(DB_BYTES(hash.bytes, 16), DB_U64(help.project_id), DB_U64(KEY_STATUS)));
    columnhelp_run(&help,
                   "UPDATE project_state SET columns_version = columns_version + 1"
                   " WHERE project_id = ?",
                   1);
    check_mended();
}
END_TEST

START_TEST(facts_ask_for_a_rebuild_too)
{
    damage(base_damages[0], KEY_EXISTS);
    ck_assert_int_eq(columnhelp_fork(&help, ask_facts, NULL), 0);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 1);
    FOLD(NULL);
    check_stored();
}
END_TEST

/* A fold and a merge that come upon it mend the part at once. */
START_TEST(fold_over_damage)
{
    damage(delta_damages[0], KEY_PART_CONTACT);
    FOLD(FORCE);
    check_stored();
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
    change_some();
    FOLD(FORCE);
    damage(base_damages[0], KEY_EXISTS);
    columnhelp_mark(&help, KEY_PART_CONTACT, 100, 200);
    FOLD(FORCE);
    check_stored();
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
    ASK(NULL);
}
END_TEST

START_TEST(merge_over_damage)
{
    uint64_t score = KEY_DATA(KEY_TYPE_NUMBER, 2);
    damage(base_damages[0], score);
    MERGE(FORCE);
    check_stored();
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
    change_some();
    FOLD(FORCE);
    damage(delta_damages[0], KEY_PART_CONTACT);
    MERGE(FORCE);
    check_stored();
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
    ASK(NULL);
}
END_TEST

/* ---- the cache ----------------------------------------------------------------------------- */

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
    damage(base_damages[0], KEY_STATUS);
    ASK(&use);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
    check_mended();
    ASK(&use);
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

int main(void)
{
    const TTest *const tests[] = {
        each_base_chunk_in_turn,
        a_base_chunk_in_every_way,
        a_delta_in_every_way,
        everything_at_once,
        a_chunk_that_does_not_open,
        facts_ask_for_a_rebuild_too,
        fold_over_damage,
        merge_over_damage,
        spoiled_files_are_replaced,
        files_that_cannot_be_replaced,
        a_good_cache_outlives_damage_in_the_database,
        a_full_disk,
        a_directory_that_others_can_read,
        a_directory_that_is_none,
        a_directory_in_which_nothing_can_be_made,
        a_directory_that_is_removed_in_use,
        evicting_while_in_use,
    };
    Suite *suite = suite_create("damage");
    TCase *cases = tcase_create("damage");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 180);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    return testdb_run(suite);
}
