#include "api/campaigninput.h"

#include "api/bodytext.h"
#include "api/condition.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "store/email.h"
#include "json/jsonread.h"

/* Words of the enums of store/campaign.h, from 1. */
static const char *const types[] = {"TRANSACTIONAL", "MARKETING", "HEADLESS", NULL};
static const char *const audiences[] = {"ALL", "SEGMENT", "FILTERED", NULL};

/* ---- texts --------------------------------------------------------------------------------- */

/* The address is kept as it was written, but for blanks and line ends around it; it only has to be
 * one. */
static int check_address(struct arena *arena, const char *field, struct str *text,
                         struct err_info *info)
{
    struct str normalised;
    *text = str_trim(*text);
    if (text->at == NULL || email_normalise(arena, *text, &normalised))
        return 0;
    return bodytext_refuse(info, field, "invalid_email", "%s must be an email address", field);
}

static int read_texts(const struct api_request *req, bool is_new, struct campaign *campaign,
                      struct err_info *info)
{
    const struct {
        struct bodytext field;
        bool is_address;
        struct str *ret;
    } texts[] = {
        {{"name", LIMIT_CAMPAIGN_NAME_CHARS, true}, false, &campaign->name},
        {{"subject", LIMIT_CAMPAIGN_SUBJECT_CHARS, true}, false, &campaign->subject},
        {{"body", LIMIT_CAMPAIGN_BODY_CHARS, true}, false, &campaign->body},
        {{"from", LIMIT_EMAIL_BYTES, true}, true, &campaign->sender},
        {{"description", LIMIT_CAMPAIGN_DESCRIPTION_CHARS, false}, false, &campaign->description},
        {{"fromName", LIMIT_CAMPAIGN_FROM_CHARS, false}, false, &campaign->sender_name},
        {{"replyTo", LIMIT_EMAIL_BYTES, false}, true, &campaign->reply_to},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (!is_new && jsonval_get(req->json, texts[i].field.name) == NULL)
            continue;
        int err = bodytext_read(req->json, &texts[i].field, texts[i].ret, info);
        if (err == 0 && texts[i].is_address)
            err = check_address(req->arena, texts[i].field.name, texts[i].ret, info);
        if (err < 0)
            return err;
    }
    return 0;
}

/* ---- the audience -------------------------------------------------------------------------- */

static int read_segment(const struct jsonval *body, struct campaign *campaign,
                        struct err_info *info)
{
    struct str text;
    bool given;
    int err = api_body_str(body, "segmentId", &text, &given, info);
    if (err < 0 || (!given && campaign->has_segment))
        return err;
    if (!given)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "segmentId",
                          "Segment ID is required for SEGMENT audience type");
    if (!uuid_parse(text, &campaign->segment))
        return bodytext_refuse(info, "segmentId", "invalid_value", "segmentId must be a UUID");
    campaign->has_segment = true;
    return 0;
}

static int read_condition(const struct api_request *req, struct campaign *campaign,
                          struct segref_names *ret_names, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(req->json, "audienceCondition");
    struct condition condition;
    bool given = value != NULL && value->type != JSONVAL_NULL;
    if (!given && campaign->audience_filter.at != NULL)
        return campaigninput_names(req->arena, campaign, ret_names, info);
    if (!given)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "audienceCondition",
                          "Audience condition is required for FILTERED audience type");
    int err =
        condition_read(req->arena, SEGMENT_PLUNK, value, "audienceCondition", &condition, info);
    if (err < 0)
        return err;
    campaign->audience_filter = condition.source;
    campaign->list_id = campaign->tag_id = 0;
    *ret_names = condition.names;
    return 0;
}

static bool says_audience(const struct jsonval *body)
{
    return jsonval_get(body, "audienceType") != NULL || jsonval_get(body, "segmentId") != NULL ||
           jsonval_get(body, "audienceCondition") != NULL;
}

/* Which of the two parts is looked at, the audience's type says; the others go. */
static int read_audience(const struct api_request *req, struct campaign *campaign,
                         struct segref_names *ret_names, struct err_info *info)
{
    *ret_names = (struct segref_names){.segment_count = 0};
    if (campaign->audience != CAMPAIGN_SEGMENT) {
        campaign->has_segment = false;
        campaign->segment_id = 0;
    }
    if (campaign->audience != CAMPAIGN_FILTERED) {
        campaign->audience_filter = (struct str){NULL, 0};
        campaign->list_id = campaign->tag_id = 0;
    }
    switch (campaign->audience) {
    case CAMPAIGN_ALL:
        break;
    case CAMPAIGN_SEGMENT:
        return read_segment(req->json, campaign, info);
    case CAMPAIGN_FILTERED:
        return read_condition(req, campaign, ret_names, info);
    }
    return 0;
}

