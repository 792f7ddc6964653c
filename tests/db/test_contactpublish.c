/*
 * What writes of contacts publish to webhooks, in the transaction that makes it true; and contacts
 * that are only held while events are recorded. Runs under tests/db/with-mariadb.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "contacthelp.h"
#include "store/contactdelete.h"
#include "store/event.h"

static struct contacthelp help;

static void run(const char *sql)
{
    testdb_exec(help.handles.db, sql, DB_NO_PARAMS);
}

static void setup(void)
{
    contacthelp_reset();
    contacthelp_open(&help);
    run("DELETE FROM webhook");
    run("DELETE FROM delivery");
    run("DELETE FROM delivery_due");
}

static void teardown(void)
{
    contacthelp_close(&help);
}

/* A webhook of the project that wants these events, a JSON list. */
static void want(const char *events)
{
    static int64_t number; /* versions that this process knows must not come again */
    number++;
    testdb_exec(help.handles.db,
                "INSERT INTO webhook (project_id, webhook_id, uuid, url, events, enabled, secret,"
                " secret_key_id, created_ms, updated_ms) VALUES (7, ?, RANDOM_BYTES(16),"
                " 'https://example.com/', ?, 1, '', '12345678', 1, 1)",
                DB_PARAMS(DB_I64(number), DB_STR(str_from(events))));
    testdb_exec(help.handles.db, "UPDATE project SET webhook_version = ? WHERE project_id = 7",
                DB_PARAMS(DB_I64(number)));
}

/* "type type …" of what was published, and forgets it. */
static const char *published(void)
{
    const char *types = contacthelp_text(
        &help, "SELECT COALESCE(GROUP_CONCAT(type ORDER BY delivery_id SEPARATOR ' '), '')"
               " FROM delivery WHERE project_id = 7");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery"),
                     contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery_due"));
    run("DELETE FROM delivery");
    run("DELETE FROM delivery_due");
    return types;
}

/* A member of the only body there is. */
static const char *told(const char *path)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(help.handles.db, "SELECT JSON_EXTRACT(body, CONCAT('$.', ?)) FROM delivery",
                       DB_PARAMS(DB_STR(str_from(path))), &rows, &help.info);
    ck_assert_msg(found == 1, "%s: %d %s", path, found, help.info.message);
    return str_copy(help.arena, db_bytes(rows, 0)).at;
}

/* ---- publication --------------------------------------------------------------------------- */

START_TEST(a_new_contact_is_told_once)
{
    want("[\"contact.*\"]");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"plan\": \"pro\"}");
    ck_assert_str_eq(told("type"), "\"contact.created\"");
    ck_assert_str_eq(told("data.contact.email"), "\"a@b.c\"");
    ck_assert_str_eq(told("data.contact.data.plan"), "\"pro\"");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT ordinal FROM delivery"), 1);
    ck_assert_str_eq(published(), "contact.created");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_SUBSCRIBE, "{\"plan\": \"pro\"}");
    ck_assert_str_eq(published(), "");
}
END_TEST

START_TEST(a_change_names_what_changed)
{
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, "{\"a\": 1, \"b\": 2, \"c\": {\"d\": 3}}");
    want("[\"contact.updated\"]");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP,
                     "{\"a\": 1, \"b\": null, \"c\": {\"d\": 4}, \"e\": 5}");
    ck_assert_str_eq(told("data.changed"), "[\"data.c\", \"data.e\", \"data.b\"]");
    ck_assert_str_eq(published(), "contact.updated");
    struct contactchange change = {.email = STR("x@b.c")};
    struct contact contact = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, NULL);
    ck_assert_int_eq(contactwrite_patch(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                        &contact.uuid, &change, &contact, &help.info),
                     0);
    ck_assert_str_eq(told("data.changed"), "[\"email\"]");
    ck_assert_str_eq(told("data.contact.email"), "\"x@b.c\"");
    ck_assert_str_eq(published(), "contact.updated");
}
END_TEST

START_TEST(a_flip_is_told_as_its_occurrence)
{
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, NULL);
    want("[\"*\"]");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_UNSUBSCRIBE, NULL);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery d JOIN event e"
                                            " ON e.project_id = 7 AND e.uuid = d.event_id"),
                     1);
    ck_assert_str_eq(told("data.contact.subscribed"), "false");
    ck_assert_str_eq(published(), "contact.unsubscribed");
    contacthelp_must(&help, "a@b.c", CONTACTCHANGE_SUBSCRIBE, "{\"n\": 1}");
    ck_assert_str_eq(published(), "contact.subscribed contact.updated");
}
END_TEST

