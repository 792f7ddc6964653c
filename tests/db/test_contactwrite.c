/*
 * Writes of contacts and events by one writer: what is stored, what is marked, and what is refused.
 * Runs under tests/db/with-mariadb.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "column/key.h"
#include "contacthelp.h"
#include "store/contactdata.h"
#include "store/contactdelete.h"
#include "store/event.h"
#include "store/eventdelete.h"
#include "store/field.h"

static struct contacthelp help;

static void setup(void)
{
    contacthelp_reset();
    contacthelp_open(&help);
}

static void teardown(void)
{
    contacthelp_close(&help);
}

static void clear_marks(void)
{
    testdb_exec(help.handles.db, "DELETE FROM dirty", DB_NO_PARAMS);
}

/* "part/ordinal …" of all marks: kind:id of the part. */
static const char *marks(void)
{
    return contacthelp_text(&help, "SELECT COALESCE(GROUP_CONCAT(CONCAT(part >> 56, ':', part &"
                                   " 0xffffffffffffff, '/', ordinal) ORDER BY part, ordinal"
                                   " SEPARATOR ' '), '') FROM dirty WHERE project_id = 7");
}

#define COUNT(table) contacthelp_i64(&help, "SELECT COUNT(*) FROM " table)

START_TEST(a_new_contact_is_stored_and_marked)
{
    struct contactwrite_item item;
    int err = contacthelp_upsert(&help, "a@b.c", CONTACTCHANGE_KEEP,
                                 "{\"plan\": \"pro\", \"n\": {\"x\": 1, \"y\": null}}", &item);
    ck_assert_msg(err == 0, "%s", help.info.message);
    ck_assert_int_eq(item.outcome, CONTACTWRITE_CREATED);
    ck_assert_int_eq(item.contact->status, CONTACT_SUBSCRIBED);
    ck_assert(item.contact->created_ms == item.contact->updated_ms);
    ck_assert(item.contact->created_ms == item.contact->subscribed_ms);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact WHERE email = 'a@b.c'"),
                     "{\"plan\":\"pro\",\"n\":{\"x\":1,\"y\":null}}");
    ck_assert_str_eq(
        contacthelp_text(&help, "SELECT GROUP_CONCAT(path ORDER BY field_id) FROM field"),
        "plan,n,n.x");
    ck_assert_str_eq(marks(), "1:0/1");
    ck_assert_int_eq(COUNT("event"), 0);
    int64_t now_ms;
    ck_assert_int_eq(db_now_ms(help.handles.db, &now_ms, &help.info), 0);
    ck_assert_int_le(llabs(now_ms - item.contact->created_ms), 2000);
}
END_TEST

START_TEST(a_write_that_changes_nothing_writes_nothing)
{
    struct contact first = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"n\": 5}");
    int64_t write_id = contacthelp_i64(&help, "SELECT write_id FROM contact");
    struct contactwrite_item item;
    clear_marks();
    ck_assert_int_eq(contacthelp_upsert(&help, "a@b.c", CONTACTCHANGE_SUBSCRIBE,
                                        "{\"n\": 5.0, \"gone\": null, \"blank\": \"\"}", &item),
                     0);
    ck_assert_int_eq(item.outcome, CONTACTWRITE_UNCHANGED);
    ck_assert(item.contact->updated_ms == first.updated_ms);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT write_id FROM contact"), write_id);
    ck_assert_int_eq(COUNT("event"), 0);
}
END_TEST

