/*
 * Campaigns from the moment they are sent: recipients found once, a message for each and none
 * twice, whoever dies or cancels meanwhile. Runs under tests/db/with-mariadb.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "columnhelp.h"
#include "store/campaignedit.h"
#include "store/campaignrun.h"
#include "store/message.h"
#include "worker/campaignjob.h"

#define CONTACTS 5000
#define MESSAGES "SELECT COUNT(*) FROM message WHERE project_id = ?"
#define WORK "SELECT COUNT(*) FROM campaign_send WHERE project_id = ?"
#define PARTS "SELECT COUNT(*) FROM campaign_part WHERE project_id = ?"

static struct columnhelp help;
static const struct segref_names nothing;

static void setup(void)
{
    columnhelp_open(&help);
    testdb_exec(help.db, "DELETE FROM campaign_send", DB_NO_PARAMS); /* of the tests before */
    log_set_level(LOG_LEVEL_ERROR);
    columnhelp_contacts(&help, 1, CONTACTS, "NULL", true);
    columnhelp_run(&help, "UPDATE contact SET status = 1 WHERE project_id = ?", 1);
}

static void teardown(void)
{
    columnhelp_close(&help);
}

static void must(int err)
{
    ck_assert_msg(err == 0, "%s", help.info.message);
}

/* ---- short forms --------------------------------------------------------------------------- */

static struct campaign made(const struct campaign *like)
{
    struct campaign draft = *like;
    struct campaign ret;
    draft.name = draft.subject = draft.body = STR("x");
    draft.sender = STR("me@example.com");
    draft.type = like->type ? like->type : CAMPAIGN_MARKETING;
    draft.audience = like->audience ? like->audience : CAMPAIGN_ALL;
    must(campaignedit_create(help.db, help.arena, help.project_id, &draft, &nothing, &ret,
                             &help.info));
    return ret;
}

static struct campaign asked(const struct campaign *like, int64_t at_ms)
{
    struct campaignsend_order order = {.at_ms = at_ms};
    struct campaign campaign = made(like);
    struct campaign ret;
    must(campaignsend_ask(help.db, help.arena, help.project_id, &campaign.uuid, &order, &ret,
                          &help.info));
    return ret;
}

static struct campaign now(const struct campaign *campaign)
{
    struct campaign ret;
    must(campaign_get(help.db, help.arena, help.project_id, &campaign->uuid, &ret, &help.info));
    return ret;
}

/* Runs the job until it finds nothing to do. Returns false when a run failed. */
static bool work(struct columnhelp *with, uint64_t ahead_s)
{
    struct config config = {.lease_s = 1, .clock_ahead_s = ahead_s};
    struct job job = {.db = with->db, .arena = with->arena, .config = &config};
    bool more = true, good = true;
    while (good && more)
        good = campaignjob_run(&job, &more);
    return good;
}

/* The senders are done with everything. */
static void finish_messages(void)
{
    columnhelp_run(&help, "UPDATE message SET state = 3, due_ms = NULL WHERE project_id = ?", 1);
    columnhelp_run(&help, "UPDATE campaign_send SET due_ms = 0 WHERE project_id = ?", 1);
}

/* ---- sending ------------------------------------------------------------------------------- */

START_TEST(goes_to_each_subscribed_contact_once)
{
    columnhelp_run(&help, "UPDATE contact SET status = 2 WHERE project_id = ? AND ordinal % 10 = 0",
                   1);
    struct campaign campaign = asked(&(struct campaign){0}, 0);
    ck_assert_int_eq(campaign.status, CAMPAIGN_SENDING);
    ck_assert(work(&help, 0));
    campaign = now(&campaign);
    ck_assert_int_eq(campaign.status, CAMPAIGN_SENDING);
    ck_assert_uint_eq(campaign.counts.recipients, CONTACTS / 10 * 9);
    ck_assert_int_ne(campaign.resolved_ms, 0);
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES), CONTACTS / 10 * 9);
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES " AND ordinal % 10 = 0"), 0);
    ck_assert_int_eq(columnhelp_i64(&help, PARTS), 0);
    finish_messages();
    ck_assert(work(&help, 0));
    campaign = now(&campaign);
    ck_assert_int_eq(campaign.status, CAMPAIGN_SENT);
    ck_assert_int_ne(campaign.sent_ms, 0);
    ck_assert_int_eq(columnhelp_i64(&help, WORK), 0);
}
END_TEST

START_TEST(a_transactional_one_reaches_all)
{
    columnhelp_run(&help, "UPDATE contact SET status = 2 WHERE project_id = ?", 1);
    struct campaign campaign = asked(&(struct campaign){.type = CAMPAIGN_TRANSACTIONAL}, 0);
    ck_assert(work(&help, 0));
    ck_assert_uint_eq(now(&campaign).counts.recipients, CONTACTS);
}
END_TEST

