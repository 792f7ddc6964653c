#include "api/audiencepreview.h"

#include "api/bodytext.h"
#include "api/condition.h"
#include "audience/reach.h"

/* Words of the enums of store/campaign.h, from 1. */
static const char *const audiencepreview_types[] = {"TRANSACTIONAL", "MARKETING", "HEADLESS", NULL};
static const char *const audiencepreview_audiences[] = {"ALL", "SEGMENT", "FILTERED", NULL};

/* What is no id names no segment. */
static int audiencepreview_uuid(struct str text, struct uuid *ret, struct err_info *info)
{
    return uuid_parse(text, ret)
               ? 0
               : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
}

static int audiencepreview_segment(const struct api_request *req, struct reach_query *query,
                                   struct err_info *info)
{
    struct uuid *uuid = arena_alloc(req->arena, sizeof *uuid);
    struct str text;
    bool given;
    int err = api_body_str(req->json, "segmentId", &text, &given, info);
    if (err < 0) {
        return err;
    }
    if (!given) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "segmentId",
                          "Segment ID is required for SEGMENT audience type");
    }
    query->segment = uuid;
    return audiencepreview_uuid(text, uuid, info);
}

static int audiencepreview_condition(const struct api_request *req, struct reach_query *query,
                                     struct err_info *info)
{
    const struct jsonval *value = jsonval_get(req->json, "condition");
    struct condition condition;
    if (value == NULL || value->type == JSONVAL_NULL) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "condition",
                          "Audience condition is required for FILTERED audience type");
    }
    int err = condition_read(req->arena, SEGMENT_PLUNK, value, "condition", &condition, info);
    if (err == 0) {
        query->filter = condition.filter;
    }
    return err;
}

/* Which of the two parts is looked at, the audience's type says. */
static int audiencepreview_audience(const struct api_request *req, struct reach_query *query,
                                    struct err_info *info)
{
    int audience;
    int err =
        bodytext_word(req->json, "audienceType", audiencepreview_audiences, -1, &audience, info);
    if (err < 0) {
        return err;
    }
    switch ((enum campaign_audience)(audience + CAMPAIGN_ALL)) {
    case CAMPAIGN_ALL:
        return 0;
    case CAMPAIGN_SEGMENT:
        return audiencepreview_segment(req, query, info);
    case CAMPAIGN_FILTERED:
        return audiencepreview_condition(req, query, info);
    }
    return 0;
}

static int audiencepreview_excluded(const struct api_request *req, struct reach_query *query,
                                    struct err_info *info)
{
    const struct jsonval *list;
    int err = api_body_list(req->json, "excludeSegmentIds", &list, info);
    if (err < 0 || list == NULL) {
        return err;
    }
    if (list->count > REACH_EXCLUDED_MAX) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "excludeSegmentIds",
                          "excludeSegmentIds may have at most %d segments, got %zu",
                          REACH_EXCLUDED_MAX, list->count);
    }
    err = bodytext_check_strings(list, "excludeSegmentIds", info);
    struct uuid *uuids = arena_array(req->arena, list->count, sizeof *uuids);
    for (size_t i = 0; err == 0 && i < list->count; i++) {
        err = audiencepreview_uuid(list->items[i].string, &uuids[i], info);
    }
    query->excluded = uuids;
    query->excluded_count = list->count;
    return err;
}

static int audiencepreview_read(const struct api_request *req, struct reach_query *ret,
                                struct err_info *info)
{
    int type;
    *ret = (struct reach_query){.project_id = req->project_id};
    int err = bodytext_word(req->json, "type", audiencepreview_types,
                            CAMPAIGN_MARKETING - CAMPAIGN_TRANSACTIONAL, &type, info);
    if (err == 0) {
        ret->type = (enum campaign_type)(type + CAMPAIGN_TRANSACTIONAL);
        err = audiencepreview_audience(req, ret, info);
    }
    return err < 0 ? err : audiencepreview_excluded(req, ret, info);
}

int audiencepreview_count(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct reach_query query;
    struct reach reach;
    int err = audiencepreview_read(req, &query, info);
    if (err == 0) {
        err = reach_take(req->db, req->arena, &query, &reach, info);
    }
    if (err < 0) {
        return err;
    }
    const struct {
        const char *name;
        uint64_t count;
    } lines[] = {
        {"matched", reach.matched},
        {"unsubscribed", reach.unsubscribed},
        {"suppressed", reach.suppressed},
        {"excluded", reach.excluded},
        {"willReceive", reach.recipients.total},
    };
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        jsonwrite_name(&res->json, lines[i].name);
        jsonwrite_i64(&res->json, (int64_t)lines[i].count);
    }
    jsonwrite_object_end(&res->json);
    return 0;
}
