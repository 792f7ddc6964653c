#include "store/outboxbody.h"

#include <stdlib.h>

#include "json/jsonread.h"
#include "json/jsonwrite.h"

/* Receivers are promised messages under this (Standard Webhooks, "Payload size"); of a contact with
 * more data the data is left out. */
#define OUTBOXBODY_BYTES 20000

/* What is left out to keep a message short; one after the other is tried. */
enum outboxbody_cut { OUTBOXBODY_WHOLE, OUTBOXBODY_NO_CONTACT_DATA, OUTBOXBODY_NO_EVENT_DATA };

/* One message of any kind: what `print` writes as the members of data. */
struct outboxbody_message {
    struct str type;
    int64_t at_ms;
    const struct contact *contact; /* NULL: only contact_id is told, when has_contact */
    bool has_contact;
    bool id_only;
    struct uuid contact_id;
    void (*print)(struct jsonwrite *w, const struct outboxbody_message *message,
                  enum outboxbody_cut cut);
    const void *rest; /* what else `print` needs */
};

const char *outboxbody_cause_word(enum outboxbody_cause cause)
{
    switch (cause) {
    case OUTBOXBODY_DATA:
        return "data";
    case OUTBOXBODY_CLOCK:
        return "clock";
    case OUTBOXBODY_FILTER:
        return "filter";
    case OUTBOXBODY_FIRST:
        return "first";
    case OUTBOXBODY_DELETED:
        return "deleted";
    }
    return "data";
}

/* ---- pieces -------------------------------------------------------------------------------- */

static void outboxbody_id(struct jsonwrite *w, const char *name, const struct uuid *uuid)
{
    char text[37];
    uuid_format(uuid, text);
    jsonwrite_name(w, name);
    jsonwrite_c(w, text);
}

static void outboxbody_text(struct jsonwrite *w, const char *name, struct str text)
{
    jsonwrite_name(w, name);
    jsonwrite_str(w, text);
}

static void outboxbody_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    jsonwrite_time(w, ms);
}

/* JSON text, {} for none; or the mark that it was too long. */
static void outboxbody_data(struct jsonwrite *w, struct str data, bool omit)
{
    if (omit) {
        jsonwrite_name(w, "dataOmitted");
        jsonwrite_bool(w, true);
        return;
    }
    jsonwrite_name(w, "data");
    jsonwrite_raw(w, data.at == NULL ? STR("{}") : data);
}

static void outboxbody_print_contact(struct jsonwrite *w, const struct outboxbody_message *message,
                                     enum outboxbody_cut cut)
{
    const struct contact *contact = message->contact;
    if (!message->has_contact) {
        return;
    }
    jsonwrite_name(w, "contact");
    jsonwrite_object(w);
    outboxbody_id(w, "id", &message->contact_id);
    if (contact != NULL && !message->id_only) {
        outboxbody_text(w, "email", contact->email);
        jsonwrite_name(w, "subscribed");
        jsonwrite_bool(w, contact->status == CONTACT_SUBSCRIBED);
        outboxbody_data(w, contact->data,
                        cut >= OUTBOXBODY_NO_CONTACT_DATA && contact->data.at != NULL);
    }
    jsonwrite_object_end(w);
}

/* ---- the envelope -------------------------------------------------------------------------- */

static void outboxbody_print(struct buf *out, const struct outboxbody_message *message,
                             enum outboxbody_cut cut)
{
    struct jsonwrite w;
    buf_clear(out);
    jsonwrite_init(&w, out);
    jsonwrite_object(&w);
    outboxbody_text(&w, "type", message->type);
    outboxbody_time(&w, "timestamp", message->at_ms);
    jsonwrite_name(&w, "data");
    jsonwrite_object(&w);
    message->print(&w, message, cut);
    jsonwrite_object_end(&w);
    jsonwrite_object_end(&w);
    if (!jsonwrite_ok(&w)) {
        abort(); /* all texts are ours or were checked when they came in */
    }
}

