#include "api/pmcontactbulk.h"

#include <stdlib.h>

#include "api/errors.h"
#include "api/pmcontactfields.h"
#include "api/pmcontactwrite.h"
#include "api/pushmail.h"

#define ITEMS_MAX 100

struct pmcontactbulk {
    const struct jsonval *list;
    struct pmcontactfields *fields;
    struct contactwrite_item *items;
};

static int read_item(const struct api_request *req, const struct jsonval *object,
                     struct pmcontactfields *fields, struct contactwrite_item *item,
                     struct err_info *info)
{
    if (object->type != JSONVAL_OBJECT)
        return err_set(info, ERR_INVAL, NULL, "Expected object, received %s",
                       jsonval_type_name(object->type));
    int err = pmcontactfields_read(req, object, fields, info);
    if (err == 0 && !fields->email.at)
        err = err_set(info, ERR_INVAL, NULL, "email is required");
    if (err < 0)
        *fields = (struct pmcontactfields){0};
    *item = (struct contactwrite_item){
        .email = fields->email, .subscribe = fields->subscribe, .patch = fields->patch};
    return err;
}

static int read_list(const struct api_request *req, struct pmcontactbulk *bulk,
                     struct err_info *info)
{
    int err = api_body_list(req->json, "contacts", &bulk->list, info);
    if (err < 0)
        return err;
    if (!bulk->list || bulk->list->count == 0 || bulk->list->count > ITEMS_MAX)
        return err_set_at(info, ERR_INVAL, NULL, "contacts",
                          "contacts must be a list of 1 to %d contacts", ITEMS_MAX);
    bulk->fields = arena_array(req->arena, bulk->list->count, sizeof(*bulk->fields));
    bulk->items = arena_array(req->arena, bulk->list->count, sizeof(*bulk->items));
    for (size_t i = 0; i < bulk->list->count; i++) {
        struct err_info problem = {0};
        err = read_item(req, &bulk->list->items[i], &bulk->fields[i], &bulk->items[i], &problem);
        if (err < 0)
            contactwrite_fail(req->arena, &bulk->items[i], err, &problem);
    }
    return 0;
}

/* ---- where the new ones come from ---------------------------------------------------------- */

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Those that are there keep their source; between this look and the write nothing is locked, and a
 * contact that somebody else makes meanwhile says "api" too, at worst. */
static int set_sources(const struct api_request *req, struct pmcontactbulk *bulk,
                       struct err_info *info)
{
    size_t count = 0, distinct = 0, found_count = 0;
    struct str *emails = arena_array(req->arena, bulk->list->count, sizeof(*emails));
    for (size_t i = 0; i < bulk->list->count; i++)
        if (!bulk->items[i].problem_err)
            emails[count++] = bulk->items[i].email;
    qsort(emails, count, sizeof(*emails), compare_str);
    for (size_t i = 0; i < count; i++)
        if (distinct == 0 || !str_eq(emails[i], emails[distinct - 1]))
            emails[distinct++] = emails[i];
    struct contact *found = arena_array(req->arena, distinct, sizeof(*found));
    int err = contact_by_emails(req->db, req->arena, req->project_id, emails, distinct, found,
                                &found_count, info);
    for (size_t i = 0; err == 0 && i < bulk->list->count; i++) {
        struct contactwrite_item *item = &bulk->items[i];
        bool is_there = item->problem_err != 0;
        for (size_t k = 0; !is_there && k < found_count; k++)
            is_there = str_eq(found[k].email, item->email);
        if (!is_there)
            item->patch = pmcontactfields_with_source(req->arena, item->patch);
    }
    return err;
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void write_count(struct jsonwrite *w, const char *name, const struct contactwrite_batch *b,
                        enum contactwrite_outcome outcome)
{
    int64_t count = 0;
    for (size_t i = 0; i < b->count; i++)
        count += b->items[i].problem_err == 0 && b->items[i].outcome == outcome;
    jsonwrite_name(w, name);
    jsonwrite_i64(w, count);
}

static void write_errors(struct jsonwrite *w, const struct api_request *req,
                         const struct pmcontactbulk *bulk)
{
    jsonwrite_name(w, "errors");
    jsonwrite_list(w);
    for (size_t i = 0; i < bulk->list->count; i++) {
        const struct jsonval *email = jsonval_get(&bulk->list->items[i], "email");
        if (!bulk->items[i].problem_err)
            continue;
        jsonwrite_object(w);
        jsonwrite_name(w, "index");
        jsonwrite_i64(w, (int64_t)i);
        jsonwrite_name(w, "email");
        if (email && email->type == JSONVAL_STRING)
            jsonwrite_str(w, email->string);
        else
            jsonwrite_null(w);
        jsonwrite_name(w, "error");
        jsonwrite_c(w, errors_plain(req, bulk->items[i].problem));
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

int pmcontactbulk_write(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pmcontactbulk bulk = {0};
    struct jsonwrite *w = &res->json;
    int err = read_list(req, &bulk, info);
    if (err == 0)
        err = set_sources(req, &bulk, info);
    if (err < 0)
        return err;
    struct contactwrite_batch batch = {
        .project_id = req->project_id, .items = bulk.items, .count = bulk.list->count};
    err = pmcontactwrite_run(req, bulk.fields, &batch, info);
    if (err < 0)
        return err;
    pushmail_begin(res, 200);
    jsonwrite_object(w);
    write_count(w, "created", &batch, CONTACTWRITE_CREATED);
    write_count(w, "updated", &batch, CONTACTWRITE_UPDATED);
    write_count(w, "skipped", &batch, CONTACTWRITE_UNCHANGED);
    write_errors(w, req, &bulk);
    jsonwrite_object_end(w);
    pushmail_end(res);
    return 0;
}
