#include "api/personexport.h"

#include "api/contactjson.h"
#include "api/contacts.h"
#include "api/routes.h"
#include "store/person.h"

#define PIECE_BYTES (256 * 1024)

struct person_export {
    struct db *db;
    struct contact contact;
    struct person_walk walk;
    struct jsonwrite json; /* of the whole answer, over all pieces */
};

/* api_more */
static int more_rows(struct api_response *res, void *ctx, struct err_info *info)
{
    struct person_export *export = ctx;
    int more = 1;
    while (more > 0 && res->body.len < PIECE_BYTES) {
        more = person_write(export->db, &export->walk, &export->json, info);
    }
    if (more == 0) {
        jsonwrite_object_end(&export->json);
    }
    if (more >= 0 && export->json.failed) {
        return err_set(info, ERR_INTERNAL, NULL, "a person's export could not be written");
    }
    return more;
}

static void begin(const struct api_request *req, struct api_response *res,
                  struct person_export *export, int64_t now_ms)
{
    struct jsonwrite *w = &export->json;
    api_no_content(res);
    res->status = 200;
    res->content_type = "application/json";
    api_header(res, "Content-Disposition", "attachment; filename=\"contact.json\"");
    jsonwrite_init(w, &res->body);
    jsonwrite_object(w);
    jsonwrite_name(w, "exportedAt");
    jsonwrite_time(w, now_ms);
    jsonwrite_name(w, "contact");
    contactjson_write(w, &export->contact, req->project_uuid);
    res->more = more_rows;
    res->more_ctx = export;
}

int personexport_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct person_export *export = arena_alloc(req->arena, sizeof *export);
    int64_t now_ms = 0;
    int err = contacts_find(req, &export->contact, info);
    if (err == 0) {
        err = db_now_ms(req->db, &now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    export->db = req->db;
    export->walk = (struct person_walk){.project_id = req->project_id, .contact = &export->contact};
    begin(req, res, export, now_ms);
    return 0;
}