START_TEST(a_flip_is_an_event)
{
    struct contact first = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, NULL);
    clear_marks();
    struct contact off = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_UNSUBSCRIBE, NULL);
    ck_assert_int_eq(off.status, CONTACT_UNSUBSCRIBED);
    ck_assert(off.subscribed_ms == first.subscribed_ms);
    ck_assert_str_eq(marks(), "1:0/1 2:2/1");
    struct contact on = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_SUBSCRIBE, NULL);
    ck_assert_int_eq(on.status, CONTACT_SUBSCRIBED);
    ck_assert(on.subscribed_ms >= off.updated_ms);
    ck_assert_str_eq(
        contacthelp_text(&help,
                         "SELECT GROUP_CONCAT(CONCAT(n.name, ' ', c.count) ORDER BY n.name)"
                         " FROM contact_event c JOIN event_name n USING (project_id, name_id)"),
        "contact.subscribed 1,contact.unsubscribed 1");
    ck_assert_int_eq(COUNT("event WHERE data IS NULL"), 2);
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_SUBSCRIBE, NULL);
    ck_assert_int_eq(COUNT("event"), 2);
}
END_TEST

static enum contact_status subscribe_by_public(enum contact_status stored)
{
    testdb_exec(help.handles.db, "UPDATE contact SET status = ?", DB_PARAMS(DB_I64(stored)));
    struct contactwrite_item item = {.email = STR("a@b.c"), .subscribe = CONTACTCHANGE_SUBSCRIBE};
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .by_public = true, .items = &item, .count = 1};
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(item.problem_err, 0);
    return item.contact->status;
}

START_TEST(public_keys_subscribe_again_only_the_unsubscribed)
{
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, NULL);
    ck_assert_int_eq(subscribe_by_public(CONTACT_UNSUBSCRIBED), CONTACT_SUBSCRIBED);
    ck_assert_int_eq(subscribe_by_public(CONTACT_BOUNCED), CONTACT_BOUNCED);
    ck_assert_int_eq(subscribe_by_public(CONTACT_COMPLAINED), CONTACT_COMPLAINED);
    testdb_exec(help.handles.db, "UPDATE project SET public_resubscribe = 0", DB_NO_PARAMS);
    ck_assert_int_eq(subscribe_by_public(CONTACT_UNSUBSCRIBED), CONTACT_UNSUBSCRIBED);
    testdb_exec(help.handles.db, "UPDATE contact SET status = 3", DB_NO_PARAMS);
    ck_assert_int_eq(contacthelp_must(&help, "a@b.c", CONTACTCHANGE_UNSUBSCRIBE, NULL).status,
                     CONTACT_BOUNCED);
    ck_assert_int_eq(contacthelp_must(&help, "a@b.c", CONTACTCHANGE_SUBSCRIBE, NULL).status,
                     CONTACT_SUBSCRIBED);
}
END_TEST

START_TEST(tracking_records_everything_once)
{
    struct contactwrite_item item;
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "buy",
                                       "{\"sku\": \"x\", \"id\": 9, \"once\": {\"value\": 1,"
                                       " \"persistent\": false}, \"empty\": \"\"}",
                                       &item),
                     0);
    ck_assert_int_eq(item.outcome, CONTACTWRITE_CREATED);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact"), "{\"sku\":\"x\"}");
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM event"),
                     "{\"sku\":\"x\",\"id\":9,\"once\":1,\"empty\":\"\"}");
    ck_assert_str_eq(marks(), "1:0/1 2:1/1");
    clear_marks();
    struct db_stats before = db_stats(help.handles.db);
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "buy", "{\"sku\": \"x\"}", &item), 0);
    /* BEGIN and COMMIT are no statements of this count: five and two make seven round trips. */
    ck_assert_uint_le(db_stats(help.handles.db).statements - before.statements, 5);
    ck_assert_int_eq(item.outcome, CONTACTWRITE_UNCHANGED);
    ck_assert_str_eq(marks(), "2:1/1");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT count FROM contact_event"), 2);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT (SELECT MIN(at_ms) FROM event) = first_ms AND"
                                            " (SELECT MAX(at_ms) FROM event) = last_ms"
                                            " FROM contact_event"),
                     1);
}
END_TEST

