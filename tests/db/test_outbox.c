/* The outbox: exactly the deliveries that somebody wants, in the transaction of the event. */
#include "webhookhelp.h"

static struct webhookhelp help;

static void setup(void)
{
    webhookhelp_reset();
    webhookhelp_open(&help);
}

static void teardown(void)
{
    webhookhelp_close(&help);
}

static const struct outbox *open_outbox(uint64_t version)
{
    const struct outbox *outbox;
    ck_assert_int_eq(outbox_open(help.db, WEBHOOKHELP_PROJECT, version, &outbox, &help.info), 0);
    return outbox;
}

/* ---- knowing ------------------------------------------------------------------------------- */

START_TEST(version_zero_wants_nothing_and_asks_nothing)
{
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    uint64_t before = db_stats(help.db).statements;
    ck_assert(!outbox_wants(open_outbox(0), STR("contact.created"), false));
    ck_assert_uint_eq(db_stats(help.db).statements, before);
}
END_TEST

START_TEST(a_known_version_asks_nothing)
{
    (void)webhookhelp_webhook(&help, "[\"contact.*\", \"signup\"]");
    uint64_t version = (uint64_t)webhookhelp_i64(
        &help, "SELECT webhook_version FROM project WHERE project_id = 71");
    (void)open_outbox(version);
    uint64_t before = db_stats(help.db).statements;
    const struct outbox *outbox = open_outbox(version);
    ck_assert_uint_eq(db_stats(help.db).statements, before);
    ck_assert(outbox_wants(outbox, STR("contact.created"), false));
    ck_assert(outbox_wants(outbox, STR("signup"), true));
    ck_assert(!outbox_wants(outbox, STR("logout"), true));
    ck_assert(!outbox_wants(outbox, STR("segment.vip.entry"), false));
}
END_TEST

/* Every kind of change is seen by the next transaction. */
START_TEST(changes_are_seen)
{
    struct webhook_input input = {.events = STR("[\"import.*\"]")};
    struct webhook webhook = webhookhelp_webhook(&help, "[\"contact.*\"]");
    struct webhook changed;
    ck_assert(outbox_wants(open_outbox(OUTBOX_ASK), STR("contact.created"), false));
    webhookhelp_enable(&help, &webhook, false);
    ck_assert(!outbox_wants(open_outbox(OUTBOX_ASK), STR("contact.created"), false));
    webhookhelp_enable(&help, &webhook, true);
    ck_assert(outbox_wants(open_outbox(OUTBOX_ASK), STR("contact.created"), false));
    ck_assert_int_eq(webhook_update(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid,
                                    WEBHOOK_SET_EVENTS, &input, &changed, &help.info),
                     0);
    ck_assert(!outbox_wants(open_outbox(OUTBOX_ASK), STR("contact.created"), false));
    ck_assert(outbox_wants(open_outbox(OUTBOX_ASK), STR("import.completed"), false));
    ck_assert_int_eq(
        webhook_delete(help.db, help.arena, WEBHOOKHELP_PROJECT, &webhook.uuid, &help.info), 0);
    ck_assert(!outbox_wants(open_outbox(OUTBOX_ASK), STR("import.completed"), false));
}
END_TEST

START_TEST(projects_are_apart)
{
    const struct outbox *outbox;
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    ck_assert_int_eq(outbox_open(help.db, 72, OUTBOX_ASK, &outbox, &help.info), 0);
    ck_assert(!outbox_wants(outbox, STR("contact.created"), false));
    /* The same place of the process's table, another project. */
    ck_assert_int_eq(outbox_open(help.db, WEBHOOKHELP_PROJECT + 256, 5, &outbox, &help.info), 0);
    ck_assert(!outbox_wants(outbox, STR("contact.created"), false));
    ck_assert(outbox_wants(open_outbox(OUTBOX_ASK), STR("contact.created"), false));
}
END_TEST

/* ---- writing ------------------------------------------------------------------------------- */

static int64_t count_of(const char *type, uint32_t webhook_id)
{
    return testdb_i64(help.db,
                      "SELECT COUNT(*) FROM delivery d JOIN delivery_due q"
                      " ON q.project_id = d.project_id AND q.webhook_id = d.webhook_id"
                      " AND q.due_ms = d.due_ms AND q.delivery_id = d.delivery_id"
                      " WHERE d.project_id = 71 AND d.type = ? AND d.webhook_id = ?"
                      " AND d.state = 1 AND q.attempts = 0 AND q.lease_token = 0",
                      DB_PARAMS(DB_STR(str_from(type)), DB_I64(webhook_id)));
}

START_TEST(exactly_what_is_wanted)
{
    struct webhook all = webhookhelp_webhook(&help, "[\"*\"]");
    struct webhook exits = webhookhelp_webhook(&help, "[\"segment.*.exit\", \"signup\"]");
    struct outbox_event events[] = {webhookhelp_event("segment.vip.entry"),
                                    webhookhelp_event("segment.vip.exit"),
                                    webhookhelp_event("contact.created"),
                                    webhookhelp_event("signup"), webhookhelp_event("logout")};
    events[3].is_custom = true;
    events[4].is_custom = true;
    events[1].has_contact = true;
    events[1].ordinal = 41;
    events[1].segment_id = 5;
    events[1].sequence = UINT64_MAX;
    ck_assert_int_eq(webhookhelp_publish(&help, events, ARRAY_LEN(events)), 0);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery"), 5);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery_due"), 5);
    ck_assert_int_eq(count_of("segment.vip.entry", all.webhook_id), 1);
    ck_assert_int_eq(count_of("segment.vip.exit", all.webhook_id), 1);
    ck_assert_int_eq(count_of("contact.created", all.webhook_id), 1);
    ck_assert_int_eq(count_of("segment.vip.exit", exits.webhook_id), 1);
    ck_assert_int_eq(count_of("signup", exits.webhook_id), 1);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery WHERE ordinal = 41"
                                            " AND segment_id = 5"
                                            " AND sequence = 18446744073709551615"),
                     2);
    ck_assert_str_eq(webhookhelp_text(&help, "SELECT MIN(body) FROM delivery"),
                     "{\"type\":\"t\",\"data\":{}}");
}
END_TEST

