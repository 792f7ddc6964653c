#include "api/campaigns.h"

#include "api/bodytext.h"
#include "api/condition.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "base/limits.h"
#include "store/email.h"

/* Words of the enums of store/campaign.h, from 1. */
static const char *const campaigns_statuses[] = {"DRAFT", "SCHEDULED", "SENDING",
                                                 "SENT",  "CANCELLED", NULL};
static const char *const campaigns_types[] = {"TRANSACTIONAL", "MARKETING", "HEADLESS", NULL};
static const char *const campaigns_audiences[] = {"ALL", "SEGMENT", "FILTERED", NULL};

/* ---- printing ------------------------------------------------------------------------------ */

const char *campaigns_status(enum campaign_status status)
{
    return campaigns_statuses[status - CAMPAIGN_DRAFT];
}

/* What sending fills in: a draft reached nobody. */
static void campaigns_write_sending(struct jsonwrite *w, const struct campaign *campaign)
{
    static const char *const counts[] = {"totalRecipients", "sentCount",    "deliveredCount",
                                         "openedCount",     "clickedCount", "bouncedCount"};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        jsonwrite_name(w, counts[i]);
        jsonwrite_i64(w, 0);
    }
    jsonwrite_name(w, "scheduledFor");
    if (campaign->scheduled_ms == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, campaign->scheduled_ms);
    }
    jsonwrite_name(w, "sentAt");
    jsonwrite_null(w);
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
    jsonwrite_c(w, campaigns_status(campaign->status));
    jsonwrite_name(w, "audienceType");
    jsonwrite_c(w, campaigns_audiences[campaign->audience - CAMPAIGN_ALL]);
    jsonparts_json(w, "audienceCondition", campaign->audience_filter);
    jsonparts_id(w, "segmentId", campaign->has_segment ? &campaign->segment : NULL);
    campaigns_write_sending(w, campaign);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, campaign->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, campaign->updated_ms);
    jsonwrite_object_end(w);
}

static int campaigns_answer(const struct api_request *req, struct api_response *res, int status,
                            const struct campaign *campaign)
{
    api_begin(res, status);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "success");
    jsonwrite_bool(&res->json, true);
    jsonwrite_name(&res->json, "data");
    campaigns_write(&res->json, campaign, req->project_uuid);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int campaigns_path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    if (uuid_parse(req->path_args[0], ret)) {
        return 0;
    }
    return bodytext_refuse(info, "id", "invalid_value", "id must be a UUID");
}

int campaigns_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    struct campaign campaign;
    int err = campaigns_path_id(req, &uuid, info);
    if (err == 0) {
        err = campaign_get(req->db, req->arena, req->project_id, &uuid, &campaign, info);
    }
    return err < 0 ? err : campaigns_answer(req, res, 200, &campaign);
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
    for (int i = 0; campaigns_statuses[i] != NULL; i++) {
        if (str_eq_c(status, campaigns_statuses[i])) {
            ret->status = CAMPAIGN_DRAFT + i;
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

static int campaigns_read_texts(const struct jsonval *body, struct campaign *ret,
                                struct err_info *info)
{
    const struct {
        struct bodytext field;
        struct str *ret;
    } texts[] = {
        {{"name", LIMIT_CAMPAIGN_NAME_CHARS, true}, &ret->name},
        {{"subject", LIMIT_CAMPAIGN_SUBJECT_CHARS, true}, &ret->subject},
        {{"body", LIMIT_CAMPAIGN_BODY_CHARS, true}, &ret->body},
        {{"from", LIMIT_EMAIL_BYTES, true}, &ret->sender},
        {{"description", LIMIT_CAMPAIGN_DESCRIPTION_CHARS, false}, &ret->description},
        {{"fromName", LIMIT_CAMPAIGN_FROM_CHARS, false}, &ret->sender_name},
        {{"replyTo", LIMIT_EMAIL_BYTES, false}, &ret->reply_to},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int err = bodytext_read(body, &texts[i].field, texts[i].ret, info);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

/* The address is kept as it was written; it only has to be one. */
static int campaigns_check_address(struct arena *arena, const char *field, struct str text,
                                   struct err_info *info)
{
    struct str normalised;
    if (text.at == NULL || email_normalise(arena, text, &normalised)) {
        return 0;
    }
    return bodytext_refuse(info, field, "invalid_email", "%s must be an email address", field);
}

static int campaigns_read_segment(const struct jsonval *body, struct campaign *ret,
                                  struct err_info *info)
{
    struct str text;
    bool given;
    int err = api_body_str(body, "segmentId", &text, &given, info);
    if (err < 0) {
        return err;
    }
    if (!given) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "segmentId",
                          "Segment ID is required for SEGMENT audience type");
    }
    if (!uuid_parse(text, &ret->segment)) {
        return bodytext_refuse(info, "segmentId", "invalid_value", "segmentId must be a UUID");
    }
    ret->has_segment = true;
    return 0;
}

static int campaigns_read_condition(const struct api_request *req, struct campaign *ret,
                                    struct segref_names *ret_names, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(req->json, "audienceCondition");
    struct condition condition;
    if (value == NULL || value->type == JSONVAL_NULL) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "audienceCondition",
                          "Audience condition is required for FILTERED audience type");
    }
    int err =
        condition_read(req->arena, SEGMENT_PLUNK, value, "audienceCondition", &condition, info);
    if (err == 0) {
        ret->audience_filter = condition.source;
        *ret_names = condition.names;
    }
    return err;
}

static int campaigns_read_words(const struct jsonval *body, struct campaign *ret,
                                struct err_info *info)
{
    int type;
    int audience;
    int err = bodytext_word(body, "type", campaigns_types,
                            CAMPAIGN_MARKETING - CAMPAIGN_TRANSACTIONAL, &type, info);
    if (err == 0) {
        err = bodytext_word(body, "audienceType", campaigns_audiences, -1, &audience, info);
    }
    if (err == 0) {
        ret->type = (enum campaign_type)(type + CAMPAIGN_TRANSACTIONAL);
        ret->audience = (enum campaign_audience)(audience + CAMPAIGN_ALL);
    }
    return err;
}

static int campaigns_read(const struct api_request *req, struct campaign *ret,
                          struct segref_names *ret_names, struct err_info *info)
{
    int err = campaigns_read_texts(req->json, ret, info);
    if (err == 0) {
        err = campaigns_check_address(req->arena, "from", ret->sender, info);
    }
    if (err == 0) {
        err = campaigns_check_address(req->arena, "replyTo", ret->reply_to, info);
    }
    if (err == 0) {
        err = campaigns_read_words(req->json, ret, info);
    }
    if (err < 0) {
        return err;
    }
    switch (ret->audience) {
    case CAMPAIGN_ALL:
        return 0;
    case CAMPAIGN_SEGMENT:
        return campaigns_read_segment(req->json, ret, info);
    case CAMPAIGN_FILTERED:
        return campaigns_read_condition(req, ret, ret_names, info);
    }
    return 0;
}

int campaigns_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign draft = {.has_segment = false};
    struct segref_names names = {.segment_count = 0};
    struct campaign campaign;
    int err = campaigns_read(req, &draft, &names, info);
    if (err == 0) {
        err =
            campaign_create(req->db, req->arena, req->project_id, &draft, &names, &campaign, info);
    }
    return err < 0 ? err : campaigns_answer(req, res, 201, &campaign);
}

int campaigns_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = campaigns_path_id(req, &uuid, info);
    if (err == 0) {
        err = campaign_delete(req->db, req->project_id, &uuid, info);
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
