/*
 * Versions of filters as rows: what is kept and what goes, the graph as it would be, and segments
 * that were there before versions were kept. Runs under tests/db/with-mariadb.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/db.h"
#include "db/migrate.h"
#include "store/seggraph.h"
#include "store/segment.h"
#include "store/segversion.h"
#include "testdb.h"

#define PROJECT 7
#define OTHER_PROJECT 8

static struct db *db;
static struct arena *arena;
static struct err_info info;

static const char *sql_dir(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    return dir != NULL ? dir : "sql";
}

static void run(const char *sql)
{
    (void)testdb_exec(db, sql, DB_NO_PARAMS);
}

static void setup(void)
{
    arena = arena_new();
    db = testdb_new();
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, sql_dir(), NULL, &info) == 0, "%s", info.message);
    run("DELETE FROM segment");
    run("DELETE FROM segment_state");
    run("DELETE FROM segment_ref");
    run("DELETE FROM segment_event_ref");
    run("DELETE FROM segment_version");
    run("DELETE FROM counter");
    run("DELETE FROM api_key");
    run("INSERT INTO api_key (key_id, account_id, kind, name, secret_sha256, created_ms)"
        " VALUES ('abcdefghijkl', 1, 1, 'Ann', '', 1)");
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

/* ---- short forms --------------------------------------------------------------------------- */

static const struct segref_names none;

static struct segref_names names_of(const struct segment *segment)
{
    struct segref_segment *one = arena_alloc(arena, sizeof(*one));
    *one = (struct segref_segment){segment->uuid, STR("leaf")};
    return (struct segref_names){.segments = one, .segment_count = 1};
}

static struct segref_names names_event(const char *slug)
{
    struct segref_event *event = arena_alloc(arena, sizeof(*event));
    *event = (struct segref_event){str_from(slug), STR("leaf.event")};
    return (struct segref_names){.events = event, .event_count = 1};
}

static struct segment_input input_of(const char *filter, const char *key_id)
{
    return (struct segment_input){.name = STR("s"),
                                  .slug = STR("s"),
                                  .kind = SEGMENT_DYNAMIC,
                                  .filter = str_from(filter),
                                  .source = str_from(filter),
                                  .key_id = {key_id, key_id != NULL ? strlen(key_id) : 0}};
}

