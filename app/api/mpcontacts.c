#include "api/mpcontacts.h"

#include "api/bodytext.h"
#include "api/contactinput.h"
#include "api/jsonparts.h"
#include "api/mpgroups.h"
#include "api/mplist.h"
#include "api/mpparts.h"
#include "api/pushmail.h"
#include "base/limits.h"
#include "base/num.h"
#include "column/key.h"
#include "store/list.h"

static const char mpcontacts_missing[] = "Contact not found";

/* ---- the list ------------------------------------------------------------------------------ */

/* A part of address, name or company, in any case. */
static int mpcontacts_search(const struct api_request *req, struct str part,
                             const struct filter **ret, struct err_info *info)
{
    static const char *const paths[] = {NULL, "name", "firstName", "lastName", "company"};
    if (part.len > LIMIT_FILTER_STRING_BYTES) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "search",
                          "search must be at most %d bytes", LIMIT_FILTER_STRING_BYTES);
    }
    struct filter *any = arena_alloc(req->arena, sizeof(*any));
    struct filter *leaves = arena_array(req->arena, ARRAY_LEN(paths), sizeof(*leaves));
    struct filter_value *value = arena_alloc(req->arena, sizeof(*value));
    *value = (struct filter_value){.type = FILTER_VALUE_STRING, .string = part};
    *any = (struct filter){.kind = FILTER_ANY,
                           .children =
                               arena_array(req->arena, ARRAY_LEN(paths), sizeof(*any->children)),
                           .child_count = ARRAY_LEN(paths)};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        leaves[i] =
            (struct filter){.kind = FILTER_LEAF,
                            .leaf = {.column = paths[i] == NULL ? FILTER_EMAIL : FILTER_DATA,
                                     .name = paths[i] == NULL ? STR("") : str_from(paths[i]),
                                     .op = FILTER_CONTAINS,
                                     .values = value,
                                     .value_count = 1}};
        any->children[i] = &leaves[i];
    }
    *ret = any;
    return 0;
}

/* The members of the group that the query names. */
static int mpcontacts_group(const struct api_request *req, struct str text, uint64_t *ret_set_id,
                            struct err_info *info)
{
    struct list list;
    uint64_t id;
    if (!num_parse_u64(text, PUSHMAIL_ID_MAX, &id)) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "groupId",
                          "groupId must be a whole number");
    }
    if (id >> 32 != req->site_index || (uint32_t)id == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Group not found");
    }
    int err = list_get(req->db, req->arena, req->project_id, (uint32_t)id, &list, info);
    if (err == ERR_NOT_FOUND) {
        return err_set(info, err, "RESOURCE_NOT_FOUND", "Group not found");
    }
    *ret_set_id = KEY_SET_LIST((uint32_t)id);
    return err;
}

int mpcontacts_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str search = api_query(req, "search");
    struct str group = api_query(req, "groupId");
    struct audience_query query = {
        .project_id = req->project_id, .at_ms = AUDIENCE_AT_NOW, .order = AUDIENCE_NEWEST};
    int err = 0;
    if (search.len > 0) {
        err = mpcontacts_search(req, search, &query.filter, info);
    }
    if (err == 0 && group.len > 0) {
        err = mpcontacts_group(req, group, &query.set_id, info);
    }
    return err < 0 ? err : mplist_answer(req, res, &query, info);
}

/* ---- reading a body ------------------------------------------------------------------------ */

/* What a body says of a contact. */
struct mpcontacts_input {
    struct str email; /* normalised; at == NULL: not given */
    struct contactdata_input data;
    struct mpgroups groups;
};

/* Takes a text over into the data; null and "" delete it. */
static int mpcontacts_read_text(const struct api_request *req, const char *name,
                                struct jsonval *data, struct err_info *info)
{
    struct str text;
    bool given;
    if (jsonval_get(req->json, name) == NULL) {
        return 0;
    }
    int err = api_body_str(req->json, name, &text, &given, info);
    if (err == 0) {
        struct jsonval *value = jsonval_add(data, name);
        if (given && text.len > 0) {
            *value = jsonval_of_str(text);
        }
    }
    return err;
}

