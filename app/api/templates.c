#include "api/templates.h"

#include "api/jsonparts.h"
#include "api/paging.h"
#include "api/templateparts.h"
#include "base/limits.h"
#include "store/templateuse.h"

/* ---- printing ------------------------------------------------------------------------------ */

static void write_template(struct jsonwrite *w, const struct api_request *req,
                           const struct template *template)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &template->uuid);
    jsonparts_text(w, "name", template->name);
    jsonparts_text(w, "description", template->description);
    jsonparts_text(w, "subject", template->subject);
    jsonparts_text(w, "body", template->body);
    jsonparts_text(w, "from", template->sender);
    jsonparts_text(w, "fromName", template->sender_name);
    jsonparts_text(w, "replyTo", template->reply_to);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, templateparts_type(template->type));
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, req->project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, template->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, template->updated_ms);
    jsonwrite_object_end(w);
}

static int answer(const struct api_request *req, struct api_response *res, int status,
                  const struct template *template)
{
    api_begin(res, status);
    write_template(&res->json, req, template);
    return 0;
}

/* ---- reading ------------------------------------------------------------------------------- */

static int path_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    return uuid_parse(req->path_args[0], ret)
               ? 0
               : err_set(info, ERR_NOT_FOUND, "TEMPLATE_NOT_FOUND", "Template not found");
}

static int find(const struct api_request *req, struct template *ret, struct err_info *info)
{
    struct uuid uuid;
    int err = path_id(req, &uuid, info);
    return err < 0 ? err : template_get(req->db, req->arena, req->project_id, &uuid, ret, info);
}

int templates_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template template;
    int err = find(req, &template, info);
    return err < 0 ? err : answer(req, res, 200, &template);
}

static int read_query(const struct api_request *req, struct template_query *ret,
                      struct err_info *info)
{
    struct str type = api_query(req, "type");
    *ret = (struct template_query){.search = api_query(req, "search")};
    for (int i = CAMPAIGN_TRANSACTIONAL; type.len > 0 && i <= CAMPAIGN_HEADLESS; i++) {
        ret->type = str_eq_c(type, templateparts_type((enum campaign_type)i)) ? i : ret->type;
    }
    return type.len == 0 || ret->type != 0
               ? 0
               : err_set_at(info, ERR_INVAL, "BAD_REQUEST", "type",
                            "type must be one of TRANSACTIONAL, MARKETING, HEADLESS");
}

int templates_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template_query query;
    struct paging paging;
    struct template *templates;
    size_t count = 0;
    uint64_t total = 0;
    int err = read_query(req, &query, info);
    if (err == 0) {
        err = paging_read(req, &paging, info);
    }
    if (err < 0) {
        return err;
    }
    query.offset = paging.offset;
    query.limit = paging.page_size;
    err = template_list(req->db, req->arena, req->project_id, &query, &templates, &count, &total,
                        info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        write_template(&res->json, req, &templates[i]);
    }
    jsonwrite_list_end(&res->json);
    paging_write(&res->json, &paging, total);
    jsonwrite_object_end(&res->json);
    return 0;
}

static void write_users(struct jsonwrite *w, const char *name, const struct templateuse_list *list)
{
    jsonwrite_name(w, name);
    jsonwrite_list(w);
    for (size_t i = 0; i < list->count; i++) {
        jsonwrite_object(w);
        jsonparts_id(w, "id", &list->at[i].uuid);
        jsonparts_text(w, "name", list->at[i].name);
        jsonwrite_name(w, "active");
        jsonwrite_bool(w, list->at[i].is_active);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

int templates_usage(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template template;
    struct templateuse use;
    struct err_info ignored = {0};
    int err = find(req, &template, info);
    if (err == 0) {
        err = templateuse_find(req->db, req->arena, req->project_id, template.template_id,
                               &template.uuid, &use, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    write_users(&res->json, "usedInCampaigns", &use.campaigns);
    write_users(&res->json, "usedInWorkflows", &use.workflows);
    write_users(&res->json, "usedInSequences", &use.sequences);
    jsonwrite_name(&res->json, "canDelete");
    jsonwrite_bool(&res->json, templateuse_refuse(&use, &ignored) == 0);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

int templates_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template draft = {0};
    struct template template;
    int err = templateparts_read(req, true, &draft, info);
    if (err == 0) {
        err = template_create(req->db, req->project_id, &draft, &template, info);
    }
    return err < 0 ? err : answer(req, res, 201, &template);
}

int templates_patch(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template template;
    int err = find(req, &template, info);
    if (err == 0) {
        err = templateparts_read(req, false, &template, info);
    }
    if (err == 0) {
        err = template_update(req->db, req->project_id, &template, info);
    }
    return err < 0 ? err : answer(req, res, 200, &template);
}

int templates_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = path_id(req, &uuid, info);
    if (err == 0) {
        err = template_delete(req->db, req->arena, req->project_id, &uuid, info);
    }
    if (err < 0) {
        return err;
    }
    api_no_content(res);
    return 0;
}

/* Room for " (Copy)" is made at the end of a name that is too long. */
static struct str copy_name(struct arena *arena, struct str name)
{
    static const char suffix[] = " (Copy)";
    size_t chars = sizeof suffix - 1;
    size_t end = 0;
    while (end < name.len) {
        size_t next = end + 1;
        while (next < name.len && ((unsigned char)name.at[next] & 0xC0) == 0x80) {
            next++;
        }
        if (++chars > LIMIT_RESOURCE_NAME_CHARS) {
            break;
        }
        end = next;
    }
    return str_from(arena_printf(arena, STR_FMT "%s", (int)end, name.at, suffix));
}

int templates_duplicate(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template template;
    struct template copy;
    int err = find(req, &template, info);
    if (err == 0) {
        template.name = copy_name(req->arena, template.name);
        err = template_create(req->db, req->project_id, &template, &copy, info);
    }
    return err < 0 ? err : answer(req, res, 201, &copy);
}
