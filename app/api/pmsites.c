#include "api/pmsites.h"

#include "api/bodytext.h"
#include "api/pushmail.h"
#include "base/num.h"
#include "store/email.h"
#include "store/hostmem.h"
#include "store/sitesettings.h"

#define NAME_CHARS 200
#define DOMAIN_CHARS 253
#define TEXT_CHARS 200
#define ADDRESS_CHARS 500
#define CAP_DAYS_MAX 365

static void write_text(struct jsonwrite *w, const char *name, struct str text)
{
    jsonwrite_name(w, name);
    if (text.at)
        jsonwrite_str(w, text);
    else
        jsonwrite_null(w);
}

static void write_site(struct jsonwrite *w, const struct sitesettings *site)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_i64(w, (int64_t)site->project.site_index + 1);
    jsonwrite_name(w, "name");
    jsonwrite_str(w, site->project.name);
    write_text(w, "domain", site->domain);
    write_text(w, "autoBcc", site->auto_bcc);
    jsonwrite_name(w, "sendFrequencyCapDays");
    if (site->has_cap)
        jsonwrite_i64(w, site->frequency_cap_days);
    else
        jsonwrite_null(w);
    write_text(w, "companyName", site->company_name);
    write_text(w, "physicalAddress", site->physical_address);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, site->project.created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, site->updated_ms);
    jsonwrite_object_end(w);
}

static void answer_site(struct api_response *res, int status, const struct sitesettings *site)
{
    pushmail_begin(res, status);
    write_site(&res->json, site);
    pushmail_end(res);
}

/* A key of one site sees no other. */
static bool is_visible(const struct api_request *req, uint32_t site_index)
{
    return req->project_id == 0 || site_index == req->site_index;
}

static int missing(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, NULL, "Site not found");
}

static int read_index(const struct api_request *req, uint32_t *ret, struct err_info *info)
{
    uint64_t id;
    if (!num_parse_u64(req->path_args[0], UINT32_MAX, &id) || id == 0 ||
        !is_visible(req, (uint32_t)(id - 1)))
        return missing(info);
    *ret = (uint32_t)(id - 1);
    return 0;
}

static int find(const struct api_request *req, struct sitesettings *ret, struct err_info *info)
{
    uint32_t index = 0;
    int err = read_index(req, &index, info);
    return err < 0 ? err : sitesettings_get(req->db, req->arena, req->account_id, index, ret, info);
}

static int need_account_key(const struct api_request *req, struct err_info *info)
{
    if (req->project_id == 0)
        return 0;
    return err_set(info, ERR_FORBIDDEN, NULL,
                   "This API key is for one site; a key for the whole account is needed here");
}

/* ---- settings from the body ---------------------------------------------------------------- */

/* A text that may be cleared by null; absent keeps it. */
static int read_text(const struct jsonval *body, const char *name, size_t max_chars,
                     struct str *text, struct err_info *info)
{
    const struct bodytext field = {name, max_chars, false};
    struct str given;
    if (!jsonval_get(body, name))
        return 0;
    int err = bodytext_read(body, &field, &given, info);
    if (err < 0)
        return err;
    given = str_trim(given);
    *text = given.len > 0 ? given : (struct str){NULL, 0};
    return 0;
}

static int read_auto_bcc(const struct api_request *req, struct sitesettings *site,
                         struct err_info *info)
{
    int err = read_text(req->json, "autoBcc", DOMAIN_CHARS, &site->auto_bcc, info);
    if (err < 0 || !site->auto_bcc.at)
        return err;
    if (!email_normalise(req->arena, site->auto_bcc, &site->auto_bcc))
        return err_set_at(info, ERR_INVAL, NULL, "autoBcc", "autoBcc must be an email address");
    return 0;
}

static int read_cap(const struct jsonval *body, struct sitesettings *site, struct err_info *info)
{
    const struct jsonval *value = jsonval_get(body, "sendFrequencyCapDays");
    if (!value)
        return 0;
    site->has_cap = value->type != JSONVAL_NULL;
    if (!site->has_cap)
        return 0;
    if (value->type != JSONVAL_NUMBER || value->number < 1 || value->number > CAP_DAYS_MAX ||
        value->number != (double)(uint32_t)value->number)
        return err_set_at(info, ERR_INVAL, NULL, "sendFrequencyCapDays",
                          "sendFrequencyCapDays must be a whole number from 1 to %d, or null",
                          CAP_DAYS_MAX);
    site->frequency_cap_days = (uint32_t)value->number;
    return 0;
}

static int read_settings(const struct api_request *req, bool is_new, struct sitesettings *site,
                         struct err_info *info)
{
    const struct bodytext name = {"name", NAME_CHARS, true};
    int err = 0;
    if (is_new || jsonval_get(req->json, "name"))
        err = bodytext_read(req->json, &name, &site->project.name, info);
    if (err == 0)
        err = read_text(req->json, "domain", DOMAIN_CHARS, &site->domain, info);
    if (err == 0)
        err = read_auto_bcc(req, site, info);
    if (err == 0)
        err = read_cap(req->json, site, info);
    if (err == 0)
        err = read_text(req->json, "companyName", TEXT_CHARS, &site->company_name, info);
    if (err == 0)
        err = read_text(req->json, "physicalAddress", ADDRESS_CHARS, &site->physical_address, info);
    return err;
}

/* ---- handlers ------------------------------------------------------------------------------ */

int pmsites_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct sitesettings *sites = NULL;
    size_t count = 0;
    uint64_t total = 0;
    struct jsonwrite *w = &res->json;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0)
        err = sitesettings_list(req->db, req->arena, req->account_id, &sites, &count, info);
    if (err < 0)
        return err;
    uint64_t first = (page.page - 1) * page.limit;
    pushmail_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "sites");
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        if (!is_visible(req, sites[i].project.site_index))
            continue;
        if (total >= first && total < first + page.limit)
            write_site(w, &sites[i]);
        total++;
    }
    jsonwrite_list_end(w);
    pushmail_pagination(w, &page, total);
    jsonwrite_object_end(w);
    pushmail_end(res);
    return 0;
}

int pmsites_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct sitesettings site = {0};
    int err = need_account_key(req, info);
    if (err == 0)
        err = read_settings(req, true, &site, info);
    if (err == 0)
        err = sitesettings_create(req->db, req->account_id, &site, info);
    if (err == 0)
        answer_site(res, 201, &site);
    return err;
}

int pmsites_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct sitesettings site;
    int err = find(req, &site, info);
    if (err == 0)
        answer_site(res, 200, &site);
    return err;
}

int pmsites_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct sitesettings site;
    int err = find(req, &site, info);
    if (err == 0)
        err = read_settings(req, false, &site, info);
    if (err == 0)
        err = sitesettings_update(req->db, &site, info);
    if (err == 0)
        answer_site(res, 200, &site);
    return err;
}

int pmsites_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    uint32_t index = 0;
    int err = read_index(req, &index, info);
    if (err == 0)
        err = need_account_key(req, info);
    if (err == 0)
        err = sitesettings_delete(req->db, req->account_id, index, info);
    if (err < 0)
        return err;
    hostmem_revoked(req->context->hostmem); /* its keys */
    pushmail_deleted(res);
    return 0;
}
