/*
 * Segments as rows: references, cycles, guards, and two writers at once. Runs under
 * tests/db/with-mariadb, in an empty database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "db/db.h"
#include "db/migrate.h"
#include "store/campaignedit.h"
#include "store/seghistory.h"
#include "store/segment.h"
#include "testdb.h"

#define PROJECT 7
#define OTHER_PROJECT 8

static struct db *db;
static struct arena *arena;
static struct err_info info;

static void run(const char *sql)
{
    (void)testdb_exec(db, sql, DB_NO_PARAMS);
}

static void setup(void)
{
    const char *dir = getenv("MUSTER_SQL_DIR");
    arena = arena_new();
    db = testdb_new();
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    run("DELETE FROM segment");
    run("DELETE FROM segment_state");
    run("DELETE FROM dropped_segment");
    run("DELETE FROM segment_ref");
    run("DELETE FROM segment_event_ref");
    run("DELETE FROM campaign");
    run("DELETE FROM dropped_set");
    run("DELETE FROM counter");
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

/* ---- short forms --------------------------------------------------------------------------- */

static struct segref_names names_of(size_t count, const struct uuid *uuids)
{
    struct segref_segment *list = arena_array(arena, count, sizeof(*list));
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct segref_segment){uuids[i], str_from(arena_printf(arena, "leaf.%zu", i))};
    }
    return (struct segref_names){.segments = list, .segment_count = count};
}

static struct segref_names names_event(const char *slug)
{
    struct segref_event *event = arena_alloc(arena, sizeof(*event));
    *event = (struct segref_event){str_from(slug), STR("leaf.event")};
    return (struct segref_names){.events = event, .event_count = 1};
}

static struct segment_input input_of(const char *slug, struct segref_names names)
{
    return (struct segment_input){.name = str_from(slug),
                                  .slug = str_from(slug),
                                  .kind = SEGMENT_DYNAMIC,
                                  .filter = str_from(arena_printf(arena, "{\"f\":\"%s\"}", slug)),
                                  .source = STR("{}"),
                                  .names = names,
                                  .counted_ms = 1};
}

static int try_create(const struct segment_input *input, struct segment *ret)
{
    struct uuid uuid = uuid_new();
    return segment_create(db, arena, PROJECT, &uuid, input, ret, &info);
}

static struct segment create(const char *slug, struct segref_names names)
{
    struct segment segment;
    struct segment_input input = input_of(slug, names);
    int err = try_create(&input, &segment);
    ck_assert_msg(err == 0, "%s", info.message);
    return segment;
}

static int set_names(const struct segment *segment, struct segref_names names)
{
    struct segment ignored;
    struct segment_input input = input_of("changed", names);
    return segment_update(db, arena, PROJECT, &segment->uuid, SEGMENT_SET_FILTER, &input, &ignored,
                          &info);
}

static int set_track(const struct segment *segment, bool track)
{
    struct segment ignored;
    struct segment_input input = {.track = track};
    return segment_update(db, arena, PROJECT, &segment->uuid, SEGMENT_SET_TRACK, &input, &ignored,
                          &info);
}

static int set_slug(const struct segment *segment, const char *slug)
{
    struct segment ignored;
    struct segment_input input = {.name = str_from(slug), .slug = str_from(slug)};
    return segment_update(db, arena, PROJECT, &segment->uuid, SEGMENT_SET_NAME, &input, &ignored,
                          &info);
}

static const struct segref_names none;

#define CIRCULAR "Circular segment reference detected"

static void assert_refused(int err, const char *message, const char *field)
{
    ck_assert_int_eq(err, ERR_INVAL);
    ck_assert_str_eq(info.message, message);
    ck_assert(info.has_item);
    ck_assert_str_eq(info.item.field, field);
}

/* ---- rows ---------------------------------------------------------------------------------- */