static struct str outboxbody_make(struct arena *arena, const struct outboxbody_message *message)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 4);
    outboxbody_print(&out, message, OUTBOXBODY_WHOLE);
    if (out.len > OUTBOXBODY_BYTES) {
        outboxbody_print(&out, message, OUTBOXBODY_NO_CONTACT_DATA);
    }
    if (out.len > OUTBOXBODY_BYTES) {
        outboxbody_print(&out, message, OUTBOXBODY_NO_EVENT_DATA);
    }
    struct str body = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return body;
}

/* ---- segments ------------------------------------------------------------------------------ */

static void outboxbody_print_transition(struct jsonwrite *w,
                                        const struct outboxbody_message *message,
                                        enum outboxbody_cut cut)
{
    const struct outboxbody_transition *t = message->rest;
    jsonwrite_name(w, "sequence");
    jsonwrite_i64(w, (int64_t)t->sequence);
    jsonwrite_name(w, "segment");
    jsonwrite_object(w);
    outboxbody_id(w, "id", &t->segment);
    outboxbody_text(w, "name", t->segment_name);
    outboxbody_text(w, "slug", t->segment_slug);
    jsonwrite_object_end(w);
    outboxbody_print_contact(w, message, cut);
    jsonwrite_name(w, "cause");
    jsonwrite_object(w);
    outboxbody_text(w, "kind", str_from(outboxbody_cause_word(t->cause)));
    if (t->has_event) {
        outboxbody_id(w, "eventId", &t->event);
    }
    jsonwrite_object_end(w);
}

struct str outboxbody_transition(struct arena *arena, const struct outboxbody_transition *t)
{
    struct outboxbody_message message = {.type = t->type,
                                         .at_ms = t->at_ms,
                                         .contact = t->contact,
                                         .has_contact = true,
                                         .contact_id = t->contact_id,
                                         .print = outboxbody_print_transition,
                                         .rest = t};
    return outboxbody_make(arena, &message);
}

/* ---- contacts ------------------------------------------------------------------------------ */

struct outboxbody_changes {
    const struct str *names; /* NULL: not told */
    size_t count;
};

static void outboxbody_print_change(struct jsonwrite *w, const struct outboxbody_message *message,
                                    enum outboxbody_cut cut)
{
    const struct outboxbody_changes *changes = message->rest;
    outboxbody_print_contact(w, message, cut);
    if (changes->names == NULL) {
        return;
    }
    jsonwrite_name(w, "changed");
    jsonwrite_list(w);
    for (size_t i = 0; i < changes->count; i++) {
        jsonwrite_str(w, changes->names[i]);
    }
    jsonwrite_list_end(w);
}

struct str outboxbody_contact(struct arena *arena, struct str type, int64_t at_ms,
                              const struct contact *contact, const struct str *changed,
                              size_t changed_count)
{
    struct outboxbody_changes changes = {changed, changed_count};
    struct outboxbody_message message = {.type = type,
                                         .at_ms = at_ms,
                                         .contact = contact,
                                         .has_contact = true,
                                         .id_only = str_eq_c(type, "contact.deleted"),
                                         .contact_id = contact->uuid,
                                         .print = outboxbody_print_change,
                                         .rest = &changes};
    return outboxbody_make(arena, &message);
}

/* ---- events -------------------------------------------------------------------------------- */

struct outboxbody_occurrence {
    const struct uuid *id;
    struct str name;
    struct str data; /* at == NULL: none */
    int64_t at_ms;
};

static void outboxbody_print_event(struct jsonwrite *w, const struct outboxbody_message *message,
                                   enum outboxbody_cut cut)
{
    const struct outboxbody_occurrence *event = message->rest;
    outboxbody_print_contact(w, message, cut);
    jsonwrite_name(w, "event");
    jsonwrite_object(w);
    outboxbody_id(w, "id", event->id);
    outboxbody_text(w, "name", event->name);
    outboxbody_data(w, event->data, cut >= OUTBOXBODY_NO_EVENT_DATA && event->data.at != NULL);
    outboxbody_time(w, "timestamp", event->at_ms);
    jsonwrite_object_end(w);
}