static void add_excluded(struct campaign *campaign, const struct uuid *uuid)
{
    for (size_t i = 0; i < campaign->excluded_count; i++)
        if (uuid_eq(&campaign->excluded[i], uuid))
            return;
    campaign->excluded[campaign->excluded_count++] = *uuid;
}

static int read_excluded(const struct api_request *req, struct campaign *campaign,
                         struct err_info *info)
{
    const struct jsonval *list;
    int err = api_body_list(req->json, "excludeSegmentIds", &list, info);
    if (err < 0 || jsonval_get(req->json, "excludeSegmentIds") == NULL)
        return err;
    campaign->excluded_count = 0;
    if (list == NULL)
        return 0;
    if (list->count > CAMPAIGN_EXCLUDED_MAX)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "excludeSegmentIds",
                          "excludeSegmentIds may have at most %d segments, got %zu",
                          CAMPAIGN_EXCLUDED_MAX, list->count);
    err = bodytext_check_strings(list, "excludeSegmentIds", info);
    for (size_t i = 0; err == 0 && i < list->count; i++) {
        const char *path = arena_printf(req->arena, "excludeSegmentIds.%zu", i);
        struct uuid uuid;
        if (!uuid_parse(list->items[i].string, &uuid))
            err = bodytext_refuse(info, path, "invalid_value", "%s must be a UUID", path);
        else
            add_excluded(campaign, &uuid);
    }
    return err;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int read_words(const struct jsonval *body, bool is_new, struct campaign *campaign,
                      struct err_info *info)
{
    int type_or = is_new ? CAMPAIGN_MARKETING - CAMPAIGN_TRANSACTIONAL
                         : (int)campaign->type - CAMPAIGN_TRANSACTIONAL;
    int audience_or = is_new ? -1 : (int)campaign->audience - CAMPAIGN_ALL;
    int type, audience;
    int err = bodytext_word(body, "type", types, type_or, &type, info);
    if (err == 0)
        err = bodytext_word(body, "audienceType", audiences, audience_or, &audience, info);
    if (err == 0) {
        campaign->type = (enum campaign_type)(type + CAMPAIGN_TRANSACTIONAL);
        campaign->audience = (enum campaign_audience)(audience + CAMPAIGN_ALL);
    }
    return err;
}

static int read_all(const struct api_request *req, bool is_new, struct campaign *campaign,
                    struct segref_names *ret_names, struct err_info *info)
{
    int err = read_texts(req, is_new, campaign, info);
    if (err == 0)
        err = read_words(req->json, is_new, campaign, info);
    if (err == 0 && !is_new && !says_audience(req->json))
        err = campaigninput_names(req->arena, campaign, ret_names, info);
    else if (err == 0)
        err = read_audience(req, campaign, ret_names, info);
    return err < 0 ? err : read_excluded(req, campaign, info);
}

int campaigninput_new(const struct api_request *req, struct campaign *ret,
                      struct segref_names *ret_names, struct err_info *info)
{
    *ret = (struct campaign){.has_segment = false};
    return read_all(req, true, ret, ret_names, info);
}

int campaigninput_change(const struct api_request *req, struct campaign *campaign,
                         struct segref_names *ret_names, struct err_info *info)
{
    return read_all(req, false, campaign, ret_names, info);
}

int campaigninput_names(struct arena *arena, const struct campaign *campaign,
                        struct segref_names *ret, struct err_info *info)
{
    const struct jsonval *json;
    struct condition condition;
    *ret = (struct segref_names){.segment_count = 0};
    if (campaign->audience_filter.at == NULL)
        return 0;
    int err = jsonread_parse(arena, campaign->audience_filter, &json, info);
    if (err == 0)
        err = condition_read(arena, SEGMENT_PLUNK, json, "audienceCondition", &condition, info);
    if (err == 0)
        *ret = condition.names;
    return err;
}

int campaigninput_time(const struct api_request *req, const char *name, int64_t *ret_ms,
                       struct err_info *info)
{
    struct str text;
    bool given;
    int64_t now_ms;
    *ret_ms = 0;
    int err = api_body_str(req->json, name, &text, &given, info);
    if (err < 0 || !given)
        return err;
    enum timeutil_date kind = timeutil_parse(text, ret_ms);
    if (kind != TIMEUTIL_DAY && kind != TIMEUTIL_INSTANT)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", name, "Invalid %s date format", name);
    err = db_now_ms(req->db, &now_ms, info);
    if (err == 0 && *ret_ms <= now_ms)
        err = err_set_at(info, ERR_INVAL, "BAD_REQUEST", name, "%s must be in the future", name);
    return err;
}