START_TEST(stores_what_it_is_given)
{
    struct segment made;
    struct segment read;
    struct segment_input input = input_of("vip", none);
    input.description = STR("the best");
    input.track = true;
    input.member_count = 5000000000;
    input.counted_ms = 1234567890123;
    ck_assert_int_eq(try_create(&input, &made), 0);
    ck_assert_int_eq(segment_get(db, arena, PROJECT, &made.uuid, &read, &info), 0);
    ck_assert_int_eq(read.segment_id, 1);
    ck_assert(str_eq_c(read.name, "vip") && str_eq_c(read.slug, "vip"));
    ck_assert(str_eq_c(read.description, "the best"));
    ck_assert(str_eq(read.filter, input.filter) && str_eq_c(read.source, "{}"));
    ck_assert(read.track && read.kind == SEGMENT_DYNAMIC && read.version == 1);
    ck_assert_uint_eq(read.member_count, 5000000000);
    ck_assert_int_eq(read.counted_ms, 1234567890123);
    ck_assert_int_eq(read.created_ms, made.created_ms);
    ck_assert_int_eq(read.updated_ms, read.created_ms);
}
END_TEST

START_TEST(lists_the_newest_first)
{
    struct segment *list;
    size_t count;
    create("a", none);
    create("b", none);
    create("c", none);
    ck_assert_int_eq(segment_list(db, arena, PROJECT, SEGMENT_PLUNK, &list, &count, &info), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert(str_eq_c(list[0].name, "c") && str_eq_c(list[2].name, "a"));
    ck_assert_int_eq(segment_list(db, arena, OTHER_PROJECT, SEGMENT_PLUNK, &list, &count, &info),
                     0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(knows_nothing_of_other_projects)
{
    struct segment a = create("a", none);
    struct segment read;
    struct segment_target target;
    size_t count;
    ck_assert_int_eq(segment_get(db, arena, OTHER_PROJECT, &a.uuid, &read, &info), ERR_NOT_FOUND);
    ck_assert_int_eq(segment_delete(db, arena, OTHER_PROJECT, &a.uuid, &info), ERR_NOT_FOUND);
    ck_assert_int_eq(segment_resolve(db, arena, OTHER_PROJECT, &a.uuid, 1, &target, &count, &info),
                     0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(resolves_many_and_leaves_out_the_unknown)
{
    enum { COUNT = 70 };
    struct uuid uuids[COUNT];
    struct segment_target targets[COUNT];
    size_t count;
    uint64_t ids = 0;
    for (int i = 0; i < COUNT; i++) {
        uuids[i] = i == 30 ? uuid_new() : create("s", none).uuid;
    }
    ck_assert_int_eq(segment_resolve(db, arena, PROJECT, uuids, COUNT, targets, &count, &info), 0);
    ck_assert_uint_eq(count, COUNT - 1);
    for (size_t i = 0; i < count; i++) {
        ck_assert(targets[i].kind == SEGMENT_DYNAMIC &&
                  str_eq_c(targets[i].filter, "{\"f\":\"s\"}"));
        ids += targets[i].segment_id;
    }
    ck_assert_uint_eq(ids, COUNT * (COUNT - 1) / 2);
}
END_TEST

START_TEST(a_version_is_a_filter)
{
    struct segment a = create("a", none);
    struct segment after;
    struct segment_input input = input_of("a", none);
    ck_assert_int_eq(set_slug(&a, "b"), 0);
    ck_assert_int_eq(set_track(&a, true), 0);
    ck_assert_int_eq(
        segment_update(db, arena, PROJECT, &a.uuid, SEGMENT_SET_FILTER, &input, &after, &info), 0);
    ck_assert_uint_eq(after.version, 1);
    ck_assert(after.track && str_eq_c(after.slug, "b"));
    ck_assert_int_eq(set_names(&a, none), 0);
    ck_assert_int_eq(segment_get(db, arena, PROJECT, &a.uuid, &after, &info), 0);
    ck_assert_uint_eq(after.version, 2);
}
END_TEST

static int set_count(const struct segment *segment, uint32_t version, uint64_t number,
                     int64_t at_ms)
{
    const struct seghistory_count count = {.segment_id = segment->segment_id,
                                           .version = version,
                                           .count = number,
                                           .counted_ms = at_ms};
    return seghistory_set_count(db, PROJECT, &count, &info);
}

START_TEST(a_count_of_an_old_filter_or_time_is_not_stored)
{
    struct segment a = create("a", none);
    struct segment read;
    ck_assert_int_eq(set_count(&a, 1, 10, 100), 0);
    ck_assert_int_eq(set_count(&a, 1, 11, 99), 0);
    ck_assert_int_eq(set_count(&a, 2, 12, 200), 0);
    ck_assert_int_eq(segment_get(db, arena, PROJECT, &a.uuid, &read, &info), 0);
    ck_assert_uint_eq(read.member_count, 10);
    ck_assert_int_eq(read.counted_ms, 100);
}
END_TEST

/* ---- references ---------------------------------------------------------------------------- */

START_TEST(refuses_what_is_not_there)
{
    struct uuid nobody = uuid_new();
    struct segment segment;
    struct segment *list;
    size_t count;
    char text[37];
    char message[100];
    uuid_format(&nobody, text);
    (void)snprintf(message, sizeof(message), "Referenced segment not found: %s", text);
    struct uuid two[] = {create("a", none).uuid, nobody};
    struct segment_input input = input_of("b", names_of(2, two));
    assert_refused(try_create(&input, &segment), message, "leaf.1");
    ck_assert_int_eq(segment_list(db, arena, PROJECT, SEGMENT_PLUNK, &list, &count, &info), 0);
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(refuses_itself_and_circles)
{
    struct segment a = create("a", none);
    struct segment b = create("b", names_of(1, &a.uuid));
    struct segment c = create("c", names_of(1, &b.uuid));
    struct segment d = create("d", none);
    struct uuid d_then_c[] = {d.uuid, c.uuid};
    assert_refused(set_names(&a, names_of(1, &a.uuid)), "A segment cannot reference itself",
                   "leaf.0");
    assert_refused(set_names(&a, names_of(1, &b.uuid)), CIRCULAR, "leaf.0");
    assert_refused(set_names(&a, names_of(2, d_then_c)), CIRCULAR, "leaf.1");
    ck_assert_int_eq(set_names(&a, names_of(1, &d.uuid)), 0);
    /* A refused change leaves the old references; when b lets go, a may name it. */
    ck_assert_int_eq(set_names(&b, none), 0);
    ck_assert_int_eq(set_names(&a, names_of(1, &b.uuid)), 0);
    assert_refused(set_names(&b, names_of(1, &c.uuid)), CIRCULAR, "leaf.0");
}
END_TEST

START_TEST(tracking_makes_events_references)
{
    struct segment a = create("vip", names_event("vip"));
    assert_refused(set_track(&a, true), CIRCULAR, "");
    ck_assert_int_eq(set_slug(&a, "gold"), 0);
    ck_assert_int_eq(set_track(&a, true), 0);
    assert_refused(set_slug(&a, "vip"), CIRCULAR, "");
    assert_refused(set_names(&a, names_event("gold")), CIRCULAR, "leaf.event");
    struct segment_input own = input_of("own", names_event("own"));
    struct segment made;
    own.track = true;
    assert_refused(try_create(&own, &made), CIRCULAR, "leaf.event");
}
END_TEST

START_TEST(events_of_whoever_names_it_are_circles_too)
{
    struct segment inner = create("inner", names_event("outer"));
    struct segment outer = create("outer", names_of(1, &inner.uuid));
    assert_refused(set_track(&outer, true), CIRCULAR, "");
    assert_refused(set_track(&inner, true), CIRCULAR, "");
    ck_assert_int_eq(set_names(&outer, none), 0);
    ck_assert_int_eq(set_track(&outer, true), 0);
    assert_refused(set_names(&outer, names_of(1, &inner.uuid)), CIRCULAR, "leaf.0");
    /* A filter may look at what another tracked segment did. */
    ck_assert_int_eq(set_track(&inner, true), 0);
}
END_TEST

START_TEST(bounds_what_a_filter_reaches)
{
    struct segment last = create("0", none);
    struct segment top = create("top", none);
    for (int i = 1; i < LIMIT_NESTED_SEGMENTS - 1; i++) {
        last = create("s", names_of(1, &last.uuid));
    }
    ck_assert_int_eq(set_names(&top, names_of(1, &last.uuid)), 0);
    struct segment_input input = input_of("over", names_of(1, &top.uuid));
    struct segment made;
    ck_assert_int_eq(try_create(&input, &made), ERR_INVAL);
    ck_assert(strstr(info.message, "at most 1000 segments") != NULL);
    /* It counts from above as well: x is small, but top2 names it. */
    struct segment x = create("x", none);
    create("top2", names_of(1, &x.uuid));
    ck_assert_int_eq(set_names(&x, names_of(1, &last.uuid)), ERR_INVAL);
    ck_assert_int_eq(set_names(&top, none), 0);
}
END_TEST

/* ---- guards -------------------------------------------------------------------------------- */

static struct campaign draft(const char *name)
{
    return (struct campaign){.name = str_from(name),
                             .subject = STR("s"),
                             .body = STR("b"),
                             .sender = STR("a@example.com"),
                             .type = CAMPAIGN_MARKETING,
                             .audience = CAMPAIGN_ALL};
}

static struct campaign create_campaign(struct campaign campaign, struct segref_names names)
{
    struct campaign made;
    int err = campaignedit_create(db, arena, PROJECT, &campaign, &names, &made, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return made;
}

START_TEST(a_campaign_holds_its_segments)
{
    struct segment a = create("a", none);
    struct campaign by_id = draft("by id");
    by_id.audience = CAMPAIGN_SEGMENT;
    by_id.has_segment = true;
    by_id.segment = a.uuid;
    struct campaign by_filter = draft("by filter");
    by_filter.audience = CAMPAIGN_FILTERED;
    by_filter.audience_filter = STR("{}");
    struct campaign one = create_campaign(by_id, none);
    struct campaign two = create_campaign(by_filter, names_of(1, &a.uuid));
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), ERR_CONFLICT);
    ck_assert_str_eq(info.message,
                     "Cannot delete segment: it is currently used in 2 active campaign(s). Remove "
                     "it from campaigns first or wait for them to complete.");
    ck_assert_int_eq(campaignedit_delete(db, PROJECT, &one.uuid, &info), 0);
    run("UPDATE campaign SET status = 3");
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), ERR_CONFLICT);
    ck_assert(strstr(info.message, "used in 1 active") != NULL);
    ck_assert_int_eq(campaignedit_delete(db, PROJECT, &two.uuid, &info), ERR_CONFLICT);
    run("UPDATE campaign SET status = 4");
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), 0);
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), ERR_NOT_FOUND);
}
END_TEST