START_TEST(custom_events_are_told_where_they_are_named)
{
    struct contactwrite_item item;
    struct event event;
    want("[\"*\"]");
    want("[\"purchase\"]");
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "login", NULL, &item), 0);
    ck_assert_str_eq(published(), "contact.created");
    ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "purchase", "{\"sum\": 5}", &item), 0);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT JSON_EXTRACT(body, '$.data.event.data.sum')"
                                             " FROM delivery WHERE type = 'purchase'"),
                     "5");
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery d JOIN event e"
                                            " ON e.project_id = 7 AND e.uuid = d.event_id"),
                     1);
    ck_assert_str_eq(published(), "purchase contact.updated");
    const struct uuid *contacts[] = {&item.contact->uuid, NULL};
    for (size_t i = 0; i < ARRAY_LEN(contacts); i++) {
        int err =
            event_record(help.handles.db, help.arena, CONTACTHELP_PROJECT, STR("purchase"),
                         contacts[i], (struct str){0}, STR("{\"sum\":6}"), &event, &help.info);
        ck_assert_msg(err == 0, "%s", help.info.message);
        ck_assert_str_eq(told("data.event.data.sum"), "6");
        ck_assert_int_eq(contacthelp_i64(&help, "SELECT ordinal IS NULL FROM delivery"), (int)i);
        ck_assert_str_eq(published(), "purchase");
    }
}
END_TEST

START_TEST(erasing_tells_the_id_and_blanks_what_was_told)
{
    want("[\"contact.*\"]");
    struct contact contact = contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, NULL);
    for (int i = 0; i < 450; i++) { /* more than one transaction blanks */
        char data[32];
        (void)snprintf(data, sizeof data, "{\"n\": %d}", i);
        contacthelp_must(&help, "a@b.c", CONTACTCHANGE_KEEP, data);
    }
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery"), 451);
    ck_assert_int_eq(contactdelete_one(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                       &contact.uuid, &help.info),
                     0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery"), 452);
    ck_assert_int_eq(
        contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery WHERE body LIKE '%a@b.c%'"), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM delivery WHERE ordinal IS NULL"),
                     452);
    run("DELETE FROM delivery WHERE type <> 'contact.deleted'");
    char id[40];
    id[0] = '"';
    uuid_format(&contact.uuid, id + 1);
    (void)snprintf(id + 37, 3, "\"");
    ck_assert_str_eq(told("data.contact.id"), id);
    ck_assert_str_eq(told("data.contact.email"), "");
}
END_TEST

static int refuse(struct db *db, void *ctx, struct err_info *info)
{
    (void)db;
    (void)ctx;
    return err_set(info, ERR_INVAL, NULL, "no");
}

START_TEST(what_is_rolled_back_is_not_told)
{
    want("[\"contact.*\"]");
    struct contactwrite_item items[2] = {{.email = STR("a@b.c")}, {.email = STR("b@b.c")}};
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = items, .count = 2, .also = refuse};
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), ERR_INVAL);
    ck_assert_str_eq(published(), "");
    batch.also = NULL;
    batch.dry_run = true;
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_str_eq(published(), "");
    batch.dry_run = false;
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_str_eq(published(), "contact.created contact.created");
}
END_TEST

static uint64_t statements(void)
{
    return db_stats(help.handles.db).statements;
}

START_TEST(without_webhooks_nothing_is_asked)
{
    struct contactwrite_item item;
    for (int round = 0; round < 2; round++) { /* the second knows the webhooks, and none wants it */
        ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "login", NULL, &item), 0);
        uint64_t before = statements();
        ck_assert_int_eq(contacthelp_track(&help, "a@b.c", "login", NULL, &item), 0);
        ck_assert_uint_eq(statements() - before, 4); /* contact, event, rollup, mark */
        before = statements();
        contacthelp_must(&help, round == 0 ? "n@b.c" : "m@b.c", CONTACTCHANGE_KEEP, NULL);
        ck_assert_uint_eq(statements() - before, 3); /* no contact, the new one, mark */
        want("[\"purchase\"]");
    }
}
END_TEST

/* ---- contacts that are held ---------------------------------------------------------------- */

#define HELD 20

static struct contactwrite_item held_items[HELD];

/* Events on contacts 0 … HELD - 1, of which the even ones are there, all of them told twice. */
static void make_held(struct contactwrite_batch *batch)
{
    for (int i = 0; i < HELD; i++) {
        struct contactwrite_event *event = arena_alloc(help.arena, sizeof *event);
        *event = (struct contactwrite_event){.name = STR("login"), .at_ms = 1000 + i};
        held_items[i] = (struct contactwrite_item){
            .email = str_from(arena_printf(help.arena, "c%d@b.c", i / 2 * 2)), .event = event};
    }
    held_items[HELD - 1].email = STR("new@b.c");
    *batch = (struct contactwrite_batch){.project_id = CONTACTHELP_PROJECT,
                                         .items = held_items,
                                         .count = HELD,
                                         .skip_contacts = true};
    for (int i = 0; i < HELD; i += 2) {
        contacthelp_must(&help, held_items[i].email.at, CONTACTCHANGE_KEEP, "{\"n\": 1}");
    }
    run("DELETE FROM dirty");
}

