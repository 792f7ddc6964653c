#include "api/lint.h"

#include "api/bodytext.h"
#include "api/condition.h"
#include "api/jsonparts.h"
#include "api/segmentparts.h"
#include "audience/advice.h"
#include "base/limits.h"

/* The slug of the name in the body; at == NULL when there is none. */
static int lint_read_slug(const struct api_request *req, struct str *ret, struct err_info *info)
{
    static const struct bodytext name_field = {"name", LIMIT_SEGMENT_NAME_CHARS, false};
    struct segment_input input = {.name = {NULL, 0}};
    struct uuid uuid = uuid_new();
    struct str name;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0 && name.at != NULL && !bodytext_is_blank(name)) {
        segmentparts_set_name(req, &uuid, name, &input);
    }
    *ret = input.slug;
    return err;
}

static void lint_write(struct jsonwrite *w, const struct warnings_item *item)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "code");
    jsonwrite_c(w, warnings_word(item->code));
    jsonparts_text(w, "path", item->path);
    jsonparts_text(w, "message", item->message);
    jsonwrite_object_end(w);
}

int lint_check(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct warnings list = {.arena = req->arena};
    struct condition condition;
    struct str slug;
    int err = condition_read(req->arena, SEGMENT_PLUNK, jsonval_get(req->json, "condition"),
                             "condition", &condition, info);
    if (err == 0) {
        err = lint_read_slug(req, &slug, info);
    }
    if (err == 0) {
        err = advice_give(req->db, req->project_id, condition.filter, slug, &list, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "warnings");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < list.count; i++) {
        lint_write(&res->json, &list.items[i]);
    }
    jsonwrite_list_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}
