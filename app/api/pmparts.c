#include "api/pmparts.h"

#include "api/bodytext.h"
#include "store/member.h"
#include "json/jsonread.h"

/* Members that a DELETE takes along itself; the worker sweeps the rest. */
#define PMPARTS_DROP_BATCHES 10

/* ---- printing ------------------------------------------------------------------------------ */

void pmparts_ids(struct jsonwrite *w, const struct api_request *req, uint32_t n)
{
    pmparts_id(w, req, "id", n);
    jsonwrite_name(w, "siteId");
    jsonwrite_i64(w, (int64_t)req->site_index + 1);
}

void pmparts_id(struct jsonwrite *w, const struct api_request *req, const char *name, uint32_t n)
{
    jsonwrite_name(w, name);
    if (n == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_i64(w, (int64_t)pushmail_id(req, n));
    }
}

void pmparts_time(struct jsonwrite *w, const char *name, int64_t ms)
{
    jsonwrite_name(w, name);
    if (ms == 0) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

/* A text of the contact's data; null for what is none. */
static void pmparts_data_text(struct jsonwrite *w, const struct jsonval *data, const char *key)
{
    const struct jsonval *value = jsonval_get(data, key);
    jsonwrite_name(w, key);
    if (value == NULL || value->type != JSONVAL_STRING) {
        jsonwrite_null(w);
    } else {
        jsonwrite_str(w, value->string);
    }
}

static void pmparts_contact(struct jsonwrite *w, const struct api_request *req,
                            const struct contact *contact, bool last_name)
{
    /* What does not parse is shown as having no names: it was stored by us, and is checked. */
    const struct jsonval *data = NULL;
    if (contact->data.at != NULL && jsonread_parse(req->arena, contact->data, &data, NULL) < 0) {
        data = NULL;
    }
    jsonwrite_object(w);
    pmparts_id(w, req, "id", contact->ordinal + 1);
    jsonwrite_name(w, "email");
    jsonwrite_str(w, contact->email);
    pmparts_data_text(w, data, "firstName");
    if (last_name) {
        pmparts_data_text(w, data, "lastName");
    }
    jsonwrite_name(w, "status");
    jsonwrite_c(w, contact_status_name(contact->status));
    jsonwrite_object_end(w);
}

void pmparts_contacts(struct jsonwrite *w, const struct api_request *req,
                      const struct audience_page *found, bool last_name,
                      const struct pushmail_page *page)
{
    jsonwrite_name(w, "contacts");
    jsonwrite_list(w);
    for (size_t i = 0; i < found->count; i++) {
        pmparts_contact(w, req, &found->contacts[i], last_name);
    }
    jsonwrite_list_end(w);
    pushmail_pagination(w, page, found->total);
}

/* ---- asking -------------------------------------------------------------------------------- */

int pmparts_count(const struct api_request *req, uint64_t set_id, uint64_t *ret,
                  struct err_info *info)
{
    struct audience_query query = {
        .project_id = req->project_id, .set_id = set_id, .at_ms = AUDIENCE_AT_NOW};
    struct audience_page page;
    int err = audience_page(req->db, req->arena, &query, &page, info);
    if (err == 0) {
        *ret = page.total;
    }
    return err;
}

int pmparts_body_id(const struct api_request *req, const struct jsonval *object, const char *name,
                    const char *missing, uint32_t *ret_n, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(object, name);
    uint64_t id;
    *ret_n = 0;
    if (value == NULL || value->type == JSONVAL_NULL) {
        return 0;
    }
    if (!pushmail_integer(value, &id)) {
        return bodytext_refuse(info, name, "invalid_type", "%s must be a positive whole number",
                               name);
    }
    return pushmail_number(req, value, ret_n)
               ? 0
               : err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "%s", missing);
}

int pmparts_dropped(const struct api_request *req, struct api_response *res, uint64_t set_id)
{
    bool done;
    /* It is gone, whatever comes of this: what is left is noted in dropped_set. */
    (void)!member_drop(req->db, req->arena, req->project_id, set_id, PMPARTS_DROP_BATCHES, &done,
                       NULL);
    pushmail_deleted(res);
    return 0;
}
