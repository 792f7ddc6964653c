#include "api/segments.h"

#include <stdio.h>

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/condition.h"
#include "api/contactexport.h"
#include "api/contactjson.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "api/segmentparts.h"
#include "audience/audience.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "filter/dialect.h"
#include "store/seghistory.h"

/* In the order of enum segment_kind, from 1. */
static const char *const segments_types[] = {"DYNAMIC", "STATIC", NULL};

/* ---- printing ------------------------------------------------------------------------------ */

static int segments_write(struct jsonwrite *w, const struct api_request *req,
                          const struct segment *segment, struct err_info *info)
{
    jsonwrite_object(w);
    jsonparts_id(w, "id", &segment->uuid);
    jsonparts_text(w, "name", segment->name);
    jsonparts_text(w, "description", segment->description);
    jsonparts_text(w, "slug", segment->slug);
    jsonwrite_name(w, "type");
    jsonwrite_c(w, segments_types[segment->kind - SEGMENT_DYNAMIC]);
    int err = condition_write(w, req->arena, "condition", segment, SEGMENT_PLUNK, info);
    if (err < 0) {
        return err;
    }
    jsonwrite_name(w, "dialect");
    jsonwrite_c(w, dialect_words[segment->dialect - SEGMENT_PLUNK]);
    jsonwrite_name(w, "version");
    jsonwrite_i64(w, segment->version);
    jsonwrite_name(w, "trackMembership");
    jsonwrite_bool(w, segment->track);
    jsonwrite_name(w, "memberCount");
    jsonwrite_i64(w, (int64_t)segment->member_count);
    jsonwrite_name(w, "memberCountUpdatedAt");
    jsonwrite_time(w, segment->counted_ms);
    jsonwrite_name(w, "projectId");
    jsonwrite_c(w, req->project_uuid);
    jsonwrite_name(w, "createdAt");
    jsonwrite_time(w, segment->created_ms);
    jsonwrite_name(w, "updatedAt");
    jsonwrite_time(w, segment->updated_ms);
    jsonwrite_object_end(w);
    return 0;
}

int segments_answer(const struct api_request *req, struct api_response *res, int status,
                    const struct segment *segment, struct err_info *info)
{
    api_begin(res, status);
    return segments_write(&res->json, req, segment, info);
}

/* ---- finding and counting ------------------------------------------------------------------ */

int segments_find(const struct api_request *req, struct segment *ret, struct err_info *info)
{
    struct uuid uuid;
    if (!uuid_parse(req->path_args[0], &uuid)) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    }
    return segment_get(req->db, req->arena, req->project_id, &uuid, ret, info);
}

int segments_recount(const struct api_request *req, struct segment *segment, struct err_info *info)
{
    int err = segmentparts_count(req, segment, info);
    if (err < 0) {
        return err;
    }
    const struct seghistory_count count = {.segment_id = segment->segment_id,
                                           .version = segment->version,
                                           .count = segment->member_count,
                                           .counted_ms = segment->counted_ms};
    return seghistory_set_count(req->db, req->project_id, &count, info);
}

/* ---- reading handlers ---------------------------------------------------------------------- */

int segments_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment *segments;
    size_t count;
    int err =
        segment_list(req->db, req->arena, req->project_id, SEGMENT_PLUNK, &segments, &count, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_list(&res->json);
    for (size_t i = 0; i < count && err == 0; i++) {
        err = segments_write(&res->json, req, &segments[i], info);
    }
    jsonwrite_list_end(&res->json);
    return err;
}

int segments_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = segmentparts_count(req, &segment, info);
    }
    return err < 0 ? err : segments_answer(req, res, 200, &segment, info);
}

int segments_refresh(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = segments_recount(req, &segment, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "memberCount");
    jsonwrite_i64(&res->json, (int64_t)segment.member_count);
    jsonwrite_object_end(&res->json);
    return 0;
}

