/*
 * Outgoing messages: put in once whatever is repeated, handed to one sender at a time, dropped
 * where the campaign or the contact says no, and counted once by their reports. Runs under
 * tests/db/with-mariadb.
 */
#include "base/macros.h"
#include "contacthelp.h"
#include "store/emailwrite.h"
#include "store/messageclaim.h"

#define CONTACTS 400
#define CAMPAIGN 3
#define FIRST 1 /* ordinal of the first contact */

static struct contacthelp help;

static void exec(const char *sql)
{
    testdb_exec(help.handles.db, sql, DB_NO_PARAMS);
}

static void setup(void)
{
    contacthelp_reset();
    contacthelp_open(&help);
    exec("DELETE FROM message");
    exec("DELETE FROM template");
    exec("DELETE FROM campaign");
    exec("DELETE FROM campaign_send");
    exec("DELETE FROM suppression");
    exec("DELETE FROM email_event");
    exec("INSERT INTO campaign (project_id, campaign_id, uuid, name, subject, body, sender, type,"
         " status, audience_type, created_ms, updated_ms) VALUES (7, 3, RANDOM_BYTES(16), 'c', 's',"
         " 'b', 'a@b.c', 2, 3, 1, 1, 1)");
    for (int i = 0; i < CONTACTS; i++) {
        static const char sql[] =
            "INSERT INTO contact (project_id, ordinal, uuid, email, status, write_id, created_ms,"
            " updated_ms) VALUES (7, ?, RANDOM_BYTES(16), ?, 1, 1, 1, 1)";
        struct str email = str_from(arena_printf(help.arena, "c%d@example.com", i));
        testdb_exec(help.handles.db, sql, DB_PARAMS(DB_I64(FIRST + i), DB_STR(email)));
    }
}

static void teardown(void)
{
    contacthelp_close(&help);
}

struct adding {
    struct contacthelp *by;
    struct message_new *messages;
    size_t count;
    bool fails;
};

static int add_body(struct db *db, void *ctx, struct err_info *info)
{
    struct adding *adding = ctx;
    int err = message_add(db, adding->by->arena, CONTACTHELP_PROJECT, adding->messages,
                          adding->count, 1000, info);
    return err == 0 && adding->fails ? ERR_INVAL : err;
}

static int add(struct contacthelp *by, struct message_new *messages, size_t count, bool fails)
{
    struct adding adding = {by, messages, count, fails};
    return db_tx(by->handles.db, DB_WRITE, add_body, &adding, &by->info);
}

/* A message of the campaign for each contact. */
static void add_campaign(struct contacthelp *by)
{
    struct message_new *messages = arena_array(by->arena, CONTACTS, sizeof *messages);
    for (int i = 0; i < CONTACTS; i++) {
        messages[i] = (struct message_new){
            .source = MESSAGE_OF_CAMPAIGN, .source_id = CAMPAIGN, .ordinal = (uint32_t)(FIRST + i)};
    }
    ck_assert_int_eq(add(by, messages, CONTACTS, false), 0);
}

static int render(void *ctx, struct messageclaim *claim, size_t taken, struct err_info *info)
{
    (void)ctx;
    (void)claim;
    (void)taken;
    (void)info;
    return 0;
}

static struct messageclaim_list claim(struct contacthelp *by, size_t limit, int64_t lease_ms)
{
    const struct messageclaim_query query = {
        .project_id = CONTACTHELP_PROJECT, .limit = limit, .lease_ms = lease_ms, .render = render};
    struct messageclaim_list list;
    int err = messageclaim_run(by->handles.db, by->arena, &query, &list, &by->info);
    ck_assert_msg(err == 0, "%s", by->info.message);
    return list;
}

static struct message_counts counts(void)
{
    struct message_counts ret;
    ck_assert_int_eq(message_count(help.handles.db, CONTACTHELP_PROJECT, MESSAGE_OF_CAMPAIGN,
                                   CAMPAIGN, &ret, &help.info),
                     0);
    return ret;
}

static bool is_open(void)
{
    bool ret = false;
    ck_assert_int_eq(message_is_open(help.handles.db, CONTACTHELP_PROJECT, MESSAGE_OF_CAMPAIGN,
                                     CAMPAIGN, &ret, &help.info),
                     0);
    return ret;
}

