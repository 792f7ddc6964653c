#include "api/pmcampaigns.h"

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "store/campaign.h"

static const char pmcampaigns_missing[] = "Campaign not found";

/* ---- printing ------------------------------------------------------------------------------ */

static void pmcampaigns_number(struct jsonwrite *w, const char *name, int64_t number)
{
    jsonwrite_name(w, name);
    if (number == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_i64(w, number);
    }
}

static void pmcampaigns_write(struct jsonwrite *w, const struct api_request *req,
                              const struct campaign *campaign)
{
    /* Words of enum campaign_status, from 1. */
    static const char *const statuses[] = {"draft", "scheduled", "sending", "sent", "cancelled"};
    /* What sending fills in: a draft reached nobody. */
    static const char *const counts[] = {"totalRecipients", "sentCount",    "deliveredCount",
                                         "openedCount",     "clickedCount", "bouncedCount",
                                         "complainedCount"};
    jsonwrite_object(w);
    pmparts_ids(w, req, campaign->campaign_id);
    jsonparts_text(w, "name", campaign->name);
    pmcampaigns_number(w, "templateId", campaign->template_id);
    pmparts_id(w, req, "listId", campaign->list_id);
    pmparts_id(w, req, "tagId", campaign->tag_id);
    pmparts_id(w, req, "segmentId", campaign->segment_id);
    pmcampaigns_number(w, "sendingConfigId", campaign->sending_config_id);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, statuses[campaign->status - CAMPAIGN_DRAFT]);
    pmparts_time(w, "scheduledAt", campaign->scheduled_ms);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        jsonwrite_name(w, counts[i]);
        jsonwrite_i64(w, 0);
    }
    pmparts_time(w, "createdAt", campaign->created_ms);
    pmparts_time(w, "updatedAt", campaign->updated_ms);
    jsonwrite_object_end(w);
}

static int pmcampaigns_answer(const struct api_request *req, struct api_response *res, int status,
                              const struct campaign *campaign)
{
    pushmail_begin(res, status);
    pmcampaigns_write(&res->json, req, campaign);
    pushmail_end(res);
    return 0;
}

/* ---- reading handlers ---------------------------------------------------------------------- */

