/*
 * Members of static segments: what is stored, and that exactly the changed ones are marked. Runs
 * under tests/db/with-mariadb, in an empty database.
 */
#include <stdlib.h>

#include "column/key.h"
#include "db/migrate.h"
#include "store/member.h"
#include "store/segfill.h"
#include "store/segment.h"
#include "testdb.h"

#define PROJECT 7

static struct db *db;
static struct arena *arena;
static struct err_info info;
static struct segment segment;

static void run(const char *sql)
{
    (void)testdb_exec(db, sql, DB_NO_PARAMS);
}

static void make_contacts(unsigned count)
{
    testdb_exec(db,
                "INSERT INTO contact (project_id, ordinal, uuid, email, status, write_id,"
                " created_ms, updated_ms) SELECT 7, seq, RANDOM_BYTES(16),"
                " CONCAT('c', seq, '@example.com'), 1, 1, 1, 1 FROM seq_1_to_5000 WHERE seq <= ?",
                DB_PARAMS(DB_I64(count)));
}

static void setup(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    struct uuid uuid = uuid_new();
    struct segment_input input = {.name = STR("s"), .slug = STR("s"), .kind = SEGMENT_STATIC};
    arena = arena_new();
    db = testdb_new();
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    run("DELETE FROM contact");
    run("DELETE FROM member");
    run("DELETE FROM dirty");
    run("DELETE FROM segment");
    run("DELETE FROM dropped_set");
    make_contacts(10);
    ck_assert_int_eq(segment_create(db, arena, PROJECT, &uuid, &input, &segment, &info), 0);
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

/* ---- short forms --------------------------------------------------------------------------- */

#define ORDINALS(...) (const uint32_t[]){__VA_ARGS__}, ARRAY_LEN(((const uint32_t[]){__VA_ARGS__}))

static uint64_t add(const uint32_t *ordinals, size_t count)
{
    uint64_t added = 0;
    int err = member_add(db, arena, PROJECT, KEY_SET_SEGMENT(segment.segment_id), ordinals, count,
                         &added, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return added;
}

static uint64_t take(const uint32_t *ordinals, size_t count)
{
    uint64_t removed = 0;
    int err = member_remove(db, arena, PROJECT, KEY_SET_SEGMENT(segment.segment_id), ordinals,
                            count, &removed, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return removed;
}

/* The ordinals of a query, with blanks between. */
static const char *ordinals(const char *sql)
{
    AUTO(db_rows) rows = NULL;
    const char *text = "";
    struct db_param set = DB_U64(KEY_SET_SEGMENT(segment.segment_id));
    ck_assert_int_eq(db_query(db, sql, &set, 1, false, &rows, &info), 0);
    while (db_next(rows, &info) > 0) {
        text = arena_printf(arena, "%s%s%lld", text, *text == '\0' ? "" : " ",
                            (long long)db_i64(rows, 0));
    }
    return text;
}

static void assert_members(const char *want)
{
    ck_assert_str_eq(
        ordinals("SELECT ordinal FROM member WHERE project_id = 7 AND set_id = ? ORDER BY ordinal"),
        want);
}

/* The marks since the last look; none but this set's may be there. */
static void assert_marks(const char *want)
{
    ck_assert_str_eq(ordinals("SELECT ordinal FROM dirty WHERE project_id = 7"
                              " AND part = (3 << 56) | ? ORDER BY ordinal"),
                     want);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM dirty WHERE part <> (3 << 56) | ?",
                                DB_PARAMS(DB_U64(KEY_SET_SEGMENT(segment.segment_id)))),
                     0);
    run("DELETE FROM dirty");
}

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST(marks_exactly_what_changed)
{
    ck_assert_uint_eq(add(ORDINALS(3, 1, 3, 2)), 3);
    assert_members("1 2 3");
    assert_marks("1 2 3");
    ck_assert_uint_eq(add(ORDINALS(2, 4)), 1);
    assert_members("1 2 3 4");
    assert_marks("4");
    ck_assert_uint_eq(add(ORDINALS(1, 2)), 0);
    assert_marks("");
    ck_assert_uint_eq(take(ORDINALS(9, 2, 4)), 2);
    assert_members("1 3");
    assert_marks("2 4");
    ck_assert_uint_eq(take(ORDINALS(2)), 0);
    assert_marks("");
    ck_assert_uint_eq(take(NULL, 0), 0);
}
END_TEST

START_TEST(keeps_when_a_member_entered)
{
    add(ORDINALS(1));
    run("UPDATE member SET entered_ms = 5");
    add(ORDINALS(1, 2));
    ck_assert_int_eq(
        testdb_i64(db, "SELECT entered_ms FROM member WHERE ordinal = 1", DB_NO_PARAMS), 5);
    ck_assert_int_gt(
        testdb_i64(db, "SELECT entered_ms FROM member WHERE ordinal = 2", DB_NO_PARAMS),
        1700000000000);
    /* Who left and came back has entered again. */
    take(ORDINALS(1));
    add(ORDINALS(1));
    ck_assert_int_gt(
        testdb_i64(db, "SELECT entered_ms FROM member WHERE ordinal = 1", DB_NO_PARAMS), 5);
}
END_TEST

START_TEST(leaves_out_contacts_that_are_gone)
{
    ck_assert_uint_eq(add(ORDINALS(10, 11, 12)), 1);
    assert_members("10");
    assert_marks("10");
}
END_TEST

START_TEST(refuses_when_the_segment_is_gone)
{
    uint32_t one = 1;
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &segment.uuid, &info), 0);
    ck_assert_int_eq(
        member_add(db, arena, PROJECT, KEY_SET_SEGMENT(segment.segment_id), &one, 1, NULL, &info),
        ERR_NOT_FOUND);
    assert_members("");
}
END_TEST

