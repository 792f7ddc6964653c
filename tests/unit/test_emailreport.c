/* Reports about messages: which are new, which are occurrences, whatever their order. */
#include "store/emailreport.h"
#include "unit.h"

#define MAX 8

static struct emailwrite_item items[MAX];
static struct emailreport reports[MAX];

/* A list of reports; the batch's order is that of the calls. */
static void add(struct emailreport_list *list, enum emailevent_type type, const char *email_id,
                uint32_t ordinal, int64_t at_ms)
{
    struct emailwrite_item *item = &items[list->count];
    *item = (struct emailwrite_item){.type = type, .email_id = str_from(email_id), .at_ms = at_ms};
    reports[list->count] = (struct emailreport){.item = item,
                                                .row = {.type = type,
                                                        .email_id = str_from(email_id),
                                                        .at_ms = at_ms,
                                                        .event_ms = at_ms,
                                                        .ordinal = ordinal}};
    list->at = reports;
    list->count++;
}

static size_t judge(struct emailreport_list *list)
{
    size_t occurrences = 0;
    emailreport_sort(list);
    emailreport_drop_known(list);
    for (size_t i = 0; i < list->count; i++) {
        emailreport_judge(list, i);
        occurrences += list->at[i].row.has_event;
    }
    return occurrences;
}

static struct emailrows_stored stored_opening(int64_t at_ms, bool has_event)
{
    return (struct emailrows_stored){.number = 1,
                                     .row = {.type = EMAILEVENT_OPENED,
                                             .email_id = STR("m"),
                                             .ordinal = 1,
                                             .at_ms = at_ms,
                                             .event_ms = at_ms,
                                             .has_event = has_event}};
}

START_TEST(the_earliest_opening_counts)
{
    struct emailreport_list list = {.count = 0};
    add(&list, EMAILEVENT_OPENED, "m", 1, 30);
    add(&list, EMAILEVENT_OPENED, "m", 1, 10);
    add(&list, EMAILEVENT_OPENED, "m", 2, 20);
    add(&list, EMAILEVENT_OPENED, "n", 1, 40);
    add(&list, EMAILEVENT_CLICKED, "m", 1, 50);
    ck_assert_uint_eq(judge(&list), 4);
    ck_assert_int_eq(list.at[0].row.at_ms, 10);
    ck_assert(list.at[0].row.has_event);
    ck_assert(list.at[1].row.has_event); /* another contact's */
    ck_assert(!list.at[2].row.has_event);
}
END_TEST

START_TEST(others_count_each)
{
    struct emailreport_list list = {.count = 0};
    add(&list, EMAILEVENT_SENT, "m", 1, 10);
    add(&list, EMAILEVENT_SENT, "m", 1, 20);
    add(&list, EMAILEVENT_BOUNCED, "m", 1, 20);
    add(&list, EMAILEVENT_BOUNCED, "m", 1, 30);
    add(&list, EMAILEVENT_UNSUBSCRIBED, "m", 1, 30);
    items[3].is_soft = true;
    ck_assert_uint_eq(judge(&list), 3);
}
END_TEST

START_TEST(one_told_late_takes_over)
{
    const struct emailrows_stored stored[] = {stored_opening(20, true), stored_opening(30, false)};
    struct emailreport_list list = {.stored = stored, .stored_count = 2};
    add(&list, EMAILEVENT_OPENED, "m", 1, 15);
    add(&list, EMAILEVENT_OPENED, "m", 1, 10);
    add(&list, EMAILEVENT_OPENED, "m", 1, 25);
    ck_assert_uint_eq(judge(&list), 1);
    ck_assert_int_eq(list.at[0].row.at_ms, 10);
    ck_assert_ptr_eq(list.at[0].displaced, &stored[0]);
    ck_assert_ptr_null(list.at[1].displaced);
}
END_TEST

START_TEST(a_later_one_does_not)
{
    const struct emailrows_stored stored[] = {stored_opening(20, true)};
    struct emailreport_list list = {.stored = stored, .stored_count = 1};
    add(&list, EMAILEVENT_OPENED, "m", 1, 21);
    ck_assert_uint_eq(judge(&list), 0);
    ck_assert_ptr_null(list.at[0].displaced);
}
END_TEST

START_TEST(what_is_known_is_left_out)
{
    const struct emailrows_stored stored[] = {stored_opening(20, true)};
    struct emailreport_list list = {.stored = stored, .stored_count = 1};
    add(&list, EMAILEVENT_OPENED, "m", 1, 20);
    add(&list, EMAILEVENT_OPENED, "n", 1, 20);
    add(&list, EMAILEVENT_OPENED, "n", 1, 20);
    ck_assert_uint_eq(judge(&list), 1);
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(items[0].outcome, EMAILWRITE_DUPLICATE);
    ck_assert_int_eq(items[1].outcome, EMAILWRITE_STORED);
    ck_assert_int_eq(items[2].outcome, EMAILWRITE_DUPLICATE);
}
END_TEST

START_TEST(data_tells_what_was_told)
{
    const struct emailtarget campaign = {.number = 3};
    struct emailwrite_item item = {.type = EMAILEVENT_BOUNCED,
                                   .email_id = STR("m"),
                                   .campaign = STR("3"),
                                   .sequence = STR("mine"),
                                   .reason = STR("full"),
                                   .is_soft = true};
    struct emailreport report = {.item = &item, .campaign = &campaign};
    unit_str_eq(emailreport_data(unit_arena, &report),
                "{\"emailId\":\"m\",\"campaignId\":\"00000000-0000-0000-0000-000000000000\","
                "\"sequenceId\":\"mine\",\"bounceType\":\"soft\",\"reason\":\"full\"}");
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {the_earliest_opening_counts, 0}, {others_count_each, 0},
        {one_told_late_takes_over, 0},    {a_later_one_does_not, 0},
        {what_is_known_is_left_out, 0},   {data_tells_what_was_told, 0},
    };
    return UNIT_RUN("emailreport", cases);
}
