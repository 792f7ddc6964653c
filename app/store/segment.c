#include "store/segment.h"

#include "column/key.h"
#include "store/counter.h"
#include "store/resource.h"
#include "store/segfill.h"
#include "store/seggraph.h"
#include "store/seghistory.h"
#include "store/segroom.h"
#include "store/segstate.h"
#include "store/segversion.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define SEGMENT_SELECT(filter)                                                                     \
    "SELECT segment_id, uuid, name, description, slug, kind, dialect, " filter ", source, track,"  \
    " member_count, counted_ms, version, created_ms, updated_ms FROM segment "

/* ---- reading ------------------------------------------------------------------------------- */

static void segment_from_row(struct arena *arena, const struct db_rows *rows, struct segment *ret)
{
    *ret = (struct segment){
        .segment_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .description = sqlvalue_text(arena, rows, 3),
        .slug = sqlvalue_text(arena, rows, 4),
        .kind = (enum segment_kind)db_i64(rows, 5),
        .dialect = (enum segment_dialect)db_i64(rows, 6),
        .filter = sqlvalue_text(arena, rows, 7),
        .source = sqlvalue_text(arena, rows, 8),
        .track = db_i64(rows, 9) != 0,
        .member_count = (uint64_t)db_i64(rows, 10),
        .counted_ms = db_i64(rows, 11),
        .version = (uint32_t)db_i64(rows, 12),
        .created_ms = db_i64(rows, 13),
        .updated_ms = db_i64(rows, 14),
    };
}

static int segment_not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
}

static int segment_read(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                        struct db_param id, struct segment *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), id), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : segment_not_found(info);
    }
    segment_from_row(arena, rows, ret);
    return 0;
}

int segment_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                struct segment *ret, struct err_info *info)
{
    static const char sql[] = SEGMENT_SELECT("filter") "WHERE project_id = ? AND uuid = ?";
    return segment_read(db, arena, sql, project_id, sqlvalue_of_uuid(uuid), ret, info);
}

int segment_by_number(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                      struct segment *ret, struct err_info *info)
{
    static const char sql[] = SEGMENT_SELECT("filter") "WHERE project_id = ? AND segment_id = ?";
    return segment_read(db, arena, sql, project_id, DB_I64(segment_id), ret, info);
}

static int segment_get_locked(struct db *db, struct arena *arena, uint32_t project_id,
                              const struct uuid *uuid, struct segment *ret, struct err_info *info)
{
    static const char sql[] =
        SEGMENT_SELECT("filter") "WHERE project_id = ? AND uuid = ? FOR UPDATE";
    return segment_read(db, arena, sql, project_id, sqlvalue_of_uuid(uuid), ret, info);
}

