#include "store/segusage.h"

#include "store/segref.h"
#include "store/sequence.h"
#include "store/sqlvalue.h"

struct segusage_finding {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    struct segusage *ret;
};

/* Columns: uuid, name, and one number: the status or whether it is enabled. */
static int segusage_read(struct db *db, struct arena *arena, const char *sql,
                         const struct db_param *params, unsigned count, struct segusage_users *ret,
                         struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    int err = db_query(db, sql, params, count, false, &rows, info);
    if (err < 0) {
        return err;
    }
    *ret = (struct segusage_users){.at = NULL};
    while ((err = db_next(rows, info)) > 0) {
        ret->at = arena_grow(arena, ret->at, ret->count, &room, sizeof(*ret->at));
        ret->at[ret->count++] = (struct segusage_user){
            .uuid = sqlvalue_uuid(rows, 0),
            .name = sqlvalue_text(arena, rows, 1),
            .status = (enum campaign_status)db_i64(rows, 2),
            .enabled = db_i64(rows, 2) != 0,
        };
    }
    return err;
}

/* A filter that names its entries needs it no less, though it does not keep it from going. */
static int segusage_find_segments(struct db *db, const struct segusage_finding *finding,
                                  struct err_info *info)
{
    static const char sql[] =
        "SELECT s.uuid, s.name, 0 FROM segment s WHERE s.project_id = ? AND s.segment_id <> ?"
        " AND (EXISTS (SELECT 1 FROM segment_ref r WHERE r.project_id = s.project_id"
        " AND r.target_id = ? AND r.source_kind = ? AND r.source_id = s.segment_id)"
        " OR EXISTS (SELECT 1 FROM segment_event_ref e WHERE e.project_id = s.project_id"
        " AND e.source_id = s.segment_id AND e.slug = ?)) ORDER BY s.segment_id DESC";
    const struct segment *segment = &finding->ret->segment;
    return segusage_read(db, finding->arena, sql,
                         DB_PARAMS(DB_I64(finding->project_id), DB_I64(segment->segment_id),
                                   DB_I64(segment->segment_id), DB_I64(SEGREF_SEGMENT),
                                   DB_BYTES(segment->slug.at, segment->slug.len)),
                         &finding->ret->segments, info);
}

static int segusage_find_campaigns(struct db *db, const struct segusage_finding *finding,
                                   struct err_info *info)
{
    static const char sql[] = "SELECT c.uuid, c.name, c.status FROM segment_ref r JOIN campaign c"
                              " ON c.project_id = r.project_id AND c.campaign_id = r.source_id"
                              " WHERE r.project_id = ? AND r.target_id = ? AND r.source_kind = ?"
                              " ORDER BY c.campaign_id DESC";
    return segusage_read(db, finding->arena, sql,
                         DB_PARAMS(DB_I64(finding->project_id),
                                   DB_I64(finding->ret->segment.segment_id),
                                   DB_I64(SEGREF_CAMPAIGN)),
                         &finding->ret->campaigns, info);
}

static int segusage_find_sequences(struct db *db, const struct segusage_finding *finding,
                                   struct err_info *info)
{
    static const char sql[] = "SELECT uuid, name, enabled FROM sequence WHERE project_id = ?"
                              " AND trigger_kind = ? AND trigger_id = ? ORDER BY sequence_id DESC";
    return segusage_read(db, finding->arena, sql,
                         DB_PARAMS(DB_I64(finding->project_id), DB_I64(SEQUENCE_SEGMENT_ENTER),
                                   DB_I64(finding->ret->segment.segment_id)),
                         &finding->ret->sequences, info);
}

/* Asks what DELETE asks. */
static int segusage_judge(struct db *db, const struct segusage_finding *finding,
                          struct err_info *info)
{
    int err = segref_check_free(db, finding->arena, finding->project_id,
                                finding->ret->segment.segment_id, info);
    finding->ret->can_delete = err == 0;
    return err == ERR_CONFLICT ? 0 : err;
}

static int segusage_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct segusage_finding *finding = ctx;
    struct segusage *ret = finding->ret;
    int err =
        segment_get(db, finding->arena, finding->project_id, finding->uuid, &ret->segment, info);
    if (err == 0) {
        err = segusage_find_segments(db, finding, info);
    }
    if (err == 0) {
        err = segusage_find_campaigns(db, finding, info);
    }
    if (err == 0) {
        err = segusage_find_sequences(db, finding, info);
    }
    if (err == 0) {
        err = webhook_list(db, finding->arena, finding->project_id, &ret->webhooks,
                           &ret->webhook_count, info);
    }
    return err < 0 ? err : segusage_judge(db, finding, info);
}

int segusage_find(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                  struct segusage *ret, struct err_info *info)
{
    struct segusage_finding finding = {arena, project_id, uuid, ret};
    return db_tx(db, DB_READ, segusage_body, &finding, info);
}