/* Tracks with a timestamp `ahead_ms` from now; returns the err, and what was stored by ret_ms. */
static int track_at(int64_t ahead_ms, int64_t *ret_ms, int64_t *ret_now_ms)
{
    ck_assert_int_eq(db_now_ms(help.handles.db, ret_now_ms, &help.info), 0);
    struct contactwrite_event event = {.name = STR("buy"), .at_ms = *ret_now_ms + ahead_ms};
    struct contactwrite_item item = {.email = STR("a@b.c"), .event = &event};
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = &item, .count = 1, .all_or_nothing = true};
    int err = contactwrite_upsert(&help.handles, help.arena, &batch, &help.info);
    *ret_ms = event.stored_ms;
    return err;
}

START_TEST(timestamps_may_lie_in_the_past_and_hardly_ahead)
{
    int64_t stored_ms;
    int64_t now_ms;
    ck_assert_int_eq(track_at(-86400000, &stored_ms, &now_ms), 0);
    ck_assert_int_eq(stored_ms, now_ms - 86400000);
    ck_assert_int_eq(track_at(-2 * 86400000, &stored_ms, &now_ms), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT count FROM contact_event"), 2);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT first_ms FROM contact_event"), stored_ms);
    ck_assert_int_eq(track_at(299000, &stored_ms, &now_ms), 0);
    ck_assert_int_le(stored_ms - now_ms, 2000);
    ck_assert_int_eq(track_at(310000, &stored_ms, &now_ms), ERR_UNPROCESSABLE);
    ck_assert_int_eq(COUNT("event"), 3);
}
END_TEST

START_TEST(data_over_the_limit_is_refused)
{
    const size_t half = 20000;
    char *json = arena_alloc(help.arena, half + 20);
    (void)snprintf(json, half + 20, "{\"a\":\"%*s\"}", (int)half, "x");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, json);
    json[2] = 'b';
    struct contactwrite_item item;
    clear_marks();
    ck_assert_int_eq(contacthelp_upsert(&help, "a@b.c", CONTACTCHANGE_UNSUBSCRIBE, json, &item),
                     ERR_UNPROCESSABLE);
    ck_assert_int_eq(COUNT("contact WHERE status = 1 AND data NOT LIKE '%\"b\"%'"), 1);
    ck_assert_str_eq(marks(), "");
}
END_TEST

/* Items c0@x.y …, each with data {"n": i + from}; `which` NULL: no event. */
static struct contactwrite_batch many(size_t count, size_t from, const char *event)
{
    struct contactwrite_item *items = arena_array(help.arena, count, sizeof *items);
    for (size_t i = 0; i < count; i++) {
        char *json = arena_printf(help.arena, "{\"n\": %zu, \"t\": \"text %zu\"}", i + from, i);
        items[i] =
            (struct contactwrite_item){.email = str_from(arena_printf(help.arena, "c%zu@x.y", i)),
                                       .patch = contacthelp_data(&help, json).patch};
        if (event != NULL) {
            items[i].event = arena_alloc(help.arena, sizeof *items[i].event);
            items[i].event->name = str_from(event);
            items[i].event->at_ms = CONTACTWRITE_NOW;
        }
    }
    return (struct contactwrite_batch){
        .project_id = CONTACTHELP_PROJECT, .items = items, .count = count};
}

static void must_write(struct contactwrite_batch *batch, enum contactwrite_outcome outcome)
{
    int err = contactwrite_upsert(&help.handles, help.arena, batch, &help.info);
    ck_assert_msg(err == 0, "%s: %s", err_name(err), help.info.message);
    for (size_t i = 0; i < batch->count; i++) {
        ck_assert_int_eq(batch->items[i].problem_err, 0);
        ck_assert_int_eq(batch->items[i].outcome, outcome);
    }
}

#define ALL_ARE(offset)                                                                            \
    contacthelp_i64(&help, "SELECT COUNT(*) FROM contact WHERE data = CONCAT('{\"n\":',"           \
                           " SUBSTRING(email, 2, LENGTH(email) - 5) + " offset                     \
                           ", ',\"t\":\"text ', SUBSTRING(email, 2, LENGTH(email) - 5), '\"}')")

