#include "store/emailwrite.h"

#include <stdlib.h>

#include "store/contactrows.h"
#include "store/emailreport.h"
#include "store/emailwho.h"
#include "store/eventname.h"

#define AHEAD_MAX_MS (5 * 60 * 1000) /* http-api §4.1 */
#define RACES_MAX 10

struct write {
    struct arena *arena;
    const struct emailwrite_batch *batch;
    bool *ready; /* items that had no problem before the transaction */
    uint32_t name_ids[EMAILEVENT_TYPES];
    struct contactplan_flips flips;
    bool raced;
    /* Of one run of the body: */
    struct contactplan plan;
    struct emailreport_list reports;
    struct emailtarget *targets;
    size_t target_count;
};

void emailwrite_fail(struct arena *arena, struct emailwrite_item *item, int err,
                     const struct err_info *info)
{
    item->problem_err = err;
    item->problem = arena_alloc(arena, sizeof *info);
    *item->problem = *info;
}

/* ---- who and what -------------------------------------------------------------------------- */

static int judge(const struct write *write, const struct emailwrite_item *item,
                 const struct contactplan_row *contact, struct err_info *info)
{
    if (contact == NULL) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    if (item->at_ms > write->plan.now_ms + AHEAD_MAX_MS) {
        return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "timestamp",
                          "timestamp must not be more than 5 minutes ahead of the server's clock");
    }
    return 0;
}

/* A report for each item that can be stored, duplicates included. */
static void make_reports(struct write *write, struct contactplan_row *const *contacts)
{
    struct emailreport_list *list = &write->reports;
    list->at = arena_array(write->arena, write->batch->count, sizeof *list->at);
    list->count = 0;
    for (size_t i = 0; i < write->batch->count; i++) {
        struct emailwrite_item *item = &write->batch->items[i];
        struct err_info problem = {0};
        if (!write->ready[i]) {
            continue;
        }
        item->outcome = EMAILWRITE_FAILED;
        int err = judge(write, item, contacts[i], &problem);
        if (err < 0) {
            emailwrite_fail(write->arena, item, err, &problem);
            continue;
        }
        list->at[list->count++] =
            (struct emailreport){.item = item,
                                 .contact = contacts[i],
                                 .row = {.type = item->type,
                                         .email_id = item->email_id,
                                         .at_ms = item->at_ms,
                                         .ordinal = contacts[i]->contact.ordinal}};
    }
    emailreport_sort(list);
}

/* They are in order of email_id. */
static int drop_known(struct db *db, struct write *write, struct err_info *info)
{
    struct emailreport_list *list = &write->reports;
    struct emailrows_stored *stored = NULL;
    struct str *ids = arena_array(write->arena, list->count, sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (count == 0 || !str_eq(ids[count - 1], list->at[i].row.email_id)) {
            ids[count++] = list->at[i].row.email_id;
        }
    }
    int err = emailrows_find(db, write->arena, write->batch->project_id, ids, count, &stored,
                             &list->stored_count, info);
    if (err < 0) {
        return err;
    }
    list->stored = stored;
    emailreport_drop_known(list);
    return 0;
}

/* NULL in *ret: the project has no such thing. */
static int find_target(struct db *db, struct write *write, enum emailtarget_kind kind,
                       struct str given, const struct emailtarget **ret, struct err_info *info)
{
    struct emailtarget *target = NULL;
    *ret = NULL;
    if (given.at == NULL) {
        return 0;
    }
    for (size_t i = 0; i < write->target_count && target == NULL; i++) {
        if (write->targets[i].kind == kind && str_eq(write->targets[i].given, given)) {
            target = &write->targets[i];
        }
    }
    if (target == NULL) {
        target = &write->targets[write->target_count];
        int err = emailtarget_find(db, write->arena, write->batch->project_id,
                                   write->batch->site_index, kind, given, target, info);
        if (err < 0) {
            return err;
        }
        write->target_count++;
    }
    *ret = target->number != 0 ? target : NULL;
    return 0;
}

