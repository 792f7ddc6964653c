#include "api/members.h"

#include <stdlib.h>

#include "api/bodytext.h"
#include "api/contactinput.h"
#include "api/segments.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/contactwrite.h"
#include "store/email.h"
#include "store/member.h"

/* The addresses of one request. A string that is no address has a key too: nobody has it. */
struct members {
    const struct jsonval *given; /* the list as sent */
    struct str *keys;            /* trimmed, in lower case, distinct, ascending */
    uint32_t *ordinals;          /* who has keys[i]; MEMBER_NO_CONTACT */
    size_t key_count;
    size_t *at; /* of each given string: its place in keys */
    uint64_t created;
};

/* ---- reading ------------------------------------------------------------------------------- */

static int members_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int members_check_list(const struct jsonval *list, struct err_info *info)
{
    if (list == NULL) {
        return bodytext_refuse(info, "emails", "required",
                               "emails is required: a list of addresses");
    }
    if (list->count > LIMIT_MEMBER_EMAILS) {
        return bodytext_refuse(info, "emails", "too_big", "emails can hold at most %d addresses",
                               LIMIT_MEMBER_EMAILS);
    }
    return bodytext_check_strings(list, "emails", info);
}

/* Fills keys, and at. */
static void members_sort(struct arena *arena, struct members *members)
{
    size_t count = members->given->count;
    size_t unique = 0;
    struct str *keys = arena_array(arena, count, sizeof(*keys));
    struct str *sorted = arena_array(arena, count, sizeof(*sorted));
    members->at = arena_array(arena, count, sizeof(*members->at));
    for (size_t i = 0; i < count; i++) {
        keys[i] = str_lower_ascii(arena, str_trim(members->given->items[i].string));
        sorted[i] = keys[i];
    }
    if (count > 0) {
        qsort(sorted, count, sizeof(*sorted), members_compare);
    }
    for (size_t i = 0; i < count; i++) {
        if (unique == 0 || !str_eq(sorted[i], sorted[unique - 1])) {
            sorted[unique++] = sorted[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct str *found =
            bsearch(&keys[i], sorted, unique, sizeof(*sorted), members_compare);
        members->at[i] = (size_t)(found - sorted);
    }
    members->keys = sorted;
    members->key_count = unique;
    members->ordinals = arena_array(arena, unique, sizeof(*members->ordinals));
}

/* Reads the list and finds who has these addresses. */
static int members_read(const struct api_request *req, struct members *ret, struct err_info *info)
{
    int err = api_body_list(req->json, "emails", &ret->given, info);
    if (err == 0) {
        err = members_check_list(ret->given, info);
    }
    if (err < 0) {
        return err;
    }
    members_sort(req->arena, ret);
    return member_resolve(req->db, req->arena, req->project_id, ret->keys, ret->key_count,
                          ret->ordinals, info);
}

static int members_find_static(const struct api_request *req, struct segment *segment,
                               const char *refusal, struct err_info *info)
{
    int err = segments_find(req, segment, info);
    if (err == 0 && segment->kind != SEGMENT_STATIC) {
        err = err_set(info, ERR_INVAL, "BAD_REQUEST", "%s", refusal);
    }
    return err;
}

/* The ordinals that are known; returns how many. */
static size_t members_known(struct arena *arena, const struct members *members, uint32_t **ret)
{
    size_t count = 0;
    uint32_t *known = arena_array(arena, members->key_count, sizeof(*known));
    for (size_t i = 0; i < members->key_count; i++) {
        if (members->ordinals[i] != MEMBER_NO_CONTACT) {
            known[count++] = members->ordinals[i];
        }
    }
    *ret = known;
    return count;
}

/* ---- creating the missing ------------------------------------------------------------------ */

/* The items that make a contact of each address that nobody has, in the order in which they were
 * sent; ret_at[i] is the place of items[i] among the keys. Returns how many. */
static size_t members_missing(struct arena *arena, const struct members *members, bool subscribed,
                              struct contactwrite_item **ret, size_t **ret_at)
{
    struct contactwrite_item *items = arena_array(arena, members->key_count, sizeof(*items));
    size_t *places = arena_array(arena, members->key_count, sizeof(*places));
    bool *taken = arena_array(arena, members->key_count, sizeof(*taken));
    size_t count = 0;
    for (size_t i = 0; i < members->given->count; i++) {
        size_t at = members->at[i];
        struct str email;
        if (members->ordinals[at] != MEMBER_NO_CONTACT || taken[at] ||
            !email_normalise(arena, members->keys[at], &email)) {
            continue;
        }
        taken[at] = true;
        places[count] = at;
        items[count++] = (struct contactwrite_item){
            .email = email,
            .subscribe = subscribed ? CONTACTCHANGE_SUBSCRIBE : CONTACTCHANGE_UNSUBSCRIBE,
            .subscribe_only_new = true,
        };
    }
    *ret = items;
    *ret_at = places;
    return count;
}

static int members_create(const struct api_request *req, struct members *members, bool subscribed,
                          struct err_info *info)
{
    struct contactwrite_handles handles = contactinput_handles(req);
    struct contactwrite_item *items;
    size_t *at;
    size_t count = members_missing(req->arena, members, subscribed, &items, &at);
    for (size_t from = 0; from < count; from += LIMIT_BATCH_ITEMS) {
        size_t left = count - from;
        struct contactwrite_batch batch = {
            .project_id = req->project_id,
            .items = items + from,
            .count = left < LIMIT_BATCH_ITEMS ? left : LIMIT_BATCH_ITEMS,
            .all_or_nothing = true,
        };
        int err = contactwrite_upsert(&handles, req->arena, &batch, info);
        if (err < 0) {
            return err;
        }
    }
    for (size_t i = 0; i < count; i++) {
        members->ordinals[at[i]] = items[i].contact->ordinal;
        members->created += items[i].outcome == CONTACTWRITE_CREATED ? 1 : 0;
    }
    return 0;
}

/* ---- handlers ------------------------------------------------------------------------------ */

/* Writes the original strings that belong to no contact, the first spelling of each. */
static void members_write_not_found(const struct api_request *req, const struct members *members,
                                    struct jsonwrite *w)
{
    bool *told = arena_array(req->arena, members->key_count, sizeof(*told));
    jsonwrite_name(w, "notFound");
    jsonwrite_list(w);
    for (size_t i = 0; i < members->given->count; i++) {
        size_t at = members->at[i];
        if (members->ordinals[at] == MEMBER_NO_CONTACT && !told[at]) {
            jsonwrite_str(w, members->given->items[i].string);
        }
        told[at] = true;
    }
    jsonwrite_list_end(w);
}

static int members_read_options(const struct api_request *req, bool *ret_create,
                                bool *ret_subscribed, struct err_info *info)
{
    bool given;
    int err = api_body_bool(req->json, "createMissing", ret_create, &given, info);
    if (err == 0) {
        err = api_body_bool(req->json, "subscribed", ret_subscribed, &given, info);
    }
    if (err == 0 && !given) {
        *ret_subscribed = true;
    }
    return err;
}

/* Adds everybody who is known by now, and brings the stored count up to date. */
static int members_store(const struct api_request *req, struct segment *segment,
                         const struct members *members, size_t *ret_count, struct err_info *info)
{
    uint32_t *known;
    *ret_count = members_known(req->arena, members, &known);
    int err = member_add(req->db, req->arena, req->project_id, KEY_SET_SEGMENT(segment->segment_id),
                         known, *ret_count, NULL, info);
    return err < 0 ? err : segments_recount(req, segment, info);
}

int members_add(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct members members = {.given = NULL};
    bool create;
    bool subscribed;
    size_t added = 0;
    int err = members_find_static(req, &segment, "Can only add contacts to STATIC segments", info);
    if (err == 0) {
        err = members_read_options(req, &create, &subscribed, info);
    }
    if (err == 0) {
        err = members_read(req, &members, info);
    }
    if (err == 0 && create) {
        err = members_create(req, &members, subscribed, info);
    }
    if (err == 0) {
        err = members_store(req, &segment, &members, &added, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "added");
    jsonwrite_i64(&res->json, (int64_t)added);
    jsonwrite_name(&res->json, "created");
    jsonwrite_i64(&res->json, (int64_t)members.created);
    members_write_not_found(req, &members, &res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}

int members_remove(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct members members = {.given = NULL};
    uint32_t *known;
    uint64_t removed;
    int err =
        members_find_static(req, &segment, "Can only remove contacts from STATIC segments", info);
    if (err == 0) {
        err = members_read(req, &members, info);
    }
    if (err < 0) {
        return err;
    }
    size_t count = members_known(req->arena, &members, &known);
    err = member_remove(req->db, req->arena, req->project_id, KEY_SET_SEGMENT(segment.segment_id),
                        known, count, &removed, info);
    if (err == 0) {
        err = segments_recount(req, &segment, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "removed");
    jsonwrite_i64(&res->json, (int64_t)removed);
    jsonwrite_object_end(&res->json);
    return 0;
}
