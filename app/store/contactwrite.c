#include "store/contactwrite.h"

#include "base/limits.h"
#include "store/contactdata.h"
#include "store/contactplan.h"
#include "store/contactrows.h"
#include "store/eventname.h"
#include "store/field.h"

#define AHEAD_MAX_MS (5 * 60 * 1000) /* http-api §4.1 */

/* ---- before the transaction: numbers for new names ------------------------------------------ */

void contactwrite_fail(struct arena *arena, struct contactwrite_item *item, int err,
                       const struct err_info *info)
{
    item->problem_err = err;
    item->problem = arena_alloc(arena, sizeof *info);
    *item->problem = *info;
}

static enum dictionary_by added_by(const struct contactwrite_batch *batch)
{
    return batch->by_public ? DICTIONARY_BY_PUBLIC : DICTIONARY_BY_SECRET;
}

static int name_events(struct db *db, struct arena *arena, const struct contactwrite_batch *batch,
                       struct err_info *info)
{
    struct str *names = arena_array(arena, batch->count, sizeof *names);
    uint32_t *ids = arena_array(arena, batch->count, sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].problem_err == 0 && batch->items[i].event != NULL) {
            names[count++] = batch->items[i].event->name;
        }
    }
    if (batch->dry_run) {
        return eventname_find(db, arena, batch->project_id, names, count, ids, info);
    }
    int err =
        eventname_register(db, arena, batch->project_id, names, count, added_by(batch), ids, info);
    if (err < 0) {
        return err;
    }
    count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct contactwrite_item *item = &batch->items[i];
        if (item->problem_err == 0 && item->event != NULL) {
            item->event->name_id = ids[count++];
            if (item->event->name_id == 0) {
                struct err_info problem = {0};
                int code = eventname_too_many(item->event->name, &problem);
                contactwrite_fail(arena, item, code, &problem);
            }
        }
    }
    return 0;
}

/* The fields of an item's patch, and their numbers. */
struct item_fields {
    const struct contactdata_field *at;
    const uint32_t *ids;
    size_t count;
};

static bool first_part_is(struct str path, struct str key)
{
    return path.len >= key.len && memcmp(path.at, key.at, key.len) == 0 &&
           (path.len == key.len || path.at[key.len] == '.');
}

static bool key_has_no_room(struct str key, void *ctx)
{
    const struct item_fields *fields = ctx;
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->ids[i] == 0 && first_part_is(fields->at[i].path, key)) {
            return true;
        }
    }
    return false;
}

/* Fields over the limit: from a public key they stay on the event only (filters.md §1). */
static void judge_fields(struct arena *arena, bool by_public, struct contactwrite_item *item,
                         struct item_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++) {
        if (fields->ids[i] != 0) {
            continue;
        }
        if (by_public) {
            item->patch = contactdata_without(arena, item->patch, key_has_no_room, fields);
        } else {
            struct err_info problem = {0};
            int code = field_too_many(fields->at[i].path, &problem);
            contactwrite_fail(arena, item, code, &problem);
        }
        return;
    }
}

static int name_fields(struct db *db, struct arena *arena, const struct contactwrite_batch *batch,
                       struct err_info *info)
{
    struct item_fields *fields = arena_array(arena, batch->count, sizeof *fields);
    size_t total = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct contactdata_field *at = NULL;
        if (batch->items[i].problem_err == 0) {
            fields[i].count = contactdata_fields(arena, batch->items[i].patch, &at);
        }
        fields[i].at = at;
        total += fields[i].count;
    }
    struct str *paths = arena_array(arena, total, sizeof *paths);
    uint32_t *ids = arena_array(arena, total, sizeof *ids);
    total = 0;
    for (size_t i = 0; i < batch->count; i++) {
        fields[i].ids = ids + total;
        for (size_t k = 0; k < fields[i].count; k++) {
            paths[total++] = fields[i].at[k].path;
        }
    }
    if (batch->dry_run) {
        return 0;
    }
    int err =
        field_register(db, arena, batch->project_id, paths, total, added_by(batch), ids, info);
    for (size_t i = 0; err == 0 && i < batch->count; i++) {
        judge_fields(arena, batch->by_public, &batch->items[i], &fields[i]);
    }
    return err;
}

/* ---- upsert -------------------------------------------------------------------------------- */

struct upsert {
    const struct contactwrite_handles *handles;
    struct arena *arena;
    const struct contactwrite_batch *batch;
    bool *ready; /* items that had no problem before the transaction */
    struct str *emails;
    size_t email_count;
    bool may_flip;
    bool may_hold; /* contacts that are there only get events */
    struct contactplan_flips flips;
    struct contactplan_ordinals ordinals;
    bool raced;
};

