#include "api/pmcontactwrite.h"

#include <stdlib.h>

#include "api/contactinput.h"
#include "column/key.h"
#include "store/list.h"
#include "store/member.h"
#include "store/tag.h"

/* One item becomes a member of one set. */
struct pmcontactwrite_place {
    uint64_t set_id;
    size_t item;
};

struct pmcontactwrite {
    struct api_request *req;
    const struct pmcontactfields *fields;
    struct contactwrite_batch *batch;
    struct pmcontactwrite_place *places; /* by set, so that everybody locks them in one order */
    size_t place_count;
};

/* ---- what the sets are --------------------------------------------------------------------- */

static int compare_u32(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

/* The lists that are there among all that the items name; ascending. */
static int find_lists(const struct pmcontactwrite *write, uint32_t **ret, size_t *ret_count,
                      struct err_info *info)
{
    struct api_request *req = write->req;
    size_t named = 0, found = 0;
    for (size_t i = 0; i < write->batch->count; i++)
        named += write->fields[i].list_count;
    uint32_t *ids = arena_array(req->arena, named, sizeof(*ids));
    named = 0;
    for (size_t i = 0; i < write->batch->count; i++)
        for (size_t k = 0; k < write->fields[i].list_count; k++)
            ids[named++] = write->fields[i].lists[k];
    qsort(ids, named, sizeof(*ids), compare_u32);
    for (size_t i = 0; i < named; i++) {
        struct list list;
        if (i > 0 && ids[i] == ids[i - 1])
            continue;
        int err = list_get(req->db, req->arena, req->project_id, ids[i], &list, info);
        if (err == 0)
            ids[found++] = ids[i];
        else if (err != ERR_NOT_FOUND)
            return err;
    }
    *ret = ids;
    *ret_count = found;
    return 0;
}

/* Items that name a list which is not there cannot be stored. */
static int judge_lists(const struct pmcontactwrite *write, struct err_info *info)
{
    uint32_t *ids = NULL;
    size_t count = 0;
    int err = find_lists(write, &ids, &count, info);
    for (size_t i = 0; err == 0 && i < write->batch->count; i++) {
        const struct pmcontactfields *fields = &write->fields[i];
        for (size_t k = 0; k < fields->list_count; k++) {
            struct err_info problem = {0};
            if (bsearch(&fields->lists[k], ids, count, sizeof(*ids), compare_u32))
                continue;
            int refused = err_set_at(&problem, ERR_INVAL, "BAD_REQUEST", "lists",
                                     "lists.%zu: List not found", k);
            contactwrite_fail(write->req->arena, &write->batch->items[i], refused, &problem);
            break;
        }
    }
    return err;
}

static void add_place(struct pmcontactwrite *write, uint64_t set_id, size_t item)
{
    write->places[write->place_count++] = (struct pmcontactwrite_place){set_id, item};
}

static int compare_places(const void *a, const void *b)
{
    const struct pmcontactwrite_place *left = a, *right = b;
    if (left->set_id != right->set_id)
        return left->set_id < right->set_id ? -1 : 1;
    return (left->item > right->item) - (left->item < right->item);
}

/* Numbers of all tags, those that are not there made; then all places. */
static int find_places(struct pmcontactwrite *write, struct err_info *info)
{
    struct api_request *req = write->req;
    size_t tags = 0, lists = 0;
    for (size_t i = 0; i < write->batch->count; i++) {
        tags += write->fields[i].tag_count;
        lists += write->fields[i].list_count;
    }
    struct str *names = arena_array(req->arena, tags, sizeof(*names));
    uint32_t *ids = arena_array(req->arena, tags, sizeof(*ids));
    write->places = arena_array(req->arena, tags + lists, sizeof(*write->places));
    tags = 0;
    for (size_t i = 0; i < write->batch->count; i++)
        for (size_t k = 0; !write->batch->items[i].problem_err && k < write->fields[i].tag_count;
             k++)
            names[tags++] = write->fields[i].tags[k];
    int err =
        tags > 0 ? tag_ensure(req->db, req->arena, req->project_id, names, tags, ids, info) : 0;
    tags = 0;
    for (size_t i = 0; err == 0 && i < write->batch->count; i++) {
        if (write->batch->items[i].problem_err)
            continue;
        for (size_t k = 0; k < write->fields[i].tag_count; k++)
            add_place(write, KEY_SET_TAG(ids[tags++]), i);
        for (size_t k = 0; k < write->fields[i].list_count; k++)
            add_place(write, KEY_SET_LIST(write->fields[i].lists[k]), i);
    }
    qsort(write->places, write->place_count, sizeof(*write->places), compare_places);
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* db_body: the members of all sets, in the contacts' transaction. */
static int add_members(struct db *db, void *ctx, struct err_info *info)
{
    const struct pmcontactwrite *write = ctx;
    const struct api_request *req = write->req;
    AUTO(arena) arena = arena_new();
    uint32_t *ordinals = arena_array(arena, write->place_count, sizeof(*ordinals));
    size_t count = 0;
    int err = 0;
    for (size_t i = 0; err == 0 && i < write->place_count; i++) {
        const struct pmcontactwrite_place *place = &write->places[i];
        const struct contactwrite_item *item = &write->batch->items[place->item];
        bool is_last = i + 1 == write->place_count || place[1].set_id != place->set_id;
        if (item->problem_err == 0 && item->contact)
            ordinals[count++] = item->contact->ordinal;
        if (!is_last)
            continue;
        if (count > 0)
            err = member_add_here(db, arena, req->project_id, place->set_id, ordinals, count, NULL,
                                  info);
        count = 0;
    }
    return err;
}

static int first_problem(const struct contactwrite_batch *batch, struct err_info *info)
{
    for (size_t i = 0; batch->all_or_nothing && i < batch->count; i++) {
        if (batch->items[i].problem_err) {
            *info = *batch->items[i].problem;
            return batch->items[i].problem_err;
        }
    }
    return 0;
}

int pmcontactwrite_run(struct api_request *req, const struct pmcontactfields *fields,
                       struct contactwrite_batch *batch, struct err_info *info)
{
    struct pmcontactwrite write = {.req = req, .fields = fields, .batch = batch};
    struct contactwrite_handles handles = contactinput_handles(req);
    int err = judge_lists(&write, info);
    if (err == 0)
        err = first_problem(batch, info);
    if (err == 0)
        err = find_places(&write, info);
    if (err < 0)
        return err;
    if (write.place_count > 0) {
        batch->also = add_members;
        batch->also_ctx = &write;
    }
    err = contactwrite_upsert(&handles, req->arena, batch, info);
    batch->also_ctx = NULL;
    return err;
}
