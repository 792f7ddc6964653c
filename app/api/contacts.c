#include "api/contacts.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/condition.h"
#include "api/contactexport.h"
#include "api/contactinput.h"
#include "api/contactjson.h"
#include "api/paging.h"
#include "api/publictoken.h"
#include "audience/audience.h"
#include "base/limits.h"
#include "store/contactdelete.h"
#include "store/email.h"
#include "store/keyscope.h"
#include "json/jsonread.h"

/* ---- one contact --------------------------------------------------------------------------- */

static int read_id(const struct api_request *req, struct uuid *ret, struct err_info *info)
{
    if (!uuid_parse(req->path_args[0], ret)) {
        return err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "Contact not found");
    }
    return 0;
}

int contacts_find(const struct api_request *req, struct contact *ret, struct err_info *info)
{
    struct uuid uuid;
    int err = read_id(req, &uuid, info);
    return err < 0 ? err : contact_get(req->db, req->arena, req->project_id, &uuid, ret, info);
}

static int read_contact_item(struct arena *arena, const struct jsonval *object,
                             struct contactwrite_item *item, struct err_info *info)
{
    struct contactinput input;
    const struct jsonval *email = jsonval_get(object, "email");
    if (email == NULL || email->type == JSONVAL_NULL ||
        (email->type == JSONVAL_STRING && bodytext_is_blank(email->string))) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "Email is required");
    }
    int err = contactinput_read(arena, object, &input, info);
    if (err < 0) {
        return err;
    }
    *item = (struct contactwrite_item){
        .email = input.email, .subscribe = input.subscribe, .patch = input.data.patch};
    return 0;
}

int contacts_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contactwrite_item item;
    int err = read_contact_item(req->arena, req->json, &item, info);
    if (err < 0) {
        return err;
    }
    struct contactwrite_handles handles = contactinput_handles(req);
    struct contactwrite_batch batch = {
        .project_id = req->project_id, .items = &item, .count = 1, .all_or_nothing = true};
    err = contactwrite_upsert(&handles, req->arena, &batch, info);
    if (err < 0) {
        return err;
    }
    bool is_new = item.outcome == CONTACTWRITE_CREATED;
    api_begin(res, is_new ? 201 : 200);
    jsonwrite_object(&res->json);
    contactjson_members(&res->json, item.contact, req->project_uuid);
    jsonwrite_name(&res->json, "_meta");
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "isNew");
    jsonwrite_bool(&res->json, is_new);
    jsonwrite_name(&res->json, "isUpdate");
    jsonwrite_bool(&res->json, !is_new);
    jsonwrite_object_end(&res->json);
    jsonwrite_object_end(&res->json);
    return 0;
}

int contacts_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    int err = contacts_find(req, &contact, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    contactjson_members(&res->json, &contact, req->project_uuid);
    /* They change a subscription, for whoever has them. */
    if (keyscope_allows(req->key_scopes, KEYSCOPE_WRITE)) {
        err = publictoken_write_urls(req, &res->json, &contact.uuid, info);
    }
    jsonwrite_object_end(&res->json);
    return err;
}

int contacts_patch(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    struct contactinput input;
    struct contact contact;
    int err = contactinput_read(req->arena, req->json, &input, info);
    if (err == 0) {
        err = read_id(req, &uuid, info);
    }
    if (err < 0) {
        return err;
    }
    struct contactchange change = {.email = input.email,
                                   .subscribe = input.subscribe,
                                   .patch = input.data.patch,
                                   .clear_data = input.clear_data};
    err = contactwrite_patch(req->db, req->arena, req->project_id, &uuid, &change, &contact, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    contactjson_write(&res->json, &contact, req->project_uuid);
    return 0;
}

int contacts_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid;
    int err = read_id(req, &uuid, info);
    if (err == 0) {
        err = contactdelete_one(req->db, req->arena, req->project_id, &uuid, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "contact.erased", "contact", &uuid, (struct str){NULL, 0});
        api_no_content(res);
    }
    return err;
}

/* ---- lists --------------------------------------------------------------------------------- */

/* What the query asks for, as one tree: at most search, subscribed and a filter, ANDed. */
struct list_filter {
    struct filter all;
    struct filter *children[3];
    struct filter search;
    struct filter subscribed;
    struct filter_value search_value;
    struct filter_value subscribed_value;
};

static void add_leaf(struct list_filter *list, struct filter *leaf, enum filter_column column,
                     enum filter_op op, struct filter_value *value)
{
    leaf->kind = FILTER_LEAF;
    leaf->leaf.column = column;
    leaf->leaf.op = op;
    leaf->leaf.values = value;
    leaf->leaf.value_count = 1;
    list->children[list->all.child_count++] = leaf;
}

