#include "api/pmtemplates.h"

#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "api/templateparts.h"

static const char missing[] = "Template not found";

static void write_template(struct jsonwrite *w, const struct api_request *req,
                           const struct template *template)
{
    bool has_sender = template->sender.len > 0;
    jsonwrite_object(w);
    pmparts_ids(w, req, template->template_id);
    jsonparts_text(w, "name", template->name);
    jsonparts_text(w, "description", template->description);
    jsonparts_text(w, "subject", template->subject);
    jsonparts_text(w, "htmlBody", template->body);
    jsonparts_text(w, "fromEmail", has_sender ? template->sender : (struct str){NULL, 0});
    jsonparts_text(w, "fromName", template->sender_name);
    jsonparts_text(w, "replyTo", template->reply_to);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, templateparts_type(template->type));
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, template->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, template->updated_ms);
    jsonwrite_object_end(w);
}

static int answer(const struct api_request *req, struct api_response *res, int status,
                  const struct template *template)
{
    pushmail_begin(res, status);
    write_template(&res->json, req, template);
    pushmail_end(res);
    return 0;
}

static int find(const struct api_request *req, struct template *ret, struct err_info *info)
{
    uint32_t template_id;
    int err = pushmail_path_id(req, 0, missing, &template_id, info);
    return err < 0
               ? err
               : template_by_number(req->db, req->arena, req->project_id, template_id, ret, info);
}

int pmtemplates_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template template;
    int err = find(req, &template, info);
    return err < 0 ? err : answer(req, res, 200, &template);
}

int pmtemplates_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct template *templates;
    size_t count = 0;
    uint64_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err < 0) {
        return err;
    }
    const struct template_query query = {.search = api_query(req, "search"),
                                         .offset = (page.page - 1) * page.limit,
                                         .limit = page.limit};
    err = template_list(req->db, req->arena, req->project_id, &query, &templates, &count, &total,
                        info);
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "templates");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        write_template(&res->json, req, &templates[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmtemplates_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template draft = {0};
    struct template template;
    int err = templateparts_read(req, true, &draft, info);
    if (err == 0) {
        err = template_create(req->db, req->project_id, &draft, &template, info);
    }
    return err < 0 ? err : answer(req, res, 201, &template);
}

int pmtemplates_update(struct api_request *req, struct api_response *res, struct err_info *info)
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

int pmtemplates_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct template template;
    int err = find(req, &template, info);
    if (err == 0) {
        err = template_delete(req->db, req->arena, req->project_id, &template.uuid, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_deleted(res);
    return 0;
}
