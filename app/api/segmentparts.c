#include "api/segmentparts.h"

#include "api/condition.h"
#include "audience/names.h"
#include "base/limits.h"
#include "base/slug.h"
#include "column/key.h"
#include "store/member.h"

/* Members that a DELETE takes along itself. */
#define SEGMENTPARTS_DROP_BATCHES 10

int segmentparts_ask(const struct api_request *req, const struct segment *segment,
                     struct audience_query *ret, struct err_info *info)
{
    *ret = (struct audience_query){.project_id = req->project_id, .at_ms = AUDIENCE_AT_NOW};
    if (segment->kind == SEGMENT_STATIC) {
        ret->set_id = KEY_SET_SEGMENT(segment->segment_id);
        ret->order = AUDIENCE_ENTERED;
        return 0;
    }
    ret->order = AUDIENCE_NEWEST;
    return names_load(req->arena, segment->filter, &ret->filter, info);
}

int segmentparts_count(const struct api_request *req, struct segment *segment,
                       struct err_info *info)
{
    struct audience_query query;
    struct audience_page page;
    int err = segmentparts_ask(req, segment, &query, info);
    if (err == 0) {
        err = audience_page(req->db, req->arena, &query, &page, info);
    }
    if (err == 0) {
        segment->member_count = page.total;
        segment->counted_ms = page.at_ms;
    }
    return err;
}

int segmentparts_count_listed(const struct api_request *req, struct segment *segments, size_t count)
{
    for (size_t i = 0; i < count && i < SEGMENTPARTS_LIVE_COUNTS; i++) {
        int err = segmentparts_count(req, &segments[i], NULL);
        if (err == ERR_SLOW) {
            return err;
        }
        /* After any other its stored count stands, which is right as of counted_ms. */
    }
    return 0;
}

void segmentparts_set_name(const struct api_request *req, const struct uuid *uuid, struct str name,
                           struct segment_input *input)
{
    input->name = name;
    input->slug = slug_of(req->arena, name);
    if (input->slug.len > LIMIT_SLUG_BYTES) { /* it is ASCII: cut anywhere but behind a hyphen */
        input->slug.len = LIMIT_SLUG_BYTES - (input->slug.at[LIMIT_SLUG_BYTES - 1] == '-');
    }
    if (input->slug.len == 0) {
        char *id = arena_alloc(req->arena, 37);
        uuid_format(uuid, id);
        input->slug = str_from(id);
    }
}

static int segmentparts_evaluate(const struct api_request *req, enum segment_dialect dialect,
                                 const struct jsonval *value, const char *name,
                                 struct condition *ret, struct audience_page *ret_page,
                                 struct err_info *info)
{
    int err = condition_read(req->arena, dialect, value, name, ret, info);
    if (err < 0) {
        return err;
    }
    struct audience_query query = {
        .project_id = req->project_id, .filter = ret->filter, .at_ms = AUDIENCE_AT_NOW};
    return audience_page(req->db, req->arena, &query, ret_page, info);
}

int segmentparts_take_filter(const struct api_request *req, enum segment_dialect dialect,
                             const struct jsonval *value, const char *name,
                             struct segment_input *input, struct err_info *info)
{
    struct condition condition;
    struct audience_page page;
    int err = segmentparts_evaluate(req, dialect, value, name, &condition, &page, info);
    if (err < 0) {
        return err;
    }
    input->filter = condition.canonical;
    input->source = condition.source;
    input->dialect = dialect;
    input->names = condition.names;
    input->key_id = str_from(req->key_id);
    input->member_count = page.total;
    input->counted_ms = page.at_ms;
    return 0;
}

int segmentparts_read_filter(const struct api_request *req, enum segment_dialect dialect,
                             const char *name, struct segment_input *input, struct err_info *info)
{
    return segmentparts_take_filter(req, dialect, jsonval_get(req->json, name), name, input, info);
}

int segmentparts_preview(const struct api_request *req, enum segment_dialect dialect,
                         const char *name, uint64_t *ret, struct err_info *info)
{
    struct condition condition;
    struct audience_page page;
    int err = segmentparts_evaluate(req, dialect, jsonval_get(req->json, name), name, &condition,
                                    &page, info);
    if (err == 0) {
        *ret = page.total;
    }
    return err;
}

void segmentparts_drop(const struct api_request *req, const struct segment *segment)
{
    bool done;
    if (segment->kind == SEGMENT_STATIC) {
        /* It is gone, whatever comes of this: what is left is noted in dropped_set. */
        (void)!member_drop(req->db, req->arena, req->project_id,
                           KEY_SET_SEGMENT(segment->segment_id), SEGMENTPARTS_DROP_BATCHES, &done,
                           NULL);
    }
}
