#include "api/pmcampaigns.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/campaigninput.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "column/key.h"
#include "store/campaignedit.h"
#include "store/campaignsend.h"

static const char pmcampaigns_missing[] = "Campaign not found";

/* ---- printing ------------------------------------------------------------------------------ */

static void pmcampaigns_counts(struct jsonwrite *w, const struct campaign_counts *counts)
{
    const struct {
        const char *name;
        uint64_t count;
    } lines[] = {
        {"totalRecipients", counts->recipients}, {"sentCount", counts->sent},
        {"deliveredCount", counts->delivered},   {"openedCount", counts->opened},
        {"clickedCount", counts->clicked},       {"bouncedCount", counts->bounced},
        {"complainedCount", counts->complained},
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        jsonwrite_name(w, lines[i].name);
        jsonwrite_i64(w, (int64_t)lines[i].count);
    }
}

static void pmcampaigns_write(struct jsonwrite *w, const struct api_request *req,
                              const struct campaign *campaign)
{
    /* Words of enum campaign_status, from 1. */
    static const char *const statuses[] = {"draft", "scheduled", "sending", "sent", "cancelled"};
    jsonwrite_object(w);
    pmparts_ids(w, req, campaign->campaign_id);
    jsonparts_text(w, "name", campaign->name);
    pmparts_id(w, req, "templateId", campaign->template_id);
    pmparts_id(w, req, "listId", campaign->list_id);
    pmparts_id(w, req, "tagId", campaign->tag_id);
    pmparts_id(w, req, "segmentId", campaign->segment_id);
    jsonwrite_name(w, "sendingConfigId");
    if (campaign->sending_config_id == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_i64(w, campaign->sending_config_id);
    }
    jsonwrite_name(w, "status");
    jsonwrite_c(w, statuses[campaign->status - CAMPAIGN_DRAFT]);
    pmparts_time(w, "scheduledAt", campaign->scheduled_ms);
    pmcampaigns_counts(w, &campaign->counts);
    pmparts_time(w, "sentAt", campaign->sent_ms);
    jsonparts_text(w, "note", campaign->note);
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

/* ---- reading bodies ------------------------------------------------------------------------ */

/* What is not kept here: only its number is. */
static int pmcampaigns_read_config(const struct api_request *req, int64_t *ret,
                                   struct err_info *info)
{
    const struct jsonval *value = jsonval_get(req->json, "sendingConfigId");
    uint64_t number;
    if (value == NULL) {
        return 0;
    }
    *ret = 0;
    if (value->type == JSONVAL_NULL) {
        return 0;
    }
    if (!pushmail_integer(value, &number) || number == 0) {
        return bodytext_refuse(info, "sendingConfigId", "invalid_type",
                               "sendingConfigId must be a positive whole number");
    }
    *ret = (int64_t)number;
    return 0;
}

static int pmcampaigns_read_template(const struct api_request *req, struct campaign *campaign,
                                     struct err_info *info)
{
    const struct jsonval *value = jsonval_get(req->json, "templateId");
    uint64_t number;
    if (value == NULL || value->type == JSONVAL_NULL) {
        return bodytext_refuse(info, "templateId", "required", "templateId is required");
    }
    if (!pushmail_integer(value, &number) || number == 0) {
        return bodytext_refuse(info, "templateId", "invalid_type",
                               "templateId must be a positive whole number");
    }
    return pmparts_body_id(req, req->json, "templateId", "Template not found",
                           &campaign->template_id, info);
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
    draft->has_segment = false;
    draft->audience_filter = (struct str){NULL, 0};
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

/* An instant ahead, 0 when it is not given. */
static int pmcampaigns_read_schedule(const struct api_request *req, int64_t *ret_ms,
                                     struct err_info *info)
{
    struct str text;
    bool given;
    int64_t now_ms;
    *ret_ms = 0;
    int err = api_body_str(req->json, "scheduledAt", &text, &given, info);
    if (err < 0 || !given) {
        return err;
    }
    enum timeutil_date kind = timeutil_parse(text, ret_ms);
    if (kind != TIMEUTIL_DAY && kind != TIMEUTIL_INSTANT) {
        return bodytext_refuse(info, "scheduledAt", "invalid_value",
                               "scheduledAt must be an instant such as 2026-01-31T12:00:00Z");
    }
    err = db_now_ms(req->db, &now_ms, info);
    if (err == 0 && *ret_ms <= now_ms) {
        err = bodytext_refuse(info, "scheduledAt", "invalid_value",
                              "scheduledAt must lie in the future");
    }
    return err;
}

static const struct bodytext pmcampaigns_name = {"name", LIMIT_CAMPAIGN_NAME_CHARS, true};

static int pmcampaigns_read(const struct api_request *req, struct campaign *draft,
                            struct err_info *info)
{
    *draft = (struct campaign){
        .subject = STR(""), .body = STR(""), .sender = STR(""), .type = CAMPAIGN_MARKETING};
    int err = bodytext_read(req->json, &pmcampaigns_name, &draft->name, info);
    if (err == 0) {
        err = pmcampaigns_read_template(req, draft, info);
    }
    if (err == 0) {
        err = pmcampaigns_read_config(req, &draft->sending_config_id, info);
    }
    if (err == 0) {
        err = pmcampaigns_read_audience(req, draft, info);
    }
    return err < 0 ? err : pmcampaigns_read_schedule(req, &draft->scheduled_ms, info);
}

/* What the body does not have stays; a new audience takes the place of the old one. */
static int pmcampaigns_read_change(const struct api_request *req, struct campaign *campaign,
                                   struct err_info *info)
{
    bool has_audience = jsonval_get(req->json, "listId") != NULL ||
                        jsonval_get(req->json, "tagId") != NULL ||
                        jsonval_get(req->json, "segmentId") != NULL;
    int err = 0;
    if (jsonval_get(req->json, "name") != NULL) {
        err = bodytext_read(req->json, &pmcampaigns_name, &campaign->name, info);
    }
    if (err == 0 && jsonval_get(req->json, "templateId") != NULL) {
        err = pmcampaigns_read_template(req, campaign, info);
    }
    if (err == 0) {
        err = pmcampaigns_read_config(req, &campaign->sending_config_id, info);
    }
    return err < 0 || !has_audience ? err : pmcampaigns_read_audience(req, campaign, info);
}

/* ---- writing handlers ---------------------------------------------------------------------- */

int pmcampaigns_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segref_names names = {.segment_count = 0};
    struct campaign draft;
    struct campaign campaign;
    int err = pmcampaigns_read(req, &draft, info);
    if (err == 0) {
        err = campaignedit_create(req->db, req->arena, req->project_id, &draft, &names, &campaign,
                                  info);
    }
    return err < 0 ? err : pmcampaigns_answer(req, res, 201, &campaign);
}

int pmcampaigns_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segref_names names;
    struct campaign campaign;
    struct campaign stored;
    int err = pmcampaigns_find(req, &campaign, info);
    if (err == 0) {
        err = pmcampaigns_read_change(req, &campaign, info);
    }
    if (err == 0) {
        err = campaigninput_names(req->arena, &campaign, &names, info);
    }
    if (err == 0) {
        err = campaignedit_update(req->db, req->arena, req->project_id, &campaign, &names, &stored,
                                  info);
    }
    return err < 0 ? err : pmcampaigns_answer(req, res, 200, &stored);
}

