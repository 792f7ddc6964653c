#include "api/site.h"

#include "api/pushmail.h"
#include "api/routes.h"
#include "base/num.h"
#include "store/project.h"

int site_read_id(const struct api_request *req, bool *ret_given, uint32_t *ret_index,
                 struct err_info *info)
{
    uint64_t number = 0;
    const struct jsonval *member = req->json ? jsonval_get(req->json, "siteId") : NULL;
    struct jsonval query = jsonval_of_str(api_query(req, "siteId"));
    if (!member || member->type == JSONVAL_NULL)
        member = query.string.at ? &query : NULL;
    *ret_given = member != NULL;
    if (!member)
        return 0;
    if (!pushmail_integer(member, &number))
        return err_set_at(info, ERR_INVAL, NULL, "siteId", "siteId must be the number of a site");
    *ret_index = number >= 1 && number <= UINT32_MAX ? (uint32_t)(number - 1) : UINT32_MAX;
    return 0;
}

static void take(struct api_request *req, const struct project *project)
{
    req->project_id = project->project_id;
    req->site_index = project->site_index;
    uuid_format(&project->uuid, req->project_uuid);
}

static int not_yours(struct err_info *info)
{
    return err_set(info, ERR_FORBIDDEN, NULL, "This API key does not have access to this site");
}

/* The site that the first integer among the path's arguments names. */
static bool site_of_path(const struct api_request *req, uint32_t *ret_index)
{
    for (size_t i = 0; i < ARRAY_LEN(req->path_args) && req->path_args[i].at; i++) {
        uint64_t id;
        if (num_parse_u64(req->path_args[i], PUSHMAIL_ID_MAX, &id)) {
            *ret_index = (uint32_t)(id >> 32);
            return true;
        }
    }
    return false;
}

/* With a key for all sites. */
static int choose_among_all(struct api_request *req, struct err_info *info)
{
    struct project project;
    bool given;
    uint32_t index = 0;
    int err = site_read_id(req, &given, &index, info);
    if (err < 0)
        return err;
    if (given || site_of_path(req, &index)) {
        err = project_by_site(req->db, req->arena, req->account_id, index, &project, info);
        if (err == ERR_NOT_FOUND)
            return given ? not_yours(info) : err_set(info, ERR_NOT_FOUND, NULL, "Not found");
    } else {
        err = project_of_account(req->db, req->arena, req->account_id, &project, info);
        if (err == ERR_INVAL)
            return err_set_at(info, ERR_INVAL, NULL, "siteId", "siteId is required");
    }
    if (err == 0)
        take(req, &project);
    return err;
}

/* A key of one site: another one may not be named. */
static int check_site(const struct api_request *req, struct err_info *info)
{
    bool given;
    uint32_t index = 0;
    int err = site_read_id(req, &given, &index, info);
    if (err == 0 && given && index != req->site_index)
        return not_yours(info);
    return err;
}

int site_choose(struct api_request *req, struct err_info *info)
{
    return req->project_id ? check_site(req, info) : choose_among_all(req, info);
}

int site_decide(struct api_request *req, struct err_info *info)
{
    struct project project;
    if (req->route->keys == ROUTE_OPEN || req->route->keys == ROUTE_ACCOUNT)
        return 0;
    if (req->dialect == API_PUSHMAIL)
        return site_choose(req, info);
    if (req->project_id)
        return 0;
    int err = req->dialect == API_MAILPANDA
                  ? project_first(req->db, req->arena, req->account_id, &project, info)
                  : project_of_account(req->db, req->arena, req->account_id, &project, info);
    if (err == 0)
        take(req, &project);
    return err;
}
