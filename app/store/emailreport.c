#include "store/emailreport.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "json/jsonwrite.h"

/* ---- what is new --------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct emailreport *left = a;
    const struct emailreport *right = b;
    int order = emailrows_compare(&left->row, &right->row);
    return order != 0 ? order : (left->item > right->item) - (left->item < right->item);
}

void emailreport_sort(struct emailreport_list *list)
{
    if (list->count > 1) {
        qsort(list->at, list->count, sizeof *list->at, compare);
    }
}

void emailreport_drop_known(struct emailreport_list *list)
{
    size_t kept = 0;
    size_t s = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct emailreport *report = &list->at[i];
        while (s < list->stored_count &&
               emailrows_compare(&list->stored[s].row, &report->row) < 0) {
            s++;
        }
        bool is_stored =
            s < list->stored_count && emailrows_compare(&list->stored[s].row, &report->row) == 0;
        bool is_repeat = kept > 0 && emailrows_compare(&list->at[kept - 1].row, &report->row) == 0;
        report->item->outcome = is_stored || is_repeat ? EMAILWRITE_DUPLICATE : EMAILWRITE_STORED;
        if (report->item->outcome == EMAILWRITE_STORED) {
            list->at[kept++] = *report;
        }
    }
    list->count = kept;
}

/* ---- what counts --------------------------------------------------------------------------- */

static bool counts_once(enum emailevent_type type)
{
    return type == EMAILEVENT_OPENED || type == EMAILEVENT_CLICKED;
}

static bool tells_the_same(const struct emailrows_row *a, const struct emailrows_row *b)
{
    return a->type == b->type && a->ordinal == b->ordinal && str_eq(a->email_id, b->email_id);
}

/* Whether an earlier one of the list tells the same of the message and the contact. */
static bool is_repeated(const struct emailreport_list *list, size_t i)
{
    const struct emailrows_row *row = &list->at[i].row;
    for (size_t k = i; k > 0; k--) {
        const struct emailrows_row *other = &list->at[k - 1].row;
        if (tells_the_same(other, row)) {
            return true;
        }
        if (other->type != row->type || !str_eq(other->email_id, row->email_id)) {
            break;
        }
    }
    return false;
}

/* The stored report that is the occurrence so far; NULL: there is none. */
static const struct emailrows_stored *occurrence_of(const struct emailreport_list *list,
                                                    const struct emailrows_row *row)
{
    for (size_t i = 0; i < list->stored_count; i++) {
        if (list->stored[i].row.has_event && tells_the_same(&list->stored[i].row, row)) {
            return &list->stored[i];
        }
    }
    return NULL;
}

void emailreport_judge(const struct emailreport_list *list, size_t i)
{
    struct emailreport *report = &list->at[i];
    struct emailrows_row *row = &report->row;
    bool is_soft = row->type == EMAILEVENT_BOUNCED && report->item->is_soft;
    if (emailevent_name(row->type).at == NULL || is_soft) {
        return;
    }
    if (counts_once(row->type)) {
        const struct emailrows_stored *first = occurrence_of(list, row);
        if (is_repeated(list, i) || (first != NULL && first->row.event_ms <= row->event_ms)) {
            return;
        }
        report->displaced = first;
    }
    row->has_event = true;
    row->event = uuid_new();
}

/* ---- what is kept -------------------------------------------------------------------------- */

static void write_text(struct jsonwrite *w, const char *name, struct str text)
{
    if (text.at != NULL) {
        jsonwrite_name(w, name);
        jsonwrite_str(w, text);
    }
}

/* By its UUID, however it was named, so that one condition finds all. */
static void write_target(struct jsonwrite *w, const char *name, struct str given,
                         const struct emailtarget *target)
{
    char id[37];
    if (target != NULL) {
        uuid_format(&target->uuid, id);
        given = str_from(id);
    }
    write_text(w, name, given);
}

static void write_id(struct jsonwrite *w, const char *name, bool has_one, const struct uuid *uuid)
{
    char id[37];
    jsonwrite_name(w, name);
    if (has_one) {
        uuid_format(uuid, id);
        jsonwrite_c(w, id);
    } else {
        jsonwrite_null(w);
    }
}

/* What an event of our own messages has besides (http-api §1.9). */
static void write_message(struct jsonwrite *w, const struct emailreport *report)
{
    static const char *const types[] = {[MESSAGE_OF_SEND] = "TRANSACTIONAL",
                                        [MESSAGE_OF_WORKFLOW] = "WORKFLOW",
                                        [MESSAGE_OF_SEQUENCE] = "WORKFLOW",
                                        [MESSAGE_OF_CAMPAIGN] = "CAMPAIGN"};
    static const char *const instants[] = {[EMAILEVENT_SENT] = "sentAt",
                                           [EMAILEVENT_DELIVERED] = "deliveredAt",
                                           [EMAILEVENT_OPENED] = "openedAt",
                                           [EMAILEVENT_CLICKED] = "clickedAt",
                                           [EMAILEVENT_BOUNCED] = "bouncedAt",
                                           [EMAILEVENT_COMPLAINED] = "complainedAt",
                                           [EMAILEVENT_UNSUBSCRIBED] = "unsubscribedAt"};
    const struct emailwrite_item *item = report->item;
    const struct messagereport *message = item->message;
    if (message == NULL) {
        return;
    }
    write_text(w, "messageId", item->email_id);
    write_text(w, "sourceType", str_from(types[message->source]));
    write_id(w, "templateId", message->has_template, &message->template_uuid);
    if (item->campaign.at == NULL) {
        write_id(w, "campaignId", false, NULL);
    }
    jsonwrite_name(w, instants[item->type]);
    jsonwrite_time(w, report->row.at_ms);
    write_text(w, "link", item->url);
}

struct str emailreport_data(struct arena *arena, const struct emailreport *report)
{
    const struct emailwrite_item *item = report->item;
    struct buf text;
    struct jsonwrite w;
    buf_init(&text, LIMIT_BODY_BYTES);
    jsonwrite_init(&w, &text);
    jsonwrite_object(&w);
    write_text(&w, "emailId", item->email_id);
    write_target(&w, "campaignId", item->campaign, report->campaign);
    write_target(&w, "sequenceId", item->sequence, report->sequence);
    write_message(&w, report);
    write_text(&w, "url", item->url);
    if (item->type == EMAILEVENT_BOUNCED) {
        write_text(&w, "bounceType", item->is_soft ? STR("soft") : STR("hard"));
    }
    write_text(&w, "reason", item->reason);
    write_text(&w, "subject", item->subject);
    write_text(&w, "ipAddress", item->ip_address);
    write_text(&w, "userAgent", item->user_agent);
    jsonwrite_object_end(&w);
    struct str data = str_copy(arena, buf_str(&text));
    buf_done(&text);
    return data;
}
