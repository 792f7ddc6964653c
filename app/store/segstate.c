#include "store/segstate.h"

#include <string.h>

#include "store/sqlvalue.h"

/* ---- rows ---------------------------------------------------------------------------------- */

static struct hash128 read_hash(const struct db_rows *rows, unsigned column)
{
    struct hash128 hash = {{0}};
    struct str bytes = db_bytes(rows, column);
    if (bytes.len == sizeof hash.bytes)
        memcpy(hash.bytes, bytes.at, sizeof hash.bytes);
    return hash;
}

static int64_t read_flip(const struct db_rows *rows, unsigned column)
{
    return db_is_null(rows, column) ? SEGSTATE_NEVER : db_i64(rows, column);
}

/* What the due check needs, and what is behind it. */
#define STATE_COLUMNS                                                                              \
    "s.segment_id, s.due, s.parts, s.fingerprint, s.next_flip_ms, s.version, s.run_chunk"
#define STATE_REST                                                                                 \
    ", s.definition, s.computed_ms, s.run_version, s.run_definition, s.run_fingerprint,"           \
    " s.run_started_ms, s.run_next_flip_ms, s.run_count, s.run_cause, s.last_sequence, s.entries," \
    " s.exits"

static void read_state(struct arena *arena, const struct db_rows *rows, struct segstate *ret)
{
    *ret = (struct segstate){.segment_id = (uint32_t)db_i64(rows, 0),
                             .due = db_i64(rows, 1) != 0,
                             .computed = !db_is_null(rows, 3),
                             .parts = sqlvalue_text(arena, rows, 2),
                             .fingerprint = read_hash(rows, 3),
                             .next_flip_ms = read_flip(rows, 4),
                             .version = (uint32_t)db_i64(rows, 5)};
    ret->run.chunk = db_is_null(rows, 6) ? SEGSTATE_NO_RUN : (uint32_t)db_i64(rows, 6);
}

static void read_rest(const struct db_rows *rows, struct segstate *ret)
{
    struct segstate_run *run = &ret->run;
    ret->definition = read_hash(rows, 7);
    ret->computed_ms = db_i64(rows, 8);
    run->version = (uint32_t)db_i64(rows, 9);
    run->definition = read_hash(rows, 10);
    run->fingerprint = read_hash(rows, 11);
    run->started_ms = db_i64(rows, 12);
    run->next_flip_ms = read_flip(rows, 13);
    run->count = (uint64_t)db_i64(rows, 14);
    run->cause = (int)db_i64(rows, 15);
    ret->last_sequence = (uint64_t)db_i64(rows, 16);
    ret->entries = (uint64_t)db_i64(rows, 17);
    ret->exits = (uint64_t)db_i64(rows, 18);
}

static int read_one(struct db *db, const char *sql, struct arena *arena, uint32_t project_id,
                    uint32_t segment_id, struct segstate *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, sql, DB_PARAMS(DB_U64(project_id), DB_U64(segment_id)), &rows, info);
    if (got < 0)
        return got;
    if (!got)
        return err_set(info, ERR_NOT_FOUND, NULL, "Segment not found");
    read_state(arena, rows, ret);
    read_rest(rows, ret);
    return 0;
}

int segstate_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                  struct segstate *ret, struct err_info *info)
{
    static const char sql[] = "SELECT " STATE_COLUMNS STATE_REST " FROM segment_state s"
                              " WHERE s.project_id = ? AND s.segment_id = ? FOR UPDATE";
    return read_one(db, sql, arena, project_id, segment_id, ret, info);
}

static int read_marks(struct db *db, struct segstate_project *projects, size_t count,
                      struct err_info *info)
{
    /* Goes over all projects, as segstate_projects does. */
    static const char sql[] = "SELECT project_id, COUNT(*), BIT_XOR(seq) FROM dirty"
                              " GROUP BY project_id ORDER BY project_id";
    AUTO(db_rows) rows = NULL;
    size_t i = 0;
    int got = db_query(db, sql, DB_NO_PARAMS, false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        while (i < count && projects[i].project_id < (uint32_t)db_i64(rows, 0))
            i++;
        if (i == count || projects[i].project_id != (uint32_t)db_i64(rows, 0))
            continue;
        projects[i].marks = (uint64_t)db_i64(rows, 1);
        projects[i].seqs = db_i64(rows, 2);
    }
    return got;
}

