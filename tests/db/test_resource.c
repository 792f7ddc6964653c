/*
 * Tags, lists, sequences and campaigns as rows: names, numbers, what happens when one that others
 * point at is deleted, and two that make one tag at once. Runs under tests/db/with-mariadb, in an
 * empty database.
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "column/key.h"
#include "db/migrate.h"
#include "store/campaignedit.h"
#include "store/list.h"
#include "store/member.h"
#include "store/segment.h"
#include "store/sequence.h"
#include "store/tag.h"
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
    static const char *const empty[] = {
        "DELETE FROM contact",     "DELETE FROM member",       "DELETE FROM dirty",
        "DELETE FROM dropped_set", "DELETE FROM segment",      "DELETE FROM segment_state",
        "DELETE FROM segment_ref", "DELETE FROM campaign",     "DELETE FROM sequence",
        "DELETE FROM tag",         "DELETE FROM contact_list", "DELETE FROM counter"};
    const char *dir = getenv("MUSTER_SQL_DIR");
    arena = arena_new();
    db = testdb_new();
    info = (struct err_info){.code = ""};
    ck_assert_msg(migrate_run(db, dir != NULL ? dir : "sql", NULL, &info) == 0, "%s", info.message);
    for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
        run(empty[i]);
    }
    run("INSERT INTO contact (project_id, ordinal, uuid, email, status, write_id, created_ms,"
        " updated_ms) SELECT 7, seq, RANDOM_BYTES(16), CONCAT('c', seq, '@example.com'), 1, 1, 1, 1"
        " FROM seq_0_to_4");
}

static void teardown(void)
{
    db_free(db);
    arena_free(arena);
}

/* ---- short forms --------------------------------------------------------------------------- */

#define ORDINALS(...) (const uint32_t[]){__VA_ARGS__}, ARRAY_LEN(((const uint32_t[]){__VA_ARGS__}))

