#include "api/pmmembers.h"

#include <stdlib.h>

#include "api/bodytext.h"
#include "api/pmparts.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/list.h"
#include "store/member.h"
#include "store/tag.h"

/* The list or tag of a path. */
struct pmmembers_owner {
    enum filter_column column;
    uint32_t number;
    uint64_t set_id;
};

static int pmmembers_find_list(const struct api_request *req, struct pmmembers_owner *ret,
                               struct err_info *info)
{
    struct list list;
    uint32_t n;
    int err = pushmail_path_id(req, 0, "List not found", &n, info);
    if (err == 0) {
        err = list_get(req->db, req->arena, req->project_id, n, &list, info);
    }
    if (err == 0) {
        *ret = (struct pmmembers_owner){FILTER_LIST, n, KEY_SET_LIST(n)};
    }
    return err;
}

static int pmmembers_find_tag(const struct api_request *req, struct pmmembers_owner *ret,
                              struct err_info *info)
{
    struct tag tag;
    uint32_t n;
    int err = pushmail_path_id(req, 0, "Tag not found", &n, info);
    if (err == 0) {
        err = tag_get(req->db, req->arena, req->project_id, n, &tag, info);
    }
    if (err == 0) {
        *ret = (struct pmmembers_owner){FILTER_TAG, n, KEY_SET_TAG(n)};
    }
    return err;
}

/* ---- who is in ----------------------------------------------------------------------------- */

/* Who is not in, with this part in the address ("": anybody). */
static int pmmembers_candidates(const struct api_request *req, const struct pmmembers_owner *owner,
                                struct str part, struct audience_query *query,
                                struct err_info *info)
{
    if (part.len > LIMIT_FILTER_STRING_BYTES) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "q", "q must be at most %d bytes",
                          LIMIT_FILTER_STRING_BYTES);
    }
    struct filter *nodes = arena_array(req->arena, 3, sizeof(*nodes));
    struct filter **children = arena_array(req->arena, 2, sizeof(*children));
    struct filter_value *value = arena_alloc(req->arena, sizeof(*value));
    *value = (struct filter_value){.type = FILTER_VALUE_STRING, .string = part};
    const char *id =
        arena_printf(req->arena, "%llu", (unsigned long long)pushmail_id(req, owner->number));
    nodes[1] = (struct filter){
        .kind = FILTER_LEAF,
        .leaf = {
            .column = owner->column, .name = str_from(id), .op = FILTER_MEMBER, .negated = true}};
    nodes[2] = (struct filter){
        .kind = FILTER_LEAF,
        .leaf = {.column = FILTER_EMAIL, .op = FILTER_CONTAINS, .values = value, .value_count = 1}};
    children[0] = &nodes[1];
    children[1] = &nodes[2];
    nodes[0] = (struct filter){
        .kind = FILTER_ALL, .children = children, .child_count = part.len > 0 ? 2 : 1};
    query->filter = &nodes[0];
    return 0;
}

static int pmmembers_answer(const struct api_request *req, struct api_response *res,
                            const struct pmmembers_owner *owner, struct err_info *info)
{
    struct pushmail_page page;
    struct audience_page found;
    struct audience_query query = {
        .project_id = req->project_id, .at_ms = AUDIENCE_AT_NOW, .order = AUDIENCE_NEWEST};
    struct str part = api_query(req, "q");
    int err = pushmail_page_read(req, &page, info);
    if (err == 0 && part.at != NULL) {
        err = pmmembers_candidates(req, owner, part, &query, info);
    } else {
        query.set_id = owner->set_id;
        query.order = AUDIENCE_ENTERED;
    }
    if (err == 0) {
        query.offset = (page.page - 1) * page.limit;
        query.limit = page.limit;
        err = audience_page(req->db, req->arena, &query, &found, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    pmparts_contacts(&res->json, req, &found, true, &page);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmmembers_of_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pmmembers_owner owner;
    int err = pmmembers_find_list(req, &owner, info);
    return err < 0 ? err : pmmembers_answer(req, res, &owner, info);
}

int pmmembers_of_tag(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pmmembers_owner owner;
    int err = pmmembers_find_tag(req, &owner, info);
    return err < 0 ? err : pmmembers_answer(req, res, &owner, info);
}

/* ---- changing who is in -------------------------------------------------------------------- */

/* The contacts that a body names. */
struct pmmembers {
    uint32_t *ordinals; /* ascending, distinct */
    size_t count;
};

static int pmmembers_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int pmmembers_read_one(const struct api_request *req, const struct jsonval *value,
                              const char *field, uint32_t *ret, struct err_info *info)
{
    uint64_t id;
    uint32_t n;
    if (!pushmail_integer(value, &id)) {
        return bodytext_refuse(info, field, "invalid_type", "%s must be a positive whole number",
                               field);
    }
    if (!pushmail_number(req, value, &n)) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found: %llu",
                       (unsigned long long)id);
    }
    *ret = n - 1;
    return 0;
}

