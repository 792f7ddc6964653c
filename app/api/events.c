#include "api/events.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/condition.h"
#include "api/contacts.h"
#include "api/daterange.h"
#include "api/jsonparts.h"
#include "api/track.h"
#include "api/usage.h"
#include "audience/audience.h"
#include "audience/facts.h"
#include "base/limits.h"
#include "store/contactdata.h"
#include "store/event.h"
#include "store/eventdelete.h"
#include "store/eventname.h"
#include "store/workflow.h"

/* ---- printing ------------------------------------------------------------------------------ */

/* createdAt is when we were told, timestamp when it happened. */
static void write_event(struct jsonwrite *w, const struct api_request *req,
                        const struct event *event, bool with_contact)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &event->uuid);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, req->project_uuid);
    jsonparts_id(w, "contactId", event->has_contact ? &event->contact : NULL);
    jsonparts_text(w, "emailId", event->email_id);
    jsonwrite_name(w, "name");
    jsonwrite_str(w, event->name);
    jsonparts_json(w, "data", event->data);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, event->created_ms);
    jsonwrite_name(w, "timestamp");
    jsonwrite_time(w, event->at_ms);
    if (with_contact) {
        jsonwrite_name(w, "contact");
        if (event->has_contact) {
            jsonwrite_object(w);
            jsonwrite_name(w, "email");
            jsonwrite_str(w, event->email);
            jsonwrite_object_end(w);
        } else {
            jsonwrite_null(w);
        }
    }
    jsonwrite_object_end(w);
}

static void answer_events(const struct api_request *req, struct api_response *res,
                          const struct event *events, size_t count, bool with_contact)
{
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "events");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        write_event(&res->json, req, &events[i], with_contact);
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
}

/* ---- recording ----------------------------------------------------------------------------- */

/* What POST /events/track is about. */
struct recorded {
    struct str name;
    bool has_contact;
    struct uuid contact;
    struct str email_id;
    struct str data;
};

#define EMAIL_ID_CHARS 200 /* the column's width */