START_TEST(put_in_once)
{
    struct message_new step = {.source = MESSAGE_OF_WORKFLOW,
                               .source_id = 1,
                               .execution_id = 5,
                               .step = 2,
                               .ordinal = FIRST,
                               .template_id = 1};
    ck_assert_int_eq(add(&help, &step, 1, false), 0);
    ck_assert_int_eq(add(&help, &step, 1, false), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM message"), 1);
    step.step = 3; /* a loop comes to the same step again */
    ck_assert_int_eq(add(&help, &step, 1, true), ERR_INVAL);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM message"), 1);
    ck_assert_int_eq(add(&help, &step, 1, false), 0);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM message"), 2);
    add_campaign(&help);
    add_campaign(&help);
    ck_assert_uint_eq(counts().waiting, CONTACTS);
}
END_TEST

START_TEST(what_cannot_wait_goes_first)
{
    struct message_new mail = {
        .source = MESSAGE_OF_SEND, .execution_id = 1, .ordinal = FIRST, .subject = STR("s")};
    add_campaign(&help);
    ck_assert_int_eq(add(&help, &mail, 1, false), 0);
    struct messageclaim_list list = claim(&help, 10, 60000);
    ck_assert_uint_eq(list.count, 10);
    ck_assert_int_eq(list.at[0].source, MESSAGE_OF_SEND);
    ck_assert_int_eq(list.at[0].type, CAMPAIGN_TRANSACTIONAL);
    ck_assert_int_eq(list.at[1].source, MESSAGE_OF_CAMPAIGN);
    ck_assert_int_eq(list.at[1].type, CAMPAIGN_MARKETING);
}
END_TEST

/* Takes what there is; each message is noted in a table that would not take it twice. */
static int take_all(struct contacthelp *by, int number)
{
    (void)number;
    for (;;) {
        struct messageclaim_list list = claim(by, 37, 60000);
        for (size_t i = 0; i < list.count; i++) {
            testdb_exec(by->handles.db, "INSERT INTO taken (uuid) VALUES (?)",
                        DB_PARAMS(DB_BYTES(list.at[i].uuid.bytes, 16)));
        }
        if (list.count == 0) {
            return 0;
        }
    }
}

START_TEST(four_senders_at_once)
{
    exec("DROP TABLE IF EXISTS taken");
    exec("CREATE TABLE taken (uuid BINARY(16) PRIMARY KEY)");
    add_campaign(&help);
    ck_assert_int_eq(contacthelp_fork(4, take_all), 4);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM taken"), CONTACTS);
    ck_assert_uint_eq(counts().claimed, CONTACTS);
}
END_TEST

START_TEST(a_lease_ends)
{
    add_campaign(&help);
    ck_assert_uint_eq(claim(&help, MESSAGECLAIM_MAX, 60000).count, CONTACTS);
    ck_assert_uint_eq(claim(&help, MESSAGECLAIM_MAX, 60000).count, 0);
    for (int i = 1; i < MESSAGE_CLAIMS_MAX; i++) {
        exec("UPDATE message SET due_ms = 1");
        ck_assert_uint_eq(claim(&help, MESSAGECLAIM_MAX, 60000).count, CONTACTS);
    }
    exec("UPDATE message SET due_ms = 1");
    ck_assert_uint_eq(claim(&help, MESSAGECLAIM_MAX, 60000).count, 0);
    ck_assert_uint_eq(counts().dropped_for[MESSAGE_UNREPORTED], CONTACTS);
    ck_assert(!is_open());
}
END_TEST

START_TEST(looked_at_again)
{
    add_campaign(&help);
    exec("UPDATE contact SET status = 2 WHERE ordinal = 1");
    exec("UPDATE contact SET status = 3 WHERE ordinal = 2");
    exec("UPDATE contact SET status = 4 WHERE ordinal = 3");
    exec("DELETE FROM contact WHERE ordinal = 4");
    struct messageclaim_list list = claim(&help, 5, 60000);
    ck_assert_uint_eq(list.count, 5); /* the dropped ones make no short answer */
    struct message_counts got = counts();
    ck_assert_uint_eq(got.dropped_for[MESSAGE_UNSUBSCRIBED], 1);
    ck_assert_uint_eq(got.dropped_for[MESSAGE_BOUNCED], 1);
    ck_assert_uint_eq(got.dropped_for[MESSAGE_COMPLAINED], 1);
    ck_assert_uint_eq(got.dropped_for[MESSAGE_DELETED], 1);
    ck_assert_uint_eq(got.dropped, 4);
    ck_assert_uint_eq(got.claimed, 5);
    ck_assert(is_open());
}
END_TEST

START_TEST(a_campaign_is_cancelled)
{
    size_t count = 0;
    add_campaign(&help);
    ck_assert_uint_eq(claim(&help, 10, 60000).count, 10);
    exec("UPDATE campaign SET status = 5");
    ck_assert_int_eq(message_cancel(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                    MESSAGE_OF_CAMPAIGN, CAMPAIGN, 100, &count, &help.info),
                     0);
    ck_assert_uint_eq(count, 100);
    ck_assert_uint_eq(counts().dropped_for[MESSAGE_CANCELLED], 100);
    ck_assert_uint_eq(claim(&help, 10, 60000).count, 0); /* and drops the rest by itself */
    ck_assert_uint_eq(counts().dropped_for[MESSAGE_CANCELLED], CONTACTS - 10);
    ck_assert_uint_eq(counts().claimed, 10);
    ck_assert(is_open()); /* the ten are with a sender */
    exec("UPDATE message SET due_ms = 1 WHERE state = 2");
    ck_assert_uint_eq(claim(&help, 10, 60000).count, 0);
    ck_assert(!is_open());
}
END_TEST

static void tell(enum emailevent_type type, const struct uuid *message, bool is_soft, int64_t at_ms)
{
    char id[37];
    uuid_format(message, id);
    struct emailwrite_item item = {.email = STR("nobody@example.com"),
                                   .email_id = str_from(id),
                                   .type = type,
                                   .is_soft = is_soft,
                                   .at_ms = at_ms};
    struct emailwrite_batch batch = {.project_id = CONTACTHELP_PROJECT, .items = &item, .count = 1};
    ck_assert_int_eq(emailwrite_run(help.handles.db, help.arena, &batch, &help.info), 0);
    ck_assert_int_eq(item.problem_err, 0);
}

/* Somebody who would cancel, or opt out, while a claim is under way. */
struct cancelling {
    struct contacthelp *by;
    bool waited; /* for each message: he could not have the row that he locks */
    bool cancels;
};

/* Tries to have the row of a contact while a claim is under way. */
static int render_and_opt_out(void *ctx, struct messageclaim *claim, size_t taken,
                              struct err_info *info)
{
    static const char lock_sql[] = "SELECT 1 FROM contact WHERE project_id = 7 AND ordinal = ?"
                                   " FOR UPDATE SKIP LOCKED";
    struct cancelling *opting = ctx;
    AUTO(db_rows) rows = NULL;
    (void)taken;
    (void)info;
    int found = db_one(opting->by->handles.db, lock_sql, DB_PARAMS(DB_I64(claim->ordinal)), &rows,
                       &opting->by->info);
    opting->waited = opting->waited && found == 0;
    return 0;
}

static int render_and_cancel(void *ctx, struct messageclaim *claim, size_t taken,
                             struct err_info *info)
{
    static const char lock_sql[] = "SELECT 1 FROM campaign_send WHERE project_id = 7"
                                   " AND campaign_id = 3 FOR UPDATE SKIP LOCKED";
    struct cancelling *cancelling = ctx;
    struct db *db = cancelling->by->handles.db;
    AUTO(db_rows) rows = NULL;
    (void)taken;
    (void)info;
    if (claim->source == MESSAGE_OF_CAMPAIGN) {
        int found = db_one(db, lock_sql, DB_NO_PARAMS, &rows, &cancelling->by->info);
        cancelling->waited = cancelling->waited && found == 0;
    } else if (cancelling->cancels) {
        testdb_exec(db, "UPDATE campaign SET status = 5", DB_NO_PARAMS);
    }
    return 0;
}

static size_t claim_while(messageclaim_render *doing, struct cancelling *cancelling)
{
    const struct messageclaim_query query = {.project_id = CONTACTHELP_PROJECT,
                                             .limit = 10,
                                             .lease_ms = 60000,
                                             .render = doing,
                                             .render_ctx = cancelling};
    struct messageclaim_list list;
    int err = messageclaim_run(help.handles.db, help.arena, &query, &list, &help.info);
    ck_assert_msg(err == 0, "%s", help.info.message);
    return list.count;
}

START_TEST(a_claim_and_a_cancel_wait_for_each_other)
{
    struct contacthelp other;
    struct message_new mail = {.source = MESSAGE_OF_SEND, .execution_id = 1, .ordinal = FIRST};
    contacthelp_open(&other);
    exec("INSERT INTO campaign_send (project_id, campaign_id, stage, due_ms) VALUES (7, 3, 4, 0)");
    add_campaign(&help);
    struct cancelling cancelling = {.by = &other, .waited = true};
    ck_assert_uint_eq(claim_while(render_and_cancel, &cancelling), 10);
    ck_assert(cancelling.waited);
    cancelling.cancels = true; /* before the claim comes to the campaign */
    ck_assert_int_eq(add(&help, &mail, 1, false), 0);
    ck_assert_uint_eq(claim_while(render_and_cancel, &cancelling), 1);
    ck_assert_uint_gt(counts().dropped_for[MESSAGE_CANCELLED], 0);
    contacthelp_close(&other);
}
END_TEST

START_TEST(an_opt_out_waits_for_a_claim)
{
    struct contacthelp other;
    struct message_new twice = {.source = MESSAGE_OF_SEND, .execution_id = 1, .ordinal = FIRST};
    contacthelp_open(&other);
    add_campaign(&help);
    ck_assert_int_eq(add(&help, &twice, 1, false), 0); /* two messages of one contact */
    struct cancelling opting = {.by = &other, .waited = true};
    ck_assert_uint_eq(claim_while(render_and_opt_out, &opting), 10);
    ck_assert(opting.waited);
    contacthelp_close(&other);
}
END_TEST

START_TEST(reports_count_once)
{
    add_campaign(&help);
    struct messageclaim_list list = claim(&help, 3, 60000);
    tell(EMAILEVENT_DELIVERED, &list.at[0].uuid, false, 10);
    tell(EMAILEVENT_OPENED, &list.at[0].uuid, false, 20);
    tell(EMAILEVENT_OPENED, &list.at[0].uuid, false, 30);
    tell(EMAILEVENT_OPENED, &list.at[0].uuid, false, 30);
    tell(EMAILEVENT_SENT, &list.at[1].uuid, false, 10);
    tell(EMAILEVENT_BOUNCED, &list.at[1].uuid, true, 20);
    tell(EMAILEVENT_BOUNCED, &list.at[2].uuid, false, 20);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT sent_count FROM campaign"), 3);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT delivered_count FROM campaign"), 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT opened_count FROM campaign"), 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT bounced_count FROM campaign"), 1);
    ck_assert_int_eq(contacthelp_i64(&help, "SELECT COUNT(*) FROM email_event"), 6);
    ck_assert_uint_eq(counts().sent, 3);
    exec("UPDATE message SET due_ms = 1 WHERE state = 2");
    ck_assert_uint_eq(claim(&help, MESSAGECLAIM_MAX, 60000).count, CONTACTS - 3);
}
END_TEST