int segstate_projects(struct db *db, struct arena *arena, int64_t count_every_ms,
                      struct segstate_project **ret, size_t *ret_count, int64_t *ret_now_ms,
                      struct err_info *info)
{
    /* Goes over all projects: the worker looks where there is something to compute. */
    static const char sql[] =
        "SELECT s.project_id, MIN(p.columns_version), MIN(s.next_flip_ms),"
        " MAX((s.due = 1 OR s.run_chunk IS NOT NULL OR s.fingerprint IS NULL)"
        " AND (g.track = 1 OR g.counted_ms < ?))"
        " FROM segment_state s JOIN project_state p ON p.project_id = s.project_id"
        " JOIN segment g ON g.project_id = s.project_id AND g.segment_id = s.segment_id"
        " GROUP BY s.project_id ORDER BY s.project_id";
    AUTO(db_rows) rows = NULL;
    size_t room = 0, count = 0;
    struct segstate_project *projects = NULL;
    int got = db_now_ms(db, ret_now_ms, info);
    if (!got)
        got =
            db_query(db, sql, DB_PARAMS(DB_I64(*ret_now_ms - count_every_ms)), false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        projects = arena_grow(arena, projects, count, &room, sizeof *projects);
        projects[count++] = (struct segstate_project){.project_id = (uint32_t)db_i64(rows, 0),
                                                      .version = (uint64_t)db_i64(rows, 1),
                                                      .next_flip_ms = read_flip(rows, 2),
                                                      .asked = db_i64(rows, 3) != 0};
    }
    *ret = projects;
    *ret_count = count;
    return got ? got : read_marks(db, projects, count, info);
}

int segstate_list(struct db *db, struct arena *arena, uint32_t project_id,
                  struct segstate_segment **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT " STATE_COLUMNS ", g.uuid, g.track, g.version, g.counted_ms FROM segment_state s"
        " JOIN segment g ON g.project_id = s.project_id AND g.segment_id = s.segment_id"
        " WHERE s.project_id = ? ORDER BY s.segment_id";
    AUTO(db_rows) rows = NULL;
    size_t room = 0, count = 0;
    struct segstate_segment *segments = NULL;
    int got = db_query(db, sql, DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        segments = arena_grow(arena, segments, count, &room, sizeof *segments);
        struct segstate_segment *segment = &segments[count++];
        read_state(arena, rows, &segment->state);
        segment->uuid = sqlvalue_uuid(rows, 7);
        segment->track = db_i64(rows, 8) != 0;
        segment->version = (uint32_t)db_i64(rows, 9);
        segment->counted_ms = db_i64(rows, 10);
    }
    *ret = segments;
    *ret_count = count;
    return got;
}

/* ---- writing ------------------------------------------------------------------------------- */

static struct db_param of_hash(const struct hash128 *hash)
{
    return DB_BYTES(hash->bytes, sizeof hash->bytes);
}

static struct db_param of_flip(int64_t flip_ms)
{
    return flip_ms == SEGSTATE_NEVER ? DB_NULL : DB_I64(flip_ms);
}