static int find_targets(struct db *db, struct write *write, struct err_info *info)
{
    struct emailreport_list *list = &write->reports;
    int err = 0;
    write->targets = arena_array(write->arena, list->count * 2, sizeof *write->targets);
    write->target_count = 0;
    for (size_t i = 0; err == 0 && i < list->count; i++) {
        struct emailreport *report = &list->at[i];
        err = find_target(db, write, EMAILTARGET_CAMPAIGN, report->item->campaign,
                          &report->campaign, info);
        if (err == 0) {
            err = find_target(db, write, EMAILTARGET_SEQUENCE, report->item->sequence,
                              &report->sequence, info);
        }
        report->row.sequence_id = report->sequence != NULL ? report->sequence->number : 0;
    }
    return err;
}

/* ---- what it changes ----------------------------------------------------------------------- */

static int change_status(struct write *write, const struct emailreport *report,
                         struct err_info *info)
{
    struct contactchange change = {.subscribe = CONTACTCHANGE_KEEP};
    enum contactwrite_outcome ignored;
    if (report->row.type == EMAILEVENT_BOUNCED && !report->item->is_soft) {
        change.subscribe = CONTACTCHANGE_BOUNCE;
    } else if (report->row.type == EMAILEVENT_COMPLAINED) {
        change.subscribe = CONTACTCHANGE_COMPLAIN;
    } else if (report->row.type == EMAILEVENT_UNSUBSCRIBED) {
        change.subscribe = CONTACTCHANGE_UNSUBSCRIBE;
    }
    return contactplan_apply(&write->plan, report->contact, &change, &ignored, info);
}

static int apply(struct write *write, struct err_info *info)
{
    struct contactplan *plan = &write->plan;
    int err = 0;
    for (size_t i = 0; err == 0 && i < write->reports.count; i++) {
        struct emailreport *report = &write->reports.at[i];
        struct emailrows_row *row = &report->row;
        row->data = emailreport_data(write->arena, report);
        row->event_ms = row->at_ms < plan->now_ms ? row->at_ms : plan->now_ms;
        emailreport_judge(&write->reports, i);
        if (row->has_event) {
            struct eventrows_event event = {.uuid = row->event,
                                            .name_id = write->name_ids[row->type],
                                            .at_ms = row->event_ms,
                                            .email_id = row->email_id,
                                            .data = row->data};
            contactplan_add_event(plan, report->contact, &event);
        }
        if (report->item->message != NULL) {
            messagereport_tell(report->item->message, row->type, report->item->is_soft);
        }
        err = change_status(write, report, info);
    }
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

static int write_reports(struct db *db, struct write *write, struct emailrows_check *ret_check,
                         struct err_info *info)
{
    const struct emailreport_list *list = &write->reports;
    struct emailrows_row *rows = arena_array(write->arena, list->count, sizeof *rows);
    int err = 0;
    for (size_t i = 0; err == 0 && i < list->count; i++) {
        const struct emailreport *report = &list->at[i];
        rows[i] = report->row;
        if (report->displaced != NULL) {
            err = emailrows_displace(db, write->batch->project_id, report->displaced,
                                     write->name_ids[report->row.type], info);
        }
    }
    if (err < 0) {
        return err;
    }
    err = emailrows_insert(db, write->arena, write->batch->project_id, rows, list->count,
                           write->plan.now_ms, ret_check, info);
    write->raced = err == ERR_CONFLICT;
    return err;
}

/* Those of whom more than a bounce is told. Our own sequences know who completed them. */
static size_t reached(const struct emailreport_list *list, const struct emailtarget *target,
                      uint32_t *ordinals)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct emailreport *report = &list->at[i];
        bool is_of = report->campaign == target ||
                     (report->sequence == target && report->item->message == NULL);
        if (is_of && report->row.type != EMAILEVENT_BOUNCED) {
            ordinals[count++] = report->row.ordinal;
        }
    }
    return count;
}