static int add_condition(const struct api_request *req, struct list_filter *list, struct str text,
                         struct err_info *info)
{
    const struct jsonval *value;
    struct condition condition;
    if (jsonread_parse(req->arena, text, &value, NULL) < 0) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "filter",
                          "filter must be a condition as JSON");
    }
    int err = condition_read(req->arena, SEGMENT_PLUNK, value, "filter", &condition, info);
    if (err < 0) {
        return err;
    }
    struct filter *copy = arena_alloc(req->arena, sizeof *copy);
    *copy = *condition.filter;
    list->children[list->all.child_count++] = copy;
    return 0;
}

/* `ret` is NULL when everybody is asked for. */
static int read_list_filter(const struct api_request *req, const struct filter **ret,
                            struct err_info *info)
{
    struct list_filter *list = arena_alloc(req->arena, sizeof *list);
    struct str search = api_query(req, "search");
    struct str subscribed = api_query(req, "subscribed");
    struct str condition = api_query(req, "filter");
    list->all.kind = FILTER_ALL;
    list->all.children = list->children;
    if (search.len > LIMIT_FILTER_STRING_BYTES) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "search",
                          "search must be at most %d bytes", LIMIT_FILTER_STRING_BYTES);
    }
    if (search.len > 0) {
        list->search_value.type = FILTER_VALUE_STRING;
        list->search_value.string = search;
        add_leaf(list, &list->search, FILTER_EMAIL, FILTER_CONTAINS, &list->search_value);
    }
    if (str_eq_c(subscribed, "true") || str_eq_c(subscribed, "false")) {
        list->subscribed_value.type = FILTER_VALUE_BOOL;
        list->subscribed_value.boolean = str_eq_c(subscribed, "true");
        add_leaf(list, &list->subscribed, FILTER_SUBSCRIBED, FILTER_EQUALS,
                 &list->subscribed_value);
    }
    int err = condition.len > 0 ? add_condition(req, list, condition, info) : 0;
    if (err == 0) {
        *ret = list->all.child_count == 0 ? NULL : &list->all;
    }
    return err;
}

/* Newest first unless said otherwise; addresses from a to z. Unknown words count as absent. */
static enum audience_order read_order(const struct api_request *req)
{
    struct str dir = api_query(req, "dir");
    if (str_eq_c(api_query(req, "sort"), "email")) {
        return str_eq_c(dir, "desc") ? AUDIENCE_EMAIL_DESC : AUDIENCE_EMAIL_ASC;
    }
    return str_eq_c(dir, "asc") ? AUDIENCE_OLDEST : AUDIENCE_NEWEST;
}

static int list_stream(struct api_request *req, struct api_response *res,
                       const struct audience_query *query, struct err_info *info)
{
    if (query->order != AUDIENCE_NEWEST && query->order != AUDIENCE_OLDEST) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "sort",
                          "An export is in the order of createdAt; leave sort out");
    }
    return contactexport_answer(req, res, query, info);
}

int contacts_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct paging_cursor cursor;
    struct audience_page page;
    struct audience_query query = {.project_id = req->project_id, .order = read_order(req)};
    int stream = contactexport_asked(req, info);
    int err = stream < 0 ? stream : paging_read_cursor(req, &cursor, info);
    if (err == 0) {
        err = condition_at(api_query(req, "at"), &query.at_ms, info);
    }
    if (err == 0) {
        err = read_list_filter(req, &query.filter, info);
    }
    if (err < 0) {
        return err;
    }
    if (stream > 0) {
        return list_stream(req, res, &query, info);
    }
    query.has_after = cursor.has_after;
    query.after = cursor.after;
    query.limit = (size_t)cursor.limit;
    query.skip_total = cursor.has_after;
    err = audience_page(req->db, req->arena, &query, &page, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    contactjson_list(&res->json, page.contacts, page.count, req->project_uuid);
    paging_write_cursor(&res->json, &cursor,
                        page.count == 0 ? NULL : &page.contacts[page.count - 1].uuid, page.has_more,
                        page.total);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- lookup -------------------------------------------------------------------------------- */

struct lookup {
    const struct jsonval *given;
    struct str *emails; /* normalised, of given[i]; at == NULL: no address */
    struct contact *found;
    size_t found_count;
    bool *told; /* of found[i] */
};

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int compare_email(const void *a, const void *b)
{
    const struct contact *left = a;
    const struct contact *right = b;
    return str_cmp(left->email, right->email);
}

static int read_lookup(const struct api_request *req, struct lookup *lookup, struct err_info *info)
{
    const struct jsonval *list = jsonval_get(req->json, "emails");
    if (list == NULL || list->type != JSONVAL_LIST || list->count == 0) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "emails must be a non-empty array");
    }
    if (list->count > LIMIT_LOOKUP_EMAILS) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST", "Maximum %d emails per lookup",
                       LIMIT_LOOKUP_EMAILS);
    }
    int err = bodytext_check_strings(list, "emails", info);
    if (err < 0) {
        return err;
    }
    lookup->given = list;
    lookup->emails = arena_array(req->arena, list->count, sizeof *lookup->emails);
    for (size_t i = 0; i < list->count; i++) {
        if (!email_normalise(req->arena, list->items[i].string, &lookup->emails[i])) {
            lookup->emails[i] = (struct str){0};
        }
    }
    return 0;
}

