#include "api/pmsegments.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/condition.h"
#include "api/jsonparts.h"
#include "api/pmparts.h"
#include "api/segmentparts.h"
#include "base/limits.h"

/* ---- printing ------------------------------------------------------------------------------ */

static int pmsegments_write(struct jsonwrite *w, const struct api_request *req,
                            const struct segment *segment, struct err_info *info)
{
    jsonwrite_object(w);
    pmparts_ids(w, req, segment->segment_id);
    jsonparts_text(w, "name", segment->name);
    jsonparts_text(w, "description", segment->description);
    int err = condition_write(w, req->arena, "rules", segment, SEGMENT_PUSHMAIL, info);
    if (err < 0) {
        return err;
    }
    jsonwrite_name(w, "contactCount");
    jsonwrite_i64(w, (int64_t)segment->member_count);
    pmparts_time(w, "createdAt", segment->created_ms);
    pmparts_time(w, "updatedAt", segment->updated_ms);
    jsonwrite_object_end(w);
    return 0;
}

static int pmsegments_answer(const struct api_request *req, struct api_response *res, int status,
                             const struct segment *segment, struct err_info *info)
{
    pushmail_begin(res, status);
    int err = pmsegments_write(&res->json, req, segment, info);
    pushmail_end(res);
    return err;
}

static int pmsegments_answer_count(struct api_response *res, uint64_t count)
{
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "count");
    jsonwrite_i64(&res->json, (int64_t)count);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return 0;
}

/* ---- reading handlers ---------------------------------------------------------------------- */

static int pmsegments_find(const struct api_request *req, struct segment *ret,
                           struct err_info *info)
{
    uint32_t n;
    int err = pushmail_path_id(req, 0, "Segment not found", &n, info);
    return err < 0 ? err : segment_by_number(req->db, req->arena, req->project_id, n, ret, info);
}

int pmsegments_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct pushmail_page page;
    struct segment *segments = NULL;
    size_t total = 0;
    int err = pushmail_page_read(req, &page, info);
    if (err == 0) {
        err = segment_list(req->db, req->arena, req->project_id, 0, &segments, &total, info);
    }
    if (err < 0) {
        return err;
    }
    uint64_t from = (page.page - 1) * page.limit < total ? (page.page - 1) * page.limit : total;
    uint64_t count = total - from < page.limit ? total - from : page.limit;
    err = segmentparts_count_listed(req, segments + from, count);
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "segments");
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count && err == 0; i++) {
        err = pmsegments_write(&res->json, req, &segments[from + i], info);
    }
    jsonwrite_list_end(&res->json);
    pushmail_pagination(&res->json, &page, total);
    jsonwrite_object_end(&res->json);
    pushmail_end(res);
    return err;
}

int pmsegments_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    int err = pmsegments_find(req, &segment, info);
    if (err == 0) {
        err = segmentparts_count(req, &segment, info);
    }
    return err < 0 ? err : pmsegments_answer(req, res, 200, &segment, info);
}

int pmsegments_contacts(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct pushmail_page page;
    struct audience_query query;
    struct audience_page found;
    struct jsonwrite *w = &res->json;
    int err = pmsegments_find(req, &segment, info);
    if (err == 0) {
        err = pushmail_page_read(req, &page, info);
    }
    if (err == 0) {
        err = segmentparts_ask(req, &segment, &query, info);
    }
    if (err == 0) {
        query.offset = (page.page - 1) * page.limit;
        query.limit = page.limit;
        err = audience_page(req->db, req->arena, &query, &found, info);
    }
    if (err < 0) {
        return err;
    }
    pushmail_begin(res, 200);
    jsonwrite_object(w);
    jsonwrite_name(w, "segment");
    jsonwrite_object(w);
    pmparts_id(w, req, "id", segment.segment_id);
    jsonparts_text(w, "name", segment.name);
    jsonwrite_object_end(w);
    pmparts_contacts(w, req, &found, false, &page);
    jsonwrite_object_end(w);
    pushmail_end(res);
    return 0;
}

/* ---- counts of rules that are not stored --------------------------------------------------- */