START_TEST(the_last_one_of_a_contact)
{
    static const uint32_t ordinals[] = {FIRST + 1, FIRST};
    int64_t last_ms[2];
    struct message_new mail = {.source = MESSAGE_OF_SEQUENCE,
                               .source_id = 1,
                               .execution_id = 1,
                               .ordinal = FIRST,
                               .template_id = 1};
    ck_assert_int_eq(add(&help, &mail, 1, false), 0);
    ck_assert_int_eq(message_last_ms(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     MESSAGE_OF_SEQUENCE, ordinals, 2, last_ms, &help.info),
                     0);
    ck_assert(last_ms[0] == INT64_MIN);
    ck_assert_int_eq(last_ms[1], 1000);
    exec("UPDATE message SET state = 4");
    ck_assert_int_eq(message_last_ms(help.handles.db, help.arena, CONTACTHELP_PROJECT,
                                     MESSAGE_OF_SEQUENCE, ordinals, 2, last_ms, &help.info),
                     0);
    ck_assert(last_ms[1] == INT64_MIN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *tests = tcase_create("messages");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, put_in_once);
    tcase_add_test(tests, what_cannot_wait_goes_first);
    tcase_add_test(tests, four_senders_at_once);
    tcase_add_test(tests, a_lease_ends);
    tcase_add_test(tests, looked_at_again);
    tcase_add_test(tests, a_campaign_is_cancelled);
    tcase_add_test(tests, a_claim_and_a_cancel_wait_for_each_other);
    tcase_add_test(tests, an_opt_out_waits_for_a_claim);
    tcase_add_test(tests, reports_count_once);
    tcase_add_test(tests, the_last_one_of_a_contact);
    suite_add_tcase(suite, tests);
    return testdb_run(suite);
}