START_TEST(finds_ordinals_by_address)
{
    const struct str emails[] = {STR("c10@example.com"), STR("c3@example.com"), STR("nobody@x.y")};
    uint32_t found[3];
    ck_assert_int_eq(member_resolve(db, arena, PROJECT, emails, 3, found, &info), 0);
    ck_assert_uint_eq(found[0], 10);
    ck_assert_uint_eq(found[1], 3);
    ck_assert_uint_eq(found[2], MEMBER_NO_CONTACT);
}
END_TEST

static int64_t count_rows(const char *sql)
{
    return testdb_i64(db, sql, DB_NO_PARAMS);
}

START_TEST(drops_a_large_set_by_batches)
{
    enum { COUNT = 4 * MEMBER_BATCH + 500 };
    uint32_t list[COUNT];
    uint64_t set_id = KEY_SET_SEGMENT(segment.segment_id);
    bool done;
    run("DELETE FROM contact");
    make_contacts(COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        list[i] = COUNT - i;
    }
    ck_assert_uint_eq(add(list, COUNT), COUNT);
    run("DELETE FROM dirty");
    ck_assert_int_eq(member_sweep(db, arena, 9, &info), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), COUNT);
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &segment.uuid, &info), 0);
    ck_assert_int_eq(member_drop(db, arena, PROJECT, set_id, 2, &done, &info), 0);
    ck_assert(!done);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), COUNT - 2 * MEMBER_BATCH);
    ck_assert_int_eq(member_sweep(db, arena, 1, &info), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), COUNT - 3 * MEMBER_BATCH);
    ck_assert_int_eq(member_sweep(db, arena, 9, &info), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM dropped_set"), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM dirty"), COUNT);
    ck_assert_int_eq(member_drop(db, arena, PROJECT, set_id, 1, &done, &info), 0);
    ck_assert(done);
}
END_TEST

/* ---- sets that are filled before their segment is there ------------------------------------- */

static int fill(uint32_t segment_id, const uint32_t *ordinals, size_t count, uint64_t *ret_added)
{
    return member_fill(db, arena, PROJECT, KEY_SET_SEGMENT(segment_id), ordinals, count, 77,
                       ret_added, &info);
}

static int create_filled(uint32_t segment_id, struct segment *ret)
{
    struct uuid uuid = uuid_new();
    struct segment_input input = {
        .name = STR("t"), .slug = STR("t"), .kind = SEGMENT_STATIC, .filled = segment_id};
    return segment_create(db, arena, PROJECT, &uuid, &input, ret, &info);
}

START_TEST(fills_a_set_before_its_segment)
{
    struct segment made;
    uint32_t segment_id;
    uint64_t added;
    ck_assert_int_eq(segfill_begin(db, PROJECT, &segment_id, &info), 0);
    ck_assert_int_eq(fill(segment_id, ORDINALS(1, 2, 99), &added), 0); /* 99 is nobody */
    ck_assert_uint_eq(added, 2);
    ck_assert_int_eq(fill(segment_id, ORDINALS(7), &added), 0);
    ck_assert_int_eq(member_sweep(db, arena, 9, &info), 0); /* leaves it alone */
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member WHERE entered_ms = 77"), 3);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM dirty"), 3);
    ck_assert_int_eq(create_filled(segment_id, &made), 0);
    ck_assert_uint_eq(made.segment_id, segment_id);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM dropped_set"), 0);
    ck_assert_int_eq(member_sweep(db, arena, 9, &info), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), 3);
    ck_assert_int_eq(create_filled(segment_id, &made), ERR_UNAVAILABLE); /* once is enough */
}
END_TEST

START_TEST(a_fill_that_stopped_leaves_nothing)
{
    struct segment made;
    uint32_t segment_id;
    ck_assert_int_eq(segfill_begin(db, PROJECT, &segment_id, &info), 0);
    ck_assert_int_eq(fill(segment_id, ORDINALS(1, 2, 3), NULL), 0);
    run("UPDATE dropped_set SET due_ms = 1");
    ck_assert_int_eq(fill(segment_id, ORDINALS(4), NULL), ERR_UNAVAILABLE);
    ck_assert_int_eq(create_filled(segment_id, &made), ERR_UNAVAILABLE);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM segment"), 1);
    ck_assert_int_eq(member_sweep(db, arena, 9, &info), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), 0);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM dropped_set"), 0);
    ck_assert_int_eq(fill(segment_id, ORDINALS(5), NULL), ERR_UNAVAILABLE);
    ck_assert_int_eq(count_rows("SELECT COUNT(*) FROM member"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("member");
    TCase *tcase = tcase_create("member");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, marks_exactly_what_changed);
    tcase_add_test(tcase, keeps_when_a_member_entered);
    tcase_add_test(tcase, leaves_out_contacts_that_are_gone);
    tcase_add_test(tcase, refuses_when_the_segment_is_gone);
    tcase_add_test(tcase, finds_ordinals_by_address);
    tcase_add_test(tcase, drops_a_large_set_by_batches);
    tcase_add_test(tcase, fills_a_set_before_its_segment);
    tcase_add_test(tcase, a_fill_that_stopped_leaves_nothing);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}
