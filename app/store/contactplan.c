#include "store/contactplan.h"

#include <stdlib.h>

#include "base/limits.h"
#include "column/key.h"
#include "store/contactrows.h"
#include "store/dirty.h"
#include "store/eventname.h"

/* ---- planning ------------------------------------------------------------------------------ */

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int compare_row(const void *a, const void *b)
{
    const struct contactplan_row *left = a;
    const struct contactplan_row *right = b;
    return str_cmp(left->contact.email, right->contact.email);
}

struct contactplan_row *contactplan_find(struct contactplan *plan, struct str email)
{
    struct contactplan_row key = {.contact.email = email};
    return bsearch(&key, plan->rows, plan->row_count, sizeof *plan->rows, compare_row);
}

/* Addresses are the plan's own: those of a row are gone with the next one. */
static void row_found(const struct contact *contact, void *ctx)
{
    struct contactplan_row *row = contactplan_find(ctx, contact->email);
    if (row != NULL) {
        struct str email = row->contact.email;
        row->contact = *contact;
        row->contact.email = email;
        row->before = row->contact;
        row->stored = true;
        row->present = true;
    }
}

/* The distinct addresses, ascending, as rows. Returns them alone. */
static struct str *make_rows(struct contactplan *plan, const struct str *emails, size_t count)
{
    struct str *sorted = arena_raw(plan->arena, count, sizeof *sorted);
    memcpy(sorted, emails, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_str);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || !str_eq(sorted[distinct - 1], sorted[i])) {
            sorted[distinct++] = sorted[i];
        }
    }
    plan->rows = arena_array(plan->arena, distinct, sizeof *plan->rows);
    plan->row_count = distinct;
    plan->made = arena_raw(plan->arena, distinct, sizeof(struct contactplan_row *));
    for (size_t i = 0; i < distinct; i++) {
        plan->rows[i].contact.email = sorted[i];
    }
    return sorted;
}

int contactplan_begin(struct contactplan *plan, struct db *db, struct arena *arena,
                      uint32_t project_id, const struct str *emails, size_t count, bool may_hold,
                      struct err_info *info)
{
    struct contactrows_moment moment = {0};
    *plan = (struct contactplan){.db = db, .arena = arena, .project_id = project_id};
    struct str *sorted = make_rows(plan, emails, count);
    int err;
    if (plan->row_count == 1) {
        err = contactrows_lock_email(db, arena, project_id, sorted[0], row_found, plan, &moment,
                                     info);
    } else {
        err = contactrows_moment(db, project_id, &moment, info);
        plan->held = may_hold && moment.webhook_version == 0;
        if (err == 0) {
            err = contactrows_lock_emails(db, arena, project_id, sorted, plan->row_count,
                                          plan->held, row_found, plan, info);
        }
    }
    plan->now_ms = moment.now_ms;
    return err < 0 ? err
                   : contactpublish_begin(&plan->publish, db, arena, project_id, &moment, info);
}

void contactplan_add_event(struct contactplan *plan, struct contactplan_row *row,
                           const struct eventrows_event *event)
{
    size_t room = plan->event_room; /* of both arrays, which grow alike */
    plan->events =
        arena_grow(plan->arena, plan->events, plan->event_count, &room, sizeof *plan->events);
    plan->event_rows = arena_grow(plan->arena, plan->event_rows, plan->event_count,
                                  &plan->event_room, sizeof(struct contactplan_row *));
    plan->events[plan->event_count] = *event;
    plan->event_rows[plan->event_count] = row;
    plan->event_count++;
}

/* Data of the event: why the contact is not written to any more (http-api §1.5). */
static struct str flip_reason(enum contactchange_subscribe asked)
{
    switch (asked) {
    case CONTACTCHANGE_BOUNCE:
        return STR("{\"reason\":\"bounce\"}");
    case CONTACTCHANGE_COMPLAIN:
        return STR("{\"reason\":\"complaint\"}");
    case CONTACTCHANGE_KEEP:
    case CONTACTCHANGE_SUBSCRIBE:
    case CONTACTCHANGE_UNSUBSCRIBE:
        break;
    }
    return (struct str){NULL, 0};
}

/* `asked` is what made the flip. */
int contactplan_name_flips(struct db *db, struct arena *arena, uint32_t project_id,
                           struct contactplan_flips *ret, struct err_info *info)
{
    const struct str names[] = {EVENTNAME_SUBSCRIBED, EVENTNAME_UNSUBSCRIBED};
    uint32_t ids[2];
    int err = eventname_register(db, arena, project_id, names, 2, DICTIONARY_BY_SYSTEM, ids, info);
    if (err == 0) {
        *ret = (struct contactplan_flips){ids[0], ids[1]};
    }
    return err;
}

