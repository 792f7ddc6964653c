#include "api/audittrail.h"

#include <stdio.h>

#include "api/jsonparts.h"
#include "api/paging.h"

/* ---- the list ------------------------------------------------------------------------------ */

static void write_row(struct jsonwrite *w, const struct audit_row *row)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &row->audit_id);
    jsonwrite_name(w, "at");
    jsonwrite_time(w, row->at_ms);
    jsonwrite_name(w, "actor");
    jsonwrite_object(w);
    jsonparts_text(w, "keyId", row->key_id);
    jsonparts_text(w, "name", row->actor);
    jsonwrite_object_end(w);
    jsonparts_text(w, "action", row->action);
    jsonwrite_name(w, "object");
    jsonwrite_object(w);
    jsonparts_text(w, "type", row->object_type);
    jsonparts_text(w, "id", row->object_id);
    jsonwrite_object_end(w);
    jsonparts_json(w, "summary", row->summary);
    jsonwrite_object_end(w);
}

int audittrail_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct paging_cursor paging;
    struct audit_row *rows;
    size_t count = 0;
    struct jsonwrite *w = &res->json;
    int err = paging_read_cursor(req, &paging, info);
    if (err == 0)
        err = audit_list(req->db, req->arena, req->project_id,
                         paging.has_after ? &paging.after : NULL, (size_t)paging.limit + 1, &rows,
                         &count, info);
    if (err < 0)
        return err;
    bool has_more = count > paging.limit;
    size_t shown = has_more ? (size_t)paging.limit : count;
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "data");
    jsonwrite_list(w);
    for (size_t i = 0; i < shown; i++)
        write_row(w, &rows[i]);
    jsonwrite_list_end(w);
    if (has_more)
        jsonparts_id(w, "cursor", &rows[shown - 1].audit_id);
    jsonwrite_name(w, "hasMore");
    jsonwrite_bool(w, has_more);
    jsonwrite_object_end(w);
    return 0;
}

/* ---- notes --------------------------------------------------------------------------------- */

struct audit_actor audittrail_actor(const struct api_request *req)
{
    return (struct audit_actor){.key_id = str_from(req->key_id)};
}

static void add(const struct api_request *req, struct api_response *res,
                const struct audit_act *act)
{
    struct err_info info = {0};
    const struct audit_actor actor = audittrail_actor(req);
    int err = audit_note(req->db, req->account_id, req->project_id, &actor, act, &info);
    if (err < 0)
        (void)snprintf(res->problem, sizeof(res->problem), "%s is not in the audit: %s",
                       act->action, err_name(err));
}

void audittrail_add(const struct api_request *req, struct api_response *res, const char *action,
                    const char *object_type, const struct uuid *id, struct str name)
{
    char text[37];
    struct buf summary;
    uuid_format(id, text);
    buf_init(&summary, AUDIT_SUMMARY_CHARS);
    const struct audit_act act = {.action = action,
                                  .object_type = object_type,
                                  .object_id = str_from(text),
                                  .summary = audit_name_summary(&summary, name)};
    add(req, res, &act);
    buf_done(&summary);
}

void audittrail_add_text(const struct api_request *req, struct api_response *res,
                         const char *action, const char *object_type, struct str id)
{
    const struct audit_act act = {.action = action, .object_type = object_type, .object_id = id};
    add(req, res, &act);
}
