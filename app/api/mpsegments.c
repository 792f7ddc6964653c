#include "api/mpsegments.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/condition.h"
#include "api/contactstream.h"
#include "api/jsonparts.h"
#include "api/mpparts.h"
#include "api/pushmail.h"
#include "api/segmentparts.h"
#include "base/limits.h"
#include "base/num.h"

static const char mpsegments_missing[] = "Segment not found";

/* ---- printing ------------------------------------------------------------------------------ */

static int mpsegments_write(struct jsonwrite *w, const struct api_request *req,
                            const struct segment *segment, struct err_info *info)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "id");
    jsonwrite_i64(w, (int64_t)pushmail_id(req, segment->segment_id));
    jsonparts_text(w, "name", segment->name);
    int err = condition_write(w, req->arena, "rules", segment, SEGMENT_MAILPANDA, info);
    if (err < 0) {
        return err;
    }
    jsonwrite_name(w, "contacts_count");
    jsonwrite_i64(w, (int64_t)segment->member_count);
    jsonwrite_object_end(w);
    return 0;
}

static int mpsegments_answer(const struct api_request *req, struct api_response *res, int status,
                             const struct segment *segment, struct err_info *info)
{
    api_begin(res, status);
    return mpsegments_write(&res->json, req, segment, info);
}

/* ---- reading handlers ---------------------------------------------------------------------- */

int mpsegments_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment *segments;
    size_t count;
    int err = segment_list(req->db, req->arena, req->project_id, 0, &segments, &count, info);
    if (err == 0) {
        err = segmentparts_count_listed(req, segments, count);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_list(&res->json);
    for (size_t i = count; i > 0 && err == 0; i--) { /* its page shows the oldest first */
        err = mpsegments_write(&res->json, req, &segments[i - 1], info);
    }
    jsonwrite_list_end(&res->json);
    return err;
}

/* The segment that the query names. */
static int mpsegments_named(const struct api_request *req, struct segment *ret,
                            struct err_info *info)
{
    struct str text = api_query(req, "segment_id");
    uint64_t id;
    if (!num_parse_u64(text, PUSHMAIL_ID_MAX, &id)) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "segment_id", "%s",
                          text.len == 0 ? "segment_id is required"
                                        : "segment_id must be a whole number");
    }
    if (id >> 32 != req->site_index || (uint32_t)id == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "%s", mpsegments_missing);
    }
    return segment_by_number(req->db, req->arena, req->project_id, (uint32_t)id, ret, info);
}

static void mpsegments_head(struct buf *out, void *ctx)
{
    (void)ctx;
    buf_add_char(out, '[');
}

static void mpsegments_tail(struct buf *out, void *ctx)
{
    (void)ctx;
    buf_add_char(out, ']');
}

static void mpsegments_row(struct buf *out, const struct contact *contact, struct arena *scratch,
                           void *ctx)
{
    const struct api_request *req = ctx;
    struct mpparts_contact shown;
    struct jsonwrite w;
    mpparts_read(req, scratch, contact, &shown);
    jsonwrite_init(&w, out);
    jsonwrite_object(&w);
    mpparts_write(&w, &shown);
    jsonwrite_name(&w, "status");
    jsonwrite_c(&w, shown.status);
    jsonwrite_object_end(&w);
}

int mpsegments_contacts(struct api_request *req, struct api_response *res, struct err_info *info)
{
    const struct contactstream_writer writer = {.content_type = "application/json",
                                                .head = mpsegments_head,
                                                .tail = mpsegments_tail,
                                                .row = mpsegments_row,
                                                .between = ",",
                                                .ctx = req};
    struct segment segment;
    struct audience_query query;
    int err = mpsegments_named(req, &segment, info);
    if (err == 0) {
        err = segmentparts_ask(req, &segment, &query, info);
    }
    if (err < 0) {
        return err;
    }
    query.order = AUDIENCE_OLDEST; /* by id, as its page shows them */
    return contactstream_answer(req, res, &query, &writer, info);
}

/* ---- writing handlers ---------------------------------------------------------------------- */

static int mpsegments_find(const struct api_request *req, struct segment *ret,
                           struct err_info *info)
{
    uint32_t n;
    int err = pushmail_path_id(req, 0, mpsegments_missing, &n, info);
    return err < 0 ? err : segment_by_number(req->db, req->arena, req->project_id, n, ret, info);
}

int mpsegments_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    static const struct bodytext name_field = {"name", LIMIT_RESOURCE_NAME_CHARS, true};
    struct uuid uuid = uuid_new();
    struct segment_input input = {.kind = SEGMENT_DYNAMIC};
    struct segment segment;
    struct str name;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0) {
        segmentparts_set_name(req, &uuid, name, &input);
        err = segmentparts_read_filter(req, SEGMENT_MAILPANDA, "rules", &input, info);
    }
    if (err == 0) {
        err = segment_create(req->db, req->arena, req->project_id, &uuid, &input, &segment, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "segment.created", "segment", &segment.uuid, segment.name);
    }
    return err < 0 ? err : mpsegments_answer(req, res, 201, &segment, info);
}

/* Reads what a PUT changes; `parts` says what. */
static int mpsegments_read(const struct api_request *req, const struct segment *segment,
                           struct segment_input *input, unsigned *parts, struct err_info *info)
{
    bool has_name = jsonval_get(req->json, "name") != NULL;
    struct bodytext name_field = {"name", LIMIT_RESOURCE_NAME_CHARS, has_name};
    struct str name;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err < 0) {
        return err;
    }
    if (name.at != NULL) {
        segmentparts_set_name(req, &segment->uuid, name, input);
        *parts |= SEGMENT_SET_NAME;
    }
    if (jsonval_get(req->json, "rules") == NULL) {
        return 0;
    }
    if (segment->kind == SEGMENT_STATIC) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "rules",
                          "rules cannot be set: the segment's contacts are kept by hand");
    }
    *parts |= SEGMENT_SET_FILTER;
    return segmentparts_read_filter(req, SEGMENT_MAILPANDA, "rules", input, info);
}

int mpsegments_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct segment_input input = {.kind = SEGMENT_DYNAMIC};
    unsigned parts = 0;
    int err = mpsegments_find(req, &segment, info);
    if (err == 0) {
        err = mpsegments_read(req, &segment, &input, &parts, info);
    }
    if (err == 0) {
        err = segment_update(req->db, req->arena, req->project_id, &segment.uuid, parts, &input,
                             &segment, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "segment.updated", "segment", &segment.uuid, segment.name);
        mpparts_success(res);
    }
    return err;
}

int mpsegments_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    int err = mpsegments_find(req, &segment, info);
    if (err == 0) {
        err = segment_delete_released(req->db, req->arena, req->project_id, &segment.uuid, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add(req, res, "segment.deleted", "segment", &segment.uuid, segment.name);
    segmentparts_drop(req, &segment);
    mpparts_success(res);
    return 0;
}