static int find_lookup(const struct api_request *req, struct lookup *lookup, struct err_info *info)
{
    size_t count = 0;
    size_t distinct = 0;
    struct str *emails = arena_array(req->arena, lookup->given->count, sizeof *emails);
    for (size_t i = 0; i < lookup->given->count; i++) {
        if (lookup->emails[i].at != NULL) {
            emails[count++] = lookup->emails[i];
        }
    }
    qsort(emails, count, sizeof *emails, compare_str);
    for (size_t i = 0; i < count; i++) {
        if (distinct == 0 || !str_eq(emails[i], emails[distinct - 1])) {
            emails[distinct++] = emails[i];
        }
    }
    lookup->found = arena_array(req->arena, distinct, sizeof *lookup->found);
    lookup->told = arena_array(req->arena, distinct, sizeof *lookup->told);
    int err = contact_by_emails(req->db, req->arena, req->project_id, emails, distinct,
                                lookup->found, &lookup->found_count, info);
    if (err == 0) {
        qsort(lookup->found, lookup->found_count, sizeof *lookup->found, compare_email);
    }
    return err;
}

/* The place among the found ones of what was given as number `i`; found_count when nobody has it.
 */
static size_t found_place(const struct lookup *lookup, size_t i)
{
    const struct contact wanted = {.email = lookup->emails[i]};
    const struct contact *at =
        bsearch(&wanted, lookup->found, lookup->found_count, sizeof *lookup->found, compare_email);
    return at == NULL ? lookup->found_count : (size_t)(at - lookup->found);
}

int contacts_lookup(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct lookup lookup = {0};
    struct jsonwrite *w = &res->json;
    int err = read_lookup(req, &lookup, info);
    if (err == 0) {
        err = find_lookup(req, &lookup, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "found");
    jsonwrite_list(w);
    for (size_t i = 0; i < lookup.given->count; i++) {
        size_t place = found_place(&lookup, i);
        if (place < lookup.found_count && !lookup.told[place]) {
            contactjson_write(w, &lookup.found[place], req->project_uuid);
            lookup.told[place] = true;
        }
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "notFound");
    jsonwrite_list(w);
    for (size_t i = 0; i < lookup.given->count; i++) {
        if (found_place(&lookup, i) == lookup.found_count) {
            jsonwrite_str(w, lookup.given->items[i].string);
        }
    }
    jsonwrite_list_end(w);
    jsonwrite_object_end(w);
    return 0;
}

/* ---- batch --------------------------------------------------------------------------------- */

int contacts_batch(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contactwrite_batch batch;
    int64_t outcomes[CONTACTWRITE_UNCHANGED + 1] = {0};
    struct contactwrite_handles handles = contactinput_handles(req);
    int err = contactinput_read_batch(req, "contacts", read_contact_item, &batch, info);
    if (err == 0) {
        err = contactwrite_upsert(&handles, req->arena, &batch, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < batch.count; i++) {
        outcomes[batch.items[i].outcome]++;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "created");
    jsonwrite_i64(&res->json, outcomes[CONTACTWRITE_CREATED]);
    jsonwrite_name(&res->json, "updated");
    jsonwrite_i64(&res->json, outcomes[CONTACTWRITE_UPDATED]);
    jsonwrite_name(&res->json, "unchanged");
    jsonwrite_i64(&res->json, outcomes[CONTACTWRITE_UNCHANGED]);
    contactinput_write_errors(&res->json, &batch);
    jsonwrite_object_end(&res->json);
    return 0;
}