START_TEST(batches_of_every_size)
{
    static const size_t sizes[] = {1, 2, 31, 32, 33, 129, 1000};
    size_t from = 1;
    struct contactwrite_batch batch = many(1000, 0, NULL);
    must_write(&batch, CONTACTWRITE_CREATED);
    ck_assert_int_eq(ALL_ARE("0"), 1000);
    ck_assert_int_eq(COUNT("dirty"), 1000);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        clear_marks();
        batch = many(sizes[i], from, "tick");
        must_write(&batch, CONTACTWRITE_UPDATED);
        must_write(&batch, CONTACTWRITE_UNCHANGED);
        ck_assert_int_eq(COUNT("dirty"), (int64_t)sizes[i] * 2);
        from++;
    }
    ck_assert_int_eq(ALL_ARE("7"), 1000);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT SUM(count) FROM contact_event"),
                     2 * (1 + 2 + 31 + 32 + 33 + 129 + 1000));
    ck_assert_int_eq(COUNT("event"), 2 * (1 + 2 + 31 + 32 + 33 + 129 + 1000));
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(DISTINCT ordinal) FROM contact"), 1000);
}
END_TEST

START_TEST(one_address_several_times_in_a_batch)
{
    struct contactwrite_batch batch = many(3, 0, "tick");
    batch.items[1].email = batch.items[0].email;
    batch.items[2].email = batch.items[0].email;
    batch.items[2].patch = contacthelp_data(&help, "{\"n\": null, \"z\": true}").patch;
    batch.items[1].subscribe = CONTACTCHANGE_UNSUBSCRIBE;
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(batch.items[0].outcome, CONTACTWRITE_CREATED);
    ck_assert_int_eq(batch.items[1].outcome, CONTACTWRITE_UPDATED);
    ck_assert_int_eq(batch.items[2].outcome, CONTACTWRITE_UPDATED);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact"),
                     "{\"t\":\"text 1\",\"z\":true}");
    ck_assert_int_eq(COUNT("contact WHERE status = 2"), 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT MAX(count) FROM contact_event"), 3);
    ck_assert_int_eq(COUNT("event"), 4);
}
END_TEST

/* Registers `count` paths f0, f1 … */
static void fill_fields(size_t count, enum dictionary_by by)
{
    struct str *paths = arena_array(help.arena, count, sizeof *paths);
    uint32_t *ids = arena_array(help.arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        paths[i] = str_from(arena_printf(help.arena, "f%zu", i));
    }
    ck_assert_int_eq(field_register(help.handles.db, help.arena, CONTACTHELP_PROJECT, paths, count,
                                    by, ids, &help.info),
                     0);
}

START_TEST(fields_are_limited)
{
    struct contactwrite_item item;
    fill_fields(LIMIT_FIELD_PATHS - 1, DICTIONARY_BY_SECRET);
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"last\": 1, \"f3\": 2}");
    ck_assert_int_eq(COUNT("field"), LIMIT_FIELD_PATHS);
    ck_assert_int_eq(contacthelp_upsert(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"more\": 1}", &item),
                     ERR_UNPROCESSABLE);
    ck_assert_ptr_nonnull(strstr(help.info.message, "1000"));
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"more\": null, \"f4\": 2}");
    ck_assert_int_eq(COUNT("field"), LIMIT_FIELD_PATHS);
}
END_TEST

START_TEST(a_public_key_over_the_limit_leaves_data_on_the_event)
{
    fill_fields(LIMIT_PUBLIC_ADDED, DICTIONARY_BY_PUBLIC);
    struct contactdata_input data =
        contacthelp_data(&help, "{\"f1\": 1, \"deep\": {\"f1\": 2}, \"f2\": 3}");
    struct contactwrite_event event = {.name = STR("buy"), .at_ms = CONTACTWRITE_NOW};
    ck_assert_int_eq(contactdata_print(help.arena, data.all, &event.data, &help.info), 0);
    struct contactwrite_item item = {.email = STR("a@b.c"), .patch = data.patch, .event = &event};
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .by_public = true, .items = &item, .count = 1};
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(item.problem_err, 0);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact"), "{\"f1\":1,\"f2\":3}");
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM event"),
                     "{\"f1\":1,\"deep\":{\"f1\":2},\"f2\":3}");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"deep\": {\"f1\": 2}}");
    ck_assert_int_eq(COUNT("field"), LIMIT_PUBLIC_ADDED + 2);
}
END_TEST