struct str outboxbody_event(struct arena *arena, const struct contact *contact,
                            const struct uuid *event_id, struct str name, struct str data,
                            int64_t at_ms)
{
    struct outboxbody_occurrence event = {event_id, name, data, at_ms};
    struct outboxbody_message message = {.type = name,
                                         .at_ms = at_ms,
                                         .contact = contact,
                                         .has_contact = contact != NULL,
                                         .print = outboxbody_print_event,
                                         .rest = &event};
    if (contact != NULL) {
        message.contact_id = contact->uuid;
    }
    return outboxbody_make(arena, &message);
}

/* ---- imports ------------------------------------------------------------------------------- */

static void outboxbody_print_job(struct jsonwrite *w, const struct outboxbody_message *message,
                                 enum outboxbody_cut cut)
{
    const struct str *job = message->rest;
    (void)cut;
    jsonwrite_name(w, "job");
    jsonwrite_raw(w, *job);
}

struct str outboxbody_import(struct arena *arena, int64_t at_ms, struct str job)
{
    struct outboxbody_message message = {.type = STR("import.completed"),
                                         .at_ms = at_ms,
                                         .print = outboxbody_print_job,
                                         .rest = &job};
    return outboxbody_make(arena, &message);
}

/* ---- tests --------------------------------------------------------------------------------- */

static void outboxbody_print_test(struct jsonwrite *w, const struct outboxbody_message *message,
                                  enum outboxbody_cut cut)
{
    (void)cut;
    jsonwrite_name(w, "webhook");
    jsonwrite_object(w);
    outboxbody_id(w, "id", message->rest);
    jsonwrite_object_end(w);
}

struct str outboxbody_test(struct arena *arena, int64_t at_ms, const struct uuid *webhook)
{
    struct outboxbody_message message = {.type = STR("webhook.test"),
                                         .at_ms = at_ms,
                                         .print = outboxbody_print_test,
                                         .rest = webhook};
    return outboxbody_make(arena, &message);
}

/* ---- erasing ------------------------------------------------------------------------------- */

/* Keeps only those members of an object that are named; NULL ends the names. */
static struct jsonval outboxbody_keep(struct arena *arena, const struct jsonval *object,
                                      const char *const *names)
{
    struct jsonval kept = {.type = JSONVAL_OBJECT};
    kept.items = arena_array(arena, object->count, sizeof(*kept.items));
    kept.names = arena_array(arena, object->count, sizeof(*kept.names));
    for (size_t i = 0; i < object->count; i++) {
        for (size_t k = 0; names[k] != NULL; k++) {
            if (str_eq_c(object->names[i], names[k])) {
                kept.names[kept.count] = object->names[i];
                kept.items[kept.count++] = object->items[i];
            }
        }
    }
    return kept;
}

int outboxbody_erase(struct arena *arena, struct str body, struct str *ret, struct err_info *info)
{
    static const char *const of_message[] = {"type", "timestamp", "data", NULL};
    static const char *const of_data[] = {"sequence", "segment", "contact", "cause", "event", NULL};
    static const char *const of_contact[] = {"id", NULL};
    static const char *const of_event[] = {"id", "name", "timestamp", NULL};
    const struct jsonval *whole;
    struct buf out;
    struct jsonwrite w;
    int err = jsonread_parse(arena, body, &whole, info);
    const struct jsonval *data = err < 0 ? NULL : jsonval_get(whole, "data");
    if (data == NULL || data->type != JSONVAL_OBJECT) {
        return err_set(info, ERR_INTERNAL, NULL, "the body of a delivery is no message");
    }
    struct jsonval message = outboxbody_keep(arena, whole, of_message);
    struct jsonval kept = outboxbody_keep(arena, data, of_data);
    for (size_t i = 0; i < kept.count; i++) {
        bool is_contact = str_eq_c(kept.names[i], "contact");
        if (is_contact || str_eq_c(kept.names[i], "event")) {
            kept.items[i] =
                outboxbody_keep(arena, &kept.items[i], is_contact ? of_contact : of_event);
        }
    }
    for (size_t i = 0; i < message.count; i++) {
        if (str_eq_c(message.names[i], "data")) {
            message.items[i] = kept;
        }
    }
    buf_init(&out, SIZE_MAX / 4);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, &message);
    *ret = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return 0;
}