static struct tag make_tag(const char *name)
{
    struct tag tag;
    int err = tag_create(db, PROJECT, str_from(name), &tag, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return tag;
}

static struct list make_list(const char *name)
{
    struct list list;
    int err = list_create(db, PROJECT, str_from(name), (struct str){NULL, 0}, &list, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return list;
}

static struct segment make_segment(const char *name)
{
    struct uuid uuid = uuid_new();
    struct segment segment;
    struct segment_input input = {.name = str_from(name),
                                  .slug = str_from(name),
                                  .kind = SEGMENT_DYNAMIC,
                                  .filter = STR("{}"),
                                  .source = STR("[]"),
                                  .dialect = SEGMENT_MAILPANDA};
    int err = segment_create(db, arena, PROJECT, &uuid, &input, &segment, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return segment;
}

static struct sequence make_sequence(enum sequence_trigger trigger, uint32_t trigger_id)
{
    struct sequence sequence;
    struct sequence_edit draft = {
        .sequence = {
            .name = STR("s"), .trigger = trigger, .trigger_id = trigger_id, .enabled = true}};
    int err = sequence_create(db, arena, PROJECT, &draft, &sequence, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return sequence;
}

static struct campaign draft_of(const char *name)
{
    return (struct campaign){.name = str_from(name),
                             .subject = STR(""),
                             .body = STR(""),
                             .sender = STR(""),
                             .type = CAMPAIGN_MARKETING,
                             .audience = CAMPAIGN_SEGMENT};
}

static struct campaign make_campaign(const struct campaign *draft)
{
    struct segref_names none = {.segment_count = 0};
    struct campaign campaign;
    int err = campaignedit_create(db, arena, PROJECT, draft, &none, &campaign, &info);
    ck_assert_msg(err == 0, "%s", info.message);
    return campaign;
}

static struct campaign read_campaign(uint32_t campaign_id)
{
    struct campaign campaign;
    ck_assert_int_eq(campaign_by_number(db, arena, PROJECT, campaign_id, &campaign, &info), 0);
    return campaign;
}

static void join(uint64_t set_id, const uint32_t *ordinals, size_t count)
{
    int err = member_add(db, arena, PROJECT, set_id, ordinals, count, NULL, &info);
    ck_assert_msg(err == 0, "%s", info.message);
}

static int64_t members_of(uint64_t set_id)
{
    return testdb_i64(db, "SELECT COUNT(*) FROM member WHERE project_id = 7 AND set_id = ?",
                      DB_PARAMS(DB_U64(set_id)));
}

static void assert_disabled(uint32_t sequence_id)
{
    struct sequence sequence;
    ck_assert_int_eq(sequence_get(db, arena, PROJECT, sequence_id, &sequence, &info), 0);
    ck_assert(!sequence.enabled);
    ck_assert_uint_eq(sequence.trigger_id, 0);
}

/* ---- tags ---------------------------------------------------------------------------------- */

START_TEST(names_of_tags)
{
    struct str name;
    char longest[4 * LIMIT_RESOURCE_NAME_CHARS + 4];
    for (size_t i = 0; i <= LIMIT_RESOURCE_NAME_CHARS; i++) {
        memcpy(longest + 2 * i, "\xC3\xA9", 2);
    }
    ck_assert(tag_name(STR(" vip \n"), &name) && str_eq_c(name, "vip"));
    ck_assert(tag_name(STR("a b"), &name) && str_eq_c(name, "a b"));
    ck_assert(tag_name((struct str){longest, 2 * LIMIT_RESOURCE_NAME_CHARS}, &name));
    ck_assert(!tag_name((struct str){longest, 2 * LIMIT_RESOURCE_NAME_CHARS + 2}, &name));
    ck_assert(!tag_name(STR(" \t"), &name));
    ck_assert(!tag_name(STR("a\nb"), &name));
}
END_TEST

START_TEST(a_tag_is_one_per_name_and_project)
{
    struct tag tag = make_tag(" vip ");
    struct tag again;
    struct tag found;
    ck_assert_uint_eq(tag.tag_id, 1);
    ck_assert_uint_eq(make_tag("VIP").tag_id, 2);
    ck_assert_int_eq(tag_create(db, PROJECT, STR("vip"), &again, &info), ERR_CONFLICT);
    ck_assert_int_eq(tag_create(db, PROJECT, STR("  "), &again, &info), ERR_INVAL);
    ck_assert_int_eq(tag_create(db, OTHER_PROJECT, STR("vip"), &again, &info), 0);
    ck_assert_uint_eq(again.tag_id, 1);
    ck_assert_int_eq(tag_get(db, arena, PROJECT, 1, &found, &info), 0);
    ck_assert(uuid_eq(&found.uuid, &tag.uuid));
    ck_assert(str_eq_c(found.name, "vip"));
    ck_assert_int_eq(tag_get(db, arena, PROJECT, 3, &found, &info), ERR_NOT_FOUND);
}
END_TEST

START_TEST(ensures_tags_by_name)
{
    const struct str names[] = {STR("new"), STR("old"), STR(" new"), STR("newer")};
    const struct str bad[] = {STR("fine"), STR("")};
    uint32_t ids[ARRAY_LEN(names)];
    uint32_t again[ARRAY_LEN(names)];
    uint32_t old = make_tag("old").tag_id;
    ck_assert_int_eq(tag_ensure(db, arena, PROJECT, names, ARRAY_LEN(names), ids, &info), 0);
    ck_assert_uint_eq(ids[0], 2);
    ck_assert_uint_eq(ids[1], old);
    ck_assert_uint_eq(ids[2], 2);
    ck_assert_uint_eq(ids[3], 3);
    ck_assert_int_eq(tag_ensure(db, arena, PROJECT, names, ARRAY_LEN(names), again, &info), 0);
    ck_assert_int_eq(memcmp(ids, again, sizeof(ids)), 0);
    ck_assert_int_eq(tag_ensure(db, arena, PROJECT, bad, ARRAY_LEN(bad), again, &info), ERR_INVAL);
    ck_assert_int_eq(tag_ensure(db, arena, PROJECT, NULL, 0, NULL, &info), 0);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM tag", DB_NO_PARAMS), 3);
}
END_TEST

/* Eight processes make the same tags at once: each name gets one number, which all of them see. */
START_TEST(two_at_once_make_one_tag)
{
    const struct str names[] = {STR("a"), STR("b"), STR("c")};
    uint32_t ids[ARRAY_LEN(names)];
    pid_t children[8];
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        children[i] = fork();
        ck_assert(children[i] >= 0);
        if (children[i] == 0) {
            db = testdb_new();
            _exit(tag_ensure(db, arena, PROJECT, names, ARRAY_LEN(names), ids, &info) == 0 ? 0 : 1);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(children); i++) {
        int status;
        ck_assert(waitpid(children[i], &status, 0) == children[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM tag", DB_NO_PARAMS), 3);
}
END_TEST

START_TEST(deleting_a_tag_lets_go_of_it)
{
    struct tag tag = make_tag("t");
    struct tag other = make_tag("other");
    struct campaign draft = draft_of("c");
    struct campaign of_tag;
    bool done;
    draft.tag_id = tag.tag_id;
    of_tag = make_campaign(&draft);
    struct campaign sent = make_campaign(&draft);
    draft.tag_id = other.tag_id;
    struct campaign of_other = make_campaign(&draft);
    testdb_exec(db, "UPDATE campaign SET status = 3 WHERE campaign_id = ?",
                DB_PARAMS(DB_I64(sent.campaign_id)));
    struct sequence sequence = make_sequence(SEQUENCE_TAG_ADD, tag.tag_id);
    join(KEY_SET_TAG(tag.tag_id), ORDINALS(1, 2, 3));
    join(KEY_SET_TAG(other.tag_id), ORDINALS(1));
    run("DELETE FROM dirty");
    ck_assert_int_eq(tag_delete(db, PROJECT, tag.tag_id, &info), 0);
    ck_assert_int_eq(tag_delete(db, PROJECT, tag.tag_id, &info), ERR_NOT_FOUND);
    ck_assert_uint_eq(read_campaign(of_tag.campaign_id).tag_id, 0);
    ck_assert_uint_eq(read_campaign(sent.campaign_id).tag_id, tag.tag_id);
    ck_assert_uint_eq(read_campaign(of_other.campaign_id).tag_id, other.tag_id);
    assert_disabled(sequence.sequence_id);
    ck_assert_int_eq(
        member_add(db, arena, PROJECT, KEY_SET_TAG(tag.tag_id), ORDINALS(4), NULL, &info),
        ERR_NOT_FOUND);
    ck_assert_int_eq(member_drop(db, arena, PROJECT, KEY_SET_TAG(tag.tag_id), 10, &done, &info), 0);
    ck_assert(done);
    ck_assert_int_eq(members_of(KEY_SET_TAG(tag.tag_id)), 0);
    ck_assert_int_eq(members_of(KEY_SET_TAG(other.tag_id)), 1);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM dirty", DB_NO_PARAMS), 3);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM dropped_set", DB_NO_PARAMS), 0);
}
END_TEST

/* ---- lists --------------------------------------------------------------------------------- */

START_TEST(lists_keep_what_they_are_given)
{
    struct list list = make_list("News");
    struct list found;
    struct list *lists;
    size_t count;
    uint64_t total;
    make_list("News");
    ck_assert_int_eq(list_update(db, arena, PROJECT, list.list_id, LIST_SET_DESCRIPTION, STR(""),
                                 STR("d"), &found, &info),
                     0);
    ck_assert(str_eq_c(found.name, "News") && str_eq_c(found.description, "d"));
    int64_t updated_ms = found.updated_ms;
    ck_assert_int_eq(list_update(db, arena, PROJECT, list.list_id, LIST_SET_NAME, STR("News"),
                                 STR(""), &found, &info),
                     0);
    ck_assert_int_eq(found.updated_ms, updated_ms);
    ck_assert_int_eq(
        list_update(db, arena, OTHER_PROJECT, list.list_id, 0, STR(""), STR(""), &found, &info),
        ERR_NOT_FOUND);
    ck_assert_int_eq(list_page(db, arena, PROJECT, 0, 1, &lists, &count, &total, &info), 0);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(total, 2);
    ck_assert_uint_eq(lists[0].list_id, 2);
    ck_assert_int_eq(list_delete(db, OTHER_PROJECT, list.list_id, &info), ERR_NOT_FOUND);
    ck_assert_int_eq(list_delete(db, PROJECT, list.list_id, &info), 0);
    ck_assert_int_eq(list_get(db, arena, PROJECT, list.list_id, &found, &info), ERR_NOT_FOUND);
}
END_TEST

START_TEST(tells_the_lists_of_contacts)
{
    struct list a = make_list("A");
    struct list b = make_list("B");
    struct list_of_contact *found;
    size_t count;
    join(KEY_SET_LIST(b.list_id), ORDINALS(1, 2));
    join(KEY_SET_LIST(a.list_id), ORDINALS(2, 3));
    join(KEY_SET_TAG(make_tag("t").tag_id), ORDINALS(1, 2, 3));
    ck_assert_int_eq(list_of_contacts(db, arena, PROJECT, ORDINALS(4, 2, 1), &found, &count, &info),
                     0);
    ck_assert_uint_eq(count, 3);
    ck_assert_uint_eq(found[0].ordinal, 1);
    ck_assert(str_eq_c(found[0].name, "B"));
    ck_assert_uint_eq(found[1].ordinal, 2);
    ck_assert(str_eq_c(found[1].name, "A"));
    ck_assert(str_eq_c(found[2].name, "B"));
    ck_assert_int_eq(list_of_contacts(db, arena, PROJECT, NULL, 0, &found, &count, &info), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

/* ---- what points at a segment --------------------------------------------------------------- */

START_TEST(a_segment_that_goes_lets_go_of_campaigns_and_sequences)
{
    struct segment segment = make_segment("s");
    struct segment found;
    struct campaign draft = draft_of("c");
    draft.segment_id = segment.segment_id;
    struct campaign campaign = make_campaign(&draft);
    struct sequence sequence = make_sequence(SEQUENCE_SEGMENT_ENTER, segment.segment_id);
    ck_assert_int_eq(segment_by_number(db, arena, PROJECT, segment.segment_id, &found, &info), 0);
    ck_assert_int_eq(found.dialect, SEGMENT_MAILPANDA);
    ck_assert(campaign.has_segment && uuid_eq(&campaign.segment, &segment.uuid));
    ck_assert_int_eq(segment_delete(db, arena, PROJECT, &segment.uuid, &info), ERR_CONFLICT);
    ck_assert_int_eq(segment_delete_released(db, arena, PROJECT, &segment.uuid, &info), 0);
    ck_assert_int_eq(segment_delete_released(db, arena, PROJECT, &segment.uuid, &info),
                     ERR_NOT_FOUND);
    campaign = read_campaign(campaign.campaign_id);
    ck_assert(!campaign.has_segment);
    ck_assert_uint_eq(campaign.segment_id, 0);
    assert_disabled(sequence.sequence_id);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM segment_ref", DB_NO_PARAMS), 0);
}
END_TEST

START_TEST(what_is_named_must_be_there)
{
    struct segref_names none = {.segment_count = 0};
    struct campaign campaign;
    struct campaign draft = draft_of("c");
    struct sequence sequence;
    struct sequence_edit by_tag = {
        .sequence = {.name = STR("s"), .trigger = SEQUENCE_TAG_ADD, .trigger_id = 5}};
    draft.list_id = 5;
    ck_assert_int_eq(campaignedit_create(db, arena, PROJECT, &draft, &none, &campaign, &info),
                     ERR_NOT_FOUND);
    ck_assert_str_eq(info.message, "List not found");
    ck_assert_int_eq(sequence_create(db, arena, PROJECT, &by_tag, &sequence, &info), ERR_NOT_FOUND);
    ck_assert_str_eq(info.message, "Tag not found");
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM campaign", DB_NO_PARAMS), 0);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM sequence", DB_NO_PARAMS), 0);
}
END_TEST

START_TEST(who_received_or_completed_goes_with_it)
{
    struct campaign draft = draft_of("c");
    struct campaign campaign = make_campaign(&draft);
    struct sequence sequence = make_sequence(SEQUENCE_MANUAL, 0);
    join(KEY_SET_CAMPAIGN(campaign.campaign_id), ORDINALS(1));
    join(KEY_SET_SEQUENCE(sequence.sequence_id), ORDINALS(2));
    ck_assert_int_eq(campaignedit_delete(db, PROJECT, &campaign.uuid, &info), 0);
    ck_assert_int_eq(sequence_delete(db, PROJECT, sequence.sequence_id, &info), 0);
    ck_assert_int_eq(sequence_delete(db, PROJECT, sequence.sequence_id, &info), ERR_NOT_FOUND);
    ck_assert_int_eq(member_sweep(db, arena, 10, &info), 0);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM member", DB_NO_PARAMS), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resource");
    TCase *tcase = tcase_create("resource");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, names_of_tags);
    tcase_add_test(tcase, a_tag_is_one_per_name_and_project);
    tcase_add_test(tcase, ensures_tags_by_name);
    tcase_add_test(tcase, two_at_once_make_one_tag);
    tcase_add_test(tcase, deleting_a_tag_lets_go_of_it);
    tcase_add_test(tcase, lists_keep_what_they_are_given);
    tcase_add_test(tcase, tells_the_lists_of_contacts);
    tcase_add_test(tcase, a_segment_that_goes_lets_go_of_campaigns_and_sequences);
    tcase_add_test(tcase, what_is_named_must_be_there);
    tcase_add_test(tcase, who_received_or_completed_goes_with_it);
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}