static void add_flip(struct contactplan *plan, struct contactplan_row *row,
                     enum contactchange_subscribe flip, enum contactchange_subscribe asked)
{
    bool on = flip == CONTACTCHANGE_SUBSCRIBE;
    uint32_t name_id = on ? plan->flips.subscribed : plan->flips.unsubscribed;
    if (flip != CONTACTCHANGE_KEEP && name_id != 0) {
        struct eventrows_event event = {.uuid = uuid_new(),
                                        .name_id = name_id,
                                        .at_ms = plan->now_ms,
                                        .data = flip_reason(asked)};
        contactplan_add_event(plan, row, &event);
        contactpublish_flipped(&plan->publish, &row->contact,
                               on ? EVENTNAME_SUBSCRIBED : EVENTNAME_UNSUBSCRIBED, &event.uuid);
    }
}

int contactplan_apply(struct contactplan *plan, struct contactplan_row *row,
                      const struct contactchange *change, enum contactwrite_outcome *ret,
                      struct err_info *info)
{
    if (!row->present) {
        int err = contactchange_create(plan->arena, change, plan->now_ms, &row->contact, info);
        if (err < 0) {
            return err;
        }
        row->contact.uuid = uuid_new();
        row->present = true;
        plan->made[plan->made_count++] = row;
        *ret = CONTACTWRITE_CREATED;
        return 0;
    }
    struct contactchange_effect effect;
    int err = contactchange_apply(plan->arena, change, plan->now_ms, &row->contact, &effect, info);
    if (err < 0) {
        return err;
    }
    row->changed |= effect.changed;
    row->new_status |= row->contact.status != row->before.status;
    add_flip(plan, row, effect.flip, change->subscribe);
    *ret = effect.changed ? CONTACTWRITE_UPDATED : CONTACTWRITE_UNCHANGED;
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Grows the supply to what the plan makes. */
static int take_missing(struct contactplan *plan, const struct contactwrite_handles *handles,
                        struct contactplan_ordinals *ordinals, struct err_info *info)
{
    size_t done = ordinals->count;
    uint32_t *at = arena_array(plan->arena, plan->made_count, sizeof *at);
    int64_t *created_ms = arena_array(plan->arena, plan->made_count, sizeof *created_ms);
    for (size_t i = 0; i < done; i++) {
        at[i] = ordinals->at[i];
        created_ms[i] = ordinals->created_ms[i];
    }
    while (done < plan->made_count) {
        size_t missing = plan->made_count - done;
        size_t step = missing < HOSTMEM_TAKE_MAX ? missing : HOSTMEM_TAKE_MAX;
        int err = hostmem_take(handles->hostmem, handles->reserve, plan->project_id, step,
                               plan->now_ms, at + done, created_ms + done, info);
        if (err < 0) {
            return err;
        }
        done += step;
    }
    *ordinals = (struct contactplan_ordinals){at, created_ms, done};
    return 0;
}

static int take_ordinals(struct contactplan *plan, const struct contactwrite_handles *handles,
                         struct contactplan_ordinals *ordinals, struct err_info *info)
{
    if (ordinals->count < plan->made_count) {
        int err = take_missing(plan, handles, ordinals, info);
        if (err < 0) {
            return err;
        }
    }
    for (size_t i = 0; i < plan->made_count; i++) {
        struct contact *contact = &plan->made[i]->contact;
        contact->ordinal = ordinals->at[i];
        contact->updated_ms = ordinals->created_ms[i];
        if (plan->made[i]->keeps_created) {
            continue;
        }
        contact->created_ms = ordinals->created_ms[i];
        if (contact->subscribed_ms != INT64_MIN) {
            contact->subscribed_ms = contact->created_ms;
        }
    }
    return 0;
}

static int insert_made(struct contactplan *plan, int64_t write_id, bool *ret_raced,
                       struct err_info *info)
{
    const struct contact **contacts =
        arena_raw(plan->arena, plan->made_count, sizeof(struct contact *));
    for (size_t i = 0; i < plan->made_count; i++) {
        contacts[i] = &plan->made[i]->contact;
    }
    int err = contactrows_insert(plan->db, plan->arena, plan->project_id, contacts,
                                 plan->made_count, write_id, info);
    *ret_raced = err == ERR_CONFLICT;
    return err;
}

static int compare_contact(const void *a, const void *b)
{
    const struct contact *const *left = a;
    const struct contact *const *right = b;
    return ((*left)->ordinal > (*right)->ordinal) - ((*left)->ordinal < (*right)->ordinal);
}

/* The changed contacts whose status did (not) change, by ordinal. */
static size_t pick_changed(const struct contactplan *plan, bool new_status,
                           const struct contact **contacts)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct contactplan_row *row = &plan->rows[i];
        if (row->stored && row->changed && row->new_status == new_status) {
            contacts[count++] = &row->contact;
        }
    }
    if (count > 1) {
        qsort(contacts, count, sizeof(struct contact *), compare_contact);
    }
    return count;
}

