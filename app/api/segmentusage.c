#include "api/segmentusage.h"

#include "api/jsonparts.h"
#include "store/outboxpattern.h"
#include "store/segusage.h"
#include "json/jsonread.h"

enum user_kind { USER_SEGMENT, USER_CAMPAIGN, USER_SEQUENCE };

static void write_users(struct jsonwrite *w, const char *name, const struct segusage_users *users,
                        enum user_kind kind)
{
    jsonwrite_name(w, name);
    jsonwrite_list(w);
    for (size_t i = 0; i < users->count; i++) {
        const struct segusage_user *user = &users->at[i];
        jsonwrite_object(w);
        jsonparts_id(w, "id", &user->uuid);
        jsonparts_text(w, "name", user->name);
        if (kind == USER_CAMPAIGN) {
            jsonwrite_name(w, "status");
            jsonwrite_c(w, campaign_status_word(user->status));
        } else if (kind == USER_SEQUENCE) {
            jsonwrite_name(w, "enabled");
            jsonwrite_bool(w, user->enabled);
        }
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

/* ---- webhooks ------------------------------------------------------------------------------ */

/* Whether a webhook hears of the entries or exits; a static segment has none. */
static int is_told(struct arena *arena, const struct segment *segment,
                   const struct webhook *webhook, bool *ret, struct err_info *info)
{
    static const char *const moves[] = {"entry", "exit"};
    const struct jsonval *patterns;
    *ret = false;
    if (segment->kind == SEGMENT_STATIC) {
        return 0;
    }
    int err = jsonread_parse(arena, webhook->events, &patterns, info);
    for (size_t i = 0; err == 0 && i < patterns->count * ARRAY_LEN(moves); i++) {
        struct str type = str_from(arena_printf(
            arena, "segment." STR_FMT ".%s", STR_ARG(segment->slug), moves[i % ARRAY_LEN(moves)]));
        *ret |= outboxpattern_wants(patterns->items[i / ARRAY_LEN(moves)].string, type, false);
    }
    return err;
}

static int write_webhooks(struct jsonwrite *w, struct arena *arena, const struct segusage *usage,
                          struct err_info *info)
{
    int err = 0;
    jsonwrite_name(w, "webhooks");
    jsonwrite_list(w);
    for (size_t i = 0; err == 0 && i < usage->webhook_count; i++) {
        const struct webhook *webhook = &usage->webhooks[i];
        bool told;
        err = is_told(arena, &usage->segment, webhook, &told, info);
        if (err == 0 && told) {
            jsonwrite_object(w);
            jsonparts_id(w, "id", &webhook->uuid);
            jsonparts_text(w, "url", webhook->url);
            jsonparts_json(w, "events", webhook->events);
            jsonwrite_object_end(w);
        }
    }
    jsonwrite_list_end(w);
    return err;
}

int segmentusage_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    struct segusage usage;
    if (!uuid_parse(req->path_args[0], &uuid)) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    }
    int err = segusage_find(req->db, req->arena, req->project_id, &uuid, &usage, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    write_users(&res->json, "segments", &usage.segments, USER_SEGMENT);
    write_users(&res->json, "campaigns", &usage.campaigns, USER_CAMPAIGN);
    write_users(&res->json, "sequences", &usage.sequences, USER_SEQUENCE);
    err = write_webhooks(&res->json, req->arena, &usage, info);
    jsonwrite_name(&res->json, "canDelete");
    jsonwrite_bool(&res->json, usage.can_delete);
    jsonwrite_object_end(&res->json);
    return err;
}
