#include "api/pmtags.h"

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/tag.h"

static const char pmtags_missing[] = "Tag not found";

static void pmtags_write(struct jsonwrite *w, const struct api_request *req, const struct tag *tag,
                         uint64_t count)
{
    jsonwrite_object(w);
    pmparts_ids(w, req, tag->tag_id);
    jsonparts_text(w, "name", tag->name);
    jsonwrite_name(w, "contactCount");
    jsonwrite_i64(w, (int64_t)count);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, tag->created_ms);
    jsonwrite_object_end(w);
}

static int pmtags_answer(const struct api_request *req, struct api_response *res, int status,
                         const struct tag *tag, uint64_t count)
{
    pushmail_begin(res, status);
    pmtags_write(&res->json, req, tag, count);
    pushmail_end(res);
    return 0;
}

int pmtags_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct tag *tags = NULL;
    size_t count = 0;
    uint64_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0) {
        err = tag_list(req->db, req->arena, req->project_id, (page.page - 1) * page.limit,
                       page.limit, &tags, &count, &total, info);
    }
    uint64_t *members = arena_array(req->arena, count, sizeof(*members));
    for (size_t i = 0; i < count && err == 0; i++) {
        err = pmparts_count(req, KEY_SET_TAG(tags[i].tag_id), &members[i], info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "tags");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        pmtags_write(&res->json, req, &tags[i], members[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmtags_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const struct bodytext name_field = {"name", LIMIT_RESOURCE_NAME_CHARS, true};
    struct str name;
    struct tag tag;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0) {
        err = tag_create(req->db, req->project_id, name, &tag, info);
    }
    return err < 0 ? err : pmtags_answer(req, res, 201, &tag, 0);
}

int pmtags_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct tag tag;
    uint64_t count;
    uint32_t tag_id;
    int err = pushmail_path_id(req, 0, pmtags_missing, &tag_id, info);
    if (err == 0) {
        err = tag_get(req->db, req->arena, req->project_id, tag_id, &tag, info);
    }
    if (err == 0) {
        err = pmparts_count(req, KEY_SET_TAG(tag_id), &count, info);
    }
    return err < 0 ? err : pmtags_answer(req, res, 200, &tag, count);
}

int pmtags_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    uint32_t tag_id;
    int err = pushmail_path_id(req, 0, pmtags_missing, &tag_id, info);
    if (err == 0) {
        err = tag_delete(req->db, req->project_id, tag_id, info);
    }
    return err < 0 ? err : pmparts_dropped(req, res, KEY_SET_TAG(tag_id));
}