static int update_changed(struct contactplan *plan, int64_t write_id, struct err_info *info)
{
    const struct contact **contacts =
        arena_raw(plan->arena, plan->row_count, sizeof(struct contact *));
    if (plan->row_count == 1) { /* the only way to a new address */
        const struct contactplan_row *row = &plan->rows[0];
        return row->stored && row->changed ? contactrows_update_one(plan->db, plan->project_id,
                                                                    &row->contact, write_id, info)
                                           : 0;
    }
    size_t count = pick_changed(plan, false, contacts);
    int err = contactrows_update_data(plan->db, plan->arena, plan->project_id, contacts, count,
                                      plan->now_ms, write_id, info);
    if (err < 0) {
        return err;
    }
    count = pick_changed(plan, true, contacts);
    return contactrows_update(plan->db, plan->arena, plan->project_id, contacts, count, write_id,
                              info);
}

static int insert_events(struct contactplan *plan, struct dirty_mark *marks, size_t *ret_marks,
                         struct err_info *info)
{
    for (size_t i = 0; i < plan->event_count; i++) {
        plan->events[i].has_contact = true;
        plan->events[i].ordinal = plan->event_rows[i]->contact.ordinal;
    }
    int err = eventrows_insert(plan->db, plan->arena, plan->project_id, plan->events,
                               plan->event_count, plan->now_ms, marks, ret_marks, info);
    return err < 0 ? err
                   : flowevent_write_occurrences(plan->db, plan->arena, plan->project_id,
                                                 plan->publish.flows, plan->events,
                                                 plan->event_count, plan->now_ms, info);
}

/* An occurrence tells best; a contact's write id tells unless the contact is written again. */
static void set_write_check(struct contactplan *plan, const struct contact *written,
                            int64_t write_id)
{
    static const char sql[] =
        "SELECT 1 FROM contact WHERE project_id = ? AND ordinal = ? AND write_id = ? FOR UPDATE";
    if (plan->event_count > 0) {
        eventrows_set_write_check(plan->db, plan->project_id, &plan->events[0]);
    } else if (written != NULL) {
        db_set_write_check(
            plan->db, sql,
            DB_PARAMS(DB_I64(plan->project_id), DB_I64(written->ordinal), DB_I64(write_id)));
    }
}

static int publish(struct contactplan *plan, struct err_info *info)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct contactplan_row *row = &plan->rows[i];
        if (row->present && !row->stored) {
            contactpublish_created(&plan->publish, &row->contact);
        } else if (row->changed) {
            contactpublish_updated(&plan->publish, &row->before, &row->contact);
        }
    }
    return contactpublish_write(&plan->publish, plan->db, info);
}

static int write_marks(struct contactplan *plan, struct dirty_mark *marks, size_t count,
                       int64_t write_id, struct err_info *info)
{
    const struct contact *written = NULL;
    for (size_t i = 0; i < plan->row_count; i++) {
        const struct contactplan_row *row = &plan->rows[i];
        if (row->present && (row->changed || !row->stored)) {
            written = &row->contact;
            marks[count++] = (struct dirty_mark){KEY_PART_CONTACT, row->contact.ordinal};
        }
    }
    set_write_check(plan, written, write_id);
    return count == 0 ? 0 : dirty_add(plan->db, plan->project_id, marks, count, info);
}

int contactplan_write(struct contactplan *plan, const struct contactwrite_handles *handles,
                      struct contactplan_ordinals *ordinals, bool *ret_raced, struct err_info *info)
{
    struct dirty_mark *marks =
        arena_raw(plan->arena, plan->row_count + plan->event_count, sizeof *marks);
    size_t mark_count = 0;
    int64_t write_id = uuid_random63();
    int err = take_ordinals(plan, handles, ordinals, info);
    if (err == 0) {
        err = insert_made(plan, write_id, ret_raced, info);
    }
    if (err == 0) {
        err = update_changed(plan, write_id, info);
    }
    if (err == 0) {
        err = insert_events(plan, marks, &mark_count, info);
    }
    if (err == 0) {
        err = publish(plan, info);
    }
    return err < 0 ? err : write_marks(plan, marks, mark_count, write_id, info);
}
