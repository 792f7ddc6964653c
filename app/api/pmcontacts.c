#include "api/pmcontacts.h"

#include "api/audittrail.h"
#include "api/contactinput.h"
#include "api/pmcontactfields.h"
#include "api/pmcontactquery.h"
#include "api/pmcontactwrite.h"
#include "api/pushmail.h"
#include "audience/audience.h"
#include "column/key.h"
#include "store/contactdelete.h"
#include "store/list.h"
#include "store/member.h"
#include "store/tag.h"

/* The contact that the path names. */
static int find(const struct api_request *req, struct contact *ret, struct err_info *info)
{
    static const char missing[] = "Contact not found";
    uint32_t n = 0;
    size_t count = 0;
    int err = pushmail_path_id(req, 0, missing, &n, info);
    if (err < 0)
        return err;
    uint32_t ordinal = n - 1;
    err = contact_by_ordinals(req->db, req->arena, req->project_id, &ordinal, 1, ret, &count, info);
    if (err == 0 && count == 0)
        err = err_set(info, ERR_NOT_FOUND, NULL, "%s", missing);
    return err;
}

static void answer(struct api_request *req, struct api_response *res, int status,
                   const struct contact *contact)
{
    pushmail_begin(res, status);
    pmcontactfields_write(&res->json, req, contact, req->arena);
    pushmail_end(res);
}

static const char exists[] = "A contact with this email already exists on this site";

int pmcontacts_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pmcontactfields fields;
    int err = pmcontactfields_read(req, req->json, &fields, info);
    if (err == 0 && !fields.email.at)
        err = err_set_at(info, ERR_INVAL, NULL, "email", "email is required");
    if (err == 0)
        err = contactinput_check_new(req, fields.email, exists, info);
    if (err < 0)
        return err;
    struct contactwrite_item item = {.email = fields.email,
                                     .subscribe = fields.subscribe,
                                     .patch = pmcontactfields_with_source(req->arena, fields.patch),
                                     .when = CONTACTWRITE_ONLY_NEW};
    struct contactwrite_batch batch = {
        .project_id = req->project_id, .items = &item, .count = 1, .all_or_nothing = true};
    err = pmcontactwrite_run(req, &fields, &batch, info);
    if (err < 0)
        return err;
    if (item.outcome == CONTACTWRITE_SKIPPED)
        return err_set(info, ERR_CONFLICT, NULL, "%s", exists);
    answer(req, res, 201, item.contact);
    return 0;
}

int pmcontacts_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page asked;
    struct audience_page page;
    struct audience_query query = {
        .project_id = req->project_id, .at_ms = AUDIENCE_AT_NOW, .order = AUDIENCE_NEWEST};
    struct jsonwrite *w = &res->json;
    int err = pushmail_page_read(req, &asked, info);
    if (err == 0)
        err = pmcontactquery_read(req, &query.filter, info);
    if (err < 0)
        return err;
    query.offset = (asked.page - 1) * asked.limit;
    query.limit = (size_t)asked.limit;
    err = audience_page(req->db, req->arena, &query, &page, info);
    if (err < 0)
        return err;
    pushmail_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "contacts");
    jsonwrite_list(w);
    for (size_t i = 0; i < page.count; i++)
        pmcontactfields_write(w, req, &page.contacts[i], req->arena);
    jsonwrite_list_end(w);
    pushmail_pagination(w, &asked, page.total);
    jsonwrite_object_end(w);
    pushmail_end(res);
    return 0;
}

int pmcontacts_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    int err = find(req, &contact, info);
    if (err == 0)
        answer(req, res, 200, &contact);
    return err;
}

int pmcontacts_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact before, after;
    struct pmcontactfields fields;
    int err = find(req, &before, info);
    if (err == 0)
        err = pmcontactfields_read(req, req->json, &fields, info);
    if (err < 0)
        return err;
    struct contactchange change = {
        .email = fields.email, .subscribe = fields.subscribe, .patch = fields.patch};
    err = contactwrite_patch(req->db, req->arena, req->project_id, &before.uuid, &change, &after,
                             info);
    if (err == ERR_CONFLICT)
        return err_set(info, ERR_CONFLICT, NULL, "%s", exists);
    if (err == 0)
        answer(req, res, 200, &after);
    return err;
}

int pmcontacts_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    int err = find(req, &contact, info);
    if (err == 0)
        err = contactdelete_one(req->db, req->arena, req->project_id, &contact.uuid, info);
    if (err < 0)
        return err;
    audittrail_add(req, res, "contact.erased", "contact", &contact.uuid, (struct str){NULL, 0});
    pushmail_deleted(res);
    return 0;
}

/* ---- tags and lists ------------------------------------------------------------------------ */

static int add_to(struct api_request *req, struct api_response *res, const struct contact *contact,
                  uint64_t set_id, struct err_info *info)
{
    uint64_t added = 0;
    int err = member_add(req->db, req->arena, req->project_id, set_id, &contact->ordinal, 1, &added,
                         info);
    if (err < 0)
        return err;
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "added");
    jsonwrite_i64(&res->json, (int64_t)added);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

int pmcontacts_tag(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    struct str given, name;
    bool is_given;
    uint32_t tag_id = 0;
    int err = find(req, &contact, info);
    if (err == 0)
        err = api_body_str(req->json, "tag", &given, &is_given, info);
    if (err == 0 && !is_given)
        err = err_set_at(info, ERR_INVAL, NULL, "tag", "tag is required: the name of a tag");
    if (err == 0 && !tag_name(given, &name))
        err = err_set_at(info, ERR_INVAL, NULL, "tag", "tag cannot be a tag's name");
    if (err == 0)
        err = tag_ensure(req->db, req->arena, req->project_id, &name, 1, &tag_id, info);
    return err < 0 ? err : add_to(req, res, &contact, KEY_SET_TAG(tag_id), info);
}

int pmcontacts_to_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct contact contact;
    uint32_t list_id = 0;
    const struct jsonval *given = jsonval_get(req->json, "listId");
    int err = find(req, &contact, info);
    if (err < 0)
        return err;
    if (!given || given->type == JSONVAL_NULL)
        return err_set_at(info, ERR_INVAL, NULL, "listId", "listId is required");
    if (given->type != JSONVAL_NUMBER && given->type != JSONVAL_STRING)
        return err_set_at(info, ERR_INVAL, NULL, "listId", "listId must be the id of a list");
    if (!pushmail_number(req, given, &list_id))
        return err_set(info, ERR_NOT_FOUND, NULL, "List not found");
    return add_to(req, res, &contact, KEY_SET_LIST(list_id), info);
}
