#include "api/campaignaction.h"

#include <math.h>

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/campaigninput.h"
#include "api/campaigns.h"
#include "api/errors.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "store/campaignedit.h"
#include "store/campaignsend.h"
#include "store/message.h"

/* ---- sending ------------------------------------------------------------------------------- */

int campaignaction_send(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaignsend_order order = {.at_ms = 0};
    struct campaign campaign;
    struct uuid uuid;
    char at[25];
    int err = campaigns_path_id(req, &uuid, info);
    if (err == 0)
        err = campaigninput_time(req, "scheduledFor", &order.at_ms, info);
    if (err == 0)
        err =
            campaignsend_ask(req->db, req->arena, req->project_id, &uuid, &order, &campaign, info);
    if (err < 0)
        return err;
    audittrail_add(req, res, order.at_ms == 0 ? "campaign.sent" : "campaign.scheduled", "campaign",
                   &uuid, campaign.name);
    if (order.at_ms == 0)
        return campaigns_answer(req, res, 200, &campaign, "Campaign is being sent");
    timeutil_format(order.at_ms, at);
    return campaigns_answer(req, res, 200, &campaign,
                            arena_printf(req->arena, "Campaign scheduled for %s", at));
}

int campaignaction_cancel(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct campaign campaign;
    struct uuid uuid;
    int err = campaigns_path_id(req, &uuid, info);
    if (err == 0)
        err = campaignsend_cancel(req->db, req->arena, req->project_id, &uuid, &campaign, info);
    if (err == 0)
        audittrail_add(req, res, "campaign.cancelled", "campaign", &uuid, campaign.name);
    return err < 0 ? err : campaigns_answer(req, res, 200, &campaign, "Campaign cancelled");
}

/* ---- copying ------------------------------------------------------------------------------- */

/* The name with a word behind it, cut between characters to what its column takes. */
static struct str copy_name(struct arena *arena, struct str name)
{
    static const char behind[] = " (Copy)";
    size_t bytes = 0, chars = 0;
    while (bytes < name.len && chars < LIMIT_CAMPAIGN_NAME_CHARS - (sizeof behind - 1)) {
        bytes++;
        while (bytes < name.len && ((unsigned char)name.at[bytes] & 0xC0) == 0x80)
            bytes++;
        chars++;
    }
    return str_from(arena_printf(arena, "%.*s%s", (int)bytes, name.at, behind));
}

int campaignaction_duplicate(struct api_request *req, struct api_response *res,
                             struct err_info *info)
{
    struct segref_names names;
    struct campaign draft;
    struct campaign campaign;
    int err = campaigns_find(req, &draft, info);
    if (err == 0)
        err = campaigninput_names(req->arena, &draft, &names, info);
    if (err < 0)
        return err;
    draft.name = copy_name(req->arena, draft.name);
    draft.scheduled_ms = draft.resolved_ms = draft.sent_ms = 0;
    draft.segment_version = 0;
    draft.counts = (struct campaign_counts){.recipients = 0};
    draft.note = (struct str){NULL, 0};
    err =
        campaignedit_create(req->db, req->arena, req->project_id, &draft, &names, &campaign, info);
    return err < 0 ? err : campaigns_answer(req, res, 201, &campaign, NULL);
}

/* ---- numbers ------------------------------------------------------------------------------- */

/* Percent of what was sent, with two digits behind the point. */
static void write_rate(struct jsonwrite *w, const char *name, uint64_t count, uint64_t sent)
{
    double percent = sent == 0 ? 0.0 : (double)count * 100.0 / (double)sent;
    jsonwrite_name(w, name);
    jsonwrite_number(w, round(percent * 100.0) / 100.0);
}

static void write_count(struct jsonwrite *w, const char *name, uint64_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_i64(w, (int64_t)count);
}

static void write_messages(struct jsonwrite *w, const struct message_counts *counts)
{
    jsonwrite_name(w, "messages");
    jsonwrite_object(w);
    write_count(w, "waiting", counts->waiting);
    write_count(w, "claimed", counts->claimed);
    write_count(w, "sent", counts->sent);
    write_count(w, "dropped", counts->dropped);
    jsonwrite_name(w, "droppedFor");
    jsonwrite_object(w);
    for (unsigned reason = 1; reason < MESSAGE_REASONS; reason++)
        if (counts->dropped_for[reason] > 0)
            write_count(w, message_reason_name((enum message_reason)reason),
                        counts->dropped_for[reason]);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
}

