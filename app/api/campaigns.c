#include "api/campaigns.h"

#include "api/bodytext.h"
#include "api/campaigninput.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "store/campaignedit.h"

/* Words of the enums of store/campaign.h, from 1. */
static const char *const campaigns_types[] = {"TRANSACTIONAL", "MARKETING", "HEADLESS"};
static const char *const campaigns_audiences[] = {"ALL", "SEGMENT", "FILTERED"};

/* ---- printing ------------------------------------------------------------------------------ */

static void campaigns_write_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

void campaigns_write_counts(struct jsonwrite *w, const struct campaign_counts *counts)
{
    const struct {
        const char *name;
        uint64_t count;
    } lines[] = {
        {"totalRecipients", counts->recipients}, {"sentCount", counts->sent},
        {"deliveredCount", counts->delivered},   {"openedCount", counts->opened},
        {"clickedCount", counts->clicked},       {"bouncedCount", counts->bounced},
        {"complainedCount", counts->complained}, {"unsubscribedCount", counts->unsubscribed},
    };
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        jsonwrite_name(w, lines[i].name);
        jsonwrite_i64(w, (int64_t)lines[i].count);
    }
}

static void campaigns_write_audience(struct jsonwrite *w, const struct campaign *campaign)
{
    jsonwrite_name(w, "audienceType");
    jsonwrite_c(w, campaigns_audiences[campaign->audience - CAMPAIGN_ALL]);
    jsonparts_json(w, "audienceCondition", campaign->audience_filter);
    jsonparts_id(w, "segmentId", campaign->has_segment ? &campaign->segment : NULL);
    jsonwrite_name(w, "segmentVersion");
    if (campaign->segment_version == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_i64(w, campaign->segment_version);
    }
    jsonwrite_name(w, "excludeSegmentIds");
    jsonwrite_list(w);
    for (size_t i = 0; i < campaign->excluded_count; i++) {
        char text[37];
        uuid_format(&campaign->excluded[i], text);
        jsonwrite_c(w, text);
    }
    jsonwrite_list_end(w);
}

static void campaigns_write(struct jsonwrite *w, const struct campaign *campaign,
                            const char *project_uuid)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &campaign->uuid);
    jsonparts_text(w, "name", campaign->name);
    jsonparts_text(w, "description", campaign->description);
    jsonparts_text(w, "subject", campaign->subject);
    jsonparts_text(w, "body", campaign->body);
    jsonparts_text(w, "from", campaign->sender);
    jsonparts_text(w, "fromName", campaign->sender_name);
    jsonparts_text(w, "replyTo", campaign->reply_to);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, campaigns_types[campaign->type - CAMPAIGN_TRANSACTIONAL]);
    jsonwrite_name(w, "status");
    jsonwrite_c(w, campaign_status_word(campaign->status));
    campaigns_write_audience(w, campaign);
    campaigns_write_counts(w, &campaign->counts);
    campaigns_write_time(w, "scheduledFor", campaign->scheduled_ms);
    campaigns_write_time(w, "resolvedAt", campaign->resolved_ms);
    campaigns_write_time(w, "sentAt", campaign->sent_ms);
    jsonparts_text(w, "note", campaign->note);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, campaign->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, campaign->updated_ms);
    jsonwrite_object_end(w);
}

int campaigns_answer(const struct api_request *req, struct api_response *res, int status,
                     const struct campaign *campaign, const char *message)
{
    api_begin(res, status);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_name(&res->json, "data");
    campaigns_write(&res->json, campaign, req->project_uuid);
    if (message != NULL) {
        jsonwrite_name(&res->json, "message");
        jsonwrite_c(&res->json, message);
    }
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

int campaigns_path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    if (uuid_parse(req->path_args[0], ret)) {
        return 0;
    }
    return bodytext_refuse(info, "id", "invalid_value", "id must be a UUID");
}

int campaigns_find(const struct api_request *req, struct campaign *ret, struct err_info *info)
{
    struct uuid uuid;
    int err = campaigns_path_id(req, &uuid, info);
    return err < 0 ? err : campaign_get(req->db, req->arena, req->project_id, &uuid, ret, info);
}

int campaigns_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    int err = campaigns_find(req, &campaign, info);
    return err < 0 ? err : campaigns_answer(req, res, 200, &campaign, NULL);
}

static int campaigns_read_query(const struct api_request *req, struct campaign_query *ret,
                                struct err_info *info)
{
    struct str status = api_query(req, "status");
    struct str sort = api_query(req, "sort");
    *ret = (struct campaign_query){
        .search = api_query(req, "search"),
        .sort = str_eq_c(sort, "name")        ? CAMPAIGN_BY_NAME
                : str_eq_c(sort, "updatedAt") ? CAMPAIGN_BY_UPDATED
                                              : CAMPAIGN_BY_CREATED,
        .ascending = str_eq_c(api_query(req, "dir"), "asc"),
    };
    if (status.len == 0) {
        return 0;
    }
    for (int i = CAMPAIGN_DRAFT; i <= CAMPAIGN_CANCELLED; i++) {
        if (str_eq_c(status, campaign_status_word((enum campaign_status)i))) {
            ret->status = i;
            return 0;
        }
    }
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "status", "Invalid status value");
}

int campaigns_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign_query query;
    struct paging paging;
    struct campaign *campaigns;
    size_t count = 0;
    uint64_t total = 0;
    int err = campaigns_read_query(req, &query, info);
    if (err == 0) {
        err = paging_read(req, &paging, info);
    }
    if (err < 0) {
        return err;
    }
    query.offset = paging.offset;
    query.limit = paging.page_size;
    err = campaign_list(req->db, req->arena, req->project_id, &query, &campaigns, &count, &total,
                        info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        campaigns_write(&res->json, &campaigns[i], req->project_uuid);
    }
    jsonwrite_list_end(&res->json);
    paging_write(&res->json, &paging, total);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

int campaigns_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segref_names names;
    struct campaign draft;
    struct campaign campaign;
    int err = campaigninput_new(req, &draft, &names, info);
    if (err == 0) {
        err = campaignedit_create(req->db, req->arena, req->project_id, &draft, &names, &campaign,
                                  info);
    }
    return err < 0 ? err : campaigns_answer(req, res, 201, &campaign, NULL);
}

int campaigns_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segref_names names;
    struct campaign campaign;
    struct campaign stored;
    int err = campaigns_find(req, &campaign, info);
    if (err == 0) {
        err = campaigninput_change(req, &campaign, &names, info);
    }
    if (err == 0) {
        err = campaignedit_update(req->db, req->arena, req->project_id, &campaign, &names, &stored,
                                  info);
    }
    return err < 0 ? err : campaigns_answer(req, res, 200, &stored, NULL);
}

int campaigns_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = campaigns_path_id(req, &uuid, info);
    if (err == 0) {
        err = campaignedit_delete(req->db, req->project_id, &uuid, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_name(&res->json, "message");
    jsonwrite_c(&res->json, "Campaign deleted successfully");
    jsonwrite_object_end(&res->json);
    return 0;
}