START_TEST(held_contacts_get_their_events)
{
    struct contactwrite_batch batch;
    make_held(&batch);
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    for (int i = 0; i < HELD - 1; i++) {
        ck_assert_int_eq(held_items[i].outcome, CONTACTWRITE_UNCHANGED);
        ck_assert_uint_eq(held_items[i].contact->ordinal, (unsigned)i / 2 + 1);
    }
    ck_assert_int_eq(held_items[HELD - 1].outcome, CONTACTWRITE_CREATED);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event e JOIN contact c"
                                            " USING (project_id, ordinal)"),
                     HELD);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT SUM(count) FROM contact_event"), HELD);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact_event"), HELD / 2 + 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT MIN(first_ms) + MAX(last_ms)"
                                            " FROM contact_event"),
                     1000 + 1000 + HELD - 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM dirty"), HELD / 2 + 2);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact WHERE data IS NOT NULL"),
                     HELD / 2);
}
END_TEST

/* While the events are recorded: a contact can be changed by id, and erasing another waits. */
static int change_and_erase(struct db *db, void *ctx, struct err_info *info)
{
    pid_t *child = ctx;
    struct contacthelp other;
    struct contact kept, gone;
    (void)db;
    contacthelp_open(&other);
    struct contactchange change = {.patch = contacthelp_data(&other, "{\"n\": 2}").patch};
    int err = contact_by_email(other.handles.db, other.arena, CONTACTHELP_PROJECT, STR("c0@b.c"),
                               &kept, info);
    ck_assert_int_eq(err, 0);
    err = contact_by_email(other.handles.db, other.arena, CONTACTHELP_PROJECT, STR("c2@b.c"), &gone,
                           info);
    ck_assert_int_eq(err, 0);
    err = contactwrite_patch(other.handles.db, other.arena, CONTACTHELP_PROJECT, &kept.uuid,
                             &change, &kept, info);
    ck_assert_int_eq(err, 0);
    contacthelp_close(&other);
    *child = fork();
    ck_assert_int_ge(*child, 0);
    if (*child == 0) {
        contacthelp_open(&other);
        _exit(-contactdelete_one(other.handles.db, other.arena, CONTACTHELP_PROJECT, &gone.uuid,
                                 &other.info));
    }
    usleep(300000);
    return waitpid(*child, NULL, WNOHANG) == 0 ? 0 : ERR_INTERNAL; /* it waits for us */
}

START_TEST(held_contacts_are_not_erased_meanwhile)
{
    struct contactwrite_batch batch;
    pid_t child = 0;
    int status;
    make_held(&batch);
    batch.also = change_and_erase;
    batch.also_ctx = &child;
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(status == 0, "erasing returned %d", -WEXITSTATUS(status));
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact WHERE email = 'c2@b.c'"),
                     0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event e LEFT JOIN contact c"
                                            " USING (project_id, ordinal) WHERE c.ordinal IS NULL"),
                     0);
    ck_assert_int_eq(contacthelp_i64(&help,
                                     "SELECT COUNT(*) FROM contact_event e LEFT JOIN contact"
                                     " c USING (project_id, ordinal) WHERE c.ordinal IS NULL"),
                     0);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact WHERE email = 'c0@b.c'"),
                     "{\"n\":2}");
}
END_TEST

/* ---- what an import asks for --------------------------------------------------------------- */

