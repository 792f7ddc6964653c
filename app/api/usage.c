#include "api/usage.h"

#include "api/jsonparts.h"
#include "audience/names.h"
#include "base/limits.h"
#include "flow/definition.h"

struct search {
    bool (*looks)(const struct filter_leaf *leaf, struct str name);
    struct str name;
    bool found;
};

static void search_leaf(const struct filter *leaf, void *ctx)
{
    struct search *search = ctx;
    search->found |= search->looks(&leaf->leaf, search->name);
}

/* Whether a stored filter has such a leaf: search->found. */
static int search_filter(struct arena *arena, struct str text, struct search *search,
                         struct err_info *info)
{
    const struct filter *filter;
    search->found = false;
    if (text.at == NULL) {
        return 0;
    }
    int err = names_load(arena, text, &filter, info);
    if (err == 0) {
        filter_each_leaf(filter, search_leaf, search);
    }
    return err;
}

/* ---- segments ------------------------------------------------------------------------------ */

/* The filters of all segments, which a list of them leaves out. */
static int read_filters(const struct api_request *req, const struct segment *segments, size_t count,
                        struct segment_target **ret, size_t *ret_count, struct err_info *info)
{
    struct uuid *uuids = arena_array(req->arena, count, sizeof *uuids);
    for (size_t i = 0; i < count; i++) {
        uuids[i] = segments[i].uuid;
    }
    *ret = arena_array(req->arena, count, sizeof **ret);
    return segment_resolve(req->db, req->arena, req->project_id, uuids, count, *ret, ret_count,
                           info);
}

static void add_segment(struct usage *usage, const struct segment *segments, size_t count,
                        uint32_t segment_id)
{
    for (size_t i = 0; i < count; i++) {
        if (segments[i].segment_id == segment_id) {
            usage->segments[usage->segment_count++] = segments[i];
        }
    }
}

static int find_segments(const struct api_request *req, struct search *search, struct usage *ret,
                         struct err_info *info)
{
    struct segment *segments;
    struct segment_target *targets;
    size_t count;
    size_t target_count;
    int err =
        segment_list(req->db, req->arena, req->project_id, SEGMENT_PLUNK, &segments, &count, info);
    if (err == 0) {
        err = read_filters(req, segments, count, &targets, &target_count, info);
    }
    if (err < 0) {
        return err;
    }
    ret->segments = arena_array(req->arena, target_count, sizeof *ret->segments);
    for (size_t i = 0; err == 0 && i < target_count; i++) {
        err = search_filter(req->arena, targets[i].filter, search, info);
        if (err == 0 && search->found) {
            add_segment(ret, segments, count, targets[i].segment_id);
        }
    }
    return err;
}

/* ---- campaigns ----------------------------------------------------------------------------- */

static int find_campaigns(const struct api_request *req, struct search *search, struct usage *ret,
                          struct err_info *info)
{
    size_t count;
    int err =
        campaignfilter_list(req->db, req->arena, req->project_id, &ret->campaigns, &count, info);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = search_filter(req->arena, ret->campaigns[i].filter, search, info);
        if (err == 0 && search->found) {
            ret->campaigns[ret->campaign_count++] = ret->campaigns[i];
        }
    }
    return err;
}

/* ---- workflows ----------------------------------------------------------------------------- */

/* How a name, without the prefix that some write, stands in a definition's JSON. */
static struct str json_text(struct arena *arena, struct str name)
{
    struct str prefix = STR("data.");
    struct buf out;
    struct jsonwrite w;
    bool has_prefix = str_starts(name, prefix);
    buf_init(&out, LIMIT_FLOW_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_str(&w,
                  has_prefix ? (struct str){name.at + prefix.len, name.len - prefix.len} : name);
    struct str text = str_copy(arena, buf_str(&out));
    buf_done(&out);
    return (struct str){text.at + 1, text.len - 2};
}

/* Who enters, and its conditions. */
static void search_definition(const struct definition *definition, struct search *search)
{
    search->found = false;
    if (definition->audience != NULL) {
        filter_each_leaf(definition->audience, search_leaf, search);
    }
    for (size_t i = 0; i < definition->step_count; i++) {
        if (definition->steps[i].filter != NULL) {
            filter_each_leaf(definition->steps[i].filter, search_leaf, search);
        }
    }
}

static int find_workflows(const struct api_request *req, struct search *search, struct usage *ret,
                          struct err_info *info)
{
    size_t count;
    int err = workflow_holding(req->db, req->arena, req->project_id,
                               json_text(req->arena, search->name), &ret->workflows, &count, info);
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct definition definition;
        err = definition_read(req->arena, ret->workflows[i].definition, &definition, info);
        if (err < 0) {
            return err;
        }
        search_definition(&definition, search);
        if (search->found) {
            ret->workflows[ret->workflow_count++] = ret->workflows[i];
        }
    }
    return err;
}

int usage_find(const struct api_request *req,
               bool (*looks)(const struct filter_leaf *leaf, struct str name), struct str name,
               struct usage *ret, struct err_info *info)
{
    struct search search = {.looks = looks, .name = name};
    *ret = (struct usage){0};
    int err = find_segments(req, &search, ret, info);
    if (err == 0) {
        err = find_campaigns(req, &search, ret, info);
    }
    return err < 0 ? err : find_workflows(req, &search, ret, info);
}

/* ---- printing ------------------------------------------------------------------------------ */

static void write_user(struct jsonwrite *w, const struct uuid *uuid, struct str name)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", uuid);
    jsonwrite_name(w, "name");
    jsonwrite_str(w, name);
    jsonwrite_object_end(w);
}

void usage_write_segments(struct jsonwrite *w, const struct usage *usage)
{
    jsonwrite_name(w, "usedInSegments");
    jsonwrite_list(w);
    for (size_t i = 0; i < usage->segment_count; i++) {
        write_user(w, &usage->segments[i].uuid, usage->segments[i].name);
    }
    jsonwrite_list_end(w);
}

void usage_write_campaigns(struct jsonwrite *w, const struct usage *usage)
{
    jsonwrite_name(w, "usedInCampaigns");
    jsonwrite_list(w);
    for (size_t i = 0; i < usage->campaign_count; i++) {
        write_user(w, &usage->campaigns[i].uuid, usage->campaigns[i].name);
    }
    jsonwrite_list_end(w);
}

void usage_write_workflows(struct jsonwrite *w, const struct usage *usage)
{
    if (usage->workflow_count == 0) {
        return;
    }
    jsonwrite_name(w, "usedInWorkflows");
    jsonwrite_list(w);
    for (size_t i = 0; i < usage->workflow_count; i++) {
        write_user(w, &usage->workflows[i].uuid, usage->workflows[i].name);
    }
    jsonwrite_list_end(w);
}