static int pmmembers_read_list(const struct api_request *req, const struct jsonval *list,
                               struct pmmembers *ret, struct err_info *info)
{
    if (list->count > LIMIT_BATCH_ITEMS) {
        return bodytext_refuse(info, "contactIds", "too_big", "contactIds can hold at most %d ids",
                               LIMIT_BATCH_ITEMS);
    }
    ret->ordinals = arena_array(req->arena, list->count, sizeof(*ret->ordinals));
    for (size_t i = 0; i < list->count; i++) {
        const char *field = arena_printf(req->arena, "contactIds.%zu", i);
        int err = pmmembers_read_one(req, &list->items[i], field, &ret->ordinals[i], info);
        if (err < 0) {
            return err;
        }
    }
    if (list->count > 0) {
        qsort(ret->ordinals, list->count, sizeof(*ret->ordinals), pmmembers_compare);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (ret->count == 0 || ret->ordinals[i] != ret->ordinals[ret->count - 1]) {
            ret->ordinals[ret->count++] = ret->ordinals[i];
        }
    }
    return 0;
}

/* Reads contactId or contactIds. */
static int pmmembers_read(const struct api_request *req, struct pmmembers *ret,
                          struct err_info *info)
{
    const struct jsonval *one = jsonval_get(req->json, "contactId");
    const struct jsonval *list;
    *ret = (struct pmmembers){.count = 0};
    int err = api_body_list(req->json, "contactIds", &list, info);
    if (err < 0) {
        return err;
    }
    if (list != NULL) {
        return pmmembers_read_list(req, list, ret, info);
    }
    if (one == NULL || one->type == JSONVAL_NULL) {
        return bodytext_refuse(info, "contactId", "required",
                               "contactId or contactIds is required");
    }
    ret->ordinals = arena_array(req->arena, 1, sizeof(*ret->ordinals));
    ret->count = 1;
    return pmmembers_read_one(req, one, "contactId", ret->ordinals, info);
}

/* All of them must be there: nothing is added for a request that names one that is not. */
static int pmmembers_check(const struct api_request *req, const struct pmmembers *members,
                           struct err_info *info)
{
    struct contact *found = arena_array(req->arena, members->count, sizeof(*found));
    size_t count;
    int err = contact_by_ordinals(req->db, req->arena, req->project_id, members->ordinals,
                                  members->count, found, &count, info);
    if (err < 0 || count == members->count) {
        return err;
    }
    size_t at = 0;
    while (at < count && found[at].ordinal == members->ordinals[at]) {
        at++;
    }
    return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found: %llu",
                   (unsigned long long)pushmail_id(req, members->ordinals[at] + 1));
}

static int pmmembers_answer_count(struct api_response *res, const char *name, uint64_t count)
{
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, name);
    jsonwrite_i64(&res->json, (int64_t)count);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

static int pmmembers_add(const struct api_request *req, struct api_response *res,
                         const struct pmmembers_owner *owner, struct err_info *info)
{
    struct pmmembers members;
    uint64_t added;
    int err = pmmembers_read(req, &members, info);
    if (err == 0) {
        err = pmmembers_check(req, &members, info);
    }
    if (err == 0) {
        err = member_add(req->db, req->arena, req->project_id, owner->set_id, members.ordinals,
                         members.count, &added, info);
    }
    return err < 0 ? err : pmmembers_answer_count(res, "added", added);
}

static int pmmembers_remove(const struct api_request *req, struct api_response *res,
                            const struct pmmembers_owner *owner, struct err_info *info)
{
    struct pmmembers members;
    uint64_t removed;
    int err = pmmembers_read(req, &members, info);
    if (err == 0) {
        err = member_remove(req->db, req->arena, req->project_id, owner->set_id, members.ordinals,
                            members.count, &removed, info);
    }
    return err < 0 ? err : pmmembers_answer_count(res, "removed", removed);
}

int pmmembers_add_to_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pmmembers_owner owner;
    int err = pmmembers_find_list(req, &owner, info);
    return err < 0 ? err : pmmembers_add(req, res, &owner, info);
}

int pmmembers_remove_from_list(struct api_request *req, struct api_response *res,
                               struct err_info *info)
{
    struct pmmembers_owner owner;
    int err = pmmembers_find_list(req, &owner, info);
    return err < 0 ? err : pmmembers_remove(req, res, &owner, info);
}

int pmmembers_add_to_tag(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pmmembers_owner owner;
    int err = pmmembers_find_tag(req, &owner, info);
    return err < 0 ? err : pmmembers_add(req, res, &owner, info);
}

int pmmembers_remove_from_tag(struct api_request *req, struct api_response *res,
                              struct err_info *info)
{
    struct pmmembers_owner owner;
    int err = pmmembers_find_tag(req, &owner, info);
    return err < 0 ? err : pmmembers_remove(req, res, &owner, info);
}