int segment_list(struct db *db, struct arena *arena, uint32_t project_id,
                 enum segment_dialect dialect, struct segment **ret, size_t *ret_count,
                 struct err_info *info)
{
    static const char count_sql[] = "SELECT COUNT(*) FROM segment WHERE project_id = ?";
    static const char sql[] =
        SEGMENT_SELECT("CASE WHEN dialect <> ? THEN filter END") "WHERE project_id = ? ORDER BY "
                                                                 "segment_id DESC LIMIT ?";
    AUTO(db_rows) counted = NULL;
    int err = db_one(db, count_sql, DB_PARAMS(DB_I64(project_id)), &counted, info);
    if (err < 0) {
        return err;
    }
    size_t room = (size_t)db_i64(counted, 0);
    AUTO(db_rows) rows = NULL;
    err = db_query(db, sql, DB_PARAMS(DB_I64(dialect), DB_I64(project_id), DB_I64(room)), false,
                   &rows, info);
    if (err < 0) {
        return err;
    }
    struct segment *list = arena_array(arena, room, sizeof(*list));
    size_t count = 0;
    while (count < room && (err = db_next(rows, info)) > 0) {
        segment_from_row(arena, rows, &list[count++]);
    }
    if (err < 0) {
        return err;
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

/* Where segment_resolve puts what it reads. */
struct segment_targets {
    struct arena *arena;
    struct segment_target *at;
    size_t count;
    size_t room;
};

static int segment_target_row(const struct db_rows *rows, void *ctx)
{
    struct segment_targets *targets = ctx;
    if (targets->count == targets->room) {
        return 0;
    }
    struct segment_target *target = &targets->at[targets->count++];
    *target = (struct segment_target){
        .uuid = sqlvalue_uuid(rows, 1),
        .segment_id = (uint32_t)db_i64(rows, 0),
        .kind = (enum segment_kind)db_i64(rows, 2),
        .filter = sqlvalue_text(targets->arena, rows, 3),
    };
    return 0;
}

int segment_resolve(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuids, size_t count, struct segment_target *ret,
                    size_t *ret_count, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT segment_id, uuid, kind, filter FROM segment WHERE project_id = ? AND uuid IN (",
            "?", ")");
    struct db_param *keys = arena_array(arena, count, sizeof(*keys));
    for (size_t i = 0; i < count; i++) {
        keys[i] = sqlvalue_of_uuid(&uuids[i]);
    }
    struct segment_targets targets = {.arena = arena, .at = ret, .room = count};
    struct sqllist list = {sql, &DB_I64(project_id), 1, keys, count, 1};
    int err = sqllist_query(db, &list, segment_target_row, &targets, info);
    if (err == 0) {
        *ret_count = targets.count;
    }
    return err;
}

/* ---- creating ------------------------------------------------------------------------------ */

/* One write under way: what the bodies below share. */
struct segment_write {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    unsigned parts;
    const struct segment_input *input;
    struct segment result;
};

/* Keeps the filter as a version of the segment. */
static int segment_keep_version(struct db *db, const struct segment_write *write,
                                struct err_info *info)
{
    const struct segment *s = &write->result;
    struct segversion version = {.version = s->version,
                                 .dialect = s->dialect,
                                 .filter = s->filter,
                                 .source = s->source,
                                 .changed_ms = s->updated_ms,
                                 .key_id = write->input->key_id};
    return segversion_add(db, write->project_id, s->segment_id, &version, info);
}

/* Writes what the filter names and judges the graph that this makes. */
static int segment_write_names(struct db *db, const struct segment_write *write,
                               struct err_info *info)
{
    const struct segref_names *names = &write->input->names;
    uint32_t segment_id = write->result.segment_id;
    int err =
        segref_write(db, write->arena, write->project_id, SEGREF_SEGMENT, segment_id, names, info);
    if (err < 0 || (names->segment_count == 0 && names->event_count == 0)) {
        return err;
    }
    return seggraph_check(db, write->arena, write->project_id, segment_id, names, info);
}

static int segment_insert(struct db *db, const struct segment_write *write, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO segment (project_id, segment_id, uuid, name, description, slug, kind, dialect,"
        " filter, source, track, member_count, counted_ms, version, created_ms, updated_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    const struct segment *s = &write->result;
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(write->project_id), DB_I64(s->segment_id),
                             sqlvalue_of_uuid(&s->uuid), DB_STR(s->name),
                             sqlvalue_of_text(s->description), DB_STR(s->slug), DB_I64(s->kind),
                             DB_I64(s->dialect), sqlvalue_of_text(s->filter),
                             sqlvalue_of_text(s->source), DB_I64(s->track), DB_U64(s->member_count),
                             DB_I64(s->counted_ms), DB_I64(s->version), DB_I64(s->created_ms),
                             DB_I64(s->updated_ms)),
                   NULL, info);
}

static enum segment_dialect segment_dialect_of(const struct segment_input *in)
{
    return in->dialect == 0 ? SEGMENT_PLUNK : in->dialect;
}

/* A new segment as the input wants it; number and times are still to come. */
static struct segment segment_from_input(const struct segment_input *in, const struct uuid *uuid)
{
    return (struct segment){
        .uuid = *uuid,
        .name = in->name,
        .description = in->description,
        .slug = in->slug,
        .kind = in->kind,
        .dialect = segment_dialect_of(in),
        .filter = in->filter,
        .source = in->source,
        .track = in->track,
        .member_count = in->member_count,
        .counted_ms = in->counted_ms,
        .version = 1,
    };
}

/* A number of its own, or that of a set which is filled by now. */
static int segment_take_number(struct db *db, struct segment_write *write, struct err_info *info)
{
    uint32_t *segment_id = &write->result.segment_id;
    *segment_id = write->input->filled;
    return *segment_id != 0
               ? segfill_end(db, write->project_id, *segment_id, info)
               : counter_next(db, write->project_id, COUNTER_SEGMENT, segment_id, info);
}

static int segment_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char check_sql[] =
        "SELECT segment_id FROM segment WHERE project_id = ? AND uuid = ? FOR UPDATE";
    struct segment_write *write = ctx;
    struct segment *segment = &write->result;
    *segment = segment_from_input(write->input, write->uuid);
    int err = segment_take_number(db, write, info);
    if (err == 0) {
        err = db_now_ms(db, &segment->created_ms, info);
        segment->updated_ms = segment->created_ms;
    }
    if (err == 0) {
        err = segment_insert(db, write, info);
    }
    if (err == 0 && segment->kind == SEGMENT_DYNAMIC) {
        err = segstate_create(db, write->project_id, segment->segment_id, info);
    }
    if (err == 0 && segment->kind == SEGMENT_DYNAMIC) {
        err = segment_keep_version(db, write, info);
    }
    if (err == 0) {
        err =
            seghistory_note(db, write->project_id, segment->segment_id, segment->created_ms, info);
    }
    if (err == 0) {
        err = segroom_check(db, write->project_id, info);
    }
    if (err == 0) {
        err = segment_write_names(db, write, info);
    }
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(write->uuid)));
    return err;
}