START_TEST(a_campaign_needs_segments_that_are_there)
{
    struct campaign wanted = draft("x");
    struct campaign made;
    struct uuid nobody = uuid_new();
    struct segref_names names = names_of(1, &nobody);
    ck_assert_int_eq(campaignedit_create(db, arena, PROJECT, &wanted, &names, &made, &info),
                     ERR_INVAL);
    wanted.has_segment = true;
    wanted.segment = nobody;
    ck_assert_int_eq(campaignedit_create(db, arena, PROJECT, &wanted, &none, &made, &info),
                     ERR_NOT_FOUND);
    ck_assert_str_eq(info.message, "Segment not found");
}
END_TEST

START_TEST(a_filter_holds_the_segments_it_names)
{
    struct segment a = create("a", none);
    struct segment b = create("b", names_of(1, &a.uuid));
    for (int i = 0; i < 3; i++) {
        create("c", names_of(1, &a.uuid));
    }
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), ERR_CONFLICT);
    ck_assert_msg(strstr(info.message, "4 other segment(s) names it: \"b\", \"c\", \"c\" ") != NULL,
                  "%s", info.message);
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &b.uuid, &info), 0);
    run("DELETE FROM segment_ref WHERE source_id > 2");
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &a.uuid, &info), 0);
}
END_TEST