int pmcampaigns_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct campaign *campaigns = NULL;
    size_t count = 0;
    uint64_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0) {
        struct campaign_query query = {.search = STR(""),
                                       .sort = CAMPAIGN_BY_CREATED,
                                       .offset = (page.page - 1) * page.limit,
                                       .limit = page.limit};
        err = campaign_list(req->db, req->arena, req->project_id, &query, &campaigns, &count,
                            &total, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "campaigns");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        pmcampaigns_write(&res->json, req, &campaigns[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

static int pmcampaigns_find(const struct api_request *req, struct campaign *ret,
                            struct err_info *info)
{
    uint32_t n;
    int err = pushmail_path_id(req, 0, pmcampaigns_missing, &n, info);
    return err < 0 ? err : campaign_by_number(req->db, req->arena, req->project_id, n, ret, info);
}

int pmcampaigns_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    int err = pmcampaigns_find(req, &campaign, info);
    return err < 0 ? err : pmcampaigns_answer(req, res, 200, &campaign);
}

/* ---- writing handlers ---------------------------------------------------------------------- */

/* A number of something that is not kept here. */
static int pmcampaigns_read_number(const struct api_request *req, const char *name, bool required,
                                   int64_t *ret, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(req->json, name);
    uint64_t number;
    *ret = 0;
    if (value == NULL || value->type == JSONVAL_NULL) {
        return required ? bodytext_refuse(info, name, "required", "%s is required", name) : 0;
    }
    if (!pushmail_integer(value, &number) || number == 0) {
        return bodytext_refuse(info, name, "invalid_type", "%s must be a positive whole number",
                               name);
    }
    *ret = (int64_t)number;
    return 0;
}

/* The filter that says "on this list", or "has this tag". */
static struct str pmcampaigns_filter(const struct api_request *req, const char *field, uint32_t n)
{
    return str_from(
        arena_printf(req->arena,
                     "{\"logic\":\"AND\",\"groups\":[{\"filters\":[{\"field\":\"%s.%llu\","
                     "\"operator\":\"has\"}]}]}",
                     field, (unsigned long long)pushmail_id(req, n)));
}

/* At most one of three. With none it is for a segment that is still to be named: for nobody. */
static int pmcampaigns_read_audience(const struct api_request *req, struct campaign *draft,
                                     struct err_info *info)
{
    int err = pmparts_body_id(req, req->json, "listId", "List not found", &draft->list_id, info);
    if (err == 0) {
        err = pmparts_body_id(req, req->json, "tagId", "Tag not found", &draft->tag_id, info);
    }
    if (err == 0) {
        err = pmparts_body_id(req, req->json, "segmentId", "Segment not found", &draft->segment_id,
                              info);
    }
    if (err < 0) {
        return err;
    }
    if ((draft->list_id != 0) + (draft->tag_id != 0) + (draft->segment_id != 0) > 1) {
        return bodytext_refuse(info, "segmentId", "invalid_value",
                               "Give only one of listId, tagId and segmentId");
    }
    draft->audience = CAMPAIGN_SEGMENT;
    if (draft->list_id != 0) {
        draft->audience = CAMPAIGN_FILTERED;
        draft->audience_filter = pmcampaigns_filter(req, "list", draft->list_id);
    } else if (draft->tag_id != 0) {
        draft->audience = CAMPAIGN_FILTERED;
        draft->audience_filter = pmcampaigns_filter(req, "tag", draft->tag_id);
    }
    return 0;
}

static int pmcampaigns_read_schedule(const struct api_request *req, struct campaign *draft,
                                     struct err_info *info)
{
    struct str text;
    bool given;
    int64_t now_ms;
    int err = api_body_str(req->json, "scheduledAt", &text, &given, info);
    if (err < 0 || !given) {
        return err;
    }
    enum timeutil_date kind = timeutil_parse(text, &draft->scheduled_ms);
    if (kind != TIMEUTIL_DAY && kind != TIMEUTIL_INSTANT) {
        return bodytext_refuse(info, "scheduledAt", "invalid_value",
                               "scheduledAt must be an instant such as 2026-01-31T12:00:00Z");
    }
    err = db_now_ms(req->db, &now_ms, info);
    if (err == 0 && draft->scheduled_ms <= now_ms) {
        err = bodytext_refuse(info, "scheduledAt", "invalid_value",
                              "scheduledAt must lie in the future");
    }
    return err;
}

static int pmcampaigns_read(const struct api_request *req, struct campaign *draft,
                            struct err_info *info)
{
    static const struct bodytext name_field = {"name", LIMIT_CAMPAIGN_NAME_CHARS, true};
    *draft = (struct campaign){
        .subject = STR(""), .body = STR(""), .sender = STR(""), .type = CAMPAIGN_MARKETING};
    int err = bodytext_read(req->json, &name_field, &draft->name, info);
    if (err == 0) {
        err = pmcampaigns_read_number(req, "templateId", true, &draft->template_id, info);
    }
    if (err == 0) {
        err =
            pmcampaigns_read_number(req, "sendingConfigId", false, &draft->sending_config_id, info);
    }
    if (err == 0) {
        err = pmcampaigns_read_audience(req, draft, info);
    }
    return err < 0 ? err : pmcampaigns_read_schedule(req, draft, info);
}

int pmcampaigns_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segref_names names = {.segment_count = 0};
    struct campaign draft;
    struct campaign campaign;
    int err = pmcampaigns_read(req, &draft, info);
    if (err == 0) {
        err =
            campaign_create(req->db, req->arena, req->project_id, &draft, &names, &campaign, info);
    }
    return err < 0 ? err : pmcampaigns_answer(req, res, 201, &campaign);
}

int pmcampaigns_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    int err = pmcampaigns_find(req, &campaign, info);
    if (err == 0) {
        err = campaign_delete(req->db, req->project_id, &campaign.uuid, info);
    }
    return err < 0 ? err : pmparts_dropped(req, res, KEY_SET_CAMPAIGN(campaign.campaign_id));
}