int segment_create(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   const struct segment_input *input, struct segment *ret, struct err_info *info)
{
    struct segment_write write = {
        .arena = arena, .project_id = project_id, .uuid = uuid, .input = input};
    int err = db_tx(db, DB_WRITE, segment_create_body, &write, info);
    if (err == 0) {
        *ret = write.result;
    }
    return err;
}

/* ---- changing ------------------------------------------------------------------------------ */

static bool segment_same(struct str a, struct str b)
{
    return (a.at == NULL) == (b.at == NULL) && str_eq(a, b);
}

/* Takes over what the input changes; returns whether that is anything but the count. */
static bool segment_apply(struct segment *segment, unsigned parts, const struct segment_input *in)
{
    struct segment old = *segment;
    if ((parts & SEGMENT_SET_NAME) != 0) {
        segment->name = in->name;
        segment->slug = in->slug;
    }
    if ((parts & SEGMENT_SET_DESCRIPTION) != 0) {
        segment->description = in->description;
    }
    if ((parts & SEGMENT_SET_TRACK) != 0) {
        segment->track = in->track;
    }
    if ((parts & SEGMENT_SET_FILTER) != 0) {
        segment->filter = in->filter;
        segment->source = in->source;
        segment->dialect = segment_dialect_of(in);
        segment->member_count = in->member_count;
        segment->counted_ms = in->counted_ms;
        segment->version += segment_same(old.filter, in->filter) ? 0 : 1;
    }
    return !segment_same(old.name, segment->name) ||
           !segment_same(old.description, segment->description) ||
           !segment_same(old.source, segment->source) || old.track != segment->track;
}

static int segment_store(struct db *db, const struct segment_write *write, struct err_info *info)
{
    static const char sql[] =
        "UPDATE segment SET name = ?, description = ?, slug = ?, dialect = ?, filter = ?,"
        " source = ?, track = ?, member_count = ?, counted_ms = ?, version = ?, updated_ms = ?"
        " WHERE project_id = ? AND segment_id = ?";
    const struct segment *s = &write->result;
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(s->name), sqlvalue_of_text(s->description), DB_STR(s->slug),
                             DB_I64(s->dialect), sqlvalue_of_text(s->filter),
                             sqlvalue_of_text(s->source), DB_I64(s->track), DB_U64(s->member_count),
                             DB_I64(s->counted_ms), DB_I64(s->version), DB_I64(s->updated_ms),
                             DB_I64(write->project_id), DB_I64(s->segment_id)),
                   NULL, info);
}

/* Judges what changed: the names of a new filter, or event names that a rename or tracking moved.
 */
static int segment_check_change(struct db *db, const struct segment_write *write,
                                struct err_info *info)
{
    if ((write->parts & SEGMENT_SET_FILTER) != 0) {
        int err = segroom_check(db, write->project_id, info);
        return err < 0 ? err : segment_write_names(db, write, info);
    }
    if ((write->parts & (SEGMENT_SET_NAME | SEGMENT_SET_TRACK)) != 0) {
        return seggraph_check(db, write->arena, write->project_id, write->result.segment_id, NULL,
                              info);
    }
    return 0;
}

