#include "store/contactpublish.h"

#include "store/outboxbody.h"
#include "json/jsonread.h"

int contactpublish_begin(struct contactpublish *list, struct db *db, struct arena *arena,
                         uint32_t project_id, const struct contactrows_moment *moment,
                         struct err_info *info)
{
    *list =
        (struct contactpublish){.arena = arena, .project_id = project_id, .now_ms = moment->now_ms};
    int err = outbox_open(db, project_id, moment->webhook_version, &list->outbox, info);
    return err < 0 ? err
                   : flowevent_open(db, project_id, moment->flows_version, &list->flows, info);
}

static void add(struct contactpublish *list, const struct contact *who, struct outbox_event event)
{
    list->notes =
        arena_grow(list->arena, list->notes, list->count, &list->room, sizeof *list->notes);
    list->notes[list->count++] = (struct contactpublish_note){event, who};
}

void contactpublish_created(struct contactpublish *list, const struct contact *contact)
{
    const struct str type = STR("contact.created");
    if (outbox_wants(list->outbox, type, false)) {
        struct str body = outboxbody_contact(list->arena, type, list->now_ms, contact, NULL, 0);
        add(list, contact,
            (struct outbox_event){.type = type, .event_id = uuid_new(), .body = body});
    }
}

/* ---- what changed -------------------------------------------------------------------------- */

struct names {
    struct arena *arena;
    struct str *at;
    size_t count;
    size_t room;
};

static void add_name(struct names *names, struct str name)
{
    names->at = arena_grow(names->arena, names->at, names->count, &names->room, sizeof *names->at);
    names->at[names->count++] = name;
}

static void add_data_name(struct names *names, struct str key)
{
    add_name(names, str_from(arena_printf(names->arena, "data." STR_FMT, STR_ARG(key))));
}

/* Stored data; an empty object for none. */
static const struct jsonval *parse_data(struct arena *arena, struct str data)
{
    static const struct jsonval empty = {.type = JSONVAL_OBJECT};
    const struct jsonval *value = NULL;
    return data.at == NULL || jsonread_parse(arena, data, &value, NULL) < 0 ? &empty : value;
}

static void add_changed_keys(struct names *names, struct str before, struct str after)
{
    const struct jsonval *old = parse_data(names->arena, before);
    const struct jsonval *now = parse_data(names->arena, after);
    for (size_t i = 0; i < now->count; i++) {
        const struct jsonval *value = jsonval_get_str(old, now->names[i]);
        if (value == NULL || !jsonval_equal(value, &now->items[i])) {
            add_data_name(names, now->names[i]);
        }
    }
    for (size_t i = 0; i < old->count; i++) {
        if (jsonval_get_str(now, old->names[i]) == NULL) {
            add_data_name(names, old->names[i]);
        }
    }
}

void contactpublish_updated(struct contactpublish *list, const struct contact *before,
                            const struct contact *after)
{
    const struct str type = STR("contact.updated");
    struct names changed = {.arena = list->arena};
    if (!outbox_wants(list->outbox, type, false)) {
        return;
    }
    if (!str_eq(before->email, after->email)) {
        add_name(&changed, STR("email"));
    }
    add_changed_keys(&changed, before->data, after->data);
    if (changed.count > 0) {
        struct str body =
            outboxbody_contact(list->arena, type, list->now_ms, after, changed.at, changed.count);
        add(list, after, (struct outbox_event){.type = type, .event_id = uuid_new(), .body = body});
    }
}

/* ---- the others ---------------------------------------------------------------------------- */

void contactpublish_deleted(struct contactpublish *list, const struct contact *contact)
{
    const struct str type = STR("contact.deleted");
    if (outbox_wants(list->outbox, type, false)) {
        struct str body = outboxbody_contact(list->arena, type, list->now_ms, contact, NULL, 0);
        add(list, NULL,
            (struct outbox_event){
                .type = type, .event_id = uuid_new(), .is_erased = true, .body = body});
    }
}

void contactpublish_flipped(struct contactpublish *list, const struct contact *contact,
                            struct str name, const struct uuid *event_id)
{
    if (outbox_wants(list->outbox, name, false)) {
        struct str body = outboxbody_contact(list->arena, name, list->now_ms, contact, NULL, 0);
        add(list, contact,
            (struct outbox_event){.type = name, .event_id = *event_id, .body = body});
    }
}

void contactpublish_tracked(struct contactpublish *list, const struct contact *contact,
                            struct str name, const struct uuid *event_id, struct str data,
                            int64_t at_ms)
{
    if (outbox_wants(list->outbox, name, true)) {
        struct str body = outboxbody_event(list->arena, contact, event_id, name, data, at_ms);
        add(list, contact,
            (struct outbox_event){
                .type = name, .is_custom = true, .event_id = *event_id, .body = body});
    }
}

int contactpublish_write(struct contactpublish *list, struct db *db, struct err_info *info)
{
    if (list->count == 0) {
        return 0;
    }
    struct outbox_event *events = arena_array(list->arena, list->count, sizeof *events);
    for (size_t i = 0; i < list->count; i++) {
        const struct contact *who = list->notes[i].who;
        events[i] = list->notes[i].event;
        events[i].has_contact = who != NULL;
        events[i].ordinal = who == NULL ? 0 : who->ordinal;
    }
    return outbox_write(db, list->arena, list->project_id, list->outbox, events, list->count,
                        list->now_ms, info);
}