static int compare_target(const void *a, const void *b)
{
    const struct emailtarget *left = *(const struct emailtarget *const *)a;
    const struct emailtarget *right = *(const struct emailtarget *const *)b;
    if (left->kind != right->kind) {
        return left->kind < right->kind ? -1 : 1;
    }
    return (left->number > right->number) - (left->number < right->number);
}

static int write_members_of(struct db *db, struct write *write, const struct emailtarget *target,
                            struct err_info *info)
{
    uint32_t *ordinals = arena_array(write->arena, write->reports.count, sizeof *ordinals);
    size_t count = reached(&write->reports, target, ordinals);
    if (count == 0) {
        return 0;
    }
    return target->kind == EMAILTARGET_CAMPAIGN
               ? emailtarget_received(db, write->arena, write->batch->project_id, target, ordinals,
                                      count, info)
               : emailtarget_completed(db, write->arena, write->batch->project_id, target, ordinals,
                                       count, info);
}

/* All writers lock campaigns and sequences in one order. */
static int write_members(struct db *db, struct write *write, struct err_info *info)
{
    const struct emailtarget **order =
        arena_array(write->arena, write->target_count, sizeof(struct emailtarget *));
    int err = 0;
    size_t count = 0;
    for (size_t i = 0; i < write->target_count; i++) {
        if (write->targets[i].number != 0) {
            order[count++] = &write->targets[i];
        }
    }
    qsort(order, count, sizeof(struct emailtarget *), compare_target);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = write_members_of(db, write, order[i], info);
    }
    return err;
}

static int write_messages(struct db *db, struct write *write, struct err_info *info)
{
    const struct emailreport_list *list = &write->reports;
    struct messagereport **messages =
        arena_array(write->arena, list->count, sizeof(struct messagereport *));
    for (size_t i = 0; i < list->count; i++) {
        messages[i] = list->at[i].item->message;
    }
    return messagereport_write(db, write->arena, write->batch->project_id, messages, list->count,
                               info);
}

static int write_all(struct db *db, struct write *write, struct err_info *info)
{
    struct contactplan_ordinals none = {0};
    struct emailrows_check check;
    bool raced;
    int err = contactplan_write(&write->plan, NULL, &none, &raced, info);
    if (err == 0) {
        err = write_reports(db, write, &check, info);
    }
    if (err == 0) {
        err = write_members(db, write, info);
    }
    if (err == 0) {
        err = write_messages(db, write, info);
    }
    if (err == 0) {
        emailrows_set_check(db, write->batch->project_id, &check);
    }
    return err;
}

/* The campaign or sequence of our own message, as a report would name it, and its id as we do. */
static void name_message(struct write *write, struct emailwrite_item *item)
{
    const struct messagereport *message = item->message;
    char id[37];
    struct str number = str_from(
        arena_printf(write->arena, "%llu",
                     (unsigned long long)write->batch->site_index << 32 | message->source_id));
    uuid_format(&message->uuid, id);
    item->email_id = str_copy(write->arena, str_from(id));
    item->campaign = message->source == MESSAGE_OF_CAMPAIGN ? number : (struct str){NULL, 0};
    item->sequence = message->source == MESSAGE_OF_SEQUENCE ? number : (struct str){NULL, 0};
}

/* Which of the items are about messages of ours. */
static int find_messages(struct db *db, struct write *write, struct err_info *info)
{
    const struct emailwrite_batch *batch = write->batch;
    struct str *ids = arena_array(write->arena, batch->count, sizeof *ids);
    struct messagereport **messages =
        arena_array(write->arena, batch->count, sizeof(struct messagereport *));
    for (size_t i = 0; i < batch->count; i++) {
        ids[i] = write->ready[i] ? batch->items[i].email_id : STR("");
    }
    int err =
        messagereport_find(db, write->arena, batch->project_id, ids, batch->count, messages, info);
    for (size_t i = 0; err == 0 && i < batch->count; i++) {
        batch->items[i].message = messages[i];
        if (messages[i] != NULL) {
            name_message(write, &batch->items[i]);
        }
    }
    return err;
}