static int segment_update_body(struct db *db, void *ctx, struct err_info *info)
{
    struct segment_write *write = ctx;
    int64_t now_ms;
    int err = segref_lock(db, write->project_id, info);
    if (err == 0) {
        err = segment_get_locked(db, write->arena, write->project_id, write->uuid, &write->result,
                                 info);
    }
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    bool changed = segment_apply(&write->result, write->parts, write->input);
    if (changed) {
        write->result.updated_ms = now_ms;
    }
    err = segment_store(db, write, info);
    if (err == 0) {
        err = segment_check_change(db, write, info);
    }
    if (err == 0 && changed && (write->parts & SEGMENT_SET_FILTER) != 0) {
        err = segment_keep_version(db, write, info);
    }
    if (err == 0 && changed && write->result.kind == SEGMENT_DYNAMIC) {
        err = segstate_touch(db, write->project_id, write->result.segment_id, info);
    }
    if (err == 0 && (write->parts & (SEGMENT_SET_FILTER | SEGMENT_SET_TRACK)) != 0) {
        err = seghistory_note(db, write->project_id, write->result.segment_id, now_ms, info);
    }
    return err;
}

int segment_update(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   unsigned parts, const struct segment_input *input, struct segment *ret,
                   struct err_info *info)
{
    struct segment_write write = {
        .arena = arena, .project_id = project_id, .uuid = uuid, .parts = parts, .input = input};
    int err = db_tx(db, DB_WRITE, segment_update_body, &write, info);
    if (err == 0) {
        *ret = write.result;
    }
    return err;
}

/* ---- deleting ------------------------------------------------------------------------------ */

static int segment_delete_rows(struct db *db, const struct segment_write *write,
                               struct err_info *info)
{
    static const char sql[] = "DELETE FROM segment WHERE project_id = ? AND segment_id = ?";
    uint32_t project_id = write->project_id;
    uint32_t segment_id = write->result.segment_id;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = resource_release(db, project_id, RESOURCE_SEGMENT, segment_id, now_ms, info);
    }
    if (err == 0) {
        err = segref_delete(db, project_id, SEGREF_SEGMENT, segment_id, info);
    }
    if (err == 0) {
        err = segversion_drop(db, project_id, segment_id, info);
    }
    if (err == 0) {
        err = seghistory_drop(db, project_id, segment_id, info);
    }
    if (err == 0) {
        err = db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(segment_id)), NULL, info);
    }
    if (err < 0) {
        return err;
    }
    return write->result.kind == SEGMENT_DYNAMIC
               ? segstate_drop(db, project_id, segment_id, info)
               : resource_drop_set(db, project_id, KEY_SET_SEGMENT(segment_id), info);
}

/* Takes the locks, and reads the segment. */
static int segment_delete_begin(struct db *db, struct segment_write *write, struct err_info *info)
{
    int err = segref_lock(db, write->project_id, info);
    return err < 0 ? err
                   : segment_get_locked(db, write->arena, write->project_id, write->uuid,
                                        &write->result, info);
}

static int segment_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    struct segment_write *write = ctx;
    int err = segment_delete_begin(db, write, info);
    if (err == 0) {
        err =
            segref_check_free(db, write->arena, write->project_id, write->result.segment_id, info);
    }
    return err < 0 ? err : segment_delete_rows(db, write, info);
}

int segment_delete(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   struct err_info *info)
{
    struct segment_write write = {.arena = arena, .project_id = project_id, .uuid = uuid};
    return db_tx(db, DB_WRITE, segment_delete_body, &write, info);
}

static int segment_delete_released_body(struct db *db, void *ctx, struct err_info *info)
{
    struct segment_write *write = ctx;
    int err = segment_delete_begin(db, write, info);
    if (err == 0) {
        err = segref_check_unnamed(db, write->arena, write->project_id, write->result.segment_id,
                                   info);
    }
    if (err == 0) {
        err = segref_release(db, write->project_id, write->result.segment_id, info);
    }
    return err < 0 ? err : segment_delete_rows(db, write, info);
}

int segment_delete_released(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct uuid *uuid, struct err_info *info)
{
    struct segment_write write = {.arena = arena, .project_id = project_id, .uuid = uuid};
    return db_tx(db, DB_WRITE, segment_delete_released_body, &write, info);
}
