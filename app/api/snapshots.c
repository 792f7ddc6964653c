#include "api/snapshots.h"

#include "api/audittrail.h"
#include "api/bodytext.h"
#include "api/segmentparts.h"
#include "api/segments.h"
#include "audience/roster.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/member.h"
#include "store/segfill.h"

static int read_body(const struct api_request *req, const struct uuid *uuid,
                     struct segment_input *ret, struct err_info *info)
{
    static const struct bodytext name_field = {"name", LIMIT_SEGMENT_NAME_CHARS, false};
    static const struct bodytext description_field = {"description",
                                                      LIMIT_SEGMENT_DESCRIPTION_CHARS, false};
    struct str name;
    int err = bodytext_read(req->json, &name_field, &name, info);
    if (err == 0) {
        err = bodytext_read(req->json, &description_field, &ret->description, info);
    }
    if (err < 0) {
        return err;
    }
    if (name.at == NULL || bodytext_is_blank(name)) {
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "name", "Name is required");
    }
    segmentparts_set_name(req, uuid, name, ret);
    return 0;
}

static int take_roster(const struct api_request *req, struct roster *ret, struct err_info *info)
{
    struct segment segment;
    struct audience_query query;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = segmentparts_ask(req, &segment, &query, info);
    }
    return err < 0 ? err : roster_take(req->db, req->arena, &query, ret, info);
}

/* A batch a transaction; nobody sees them before the segment's row is there. */
static int fill(const struct api_request *req, const struct roster *roster,
                struct segment_input *input, struct err_info *info)
{
    AUTO(arena) batch = arena_new();
    struct roster_walk walk = {.roster = roster, .oldest_first = true};
    uint32_t ordinals[MEMBER_BATCH];
    size_t count;
    int err = segfill_begin(req->db, req->project_id, &input->filled, info);
    while (err == 0 && (count = roster_next(&walk, ordinals, MEMBER_BATCH)) > 0) {
        uint64_t added = 0;
        arena_reset(batch);
        err = member_fill(req->db, batch, req->project_id, KEY_SET_SEGMENT(input->filled), ordinals,
                          count, roster->at_ms, &added, info);
        input->member_count += added;
    }
    return err;
}

int snapshots_create(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct uuid uuid = uuid_new();
    struct segment_input input = {.kind = SEGMENT_STATIC};
    struct roster roster;
    struct segment segment;
    int err = read_body(req, &uuid, &input, info);
    if (err == 0) {
        err = take_roster(req, &roster, info);
    }
    if (err == 0) {
        err = fill(req, &roster, &input, info);
    }
    if (err == 0) {
        input.counted_ms = roster.at_ms;
        err = segment_create(req->db, req->arena, req->project_id, &uuid, &input, &segment, info);
    }
    if (err == 0) {
        audittrail_add(req, res, "segment.created", "segment", &segment.uuid, segment.name);
    }
    return err < 0 ? err : segments_answer(req, res, 201, &segment, info);
}