static int begin(struct db *db, struct write *write, struct err_info *info)
{
    const struct emailwrite_batch *batch = write->batch;
    struct contactrows_moment moment;
    struct contactplan_row **contacts =
        arena_array(write->arena, batch->count, sizeof(struct contactplan_row *));
    for (size_t i = 0; i < batch->count; i++) {
        if (write->ready[i]) {
            batch->items[i].problem_err = 0;
        }
    }
    write->plan = (struct contactplan){
        .db = db, .arena = write->arena, .project_id = batch->project_id, .flips = write->flips};
    int err = contactrows_moment(db, batch->project_id, &moment, info);
    if (err == 0) {
        err = contactpublish_begin(&write->plan.publish, db, write->arena, batch->project_id,
                                   &moment, info);
    }
    if (err < 0) {
        return err;
    }
    write->plan.now_ms = moment.now_ms;
    err = find_messages(db, write, info);
    if (err < 0) {
        return err;
    }
    err = emailwho_lock(db, write->arena, batch, &write->plan, contacts, info);
    if (err == 0) {
        make_reports(write, contacts);
    }
    return err;
}

static int body(struct db *db, void *ctx, struct err_info *info)
{
    struct write *write = ctx;
    write->raced = false;
    int err = begin(db, write, info);
    if (err == 0) {
        err = drop_known(db, write, info);
    }
    if (err < 0 || write->reports.count == 0) {
        return err;
    }
    err = find_targets(db, write, info);
    if (err == 0) {
        err = apply(write, info);
    }
    return err < 0 ? err : write_all(db, write, info);
}

/* The numbers of the events that reports are told as. */
static int name_events(struct db *db, struct write *write, struct err_info *info)
{
    struct str names[EMAILEVENT_TYPES + 1];
    uint32_t ids[EMAILEVENT_TYPES + 1];
    size_t count = 0;
    for (int type = EMAILEVENT_SENT; type < EMAILEVENT_UNSUBSCRIBED; type++) {
        names[count++] = emailevent_name((enum emailevent_type)type);
    }
    names[count++] = EVENTNAME_SUBSCRIBED;
    names[count++] = EVENTNAME_UNSUBSCRIBED;
    int err = eventname_register(db, write->arena, write->batch->project_id, names, count,
                                 DICTIONARY_BY_SYSTEM, ids, info);
    for (int type = EMAILEVENT_SENT; err == 0 && type < EMAILEVENT_UNSUBSCRIBED; type++) {
        write->name_ids[type] = ids[type - EMAILEVENT_SENT];
    }
    if (err == 0) {
        write->flips = (struct contactplan_flips){ids[count - 2], ids[count - 1]};
    }
    return err;
}

int emailwrite_run(struct db *db, struct arena *arena, const struct emailwrite_batch *batch,
                   struct err_info *info)
{
    struct write write = {.arena = arena, .batch = batch};
    size_t ready_count = 0;
    write.ready = arena_array(arena, batch->count, sizeof *write.ready);
    for (size_t i = 0; i < batch->count; i++) {
        write.ready[i] = batch->items[i].problem_err == 0;
        ready_count += write.ready[i];
    }
    int err = ready_count > 0 ? name_events(db, &write, info) : 0;
    if (err < 0 || ready_count == 0) {
        return err;
    }
    /* Whoever stored one of them first has committed it by now: the next run finds it. */
    for (unsigned races = 0; races < RACES_MAX; races++) {
        err = db_tx(db, DB_WRITE, body, &write, info);
        if (err != ERR_CONFLICT || !write.raced) {
            return err;
        }
        *info = (struct err_info){0};
    }
    return err_set(info, ERR_UNAVAILABLE, NULL, "the messages are written by too many at once");
}