START_TEST(items_may_speak_of_new_or_stored_contacts_only)
{
    struct contactwrite_item items[] = {
        {.email = STR("old@b.c"), .when = CONTACTWRITE_ONLY_NEW},
        {.email = STR("old@b.c"), .when = CONTACTWRITE_ONLY_STORED},
        {.email = STR("one@b.c"), .when = CONTACTWRITE_ONLY_STORED},
        {.email = STR("two@b.c"), .when = CONTACTWRITE_ONLY_NEW},
        {.email = STR("two@b.c"), .when = CONTACTWRITE_ONLY_NEW},
        {.email = STR("three@b.c"), .has_created = true, .created_ms = 12345},
        {.email = STR("old@b.c"), .has_created = true, .created_ms = 12345},
    };
    static const enum contactwrite_outcome outcomes[] = {
        CONTACTWRITE_SKIPPED, CONTACTWRITE_UPDATED, CONTACTWRITE_SKIPPED,  CONTACTWRITE_CREATED,
        CONTACTWRITE_SKIPPED, CONTACTWRITE_CREATED, CONTACTWRITE_UNCHANGED};
    struct contact old = contacthelp_must(&help, "old@b.c", CONTACTCHANGE_KEEP, NULL);
    items[0].patch = contacthelp_data(&help, "{\"n\": 1}").patch;
    items[1].patch = contacthelp_data(&help, "{\"n\": 2}").patch;
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = items, .count = ARRAY_LEN(items)};
    ck_assert_int_eq(contactwrite_upsert(&help.handles, help.arena, &batch, &help.info), 0);
    for (size_t i = 0; i < ARRAY_LEN(items); i++) {
        ck_assert_msg(items[i].outcome == outcomes[i], "item %zu: %d", i, items[i].outcome);
        ck_assert_int_eq(items[i].contact == NULL, outcomes[i] == CONTACTWRITE_SKIPPED);
    }
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact"), 3);
    ck_assert_str_eq(contacthelp_text(&help, "SELECT data FROM contact WHERE email = 'old@b.c'"),
                     "{\"n\":2}");
    ck_assert_int_eq(
        contacthelp_i64(&help, "SELECT created_ms FROM contact WHERE email = 'three@b.c'"), 12345);
    ck_assert_int_eq(
        contacthelp_i64(&help, "SELECT created_ms FROM contact WHERE email = 'old@b.c'"),
        old.created_ms);
}
END_TEST

#define MANY 200

static struct contactwrite_item many_items[MANY];

static void write_many(enum contactwrite_outcome wanted)
{
    struct contactwrite_batch batch = {
        .project_id = CONTACTHELP_PROJECT, .items = many_items, .count = MANY};
    int err = contactwrite_upsert(&help.handles, help.arena, &batch, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(many_items[i].outcome, wanted);
    }
}

START_TEST(a_batch_of_large_and_mixed_changes)
{
    const size_t large = 30000; /* all of them are more than one statement takes */
    char *text = arena_alloc(help.arena, large + 20);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text, 20, "{\"n\": %d, \"t\": \"", i);
        size_t len = strlen(text);
        memset(text + len, 'x', large - len);
        memcpy(text + large, "\"}", 3);
        many_items[i] = (struct contactwrite_item){
            .email = str_from(arena_printf(help.arena, "c%d@b.c", i)),
            .patch = contacthelp_data(&help, arena_copy(help.arena, text, strlen(text))).patch};
    }
    write_many(CONTACTWRITE_CREATED);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM contact WHERE email = CONCAT('c',"
                                            " JSON_VALUE(data, '$.n'), '@b.c')"),
                     MANY);
    for (int i = 0; i < MANY; i++) {
        char *data = arena_printf(help.arena, "{\"t\": null, \"n\": %d}", -i - 1);
        many_items[i].patch = contacthelp_data(&help, data).patch;
        many_items[i].subscribe = i % 3 == 0 ? CONTACTCHANGE_UNSUBSCRIBE : CONTACTCHANGE_KEEP;
    }
    write_many(CONTACTWRITE_UPDATED);
    ck_assert_int_eq(
        contacthelp_i64(&help, "SELECT COUNT(*) FROM contact WHERE data = CONCAT('{\"n\":',"
                               " -CAST(SUBSTRING_INDEX(SUBSTRING(email, 2), '@', 1) AS SIGNED) - 1,"
                               " '}') AND updated_ms >= created_ms"),
        MANY);
    ck_assert_int_eq(contacthelp_i64(&help,
                                     "SELECT COUNT(*) FROM contact WHERE status ="
                                     " IF(SUBSTRING_INDEX(SUBSTRING(email, 2), '@', 1) % 3 = 0,"
                                     " 2, 1) AND subscribed_ms = created_ms"),
                     MANY);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM event"), (MANY + 2) / 3);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_new_contact_is_told_once,
        a_change_names_what_changed,
        a_flip_is_told_as_its_occurrence,
        custom_events_are_told_where_they_are_named,
        erasing_tells_the_id_and_blanks_what_was_told,
        what_is_rolled_back_is_not_told,
        without_webhooks_nothing_is_asked,
        held_contacts_get_their_events,
        held_contacts_are_not_erased_meanwhile,
        items_may_speak_of_new_or_stored_contacts_only,
        a_batch_of_large_and_mixed_changes,
    };
    Suite *suite = suite_create("contactpublish");
    TCase *tcase = tcase_create("contactpublish");
    tcase_add_checked_fixture(tcase, setup, teardown);
    for (size_t i = 0; i < ARRAY_LEN(tests); i++) {
        tcase_add_test(tcase, tests[i]);
    }
    suite_add_tcase(suite, tcase);
    return testdb_run(suite);
}