/* The worker was away when its time came: it goes out once, late. */
START_TEST(a_schedule_is_kept_once)
{
    int64_t now_ms;
    must(db_now_ms(help.db, &now_ms, &help.info));
    struct campaign campaign = asked(&(struct campaign){0}, now_ms + 3600000);
    ck_assert(work(&help, 0));
    ck_assert_int_eq(now(&campaign).status, CAMPAIGN_SCHEDULED);
    ck_assert(work(&help, 3599));
    ck_assert_int_eq(now(&campaign).status, CAMPAIGN_SCHEDULED);
    ck_assert(work(&help, 5 * 86400));
    ck_assert(work(&help, 6 * 86400));
    campaign = now(&campaign);
    ck_assert_int_eq(campaign.status, CAMPAIGN_SENDING);
    ck_assert_int_ge(campaign.resolved_ms, now_ms + INT64_C(5) * 86400000);
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES), CONTACTS);
}
END_TEST

START_TEST(without_recipients_it_is_sent_and_says_so)
{
    columnhelp_run(&help, "UPDATE contact SET status = 2 WHERE project_id = ?", 1);
    struct campaign campaign = asked(&(struct campaign){0}, 0);
    ck_assert(work(&help, 0));
    campaign = now(&campaign);
    ck_assert_int_eq(campaign.status, CAMPAIGN_SENT);
    ck_assert_uint_eq(campaign.counts.recipients, 0);
    ck_assert_str_eq(campaign.note.at,
                     "It had no recipients: of 5000 in its audience 5000 are not subscribed,"
                     " 0 are suppressed and 0 are in an excluded segment");
    ck_assert_int_eq(columnhelp_i64(&help, WORK), 0);
}
END_TEST

START_TEST(a_segment_without_those_of_others)
{
    struct segment wanted = columnhelp_static(&help, "wanted");
    struct segment other = columnhelp_static(&help, "other");
    columnhelp_members(&help, &wanted, 1, 100, true);
    columnhelp_members(&help, &other, 91, 200, true);
    struct campaign campaign = asked(&(struct campaign){.audience = CAMPAIGN_SEGMENT,
                                                        .has_segment = true,
                                                        .segment = wanted.uuid,
                                                        .excluded = {other.uuid},
                                                        .excluded_count = 1},
                                     0);
    ck_assert(work(&help, 0));
    campaign = now(&campaign);
    ck_assert_uint_eq(campaign.counts.recipients, 90);
    ck_assert_uint_eq(campaign.segment_version, wanted.version);
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES " AND ordinal <= 90"), 90);
}
END_TEST

/* Nobody who was to be left out gets it because the segment that says so is gone. */
START_TEST(what_it_names_is_gone)
{
    struct segment other = columnhelp_static(&help, "other");
    struct campaign campaign =
        asked(&(struct campaign){.excluded = {other.uuid}, .excluded_count = 1}, 0);
    columnhelp_run(&help, "DELETE FROM segment WHERE project_id = ?", 1);
    ck_assert(work(&help, 0));
    campaign = now(&campaign);
    ck_assert_int_eq(campaign.status, CAMPAIGN_CANCELLED);
    ck_assert_str_eq(campaign.note.at, "It could not be sent: A segment that it excludes,"
                                       " or that its condition names, was deleted");
    ck_assert_int_eq(columnhelp_i64(&help, WORK), 0);
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES), 0);
}
END_TEST

/* ---- cancelling ---------------------------------------------------------------------------- */

START_TEST(cancelled_while_messages_are_put_in)
{
    struct campaignrun run;
    struct campaignrun_clock clock = {.lease_ms = 60000};
    struct campaignrun_part part;
    struct campaign campaign = asked(&(struct campaign){0}, 0);
    ck_assert_int_eq(campaignrun_claim(help.db, &clock, &run, &help.info), 1);
    struct campaignrun_roster roster = {
        .parts = &(struct campaignrun_part){0, STR("\1\0\2\0")}, .count = 1, .total = 2};
    must(campaignrun_resolved(help.db, &run, &roster, 60000, &help.info));
    ck_assert_int_eq(campaignrun_claim(help.db, &clock, &run, &help.info), 0); /* under a lease */
    must(campaignsend_cancel(help.db, help.arena, help.project_id, &campaign.uuid, &campaign,
                             &help.info));
    ck_assert_int_eq(campaignrun_all_in(help.db, &run, 60000, &help.info), ERR_CONFLICT);
    ck_assert_int_eq(campaignrun_part(help.db, help.arena, &run, 0, &part, &help.info), 1);
    ck_assert(work(&help, 0));
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES), 0);
    ck_assert_int_eq(columnhelp_i64(&help, PARTS), 0);
    ck_assert_int_eq(columnhelp_i64(&help, WORK), 0);
    ck_assert_int_eq(now(&campaign).status, CAMPAIGN_CANCELLED);
}
END_TEST