int pmcampaigns_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    int err = pmcampaigns_find(req, &campaign, info);
    if (err == 0) {
        err = campaignedit_delete(req->db, req->project_id, &campaign.uuid, info);
    }
    return err < 0 ? err : pmparts_dropped(req, res, KEY_SET_CAMPAIGN(campaign.campaign_id));
}

/* ---- sending ------------------------------------------------------------------------------- */

static int pmcampaigns_order(const struct api_request *req, struct api_response *res,
                             const struct campaign *campaign, int64_t at_ms, struct err_info *info)
{
    struct campaignsend_order order = {.at_ms = at_ms, .needs_config = true};
    struct campaign stored;
    int err = pmcampaigns_read_config(req, &order.sending_config_id, info);
    if (err == 0) {
        err = campaignsend_ask(req->db, req->arena, req->project_id, &campaign->uuid, &order,
                               &stored, info);
    }
    if (err == 0) {
        audittrail_add(req, res, at_ms == 0 ? "campaign.sent" : "campaign.scheduled", "campaign",
                       &stored.uuid, stored.name);
    }
    return err < 0 ? err : pmcampaigns_answer(req, res, 200, &stored);
}

int pmcampaigns_send(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    int err = pmcampaigns_find(req, &campaign, info);
    return err < 0 ? err : pmcampaigns_order(req, res, &campaign, 0, info);
}

int pmcampaigns_schedule(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    int64_t at_ms;
    int err = pmcampaigns_find(req, &campaign, info);
    if (err == 0) {
        err = pmcampaigns_read_schedule(req, &at_ms, info);
    }
    if (err == 0 && at_ms == 0) {
        err = bodytext_refuse(info, "scheduledAt", "required", "scheduledAt is required");
    }
    return err < 0 ? err : pmcampaigns_order(req, res, &campaign, at_ms, info);
}

int pmcampaigns_cancel(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    struct campaign stored;
    int err = pmcampaigns_find(req, &campaign, info);
    if (err == 0) {
        err = campaignsend_cancel(req->db, req->arena, req->project_id, &campaign.uuid, &stored,
                                  info);
    }
    if (err == 0) {
        audittrail_add(req, res, "campaign.cancelled", "campaign", &stored.uuid, stored.name);
    }
    return err < 0 ? err : pmcampaigns_answer(req, res, 200, &stored);
}
