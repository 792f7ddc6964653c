#include "api/pmlists.h"

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/list.h"

static const char pmlists_missing[] = "List not found";

/* ---- reading ------------------------------------------------------------------------------- */

static void pmlists_write(struct jsonwrite *w, const struct api_request *req,
                          const struct list *list, uint64_t count)
{
    jsonwrite_object(w);
    pmparts_ids(w, req, list->list_id);
    jsonparts_text(w, "name", list->name);
    jsonparts_text(w, "description", list->description);
    jsonwrite_name(w, "contactCount");
    jsonwrite_i64(w, (int64_t)count);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, list->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, list->updated_ms);
    jsonwrite_object_end(w);
}

/* Counts who is on it, and answers. */
static int pmlists_answer(const struct api_request *req, struct api_response *res, int status,
                          const struct list *list, struct err_info *info)
{
    uint64_t count;
    int err = pmparts_count(req, KEY_SET_LIST(list->list_id), &count, info);
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, status);
    pmlists_write(&res->json, req, list, count);
    pushmail_end(res);
    return 0;
}

int pmlists_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct list *lists = NULL;
    size_t count = 0;
    uint64_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0) {
        err = list_page(req->db, req->arena, req->project_id, (page.page - 1) * page.limit,
                        page.limit, &lists, &count, &total, info);
    }
    uint64_t *members = arena_array(req->arena, count, sizeof(*members));
    for (size_t i = 0; i < count && err == 0; i++) {
        err = pmparts_count(req, KEY_SET_LIST(lists[i].list_id), &members[i], info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "lists");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count; i++) {
        pmlists_write(&res->json, req, &lists[i], members[i]);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmlists_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct list list;
    uint32_t list_id;
    int err = pushmail_path_id(req, 0, pmlists_missing, &list_id, info);
    if (err == 0) {
        err = list_get(req->db, req->arena, req->project_id, list_id, &list, info);
    }
    return err < 0 ? err : pmlists_answer(req, res, 200, &list, info);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* What POST and PUT share; a name that is not required may be absent. */
static int pmlists_read(const struct api_request *req, bool is_new, struct str *ret_name,
                        struct str *ret_description, struct err_info *info)
{
    static const struct bodytext description_field = {"description",
                                                      LIMIT_SEGMENT_DESCRIPTION_CHARS, false};
    bool has_name = jsonval_get(req->json, "name") != NULL;
    struct bodytext name_field = {"name", LIMIT_RESOURCE_NAME_CHARS, is_new || has_name};
    int err = bodytext_read(req->json, &name_field, ret_name, info);
    return err < 0 ? err : bodytext_read(req->json, &description_field, ret_description, info);
}

int pmlists_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str name;
    struct str description;
    struct list list;
    int err = pmlists_read(req, true, &name, &description, info);
    if (err == 0) {
        err = list_create(req->db, req->project_id, name, description, &list, info);
    }
    return err < 0 ? err : pmlists_answer(req, res, 201, &list, info);
}

int pmlists_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str name = {NULL, 0};
    struct str description = {NULL, 0};
    struct list list;
    uint32_t list_id;
    unsigned parts = 0;
    int err = pushmail_path_id(req, 0, pmlists_missing, &list_id, info);
    if (err == 0) {
        err = pmlists_read(req, false, &name, &description, info);
    }
    if (err < 0) {
        return err;
    }
    parts |= name.at != NULL ? LIST_SET_NAME : 0;
    parts |= jsonval_get(req->json, "description") != NULL ? LIST_SET_DESCRIPTION : 0;
    err = list_update(req->db, req->arena, req->project_id, list_id, parts, name, description,
                      &list, info);
    return err < 0 ? err : pmlists_answer(req, res, 200, &list, info);
}

int pmlists_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    uint32_t list_id;
    int err = pushmail_path_id(req, 0, pmlists_missing, &list_id, info);
    if (err == 0) {
        err = list_delete(req->db, req->project_id, list_id, info);
    }
    return err < 0 ? err : pmparts_dropped(req, res, KEY_SET_LIST(list_id));
}