static struct segment create_as(enum segment_kind kind, const char *slug, struct segref_names names)
{
    struct segment segment;
    struct uuid uuid = uuid_new();
    struct segment_input input = input_of("f1", "abcdefghijkl");
    input.kind = kind;
    input.slug = str_from(slug);
    input.names = names;
    int err = segment_create(db, arena, PROJECT, &uuid, &input, &segment, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return segment;
}

static struct segment create(struct segref_names names)
{
    return create_as(SEGMENT_DYNAMIC, "s", names);
}

static struct segment change(const struct segment *segment, const struct segment_input *input)
{
    struct segment changed;
    int err = segment_update(db, arena, PROJECT, &segment->uuid, SEGMENT_SET_FILTER, input,
                             &changed, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return changed;
}

/* Numbers and filters of a page of versions: "2:f2 1:f1 ". */
static const char *listed(uint32_t segment_id, uint64_t offset, size_t limit, uint64_t total)
{
    struct segversion *list;
    size_t count;
    uint64_t found;
    const char *all = "";
    int err = segversion_list(db, arena, PROJECT, segment_id, offset, limit, &list, &count, &found,
                              &info);
    ck_assert_msg(err == 0, "%s", info.message);
    ck_assert_uint_eq(found, total);
    for (size_t i = 0; i < count; i++) {
        all = arena_printf(arena, "%s%u:" STR_FMT " ", all, (unsigned)list[i].version,
                           STR_ARG(list[i].filter));
    }
    return all;
}

static struct segversion get(const struct segment *segment, uint32_t version)
{
    struct segversion found;
    int err = segversion_get(db, arena, PROJECT, segment->segment_id, version, &found, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return found;
}

/* ---- rows ---------------------------------------------------------------------------------- */

START_TEST(every_filter_is_kept)
{
    struct segment a = create(none);
    struct segment b = create(none);
    struct segment_input second = input_of("f2", NULL);
    struct segment_input third = input_of("f3", "gone");
    change(&a, &second);
    change(&a, &third);
    ck_assert_str_eq(listed(a.segment_id, 0, 9, 3), "3:f3 2:f2 1:f1 ");
    ck_assert_str_eq(listed(a.segment_id, 1, 1, 3), "2:f2 ");
    ck_assert_str_eq(listed(a.segment_id, 3, 9, 3), "");
    ck_assert_str_eq(listed(b.segment_id, 0, 9, 1), "1:f1 ");
    struct segversion version = get(&a, 1);
    ck_assert(str_eq_c(version.key_id, "abcdefghijkl") && str_eq_c(version.key_name, "Ann"));
    ck_assert_int_eq(version.changed_ms, a.created_ms);
    ck_assert_ptr_null(get(&a, 2).key_id.at);
    ck_assert(str_eq_c(get(&a, 3).key_id, "gone") && get(&a, 3).key_name.at == NULL);
    ck_assert_int_eq(segversion_get(db, arena, PROJECT, a.segment_id, 4, &version, &info),
                     ERR_NOT_FOUND);
    ck_assert_int_eq(segversion_get(db, arena, OTHER_PROJECT, a.segment_id, 1, &version, &info),
                     ERR_NOT_FOUND);
}
END_TEST

/* The same meaning in other words is no version; its words are the newer ones. */
START_TEST(other_words_are_no_version)
{
    struct segment a = create(none);
    struct segment_input words = input_of("f1", NULL);
    words.source = STR("words");
    words.dialect = SEGMENT_PUSHMAIL;
    ck_assert_uint_eq(change(&a, &words).version, 1);
    ck_assert_str_eq(listed(a.segment_id, 0, 9, 1), "1:f1 ");
    struct segversion version = get(&a, 1);
    ck_assert_int_eq(version.dialect, SEGMENT_PUSHMAIL);
    ck_assert(str_eq_c(version.source, "words"));
    ck_assert(str_eq_c(version.key_name, "Ann"));
    ck_assert_int_eq(version.changed_ms, a.created_ms);
}
END_TEST

START_TEST(the_oldest_go)
{
    struct segversion version = {.dialect = SEGMENT_PLUNK, .filter = STR("f"), .source = STR("f")};
    for (uint32_t n = 1; n <= SEGVERSION_KEPT + 5; n++) {
        version.version = n;
        ck_assert_int_eq(segversion_add(db, PROJECT, 1, &version, &info), 0);
        ck_assert_int_eq(segversion_add(db, PROJECT, 2, &version, &info), 0);
    }
    ck_assert_str_eq(listed(1, SEGVERSION_KEPT - 1, 9, SEGVERSION_KEPT), "6:f ");
    ck_assert_int_eq(segversion_drop(db, PROJECT, 1, &info), 0);
    ck_assert_str_eq(listed(1, 0, 9, 0), "");
    ck_assert_str_eq(listed(2, 0, 1, SEGVERSION_KEPT), "205:f ");
}
END_TEST

START_TEST(they_go_with_their_segment)
{
    struct segment a = create(none);
    struct segment b = create(none);
    struct segment list = create_as(SEGMENT_STATIC, "list", none);
    ck_assert_str_eq(listed(list.segment_id, 0, 9, 0), "");
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), 0);
    ck_assert_str_eq(listed(a.segment_id, 0, 9, 0), "");
    ck_assert_str_eq(listed(b.segment_id, 0, 9, 1), "1:f1 ");
}
END_TEST

/* A change that is refused leaves no version. */
START_TEST(a_refused_filter_is_no_version)
{
    struct segment a = create(none);
    struct segment ignored;
    struct segment_input input = input_of("f2", NULL);
    input.names = names_of(&a);
    ck_assert_int_eq(
        segment_update(db, arena, PROJECT, &a.uuid, SEGMENT_SET_FILTER, &input, &ignored, &info),
        ERR_INVAL);
    ck_assert_str_eq(listed(a.segment_id, 0, 9, 1), "1:f1 ");
}
END_TEST

/* ---- the graph as it would be -------------------------------------------------------------- */

static void would(const struct segment *segment, struct segref_names names, int expected,
                  const char *message)
{
    int err = seggraph_check_planned(db, arena, PROJECT, segment->segment_id, &names, &info);
    ck_assert_msg(err == expected, "%s: %s", err_name(err), info.message);
    if (err < 0) {
        ck_assert_str_eq(info.message, message);
        ck_assert_str_eq(info.item.field, names.segment_count > 0 ? "leaf" : "leaf.event");
    }
}

START_TEST(judges_what_is_not_written)
{
    struct segment c = create(none);
    struct segment b = create(names_of(&c));
    struct segment a = create(names_of(&b));
    int64_t refs = testdb_i64(db, "SELECT COUNT(*) FROM segment_ref", DB_NO_PARAMS);
    would(&c, none, 0, NULL);
    would(&c, names_of(&c), ERR_INVAL, "A segment cannot reference itself");
    would(&c, names_of(&b), ERR_INVAL, "Circular segment reference detected");
    would(&c, names_of(&a), ERR_INVAL, "Circular segment reference detected");
    would(&a, names_of(&c), 0, NULL);
    would(&b, names_of(&a), ERR_INVAL, "Circular segment reference detected");
    /* What it names today does not count: then a would no longer lead to b. */
    would(&a, names_of(&c), 0, NULL);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM segment_ref", DB_NO_PARAMS), refs);
}
END_TEST

START_TEST(judges_planned_events)
{
    struct segment vip = create_as(SEGMENT_DYNAMIC, "vip", none);
    struct segment over = create_as(SEGMENT_DYNAMIC, "over", names_of(&vip));
    struct segment_input track = {.track = true};
    would(&vip, names_event("vip"), 0, NULL);
    would(&vip, names_event("over"), 0, NULL);
    ck_assert_int_eq(
        segment_update(db, arena, PROJECT, &vip.uuid, SEGMENT_SET_TRACK, &track, &vip, &info), 0);
    would(&vip, names_event("vip"), ERR_INVAL, "Circular segment reference detected");
    would(&vip, names_event("over"), ERR_INVAL, "Circular segment reference detected");
    would(&over, names_event("vip"), 0, NULL);
}
END_TEST

/* ---- segments of before -------------------------------------------------------------------- */

static void migrate_from(const char *dir)
{
    ck_assert_msg(migrate_run(db, dir, NULL, &info) == 0, "%s", info.message);
}

static void shell(const char *command)
{
    ck_assert_int_eq(system(command), 0);
}

/* The state of the day before: a database of its own, with the migrations up to 11. */
START_TEST(segments_of_before_have_the_version_of_today)
{
    char dir[] = "/tmp/muster-versions-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(dir));
    db_free(db);
    db = testdb_new();
    run("DROP DATABASE IF EXISTS muster_versions");
    db_free(db);
    db = testdb_new_in("muster_versions");
    shell(arena_printf(arena, "cp '%s'/000*.sql '%s'/0010*.sql '%s'/0011*.sql '%s'", sql_dir(),
                       sql_dir(), sql_dir(), dir));
    migrate_from(dir);
    run("INSERT INTO segment (project_id, segment_id, uuid, name, slug, kind, dialect, filter,"
        " source, version, created_ms, updated_ms) VALUES"
        " (7, 1, '1234567890123456', 'a', 'a', 1, 1, 'f1', 's1', 1, 100, 200),"
        " (7, 2, '1234567890123457', 'b', 'b', 1, 2, 'f5', 's5', 5, 100, 300),"
        " (7, 3, '1234567890123458', 'c', 'c', 2, 1, NULL, NULL, 1, 100, 300)");
    migrate_from(sql_dir());
    shell(arena_printf(arena, "rm -r '%s'", dir));
    ck_assert_str_eq(listed(1, 0, 9, 1), "1:f1 ");
    ck_assert_str_eq(listed(2, 0, 9, 1), "5:f5 ");
    ck_assert_str_eq(listed(3, 0, 9, 0), "");
    struct segment first = {.segment_id = 1};
    struct segment second = {.segment_id = 2};
    ck_assert_int_eq(get(&first, 1).changed_ms, 100);
    ck_assert_int_eq(get(&second, 5).changed_ms, 300);
    ck_assert_int_eq(get(&second, 5).dialect, SEGMENT_PUSHMAIL);
    ck_assert(str_eq_c(get(&second, 5).source, "s5") && get(&second, 5).key_id.at == NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segversion");
    TCase *tcase = tcase_create("segversion");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_filter_is_kept);
    tcase_add_test(tcase, other_words_are_no_version);
    tcase_add_test(tcase, the_oldest_go);
    tcase_add_test(tcase, they_go_with_their_segment);
    tcase_add_test(tcase, a_refused_filter_is_no_version);
    tcase_add_test(tcase, judges_what_is_not_written);
    tcase_add_test(tcase, judges_planned_events);
    tcase_add_test(tcase, segments_of_before_have_the_version_of_today);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}