START_TEST(cancelled_with_messages_that_wait)
{
    struct campaign campaign = asked(&(struct campaign){0}, 0);
    ck_assert(work(&help, 0));
    columnhelp_run(&help,
                   "UPDATE message SET state = 3, due_ms = NULL WHERE project_id = ?"
                   " AND ordinal <= 10",
                   1);
    must(campaignsend_cancel(help.db, help.arena, help.project_id, &campaign.uuid, &campaign,
                             &help.info));
    ck_assert(work(&help, 0));
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES " AND state = 4"), CONTACTS - 10);
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES " AND state = 3"), 10);
    ck_assert_int_eq(columnhelp_i64(&help, WORK), 0);
    ck_assert_int_eq(now(&campaign).status, CAMPAIGN_CANCELLED);
}
END_TEST

/* ---- dying, and two at once ---------------------------------------------------------------- */

/* A worker of its own; returns its process. */
static pid_t worker(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct columnhelp own;
        _exit(columnhelp_join(&own, help.project_id) == 0 && work(&own, 0) ? 0 : 1);
    }
    ck_assert_int_gt(pid, 0);
    return pid;
}

START_TEST(killed_at_any_moment)
{
    struct campaign campaign = asked(&(struct campaign){0}, 0);
    for (useconds_t round = 0; round < 12; round++) {
        int status;
        pid_t pid = worker();
        usleep(2000 + round * 4000);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        columnhelp_run(&help, "UPDATE campaign_send SET lease_until_ms = 0 WHERE project_id = ?",
                       1);
    }
    columnhelp_run(&help, "UPDATE campaign_send SET due_ms = 0 WHERE project_id = ?", 1);
    ck_assert(work(&help, 0));
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES), CONTACTS);
    ck_assert_uint_eq(now(&campaign).counts.recipients, CONTACTS);
    ck_assert_int_eq(columnhelp_i64(&help, PARTS), 0);
}
END_TEST

START_TEST(two_workers_at_once)
{
    struct campaign one = asked(&(struct campaign){0}, 0);
    struct campaign two = asked(&(struct campaign){0}, 0);
    pid_t pids[] = {worker(), worker()};
    for (size_t i = 0; i < ARRAY_LEN(pids); i++) {
        int status;
        ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(columnhelp_i64(&help, MESSAGES), 2 * CONTACTS);
    ck_assert_uint_eq(now(&one).counts.recipients, CONTACTS);
    ck_assert_uint_eq(now(&two).counts.recipients, CONTACTS);
}
END_TEST

/* ---- changing ------------------------------------------------------------------------------ */

START_TEST(a_change_between_reading_and_writing_is_told)
{
    struct campaign campaign = made(&(struct campaign){0});
    struct campaign other = campaign;
    struct campaign ret;
    other.name = STR("first");
    must(campaignedit_update(help.db, help.arena, help.project_id, &other, &nothing, &ret,
                             &help.info));
    ck_assert_int_eq(campaignedit_update(help.db, help.arena, help.project_id, &campaign, &nothing,
                                         &ret, &help.info),
                     ERR_CONFLICT);
    ck_assert_str_eq(now(&campaign).name.at, "first");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("campaign");
    TCase *sending = tcase_create("sending");
    TCase *at_once = tcase_create("at once");
    tcase_add_checked_fixture(sending, setup, teardown);
    tcase_add_test(sending, goes_to_each_subscribed_contact_once);
    tcase_add_test(sending, a_transactional_one_reaches_all);
    tcase_add_test(sending, a_schedule_is_kept_once);
    tcase_add_test(sending, without_recipients_it_is_sent_and_says_so);
    tcase_add_test(sending, a_segment_without_those_of_others);
    tcase_add_test(sending, what_it_names_is_gone);
    tcase_add_test(sending, cancelled_while_messages_are_put_in);
    tcase_add_test(sending, cancelled_with_messages_that_wait);
    tcase_add_test(sending, a_change_between_reading_and_writing_is_told);
    tcase_add_checked_fixture(at_once, setup, teardown);
    tcase_set_timeout(at_once, 60);
    tcase_add_test(at_once, killed_at_any_moment);
    tcase_add_test(at_once, two_workers_at_once);
    suite_add_tcase(suite, sending);
    suite_add_tcase(suite, at_once);
    return testdb_run(suite);
}
