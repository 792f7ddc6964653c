#include "api/changes.h"

#include "api/jsonparts.h"
#include "api/segments.h"
#include "audience/tracking.h"
#include "base/limits.h"
#include "base/num.h"
#include "store/transition.h"

#define LIST_DEFAULT 100

/* ---- the feed ------------------------------------------------------------------------------ */

static void write_cause(struct jsonwrite *w, const struct transition *t)
{
    jsonwrite_name(w, "cause");
    jsonwrite_object(w);
    jsonwrite_name(w, "kind");
    jsonwrite_c(w, outboxbody_cause_word(t->cause));
    if (t->has_event)
        jsonparts_id(w, "eventId", &t->event);
    jsonwrite_object_end(w);
}

static void write_change(struct jsonwrite *w, const struct transition *t)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "sequence");
    jsonwrite_i64(w, (int64_t)t->sequence);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, t->kind == TRANSITION_ENTRY ? "entry" : "exit");
    jsonparts_id(w, "contactId", &t->contact);
    jsonparts_text(w, "email", t->email);
    jsonwrite_name(w, "at");
    jsonwrite_time(w, t->at_ms);
    write_cause(w, t);
    jsonwrite_name(w, "version");
    jsonwrite_i64(w, t->version);
    jsonwrite_object_end(w);
}

static int read_sequence(const char *name, struct str text, uint64_t *ret, struct err_info *info)
{
    *ret = 0;
    if (text.at == NULL || num_parse_u64(text, INT64_MAX, ret))
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", name, "%s must be a sequence: a whole number",
                      name);
}

/* `after`, ascending; or `before`, newest first. */
static int read_page(const struct api_request *req, struct transition_page *ret,
                     struct err_info *info)
{
    struct str after = api_query(req, "after"), before = api_query(req, "before");
    uint64_t limit = 0;
    ret->newest_first = before.at != NULL;
    int err = read_sequence("after", after, &ret->from, info);
    if (err == 0 && before.at)
        err = read_sequence("before", before, &ret->from, info);
    if (err == 0 && before.at && after.at)
        err = err_set_at(info, ERR_INVAL, "BAD_REQUEST", "before",
                         "Send after (the changes behind it) or before (those before it, newest "
                         "first), not both");
    if (err == 0)
        err = api_query_count(req, "limit", LIST_DEFAULT, LIMIT_CHANGES, false, &limit, info);
    ret->limit = (size_t)limit;
    return err;
}

int changes_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct transition *changes;
    struct transition_page page;
    size_t count;
    int err = segments_find(req, &segment, info);
    if (err == 0)
        err = read_page(req, &page, info);
    if (err < 0)
        return err;
    size_t limit = page.limit++; /* one more tells whether there are more */
    err = transition_list(req->db, req->arena, req->project_id, segment.segment_id, &page, &changes,
                          &count, info);
    if (err < 0)
        return err;
    bool has_more = count > limit;
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count - has_more; i++)
        write_change(&res->json, &changes[i]);
    jsonwrite_list_end(&res->json);
    jsonwrite_name(&res->json, "hasMore");
    jsonwrite_bool(&res->json, has_more);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- a run now ----------------------------------------------------------------------------- */

static int answer_computed(struct api_response *res, uint64_t added, uint64_t removed,
                           uint64_t total)
{
    const struct {
        const char *name;
        uint64_t count;
    } parts[] = {{"added", added}, {"removed", removed}, {"total", total}};
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        jsonwrite_name(&res->json, parts[i].name);
        jsonwrite_i64(&res->json, (int64_t)parts[i].count);
    }
    jsonwrite_object_end(&res->json);
    return 0;
}

int changes_compute(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct tracking_report report;
    int err = segments_find(req, &segment, info);
    if (err < 0)
        return err;
    if (segment.kind == SEGMENT_STATIC) {
        err = segments_recount(req, &segment, info);
        return err < 0 ? err : answer_computed(res, 0, 0, segment.member_count);
    }
    if (!segment.track)
        return err_set(info, ERR_INVAL, "BAD_REQUEST",
                       "Segment does not have membership tracking enabled");
    struct tracking_request request = {.project_id = req->project_id,
                                       .segment_id = segment.segment_id,
                                       .uuid = segment.uuid,
                                       .anew = true};
    err = tracking_run(req->db, &request, &report, info);
    if (err < 0)
        return err;
    return answer_computed(res, report.entries, report.exits, report.total);
}