static int segments_contacts_by_cursor(const struct api_request *req, struct api_response *res,
                                       struct audience_query *query, struct err_info *info)
{
    struct paging_cursor cursor;
    struct audience_page page;
    int err = paging_read_cursor(req, &cursor, info);
    if (err < 0) {
        return err;
    }
    query->limit = cursor.limit;
    query->has_after = cursor.has_after;
    query->after = cursor.after;
    query->skip_total = cursor.has_after;
    err = audience_page(req->db, req->arena, query, &page, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    contactjson_list(&res->json, page.contacts, page.count, req->project_uuid);
    paging_write_cursor(&res->json, &cursor,
                        page.count > 0 ? &page.contacts[page.count - 1].uuid : NULL, page.has_more,
                        page.total);
    jsonwrite_object_end(&res->json);
    return 0;
}

static int segments_contacts_by_page(const struct api_request *req, struct api_response *res,
                                     struct audience_query *query, struct err_info *info)
{
    struct paging paging;
    struct audience_page page;
    int err = paging_read(req, &paging, info);
    if (err < 0) {
        return err;
    }
    query->offset = paging.offset;
    query->limit = paging.page_size;
    err = audience_page(req->db, req->arena, query, &page, info);
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    contactjson_list(&res->json, page.contacts, page.count, req->project_uuid);
    paging_write(&res->json, &paging, page.total);
    jsonwrite_object_end(&res->json);
    return 0;
}

int segments_contacts(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct audience_query query;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = segmentparts_ask(req, &segment, &query, info);
    }
    if (err == 0) {
        err = condition_at(api_query(req, "at"), &query.at_ms, info);
    }
    int stream = err < 0 ? err : contactexport_asked(req, info);
    if (stream < 0) {
        return stream;
    }
    if (stream > 0) {
        query.order = AUDIENCE_NEWEST;
        return contactexport_answer(req, res, &query, info);
    }
    return paging_has_cursor(req) ? segments_contacts_by_cursor(req, res, &query, info)
                                  : segments_contacts_by_page(req, res, &query, info);
}

/* ---- preview ------------------------------------------------------------------------------- */

int segments_preview(struct api_request *req, struct api_response *res, struct err_info *info)
{
    int64_t start_us = timeutil_mono_us();
    struct condition condition;
    struct str at;
    bool has_at;
    struct audience_query query = {.project_id = req->project_id, .order = AUDIENCE_NEWEST};
    struct audience_page page;
    int err = condition_read(req->arena, SEGMENT_PLUNK, jsonval_get(req->json, "condition"),
                             "condition", &condition, info);
    if (err == 0) {
        err = paging_body_limit(req->json, &query.limit, info);
    }
    if (err == 0) {
        err = api_body_str(req->json, "at", &at, &has_at, info);
    }
    if (err == 0) {
        err = condition_at(at, &query.at_ms, info);
    }
    if (err == 0) {
        query.filter = condition.filter;
        err = audience_page(req->db, req->arena, &query, &page, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "count");
    jsonwrite_i64(&res->json, (int64_t)page.total);
    jsonwrite_name(&res->json, "sample");
    contactjson_list(&res->json, page.contacts, page.count, req->project_uuid);
    jsonwrite_name(&res->json, "tookMs");
    jsonwrite_number(&res->json, (double)(timeutil_mono_us() - start_us) / 1000);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- writing handlers ---------------------------------------------------------------------- */

/* Reads the members that POST and PATCH share; `parts` says which were there. */
static int segments_read(const struct api_request *req, const struct uuid *uuid,
                         struct segment_input *input, unsigned *ret_parts, struct err_info *info)
{
    static const struct bodytext name_field = {"name", LIMIT_SEGMENT_NAME_CHARS, false};
    static const struct bodytext description_field = {"description",
                                                      LIMIT_SEGMENT_DESCRIPTION_CHARS, false};
    const struct jsonval *description = jsonval_get(req->json, "description");
    struct str name;
    bool has_track;
    unsigned parts = description != NULL ? SEGMENT_SET_DESCRIPTION : 0;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0) {
        err = bodytext_read(req->json, &description_field, &input->description, info);
    }
    if (err == 0) {
        err = api_body_bool(req->json, "trackMembership", &input->track, &has_track, info);
    }
    if (err < 0) {
        return err;
    }
    if (name.at != NULL) {
        if (bodytext_is_blank(name)) {
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "name", "Name is required");
        }
        segmentparts_set_name(req, uuid, name, input);
        parts |= SEGMENT_SET_NAME;
    }
    *ret_parts = parts | (has_track ? SEGMENT_SET_TRACK : 0);
    return 0;
}