static int first_problem(const struct contactwrite_batch *batch, struct err_info *info)
{
    for (size_t i = 0; batch->all_or_nothing && i < batch->count; i++) {
        if (batch->items[i].problem_err != 0) {
            *info = *batch->items[i].problem;
            return batch->items[i].problem_err;
        }
    }
    return 0;
}

static int check_time(int64_t now_ms, struct contactwrite_event *event, struct err_info *info)
{
    if (event->at_ms == CONTACTWRITE_NOW) {
        event->stored_ms = now_ms;
        return 0;
    }
    if (event->at_ms > now_ms + AHEAD_MAX_MS) {
        return err_set_at(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR", "timestamp",
                          "timestamp must not be more than 5 minutes ahead of the server's clock");
    }
    event->stored_ms = event->at_ms < now_ms ? event->at_ms : now_ms;
    return 0;
}

static bool is_skipped(const struct contactwrite_item *item, bool present)
{
    return (item->when == CONTACTWRITE_ONLY_NEW && present) ||
           (item->when == CONTACTWRITE_ONLY_STORED && !present);
}

static void keep_created(struct contactplan_row *row, int64_t created_ms)
{
    row->keeps_created = true;
    row->contact.created_ms = created_ms;
    if (row->contact.subscribed_ms != INT64_MIN) {
        row->contact.subscribed_ms = created_ms;
    }
}

static int apply_item(struct contactplan *plan, const struct contactwrite_batch *batch,
                      bool public_resubscribe, struct contactwrite_item *item,
                      struct err_info *info)
{
    struct contactplan_row *row = contactplan_find(plan, item->email);
    struct contactchange change = {
        .subscribe = item->subscribe,
        .patch = item->patch,
        .by_public = batch->by_public,
        .public_resubscribe = public_resubscribe,
    };
    if (is_skipped(item, row->present)) {
        item->outcome = CONTACTWRITE_SKIPPED;
        item->contact = NULL;
        return 0;
    }
    if (item->subscribe_only_new && row->present) {
        change.subscribe = CONTACTCHANGE_KEEP;
    }
    if (item->event != NULL) {
        int err = check_time(plan->now_ms, item->event, info);
        if (err < 0) {
            return err;
        }
    }
    int err = contactplan_apply(plan, row, &change, &item->outcome, info);
    if (err < 0) {
        return err;
    }
    item->contact = &row->contact;
    if (item->has_created && item->outcome == CONTACTWRITE_CREATED) {
        keep_created(row, item->created_ms);
    }
    if (item->event != NULL) {
        item->event->uuid = uuid_new();
        struct eventrows_event event = {.uuid = item->event->uuid,
                                        .name_id = item->event->name_id,
                                        .at_ms = item->event->stored_ms,
                                        .data = item->event->data};
        contactplan_add_event(plan, row, &event);
        contactpublish_tracked(&plan->publish, &row->contact, item->event->name, &item->event->uuid,
                               item->event->data, item->event->stored_ms);
    }
    return 0;
}