START_TEST(lists_campaigns_by_page_and_words)
{
    struct campaign *list;
    size_t count;
    uint64_t total;
    create_campaign(draft("Spring 100%"), none);
    create_campaign(draft("Autumn"), none);
    create_campaign(draft("spring again"), none);
    struct campaign_query query = {.search = STR("SPRING"), .limit = 1};
    ck_assert_int_eq(campaign_list(db, arena, PROJECT, &query, &list, &count, &total, &info), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(total, 2);
    ck_assert(str_eq_c(list[0].name, "spring again"));
    query.search = STR("0%");
    query.status = CAMPAIGN_DRAFT;
    ck_assert_int_eq(campaign_list(db, arena, PROJECT, &query, &list, &count, &total, &info), 0);
    ck_assert_uint_eq(total, 1);
    query = (struct campaign_query){
        .search = STR(""), .sort = CAMPAIGN_BY_NAME, .ascending = true, .limit = 9};
    ck_assert_int_eq(campaign_list(db, arena, PROJECT, &query, &list, &count, &total, &info), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert(str_eq_c(list[0].name, "Autumn"));
    query.status = CAMPAIGN_SENT;
    ck_assert_int_eq(campaign_list(db, arena, PROJECT, &query, &list, &count, &total, &info), 0);
    ck_assert_uint_eq(total, 0);
}
END_TEST

/* ---- two at once --------------------------------------------------------------------------- */

/* Waits for the gun, lets `from` name `to`, and exits with 0 when that was stored, 1 when refused.
 */
static void name_and_exit(int gun, const struct segment *from, const struct segment *to)
{
    char byte;
    db = testdb_new();
    if (!db_ping(db) || read(gun, &byte, 1) != 0) {
        _exit(2);
    }
    int err = set_names(from, names_of(1, &to->uuid));
    _exit(err == 0 ? 0 : err == ERR_INVAL && strcmp(info.message, CIRCULAR) == 0 ? 1 : 2);
}

static pid_t start(int gun[2], const struct segment *from, const struct segment *to)
{
    pid_t pid = fork();
    ck_assert(pid >= 0);
    if (pid == 0) {
        close(gun[1]);
        name_and_exit(gun[0], from, to);
    }
    return pid;
}

static int result(pid_t pid)
{
    int status;
    ck_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(two_writers_cannot_close_a_circle)
{
    for (int round = 0; round < 25; round++) {
        struct segment a = create("a", none);
        struct segment b = create("b", none);
        int gun[2];
        ck_assert(pipe(gun) == 0);
        pid_t one = start(gun, &a, &b);
        pid_t two = start(gun, &b, &a);
        close(gun[0]);
        close(gun[1]);
        ck_assert_int_eq(result(one) + result(two), 1);
    }
}
END_TEST

static void delete_and_exit(int gun, const struct segment *segment)
{
    char byte;
    db = testdb_new();
    if (!db_ping(db) || read(gun, &byte, 1) != 0) {
        _exit(2);
    }
    int err = segment_delete(db, arena, PROJECT, &segment->uuid, &info);
    _exit(err == 0 ? 0 : err == ERR_CONFLICT ? 1 : 2);
}

/* Either the deletion comes first, and the reference is refused, or the other way round. */
START_TEST(a_segment_cannot_go_while_it_is_being_named)
{
    for (int round = 0; round < 25; round++) {
        struct segment target = create("t", none);
        struct segment source = create("s", none);
        int gun[2];
        ck_assert(pipe(gun) == 0);
        pid_t deleter = fork();
        ck_assert(deleter >= 0);
        if (deleter == 0) {
            close(gun[1]);
            delete_and_exit(gun[0], &target);
        }
        close(gun[0]);
        close(gun[1]);
        int named = set_names(&source, names_of(1, &target.uuid));
        int refused = result(deleter);
        ck_assert_int_le(refused, 1);
        ck_assert_int_eq(named == 0, refused == 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("segment");
    TCase *tcase = tcase_create("segment");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, stores_what_it_is_given);
    tcase_add_test(tcase, lists_the_newest_first);
    tcase_add_test(tcase, knows_nothing_of_other_projects);
    tcase_add_test(tcase, resolves_many_and_leaves_out_the_unknown);
    tcase_add_test(tcase, a_version_is_a_filter);
    tcase_add_test(tcase, a_count_of_an_old_filter_or_time_is_not_stored);
    tcase_add_test(tcase, refuses_what_is_not_there);
    tcase_add_test(tcase, refuses_itself_and_circles);
    tcase_add_test(tcase, tracking_makes_events_references);
    tcase_add_test(tcase, events_of_whoever_names_it_are_circles_too);
    tcase_add_test(tcase, bounds_what_a_filter_reaches);
    tcase_add_test(tcase, a_campaign_holds_its_segments);
    tcase_add_test(tcase, a_campaign_needs_segments_that_are_there);
    tcase_add_test(tcase, a_filter_holds_the_segments_it_names);
    tcase_add_test(tcase, lists_campaigns_by_page_and_words);
    tcase_add_test(tcase, two_writers_cannot_close_a_circle);
    tcase_add_test(tcase, a_segment_cannot_go_while_it_is_being_named);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}