START_TEST(event_names_are_limited_but_not_the_systems)
{
    testdb_exec(help.handles.db,
                "INSERT INTO event_name (project_id, name_id, name, first_seen_ms)"
                " SELECT 7, seq, CONCAT('e', seq), 1 FROM seq_1_to_2000",
                DB_NO_PARAMS);
    testdb_exec(help.handles.db, "INSERT INTO counter VALUES (7, 4, 2000)", DB_NO_PARAMS);
    struct contactwrite_item item;
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "e7", NULL, &item), 0);
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "new", NULL, &item), ERR_UNPROCESSABLE);
    ck_assert_int_eq(COUNT("event"), 1);
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_UNSUBSCRIBE, NULL);
    ck_assert_int_eq(COUNT("event"), 2);
}
END_TEST

static int patch(const struct uuid *uuid, struct contactchange change, struct contact *ret)
{
    help.info = (struct err_info){.code = ""};
    return contactwrite_patch(help.handles.db, help.arena, CONTACTHELP_PROJECT, uuid, &change, ret,
                              &help.info);
}

START_TEST(patching_by_id)
{
    struct contact a = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"x\": 1, \"y\": 2}");
    contacthelp_must(&help, "taken@b.c", CONTACTCHANGE_KEEP, NULL);
    struct contact got;
    clear_marks();
    ck_assert_int_eq(patch(&a.uuid, (struct contactchange){.email = STR("new@b.c")}, &got), 0);
    ck_assert(str_eq_c(got.email, "new@b.c"));
    ck_assert_str_eq(marks(), "1:0/1");
    ck_assert_int_eq(patch(&a.uuid, (struct contactchange){.email = STR("taken@b.c")}, &got),
                     ERR_CONFLICT);
    ck_assert_str_eq(help.info.message, "Contact with this email already exists in this project");
    ck_assert_int_eq(patch(&a.uuid, (struct contactchange){.clear_data = true}, &got), 0);
    ck_assert_ptr_null(got.data.at);
    ck_assert_int_eq(COUNT("contact WHERE data IS NULL"), 2);
    clear_marks();
    ck_assert_int_eq(patch(&a.uuid, (struct contactchange){.clear_data = true}, &got), 0);
    ck_assert_str_eq(marks(), "");
    ck_assert_int_eq(
        patch(&a.uuid, (struct contactchange){.subscribe = CONTACTCHANGE_UNSUBSCRIBE}, &got), 0);
    ck_assert_int_eq(COUNT("event"), 1);
    struct uuid unknown = uuid_new();
    ck_assert_int_eq(patch(&unknown, (struct contactchange){.clear_data = true}, &got),
                     ERR_NOT_FOUND);
}
END_TEST

START_TEST(deleting_takes_everything_and_marks_every_part)
{
    struct contactwrite_item item;
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "one", NULL, &item), 0);
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "two", NULL, &item), 0);
    struct uuid uuid = item.contact->uuid;
    ck_assert_int_eq(contacthelp_track(&help, "other@b.c", "two", NULL, &item), 0);
    testdb_exec(help.handles.db, "INSERT INTO member VALUES (7, (1 << 40) | 5, 1, 1)",
                DB_NO_PARAMS);
    testdb_exec(help.handles.db,
                "INSERT INTO event (project_id, at_ms, uuid, ordinal, name_id, created_ms)"
                " SELECT 7, seq, RANDOM_BYTES(16), 1, 1, 1 FROM seq_1_to_12000",
                DB_NO_PARAMS);
    clear_marks();
    ck_assert_int_eq(
        contactdelete_one(help.handles.db, help.arena, CONTACTHELP_PROJECT, &uuid, &help.info), 0);
    ck_assert_str_eq(marks(), "1:0/1 2:1/1 2:2/1 3:1099511627781/1");
    ck_assert_int_eq(COUNT("contact"), 1);
    ck_assert_int_eq(COUNT("event"), 1);
    ck_assert_int_eq(COUNT("contact_event"), 1);
    ck_assert_int_eq(COUNT("member"), 0);
    ck_assert_int_eq(
        contactdelete_one(help.handles.db, help.arena, CONTACTHELP_PROJECT, &uuid, &help.info),
        ERR_NOT_FOUND);
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, NULL);
    ck_assert_int_gt(contacthelp_i64(&help, "SELECT MAX(ordinal) FROM contact"), 2);
}
END_TEST