static int apply_items(struct contactplan *plan, const struct upsert *upsert, struct err_info *info)
{
    const struct contactwrite_batch *batch = upsert->batch;
    bool public_resubscribe = false;
    if (batch->by_public && upsert->may_flip) {
        int err =
            contactrows_public_resubscribe(plan->db, plan->project_id, &public_resubscribe, info);
        if (err < 0) {
            return err;
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct contactwrite_item *item = &batch->items[i];
        if (!upsert->ready[i]) {
            continue;
        }
        struct err_info problem = {0};
        item->problem_err = 0;
        item->outcome = CONTACTWRITE_FAILED;
        int err = apply_item(plan, batch, public_resubscribe, item, &problem);
        if (err == ERR_INTERNAL) {
            *info = problem;
            return err;
        }
        if (err < 0) {
            contactwrite_fail(plan->arena, item, err, &problem);
        }
    }
    return first_problem(batch, info);
}

static int upsert_body(struct db *db, void *ctx, struct err_info *info)
{
    struct upsert *upsert = ctx;
    const struct contactwrite_batch *batch = upsert->batch;
    struct contactplan plan;
    upsert->raced = false;
    if (batch->claim != NULL) {
        int err = idempotency_take(db, batch->project_id, batch->claim, info);
        if (err < 0) {
            return err;
        }
    }
    int err = contactplan_begin(&plan, db, upsert->arena, batch->project_id, upsert->emails,
                                upsert->email_count, upsert->may_hold, info);
    if (err < 0) {
        return err;
    }
    plan.flips = upsert->flips;
    err = apply_items(&plan, upsert, info);
    if (err < 0) {
        return err;
    }
    if (!batch->dry_run) {
        err = contactplan_write(&plan, upsert->handles, &upsert->ordinals, &upsert->raced, info);
    }
    return err == 0 && batch->also != NULL ? batch->also(db, batch->also_ctx, info) : err;
}

/* Whether the item leaves a contact that is there as it is, but for an event. */
static bool only_tells(const struct contactwrite_item *item)
{
    return item->patch == NULL &&
           (item->subscribe == CONTACTCHANGE_KEEP || item->subscribe_only_new);
}

/* Numbers for the names, then what the transaction needs to know of the items. */
static int upsert_prepare(struct upsert *upsert, struct err_info *info)
{
    const struct contactwrite_batch *batch = upsert->batch;
    struct db *db = upsert->handles->db;
    int err = name_events(db, upsert->arena, batch, info);
    if (err == 0) {
        err = name_fields(db, upsert->arena, batch, info);
    }
    if (err == 0) {
        err = first_problem(batch, info);
    }
    if (err < 0) {
        return err;
    }
    upsert->may_hold = batch->skip_contacts;
    for (size_t i = 0; i < batch->count; i++) {
        const struct contactwrite_item *item = &batch->items[i];
        upsert->ready[i] = item->problem_err == 0;
        if (upsert->ready[i]) {
            upsert->emails[upsert->email_count++] = item->email;
            upsert->may_flip |= item->subscribe != CONTACTCHANGE_KEEP && !item->subscribe_only_new;
            upsert->may_hold &= only_tells(item);
        }
    }
    if (!upsert->may_flip || batch->dry_run) {
        return 0;
    }
    return contactplan_name_flips(db, upsert->arena, batch->project_id, &upsert->flips, info);
}

int contactwrite_upsert(const struct contactwrite_handles *handles, struct arena *arena,
                        const struct contactwrite_batch *batch, struct err_info *info)
{
    const unsigned races_max = 10;
    struct upsert upsert = {.handles = handles, .arena = arena, .batch = batch};
    upsert.ready = arena_array(arena, batch->count, sizeof *upsert.ready);
    upsert.emails = arena_array(arena, batch->count, sizeof *upsert.emails);
    int err = upsert_prepare(&upsert, info);
    if (err < 0 || upsert.email_count == 0) {
        return err;
    }
    /* Whoever made the address first has committed it by now: the next run finds it. */
    for (unsigned races = 0; races < races_max; races++) {
        err = db_tx(handles->db, DB_WRITE, upsert_body, &upsert, info);
        if (err != ERR_CONFLICT || !upsert.raced) {
            return err;
        }
        *info = (struct err_info){0};
    }
    return err_set(info, ERR_UNAVAILABLE, NULL, "the contact is written by too many at once");
}

/* ---- patch --------------------------------------------------------------------------------- */

struct patch {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    const struct contactchange *change;
    struct contactplan_flips flips;
    struct contact *ret;
};

static int patch_body(struct db *db, void *ctx, struct err_info *info)
{
    struct patch *patch = ctx;
    struct contactplan_row row = {.stored = true, .present = true};
    struct contactplan plan = {.db = db,
                               .arena = patch->arena,
                               .project_id = patch->project_id,
                               .flips = patch->flips,
                               .rows = &row,
                               .row_count = 1};
    struct contactrows_moment moment;
    int err = contactrows_lock_uuid(db, patch->arena, patch->project_id, patch->uuid, &row.contact,
                                    &moment, info);
    if (err == 0) {
        err =
            contactpublish_begin(&plan.publish, db, patch->arena, patch->project_id, &moment, info);
    }
    if (err < 0) {
        return err;
    }
    row.before = row.contact;
    plan.now_ms = moment.now_ms;
    enum contactwrite_outcome outcome;
    err = contactplan_apply(&plan, &row, patch->change, &outcome, info);
    if (err < 0) {
        return err;
    }
    struct contactplan_ordinals none = {0};
    bool raced;
    err = contactplan_write(&plan, NULL, &none, &raced, info);
    if (err == ERR_CONFLICT) {
        return err_set(info, ERR_CONFLICT, "CONFLICT",
                       "Contact with this email already exists in this project");
    }
    if (err == 0) {
        *patch->ret = row.contact;
    }
    return err;
}

int contactwrite_patch(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct uuid *uuid, const struct contactchange *change,
                       struct contact *ret, struct err_info *info)
{
    struct contactwrite_item item = {.patch = change->patch};
    struct contactwrite_batch batch = {
        .project_id = project_id, .items = &item, .count = 1, .all_or_nothing = true};
    struct patch patch = {
        .arena = arena, .project_id = project_id, .uuid = uuid, .change = change, .ret = ret};
    int err = name_fields(db, arena, &batch, info);
    if (err == 0) {
        err = first_problem(&batch, info);
    }
    if (err == 0 && change->subscribe != CONTACTCHANGE_KEEP) {
        err = contactplan_name_flips(db, arena, project_id, &patch.flips, info);
    }
    return err < 0 ? err : db_tx(db, DB_WRITE, patch_body, &patch, info);
}