static int segments_read_new(const struct api_request *req, const struct uuid *uuid,
                             struct segment_input *input, struct err_info *info)
{
    unsigned parts;
    int type;
    int err = segments_read(req, uuid, input, &parts, info);
    if (err == 0 && (parts & SEGMENT_SET_NAME) == 0) {
        err = err_set_at(info, ERR_INVAL, "BAD_REQUEST", "name", "Name is required");
    }
    if (err == 0) {
        err = bodytext_word(req->json, "type", segments_types, 0, &type, info);
    }
    if (err < 0) {
        return err;
    }
    input->kind = (enum segment_kind)(type + SEGMENT_DYNAMIC);
    if (input->kind == SEGMENT_STATIC) {
        return db_now_ms(req->db, &input->counted_ms, info);
    }
    const struct jsonval *condition = jsonval_get(req->json, "condition");
    if (condition == NULL || condition->type != JSONVAL_OBJECT) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "condition",
                          "Condition is required and must be an object for DYNAMIC segments");
    }
    return segmentparts_read_filter(req, SEGMENT_PLUNK, "condition", input, info);
}

int segments_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid = uuid_new();
    struct segment_input input = {.name = {NULL, 0}};
    struct segment segment;
    int err = segments_read_new(req, &uuid, &input, info);
    if (err == 0) {
        err = segment_create(req->db, req->arena, req->project_id, &uuid, &input, &segment, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "segment.created", "segment", &segment.uuid, segment.name);
    }
    return err < 0 ? err : segments_answer(req, res, 201, &segment, info);
}

/* A cycle that a rename or tracking closes stands at no leaf of the body: names the cause. */
static int segments_blame(int err, unsigned parts, struct err_info *info)
{
    if (err == ERR_INVAL && info->has_item && info->item.field[0] == '\0') {
        (void)snprintf(info->item.field, sizeof(info->item.field), "%s",
                       (parts & SEGMENT_SET_TRACK) != 0 ? "trackMembership" : "name");
    }
    return err;
}

int segments_update(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct segment_input input = {.name = {NULL, 0}};
    unsigned parts;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = segments_read(req, &segment.uuid, &input, &parts, info);
    }
    if (err == 0 && segment.kind == SEGMENT_DYNAMIC &&
        jsonval_get(req->json, "condition") != NULL) {
        parts |= SEGMENT_SET_FILTER;
        err = segmentparts_read_filter(req, SEGMENT_PLUNK, "condition", &input, info);
    }
    if (err < 0) {
        return err;
    }
    err = segment_update(req->db, req->arena, req->project_id, &segment.uuid, parts, &input,
                         &segment, info);
    if (err == 0) {
        audittrail_add(req, res, "segment.updated", "segment", &segment.uuid, segment.name);
    }
    return err < 0 ? segments_blame(err, parts, info)
                   : segments_answer(req, res, 200, &segment, info);
}

int segments_delete(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = segment_delete(req->db, req->arena, req->project_id, &segment.uuid, info);
    }
    if (err < 0) {
        return err;
    }
    audittrail_add(req, res, "segment.deleted", "segment", &segment.uuid, segment.name);
    segmentparts_drop(req, &segment);
    api_no_content(res);
    return 0;
}