static int mpcontacts_read(const struct api_request *req, struct mpcontacts_input *ret,
                           struct err_info *info)
{
    static const char *const texts[] = {"name", "company", "notes"};
    struct contactinput input;
    struct jsonval email;
    struct jsonval *data = arena_alloc(req->arena, sizeof(*data));
    const struct jsonval *given = jsonval_get(req->json, "email");
    *ret = (struct mpcontacts_input){.email = {NULL, 0}};
    jsonval_object(req->arena, 1, &email);
    if (given != NULL) {
        *jsonval_add(&email, "email") = *given;
    }
    int err = contactinput_read(req->arena, &email, &input, info);
    jsonval_object(req->arena, ARRAY_LEN(texts), data);
    for (size_t i = 0; i < ARRAY_LEN(texts) && err == 0; i++) {
        err = mpcontacts_read_text(req, texts[i], data, info);
    }
    if (err == 0) {
        err = contactdata_read(req->arena, data, "data", &ret->data, info);
    }
    if (err == 0) {
        ret->email = input.email;
        err = mpgroups_read(req, &ret->groups, info);
    }
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

static const char mpcontacts_exists[] = "A contact with this email already exists";

/* Makes the contact, its groups in the same transaction. */
static int mpcontacts_make(const struct api_request *req, struct mpcontacts_input *input,
                           struct contactwrite_item *item, struct err_info *info)
{
    struct contactwrite_handles handles = contactinput_handles(req);
    struct contactwrite_batch batch = {.project_id = req->project_id,
                                       .items = item,
                                       .count = 1,
                                       .all_or_nothing = true,
                                       .also = mpgroups_join,
                                       .also_ctx = &input->groups};
    *item = (struct contactwrite_item){
        .email = input->email, .when = CONTACTWRITE_ONLY_NEW, .patch = input->data.patch};
    input->groups.item = item;
    int err = contactwrite_upsert(&handles, req->arena, &batch, info);
    if (err == 0 && item->outcome == CONTACTWRITE_SKIPPED) {
        err = err_set(info, ERR_CONFLICT, NULL, "%s", mpcontacts_exists);
    }
    return err;
}

int mpcontacts_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct mpcontacts_input input;
    struct contactwrite_item item;
    int err = mpcontacts_read(req, &input, info);
    if (err == 0 && input.email.at == NULL) {
        err = err_set_at(info, ERR_INVAL, "BAD_REQUEST", "email", "email is required");
    }
    if (err == 0) {
        err = contactinput_check_new(req, input.email, mpcontacts_exists, info);
    }
    if (err == 0) {
        err = mpcontacts_make(req, &input, &item, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 201);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "id");
    jsonwrite_i64(&res->json, (int64_t)pushmail_id(req, item.contact->ordinal + 1));
    jsonwrite_object_end(&res->json);
    return 0;
}

static int mpcontacts_find(const struct api_request *req, struct contact *ret,
                           struct err_info *info)
{
    uint32_t n;
    uint32_t ordinal;
    size_t count;
    int err = pushmail_path_id(req, 0, mpcontacts_missing, &n, info);
    if (err < 0) {
        return err;
    }
    ordinal = n - 1;
    err = contact_by_ordinals(req->db, req->arena, req->project_id, &ordinal, 1, ret, &count, info);
    return err == 0 && count == 0
               ? err_set(info, ERR_NOT_FOUND, "CONTACT_NOT_FOUND", "%s", mpcontacts_missing)
               : err;
}

int mpcontacts_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct mpcontacts_input input;
    struct contact contact;
    int err = mpcontacts_find(req, &contact, info);
    if (err == 0) {
        err = mpcontacts_read(req, &input, info);
    }
    if (err < 0) {
        return err;
    }
    struct contactchange change = {
        .email = input.email, .subscribe = CONTACTCHANGE_KEEP, .patch = input.data.patch};
    err = contactwrite_patch(req->db, req->arena, req->project_id, &contact.uuid, &change, &contact,
                             info);
    if (err == 0) {
        err = mpgroups_set(req, &input.groups, contact.ordinal, info);
    }
    if (err == 0) {
        mpparts_success(res);
    }
    return err;
}
