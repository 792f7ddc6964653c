#include "api/diff.h"

#include "api/condition.h"
#include "api/contactjson.h"
#include "api/paging.h"
#include "audience/filterdiff.h"
#include "base/timeutil.h"

static int diff_read(const struct api_request *req, struct condition *condition,
                     struct filterdiff_query *ret, struct err_info *info)
{
    struct str at;
    bool has_at;
    *ret = (struct filterdiff_query){.project_id = req->project_id};
    if (!uuid_parse(req->path_args[0], &ret->segment)) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    }
    int err = condition_read(req->arena, SEGMENT_PLUNK, jsonval_get(req->json, "condition"),
                             "condition", condition, info);
    if (err == 0) {
        err = paging_body_limit(req->json, &ret->limit, info);
    }
    if (err == 0) {
        err = api_body_str(req->json, "at", &at, &has_at, info);
    }
    if (err == 0) {
        err = condition_at(at, &ret->at_ms, info);
    }
    ret->filter = condition->filter;
    ret->names = &condition->names;
    return err;
}

static void diff_write_side(struct jsonwrite *w, const struct api_request *req, const char *name,
                            const struct filterdiff_side *side)
{
    jsonwrite_name(w, name);
    contactjson_list(w, side->contacts, side->contact_count, req->project_uuid);
}

static void diff_write_count(struct jsonwrite *w, const char *name, uint64_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_i64(w, (int64_t)count);
}

int diff_preview(struct api_request *req, struct api_response *res, struct err_info *info)
{
    int64_t start_us = timeutil_mono_us();
    struct condition condition = {.filter = NULL};
    struct filterdiff_query query;
    struct filterdiff diff = {.staying = 0};
    struct jsonwrite *w = &res->json;
    int err = diff_read(req, &condition, &query, info);
    if (err == 0) {
        err = filterdiff_ask(req->db, req->arena, &query, &diff, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(w);
    diff_write_count(w, "entering", diff.entering.count);
    diff_write_count(w, "leaving", diff.leaving.count);
    diff_write_count(w, "staying", diff.staying);
    jsonwrite_name(w, "sample");
    jsonwrite_object(w);
    diff_write_side(w, req, "entering", &diff.entering);
    diff_write_side(w, req, "leaving", &diff.leaving);
    jsonwrite_object_end(w);
    jsonwrite_name(w, "tookMs");
    jsonwrite_number(w, (double)(timeutil_mono_us() - start_us) / 1000);
    jsonwrite_object_end(w);
    return 0;
}