int pmsegments_preview_count(struct api_request *req, struct api_response *res,
                             struct err_info *info)
{
    uint64_t count;
    int err = segmentparts_preview(req, SEGMENT_PUSHMAIL, "rules", &count, info);
    return err < 0 ? err : pmsegments_answer_count(res, count);
}

int pmsegments_count(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    uint64_t count;
    int err = pmsegments_find(req, &segment, info);
    if (err == 0) {
        err = segmentparts_preview(req, SEGMENT_PUSHMAIL, "rules", &count, info);
    }
    return err < 0 ? err : pmsegments_answer_count(res, count);
}

/* ---- writing handlers ---------------------------------------------------------------------- */

/* Reads name and description; `parts` says which were there. */
static int pmsegments_read_texts(const struct api_request *req, const struct uuid *uuid,
                                 bool is_new, struct segment_input *input, unsigned *ret_parts,
                                 struct err_info *info)
{
    static const struct bodytext description_field = {"description",
                                                      LIMIT_SEGMENT_DESCRIPTION_CHARS, false};
    bool has_name = jsonval_get(req->json, "name") != NULL;
    struct bodytext name_field = {"name", LIMIT_RESOURCE_NAME_CHARS, is_new || has_name};
    struct str name;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0) {
        err = bodytext_read(req->json, &description_field, &input->description, info);
    }
    if (err < 0) {
        return err;
    }
    if (name.at != NULL) {
        segmentparts_set_name(req, uuid, name, input);
    }
    *ret_parts = (has_name ? SEGMENT_SET_NAME : 0) |
                 (jsonval_get(req->json, "description") != NULL ? SEGMENT_SET_DESCRIPTION : 0);
    return 0;
}

int pmsegments_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid = uuid_new();
    struct segment_input input = {.kind = SEGMENT_DYNAMIC};
    struct segment segment;
    unsigned parts;
    int err = pmsegments_read_texts(req, &uuid, true, &input, &parts, info);
    if (err == 0) {
        err = segmentparts_read_filter(req, SEGMENT_PUSHMAIL, "rules", &input, info);
    }
    if (err == 0) {
        err = segment_create(req->db, req->arena, req->project_id, &uuid, &input, &segment, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "segment.created", "segment", &segment.uuid, segment.name);
    }
    return err < 0 ? err : pmsegments_answer(req, res, 201, &segment, info);
}

static int pmsegments_read_rules(const struct api_request *req, const struct segment *segment,
                                 struct segment_input *input, unsigned *parts,
                                 struct err_info *info)
{
    if (jsonval_get(req->json, "rules") == NULL) {
        return 0;
    }
    if (segment->kind == SEGMENT_STATIC) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "rules",
                          "rules cannot be set: the segment's contacts are kept by hand");
    }
    *parts |= SEGMENT_SET_FILTER;
    return segmentparts_read_filter(req, SEGMENT_PUSHMAIL, "rules", input, info);
}

int pmsegments_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct segment_input input = {.kind = SEGMENT_DYNAMIC};
    unsigned parts;
    int err = pmsegments_find(req, &segment, info);
    if (err == 0) {
        err = pmsegments_read_texts(req, &segment.uuid, false, &input, &parts, info);
    }
    if (err == 0) {
        err = pmsegments_read_rules(req, &segment, &input, &parts, info);
    }
    if (err == 0) {
        err = segment_update(req->db, req->arena, req->project_id, &segment.uuid, parts, &input,
                             &segment, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "segment.updated", "segment", &segment.uuid, segment.name);
    }
    if (err == 0 && (parts & SEGMENT_SET_FILTER) == 0) {
        err = segmentparts_count(req, &segment, info);
    }
    return err < 0 ? err : pmsegments_answer(req, res, 200, &segment, info);
}

int pmsegments_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    int err = pmsegments_find(req, &segment, info);
    if (err == 0) {
        err = segment_delete_released(req->db, req->arena, req->project_id, &segment.uuid, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add(req, res, "segment.deleted", "segment", &segment.uuid, segment.name);
    segmentparts_drop(req, &segment);
    pushmail_deleted(res);
    return 0;
}