START_TEST(many_at_once_are_in_order)
{
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    webhookhelp_publish_many(&help, "segment.vip.entry", 5000);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery_due"), 5000);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(DISTINCT sequence) FROM delivery"), 5000);
    /* Ids are in the order of publishing. */
    AUTO(db_rows) rows = NULL;
    ck_assert_int_eq(db_query(help.db, "SELECT sequence FROM delivery ORDER BY delivery_id",
                              DB_NO_PARAMS, false, &rows, &help.info),
                     0);
    for (int64_t i = 1; i <= 5000; i++) {
        ck_assert_int_eq(db_next(rows, &help.info), 1);
        ck_assert_int_eq(db_i64(rows, 0), i);
    }
}
END_TEST

START_TEST(one_delivery_per_event)
{
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    (void)webhookhelp_webhook(&help, "[\"contact.*\"]");
    struct outbox_event events[3] = {webhookhelp_event("contact.created"),
                                     webhookhelp_event("contact.updated"),
                                     webhookhelp_event("contact.deleted")};
    ck_assert_int_eq(webhookhelp_publish(&help, events, 1), 0);
    ck_assert_int_eq(webhookhelp_publish(&help, events, 2), 0);
    struct outbox_event again[] = {events[2], events[1], events[0], events[2]};
    ck_assert_int_eq(webhookhelp_publish(&help, again, ARRAY_LEN(again)), 0);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery"), 6);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery_due"), 6);
    ck_assert_int_eq(
        webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery d JOIN delivery_due q"
                               " ON q.project_id = d.project_id AND q.delivery_id = d.delivery_id"),
        6);
}
END_TEST

/* A repeat in a large batch, whose rows go in several statements. */
START_TEST(a_repeat_among_many)
{
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    struct outbox_event *events = arena_array(help.arena, 700, sizeof(*events));
    for (size_t i = 0; i < 700; i++) {
        events[i] = webhookhelp_event("contact.created");
    }
    ck_assert_int_eq(webhookhelp_publish(&help, events + 600, 1), 0);
    ck_assert_int_eq(webhookhelp_publish(&help, events, 700), 0);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery"), 700);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery_due"), 700);
}
END_TEST

static int fail_after(struct db *db, void *ctx, struct err_info *info)
{
    const struct outbox *outbox;
    struct outbox_event event = webhookhelp_event("contact.created");
    (void)ctx;
    ck_assert_int_eq(outbox_open(db, WEBHOOKHELP_PROJECT, OUTBOX_ASK, &outbox, info), 0);
    ck_assert_int_eq(outbox_write(db, help.arena, WEBHOOKHELP_PROJECT, outbox, &event, 1, 1, info),
                     0);
    ck_assert_int_eq(testdb_i64(db, "SELECT COUNT(*) FROM delivery", DB_NO_PARAMS), 1);
    return err_set(info, ERR_INVAL, NULL, "on purpose");
}

START_TEST(a_rollback_leaves_none)
{
    (void)webhookhelp_webhook(&help, "[\"*\"]");
    ck_assert_int_eq(db_tx(help.db, DB_WRITE, fail_after, NULL, &help.info), ERR_INVAL);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery"), 0);
    ck_assert_int_eq(webhookhelp_i64(&help, "SELECT COUNT(*) FROM delivery_due"), 0);
}
END_TEST

START_TEST(what_nobody_wants_costs_nothing)
{
    (void)webhookhelp_webhook(&help, "[\"import.*\"]");
    struct outbox_event event = webhookhelp_event("contact.created");
    const struct outbox *outbox = open_outbox(OUTBOX_ASK);
    uint64_t before = db_stats(help.db).statements;
    ck_assert_int_eq(
        outbox_write(help.db, help.arena, WEBHOOKHELP_PROJECT, outbox, &event, 1, 1, &help.info),
        0);
    ck_assert_uint_eq(db_stats(help.db).statements, before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *test = tcase_create("outbox");
    tcase_add_checked_fixture(test, setup, teardown);
    tcase_add_test(test, version_zero_wants_nothing_and_asks_nothing);
    tcase_add_test(test, a_known_version_asks_nothing);
    tcase_add_test(test, changes_are_seen);
    tcase_add_test(test, projects_are_apart);
    tcase_add_test(test, exactly_what_is_wanted);
    tcase_add_test(test, many_at_once_are_in_order);
    tcase_add_test(test, one_delivery_per_event);
    tcase_add_test(test, a_repeat_among_many);
    tcase_add_test(test, a_rollback_leaves_none);
    tcase_add_test(test, what_nobody_wants_costs_nothing);
    suite_add_tcase(suite, test);
    return testdb_run(suite);
}
