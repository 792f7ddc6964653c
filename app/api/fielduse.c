#include "api/fielduse.h"

#include "api/audittrail.h"
#include "api/usage.h"
#include "audience/roster.h"
#include "base/timeutil.h"
#include "filter/fieldname.h"
#include "store/fielddelete.h"

#define CONTACTS_AT_ONCE 500

static const struct str data_prefix = {"data.", 5};

/* The path of data.<path>; at == NULL for any other name. */
static struct str data_path(struct str field)
{
    return str_starts(field, data_prefix) && field.len > data_prefix.len
               ? (struct str){field.at + data_prefix.len, field.len - data_prefix.len}
               : (struct str){NULL, 0};
}

/* ---- use ----------------------------------------------------------------------------------- */

/* Whether a leaf looks at the field, or at something inside it. */
static bool is_on_field(const struct filter_leaf *leaf, struct str field)
{
    enum filter_column builtin;
    if (fieldname_builtin(field, &builtin)) {
        return leaf->column == builtin;
    }
    struct str path = data_path(field);
    path = path.at != NULL ? path : field;
    return leaf->column == FILTER_DATA && str_starts(leaf->name, path) &&
           (leaf->name.len == path.len || leaf->name.at[path.len] == '.');
}

/* The filter of those who have the field; NULL: everybody has. */
static struct filter *holders_filter(struct arena *arena, struct str field)
{
    enum filter_column builtin;
    struct filter *filter = arena_alloc(arena, sizeof *filter);
    struct filter_value *first = arena_alloc(arena, sizeof *first);
    struct str path = data_path(field);
    *first = (struct filter_value){.type = FILTER_VALUE_INSTANT, .ms = TIMEUTIL_MIN_MS};
    filter->kind = FILTER_LEAF;
    filter->leaf.column = FILTER_DATA;
    filter->leaf.name = path.at != NULL ? path : field;
    filter->leaf.op = FILTER_EXISTS;
    if (!fieldname_builtin(field, &builtin)) {
        return filter;
    }
    filter->leaf = (struct filter_leaf){
        .column = builtin, .op = FILTER_GREATER_EQ, .values = first, .value_count = 1};
    return builtin == FILTER_SUBSCRIBED_AT ? filter : NULL;
}

static int take_holders(const struct api_request *req, struct roster *ret, struct err_info *info)
{
    struct audience_query query = {.project_id = req->project_id,
                                   .filter = holders_filter(req->arena, req->path_args[0]),
                                   .at_ms = AUDIENCE_AT_NOW};
    return roster_take(req->db, req->arena, &query, ret, info);
}

int fielduse_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct str field = req->path_args[0];
    struct usage usage;
    struct roster holders;
    int err = usage_find(req, is_on_field, field, &usage, info);
    if (err == 0) {
        err = take_holders(req, &holders, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    usage_write_segments(&res->json, &usage);
    usage_write_campaigns(&res->json, &usage);
    usage_write_workflows(&res->json, &usage);
    jsonwrite_name(&res->json, "contactCount");
    jsonwrite_i64(&res->json, (int64_t)holders.total);
    jsonwrite_name(&res->json, "canDelete");
    jsonwrite_bool(&res->json, data_path(field).at != NULL && usage.segment_count == 0 &&
                                   usage.campaign_count == 0 && usage.workflow_count == 0);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- deleting ------------------------------------------------------------------------------ */

static int check_unused(const struct api_request *req, struct err_info *info)
{
    struct usage usage;
    if (data_path(req->path_args[0]).at == NULL) {
        return err_set(info, ERR_INVAL, "BAD_REQUEST",
                       "Can only delete custom data fields (data.*)");
    }
    int err = usage_find(req, is_on_field, req->path_args[0], &usage, info);
    if (err == 0 && usage.segment_count + usage.campaign_count > 0) {
        err = err_set(info, ERR_INVAL, "BAD_REQUEST",
                      "Cannot delete field: used in %zu segment(s) and %zu campaign(s)",
                      usage.segment_count, usage.campaign_count);
    }
    if (err == 0 && usage.workflow_count > 0) {
        err = err_set(info, ERR_INVAL, "BAD_REQUEST",
                      "Cannot delete field: used in %zu workflow(s)", usage.workflow_count);
    }
    return err;
}

/* From all who have it now, a batch a transaction: what is cut off can be asked for again. */
static int delete_from(const struct api_request *req, const struct roster *holders,
                       uint64_t *ret_deleted, struct err_info *info)
{
    AUTO(arena) batch = arena_new();
    struct roster_walk walk = {.roster = holders, .oldest_first = true};
    uint32_t ordinals[CONTACTS_AT_ONCE];
    size_t count;
    int err = 0;
    *ret_deleted = 0;
    while (err == 0 && (count = roster_next(&walk, ordinals, CONTACTS_AT_ONCE)) > 0) {
        uint64_t changed = 0;
        arena_reset(batch);
        err = fielddelete_many(req->db, batch, req->project_id, data_path(req->path_args[0]),
                               ordinals, count, &changed, info);
        *ret_deleted += changed;
    }
    return err;
}

int fielduse_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct roster holders;
    uint64_t deleted = 0;
    int err = check_unused(req, info);
    if (err == 0) {
        err = take_holders(req, &holders, info);
    }
    if (err == 0) {
        err = delete_from(req, &holders, &deleted, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add_text(req, res, "field.deleted", "field", req->path_args[0]);
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "deletedFrom");
    jsonwrite_i64(&res->json, (int64_t)deleted);
    jsonwrite_object_end(&res->json);
    return 0;
}