int campaignaction_stats(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct message_counts messages;
    struct campaign campaign;
    struct jsonwrite *w = &res->json;
    const struct campaign_counts *counts = &campaign.counts;
    int err = campaigns_find(req, &campaign, info);
    if (err == 0)
        err = message_count(req->db, req->project_id, MESSAGE_OF_CAMPAIGN, campaign.campaign_id,
                            &messages, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "success");
    jsonwrite_bool(w, true);
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    campaigns_write_counts(w, counts);
    write_rate(w, "openRate", counts->opened, counts->sent);
    write_rate(w, "clickRate", counts->clicked, counts->sent);
    write_rate(w, "bounceRate", counts->bounced, counts->sent);
    write_rate(w, "deliveryRate", counts->delivered, counts->sent);
    write_rate(w, "complaintRate", counts->complained, counts->sent);
    write_rate(w, "unsubscribeRate", counts->unsubscribed, counts->sent);
    write_messages(w, &messages);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
    return 0;
}

/* ---- many ---------------------------------------------------------------------------------- */

static int read_bulk(const struct api_request *req, const struct jsonval **ret_ids,
                     struct err_info *info)
{
    bool is_delete = false, given;
    int err = api_body_list(req->json, "ids", ret_ids, info);
    if (err == 0)
        err = api_body_bool(req->json, "delete", &is_delete, &given, info);
    if (err < 0)
        return err;
    if (*ret_ids == NULL || (*ret_ids)->count == 0)
        return bodytext_refuse(info, "ids", "required", "ids must be a list of campaign ids");
    if ((*ret_ids)->count > LIMIT_PAGE_SIZE)
        return bodytext_refuse(info, "ids", "too_big", "ids may have at most %d campaigns",
                               LIMIT_PAGE_SIZE);
    if (!is_delete)
        return bodytext_refuse(info, "delete", "required",
                               "delete must be true: it is all that can be done to many at once");
    return bodytext_check_strings(*ret_ids, "ids", info);
}

static void write_failure(const struct api_request *req, struct jsonwrite *w, size_t index,
                          const struct err_info *why)
{
    jsonwrite_object(w);
    write_count(w, "index", index);
    jsonwrite_name(w, "code");
    jsonwrite_c(w, why->code);
    jsonwrite_name(w, "message");
    jsonwrite_c(w, errors_plain(req, why));
    jsonwrite_object_end(w);
}

/* Deletes one of many. Returns 1, 0: it cannot be, `why` says it, or an err. */
static int delete_one(const struct api_request *req, struct str id, struct err_info *why,
                      struct err_info *info)
{
    struct uuid uuid;
    *why = (struct err_info){0};
    if (!uuid_parse(id, &uuid)) {
        (void)err_set(why, ERR_NOT_FOUND, "CAMPAIGN_NOT_FOUND", "Campaign not found");
        return 0;
    }
    int err = campaignedit_delete(req->db, req->project_id, &uuid, why);
    if (err == ERR_NOT_FOUND || err == ERR_CONFLICT)
        return 0;
    if (err < 0)
        *info = *why;
    return err < 0 ? err : 1;
}

int campaignaction_bulk(struct api_request *req, struct api_response *res, struct err_info *info)
{
    const struct jsonval *ids;
    struct jsonwrite *w = &res->json;
    struct err_info why;
    size_t deleted = 0;
    int err = read_bulk(req, &ids, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "success");
    jsonwrite_bool(w, true);
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    jsonwrite_name(w, "errors");
    jsonwrite_list(w);
    for (size_t i = 0; i < ids->count; i++) {
        int done = delete_one(req, ids->items[i].string, &why, info);
        if (done < 0)
            return done;
        deleted += (size_t)done;
        if (done == 0)
            write_failure(req, w, i, &why);
    }
    jsonwrite_list_end(w);
    write_count(w, "deleted", deleted);
    jsonwrite_object_end(w);
    jsonwrite_object_end(w);
    return 0;
}