START_TEST(events_are_listed_counted_and_erased_by_name)
{
    struct contactwrite_batch batch = many(300, 0, "tick");
    struct contactwrite_item item;
    struct event *events;
    struct event recorded;
    struct event_stat *stats;
    size_t count;
    uint64_t deleted;
    struct str tick = STR("tick");
    struct db *db = help.handles.db;
    must_write(&batch, CONTACTWRITE_CREATED);
    ck_assert_int_eq(contacthelp_track(&help, "c0@x.y", "tock", "{\"q\": 1}", &item), 0);
    ck_assert_int_eq(event_record(db, help.arena, 7, tick, NULL, STR("mail"), (struct str){0},
                                  &recorded, &help.info),
                     0);
    ck_assert_int_eq(event_record(db, help.arena, 7, tick, &item.contact->uuid, (struct str){0},
                                  STR("{}"), &recorded, &help.info),
                     0);
    ck_assert(str_eq_c(recorded.email, "c0@x.y"));
    ck_assert_int_eq(event_list(db, help.arena, 7, NULL, 2, &events, &count, &help.info), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(event_list_of_contact(db, help.arena, 7, item.contact->ordinal, 9, &events,
                                           &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 3);
    ck_assert_int_eq(
        event_stats(db, help.arena, 7, INT64_MIN, INT64_MAX, &stats, &count, &help.info), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(stats[0].count, 302);
    clear_marks();
    ck_assert_int_eq(eventdelete_name(db, help.arena, 7, tick, &deleted, &help.info), 0);
    ck_assert_uint_eq(deleted, 302);
    ck_assert_int_eq(COUNT("dirty"), 300);
    ck_assert_int_eq(COUNT("event"), 1);
    ck_assert_int_eq(COUNT("contact_event"), 1);
    ck_assert_int_eq(event_list(db, help.arena, 7, &tick, 2, &events, &count, &help.info), 0);
    ck_assert_uint_eq(count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("contactwrite");
    TCase *writes = tcase_create("writes");
    tcase_add_checked_fixture(writes, setup, teardown);
    tcase_set_timeout(writes, 60);
    tcase_add_test(writes, a_new_contact_is_stored_and_marked);
    tcase_add_test(writes, a_write_that_changes_nothing_writes_nothing);
    tcase_add_test(writes, a_flip_is_an_event);
    tcase_add_test(writes, public_keys_subscribe_again_only_the_unsubscribed);
    tcase_add_test(writes, tracking_records_everything_once);
    tcase_add_test(writes, timestamps_may_lie_in_the_past_and_hardly_ahead);
    tcase_add_test(writes, data_over_the_limit_is_refused);
    tcase_add_test(writes, batches_of_every_size);
    tcase_add_test(writes, one_address_several_times_in_a_batch);
    tcase_add_test(writes, fields_are_limited);
    tcase_add_test(writes, a_public_key_over_the_limit_leaves_data_on_the_event);
    tcase_add_test(writes, event_names_are_limited_but_not_the_systems);
    tcase_add_test(writes, patching_by_id);
    tcase_add_test(writes, deleting_takes_everything_and_marks_every_part);
    tcase_add_test(writes, events_are_listed_counted_and_erased_by_name);
    suite_add_tcase(suite, writes);
    return testdb_run(suite);
}