int segstate_write(struct db *db, uint32_t project_id, const struct segstate *s,
                   struct err_info *info)
{
    static const char sql[] =
        "UPDATE segment_state SET due = ?, parts = ?, fingerprint = ?, next_flip_ms = ?,"
        " version = ?, definition = ?, computed_ms = ?, run_chunk = ?, run_version = ?,"
        " run_definition = ?, run_fingerprint = ?, run_started_ms = ?, run_next_flip_ms = ?,"
        " run_count = ?, run_cause = ?, last_sequence = ?, entries = ?, exits = ?, write_id = ?"
        " WHERE project_id = ? AND segment_id = ?";
    static const char sql_check[] = "SELECT 1 FROM segment_state WHERE project_id = ?"
                                    " AND segment_id = ? AND write_id = ? FOR UPDATE";
    const struct segstate_run *run = &s->run;
    int64_t write_id = uuid_random63();
    int err = db_exec(
        db, sql,
        DB_PARAMS(DB_I64(s->due), DB_BYTES(s->parts.at, s->parts.len),
                  s->computed ? of_hash(&s->fingerprint) : DB_NULL, of_flip(s->next_flip_ms),
                  DB_I64(s->version), of_hash(&s->definition), DB_I64(s->computed_ms),
                  run->chunk == SEGSTATE_NO_RUN ? DB_NULL : DB_I64(run->chunk),
                  DB_I64(run->version), of_hash(&run->definition), of_hash(&run->fingerprint),
                  DB_I64(run->started_ms), of_flip(run->next_flip_ms), DB_U64(run->count),
                  DB_I64(run->cause), DB_U64(s->last_sequence), DB_U64(s->entries),
                  DB_U64(s->exits), DB_I64(write_id), DB_U64(project_id), DB_U64(s->segment_id)),
        NULL, info);
    db_set_write_check(db, sql_check,
                       DB_PARAMS(DB_U64(project_id), DB_U64(s->segment_id), DB_I64(write_id)));
    return err;
}

int segstate_create(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    return db_exec(db, "INSERT INTO segment_state (project_id, segment_id) VALUES (?, ?)",
                   DB_PARAMS(DB_U64(project_id), DB_U64(segment_id)), NULL, info);
}

int segstate_touch(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    static const char sql[] =
        "UPDATE segment_state SET due = 1 WHERE project_id = ? AND (segment_id = ?"
        " OR segment_id IN (SELECT source_id FROM segment_ref WHERE project_id = ?"
        " AND source_kind = 1)"
        " OR segment_id IN (SELECT source_id FROM segment_event_ref WHERE project_id = ?))";
    return db_exec(
        db, sql,
        DB_PARAMS(DB_U64(project_id), DB_U64(segment_id), DB_U64(project_id), DB_U64(project_id)),
        NULL, info);
}

int segstate_drop(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    int err = db_exec(db, "DELETE FROM segment_state WHERE project_id = ? AND segment_id = ?",
                      DB_PARAMS(DB_U64(project_id), DB_U64(segment_id)), NULL, info);
    if (err)
        return err;
    return db_exec(db, "INSERT INTO dropped_segment (project_id, segment_id) VALUES (?, ?)",
                   DB_PARAMS(DB_U64(project_id), DB_U64(segment_id)), NULL, info);
}

/* ---- membership ---------------------------------------------------------------------------- */

int segstate_members(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t chunk,
                     void *bits, size_t size, struct err_info *info)
{
    static const char sql[] =
        "SELECT bits FROM membership WHERE project_id = ? AND segment_id = ? AND chunk = ?";
    AUTO(db_rows) rows = NULL;
    memset(bits, 0, size);
    int got = db_one(db, sql, DB_PARAMS(DB_U64(project_id), DB_U64(segment_id), DB_U64(chunk)),
                     &rows, info);
    if (got <= 0)
        return got;
    struct str stored = db_bytes(rows, 0);
    memcpy(bits, stored.at, stored.len < size ? stored.len : size);
    return 0;
}

int segstate_set_members(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t chunk,
                         const void *bits, size_t size, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO membership (project_id, segment_id, chunk, bits) VALUES (?, ?, ?, ?)"
        " ON DUPLICATE KEY UPDATE bits = VALUES(bits)";
    const uint8_t *bytes = bits;
    while (size && !bytes[size - 1])
        size--;
    return db_exec(
        db, sql,
        DB_PARAMS(DB_U64(project_id), DB_U64(segment_id), DB_U64(chunk), DB_BYTES(bits, size)),
        NULL, info);
}

int segstate_member_chunks(struct db *db, uint32_t project_id, uint32_t segment_id, uint32_t *ret,
                           struct err_info *info)
{
    static const char sql[] = "SELECT MAX(chunk) FROM membership WHERE project_id = ?"
                              " AND segment_id = ?";
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, sql, DB_PARAMS(DB_U64(project_id), DB_U64(segment_id)), &rows, info);
    if (got < 0)
        return got;
    *ret = !got || db_is_null(rows, 0) ? 0 : (uint32_t)db_i64(rows, 0) + 1;
    return 0;
}