static int read_recorded(const struct api_request *req, struct recorded *ret, struct err_info *info)
{
    const struct bodytext email_id = {.name = "emailId", .max_chars = EMAIL_ID_CHARS};
    struct str contact;
    struct contactdata_input data;
    bool is_given;
    int err = api_body_str(req->json, "name", &ret->name, &is_given, info);
    if (err == 0 && (!is_given || bodytext_is_blank(ret->name))) {
        err = err_set(info, ERR_INVAL, "BAD_REQUEST", "Event name is required");
    }
    if (err == 0) {
        err = track_check_name(ret->name, "name", info);
    }
    if (err == 0) {
        err = bodytext_read(req->json, &email_id, &ret->email_id, info);
    }
    if (err == 0) {
        err = contactdata_read(req->arena, jsonval_get(req->json, "data"), "data", &data, info);
    }
    if (err == 0) {
        err = contactdata_print(req->arena, data.all, &ret->data, info);
    }
    if (err == 0) {
        err = api_body_str(req->json, "contactId", &contact, &ret->has_contact, info);
    }
    if (err == 0 && ret->has_contact && !uuid_parse(contact, &ret->contact)) {
        err = err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    return err;
}

int events_track(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct recorded recorded;
    struct event event;
    int err = read_recorded(req, &recorded, info);
    if (err == 0) {
        err = event_record(req->db, req->arena, req->project_id, recorded.name,
                           recorded.has_contact ? &recorded.contact : NULL, recorded.email_id,
                           recorded.data, &event, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 201);
    write_event(&res->json, req, &event, false);
    return 0;
}

/* ---- lists --------------------------------------------------------------------------------- */

#define LIST_DEFAULT 100
#define CONTACT_LIST_DEFAULT 50

int events_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str name = api_query(req, "eventName");
    uint64_t limit;
    struct event *events;
    size_t count;
    int err = api_query_count(req, "limit", LIST_DEFAULT, LIMIT_EVENT_LIST, false, &limit, info);
    if (err == 0) {
        err = event_list(req->db, req->arena, req->project_id, name.len == 0 ? NULL : &name,
                         (size_t)limit, &events, &count, info);
    }
    if (err == 0) {
        answer_events(req, res, events, count, true);
    }
    return err;
}

int events_of_contact(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    uint64_t limit;
    struct event *events;
    size_t count;
    int err =
        api_query_count(req, "limit", CONTACT_LIST_DEFAULT, LIMIT_EVENT_LIST, false, &limit, info);
    if (err == 0) {
        err = contacts_find(req, &contact, info);
    }
    if (err == 0) {
        err = event_list_of_contact(req->db, req->arena, req->project_id, contact.ordinal,
                                    (size_t)limit, &events, &count, info);
    }
    if (err == 0) {
        answer_events(req, res, events, count, false);
    }
    return err;
}

int events_names(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct facts_event *names;
    size_t count;
    int err = facts_events(req->db, req->arena, req->project_id, &names, &count, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "eventNames");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        if (names[i].occurrences > 0) {
            jsonwrite_str(&res->json, names[i].name);
        }
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}

int events_stats(struct api_request *req, struct api_response *res, struct err_info *info)
{
    int64_t from_ms;
    int64_t to_ms;
    struct event_stat *stats;
    size_t count;
    int err = daterange_read(req, "startDate", false, INT64_MIN, &from_ms, info);
    if (err == 0) {
        err = daterange_read(req, "endDate", true, INT64_MAX, &to_ms, info);
    }
    if (err == 0) {
        err =
            event_stats(req->db, req->arena, req->project_id, from_ms, to_ms, &stats, &count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(&res->json);
        jsonwrite_name(&res->json, "name");
        jsonwrite_str(&res->json, stats[i].name);
        jsonwrite_name(&res->json, "count");
        jsonwrite_i64(&res->json, (int64_t)stats[i].count);
        jsonwrite_object_end(&res->json);
    }
    jsonwrite_list_end(&res->json);
    return 0;
}

/* ---- use and erasure ----------------------------------------------------------------------- */

static bool is_on_event(const struct filter_leaf *leaf, struct str name)
{
    return leaf->column == FILTER_EVENT && str_eq(leaf->name, name);
}

static void write_workflows(struct jsonwrite *w, const struct workflow_use *workflows, size_t count)
{
    jsonwrite_name(w, "usedInWorkflows");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        jsonwrite_object(w);
        jsonparts_id(w, "id", &workflows[i].uuid);
        jsonparts_text(w, "name", workflows[i].name);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

/* Adds those whose conditions ask about the event to those that start with it or wait for it. */
static void add_askers(struct arena *arena, const struct usage *users, struct workflow_use **at,
                       size_t *count)
{
    struct workflow_use *all = arena_array(arena, *count + users->workflow_count, sizeof *all);
    size_t known = *count;
    for (size_t i = 0; i < known; i++) {
        all[i] = (*at)[i];
    }
    for (size_t i = 0; i < users->workflow_count; i++) {
        const struct workflow *asker = &users->workflows[i];
        bool is_there = false;
        for (size_t k = 0; k < known; k++) {
            is_there |= uuid_eq(&all[k].uuid, &asker->uuid);
        }
        if (!is_there) {
            all[(*count)++] = (struct workflow_use){asker->uuid, asker->name, asker->enabled};
        }
    }
    *at = all;
}

/* Who looks at an event. */
static int find_users(const struct api_request *req, struct str name, struct usage *users,
                      struct workflow_use **workflows, size_t *count, struct err_info *info)
{
    int err = usage_find(req, is_on_event, name, users, info);
    if (err == 0) {
        err = workflow_using_event(req->db, req->arena, req->project_id, name, workflows, count,
                                   info);
    }
    if (err == 0) {
        add_askers(req->arena, users, workflows, count);
    }
    return err;
}

int events_usage(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str name = req->path_args[0];
    struct event_usage usage;
    struct usage users;
    struct workflow_use *workflows;
    size_t workflow_count;
    struct jsonwrite *w = &res->json;
    int err = event_usage(req->db, req->arena, req->project_id, name, &usage, info);
    if (err == 0) {
        err = find_users(req, name, &users, &workflows, &workflow_count, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(w);
    usage_write_segments(w, &users);
    write_workflows(w, workflows, workflow_count);
    jsonwrite_name(w, "totalCount");
    jsonwrite_i64(w, (int64_t)usage.occurrences);
    jsonwrite_name(w, "uniqueContacts");
    jsonwrite_i64(w, (int64_t)usage.contacts);
    jsonwrite_name(w, "canDelete");
    jsonwrite_bool(w, users.segment_count == 0 && workflow_count == 0 &&
                          eventname_judge(name) != EVENTNAME_RESERVED);
    jsonwrite_object_end(w);
    return 0;
}

int events_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str name = req->path_args[0];
    struct usage users;
    struct workflow_use *workflows;
    size_t workflow_count = 0;
    uint64_t deleted;
    if (eventname_judge(name) == EVENTNAME_RESERVED) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "Cannot delete reserved system event");
    }
    int err = find_users(req, name, &users, &workflows, &workflow_count, info);
    if (err == 0 && users.segment_count + workflow_count > 0) {
        err = err_set(info, ERR_INVAL, "BAD_REQUEST",
                      "Cannot delete event: used in %zu segment(s) and %zu workflow(s)",
                      users.segment_count, workflow_count);
    }
    if (err == 0) {
        err = eventdelete_name(req->db, req->arena, req->project_id, name, &deleted, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add_text(req, res, "event.deleted", "event", name);
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "deletedCount");
    jsonwrite_i64(&res->json, (int64_t)deleted);
    jsonwrite_object_end(&res->json);
    return 0;
}
