/*
 * Damage: stored chunks that are not what they were. Answers stay exact, and what is damaged is
 * mended. Runs under tests/db/with-mariadb.
 *
 * Whoever reads does it in a process of its own: a mapping that is good hides what is not.
 */
#include "audience/facts.h"
#include "audience/rebuild.h"
#include "column/key.h"
#include "columnhelp.h"
#include "store/chunkstore.h"

#define DATA                                                                                       \
    "JSON_OBJECT('plan', ELT(1 + seq % 3, 'free', 'pro', 'Team'), 'score', seq % 10, 'vip',"       \
    " seq % 2 = 0, 'tags', JSON_ARRAY('a', seq % 4), 'mix', JSON_EXTRACT(IF(seq % 2, '5', "        \
    "'\"5\"'), '$'), 'address',"                                                                   \
    " JSON_OBJECT('city', 'Oslo'), 'renewal', '2026-05-05')"

static struct columnhelp help;

/* ---- what children do ---------------------------------------------------------------------- */

/* Every question answers what the rows say; then each is asked for its number as a request does. */
static int ask(struct columnhelp *child, void *ctx)
{
    uint64_t compared = 0, asked = 0;
    (void)ctx;
    int err =
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
    child->info.message[0] = '\0'; /* what was found damaged is no failure */
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
#define ASK ck_assert_int_eq(columnhelp_fork(&help, ask, NULL), 0)
#define FOLD(force) ck_assert_int_eq(columnhelp_fork(&help, fold, force), 0)
#define MERGE(force) ck_assert_int_eq(columnhelp_fork(&help, merge, force), 0)
#define REBUILD_IS_REQUESTED                                                                       \
    columnhelp_i64(&help, "SELECT rebuild_requested FROM project_state WHERE project_id = ?")

/* ---- the project --------------------------------------------------------------------------- */

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
    columnhelp_open(&help);
    struct segment segment = columnhelp_static(&help, "vips");
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
    ASK;
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 1);
    FOLD(NULL);
    ck_assert_int_eq(REBUILD_IS_REQUESTED, 0);
    check_stored();
    ck_assert_int_eq(columnhelp_fork(&help, verify, NULL), 0);
    ASK;
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
    ASK;
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
    ASK;
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_base_chunk_in_turn, a_base_chunk_in_every_way,  a_delta_in_every_way,
        everything_at_once,      a_chunk_that_does_not_open, facts_ask_for_a_rebuild_too,
        fold_over_damage,        merge_over_damage,
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
