#include "store/seghistory.h"

#include <string.h>

#include "column/key.h"
#include "store/partversion.h"
#include "store/sqlrows.h"

/* ---- counting ------------------------------------------------------------------------------ */

static int64_t hour_of(int64_t at_ms)
{
    return at_ms - at_ms % SEGHISTORY_HOUR_MS;
}

/* Who counted last is right, whoever writes last; counted_ms is compared before it is set. */
#define ON_DUPLICATE                                                                               \
    " ON DUPLICATE KEY UPDATE count = CASE WHEN VALUES(counted_ms) >= segment_history.counted_ms"  \
    " THEN VALUES(count) ELSE segment_history.count END,"                                          \
    " counted_ms = GREATEST(segment_history.counted_ms, VALUES(counted_ms)),"                      \
    " tracked = VALUES(tracked),"                                                                  \
    " entries = CASE WHEN VALUES(entries) IS NULL THEN segment_history.entries"                    \
    " ELSE COALESCE(segment_history.entries, 0) + VALUES(entries) END,"                            \
    " exits = CASE WHEN VALUES(exits) IS NULL THEN segment_history.exits"                          \
    " ELSE COALESCE(segment_history.exits, 0) + VALUES(exits) END"

/* The members of a static segment are told by nobody, whatever its row says. */
#define TRACKED "CASE WHEN g.kind = 1 THEN g.track ELSE 0 END"
#define NONE_IF_TRACKED "CASE WHEN g.kind = 1 AND g.track = 1 THEN 0 END"

int seghistory_note(struct db *db, uint32_t project_id, uint32_t segment_id, int64_t at_ms,
                    struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO segment_history (project_id, segment_id, at_ms, hours, count, counted_ms,"
        " tracked, entries, exits)"
        " SELECT g.project_id, g.segment_id, ?, 1, g.member_count, g.counted_ms, " TRACKED
        ", " NONE_IF_TRACKED ", " NONE_IF_TRACKED " FROM segment g"
        " WHERE g.project_id = ? AND g.segment_id = ? AND NOT EXISTS (SELECT 1 FROM"
        " (SELECT h.count, h.tracked FROM segment_history h WHERE h.project_id = ?"
        " AND h.segment_id = ? ORDER BY h.at_ms DESC LIMIT 1) newest"
        " WHERE newest.count = g.member_count AND newest.tracked = " TRACKED ")" ON_DUPLICATE;
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(hour_of(at_ms)), DB_U64(project_id), DB_U64(segment_id),
                             DB_U64(project_id), DB_U64(segment_id)),
                   NULL, info);
}

int seghistory_add(struct db *db, uint32_t project_id, const struct seghistory_moves *moves,
                   struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO segment_history (project_id, segment_id, at_ms, hours, count, counted_ms,"
        " tracked, entries, exits) VALUES (?, ?, ?, 1, ?, ?, 1, ?, ?)" ON_DUPLICATE;
    return db_exec(db, sql,
                   DB_PARAMS(DB_U64(project_id), DB_U64(moves->segment_id),
                             DB_I64(hour_of(moves->at_ms)), DB_U64(moves->count),
                             DB_I64(moves->at_ms), DB_U64(moves->entries), DB_U64(moves->exits)),
                   NULL, info);
}

struct setting {
    uint32_t project_id;
    const struct seghistory_count *count;
};

static int set_count_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "UPDATE segment SET member_count = ?, counted_ms = ?,"
        " counted_state = COALESCE(?, counted_state)"
        " WHERE project_id = ? AND segment_id = ? AND version = ? AND counted_ms <= ?";
    const struct setting *setting = ctx;
    const struct seghistory_count *c = setting->count;
    struct db_param state = c->state ? DB_BYTES(c->state->bytes, sizeof c->state->bytes) : DB_NULL;
    uint64_t matched = 0;
    int err = db_exec(db, sql,
                      DB_PARAMS(DB_U64(c->count), DB_I64(c->counted_ms), state,
                                DB_U64(setting->project_id), DB_U64(c->segment_id),
                                DB_U64(c->version), DB_I64(c->counted_ms)),
                      &matched, info);
    if (err || !matched)
        return err;
    return seghistory_note(db, setting->project_id, c->segment_id, c->counted_ms, info);
}

int seghistory_set_count(struct db *db, uint32_t project_id, const struct seghistory_count *count,
                         struct err_info *info)
{
    struct setting setting = {project_id, count};
    return db_tx(db, DB_WRITE, set_count_body, &setting, info);
}

/* ---- reading ------------------------------------------------------------------------------- */

#define ROW_COLUMNS "at_ms, hours, count, counted_ms, tracked, entries, exits"

static struct seghistory_row row_of(const struct db_rows *rows)
{
    return (struct seghistory_row){.at_ms = db_i64(rows, 0),
                                   .span_ms = db_i64(rows, 1) * SEGHISTORY_HOUR_MS,
                                   .count = (uint64_t)db_i64(rows, 2),
                                   .counted_ms = db_i64(rows, 3),
                                   .tracked = db_i64(rows, 4) != 0,
                                   .told = !db_is_null(rows, 5),
                                   .entries = (uint64_t)db_i64(rows, 5),
                                   .exits = (uint64_t)db_i64(rows, 6)};
}

void seghistory_merge(struct seghistory_row *row, const struct seghistory_row *later)
{
    row->count = later->count;
    row->counted_ms = later->counted_ms;
    row->tracked = later->tracked;
    row->told |= later->told;
    row->entries += later->entries;
    row->exits += later->exits;
}

int seghistory_list(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                    int64_t from_ms, int64_t to_ms, struct seghistory_row **ret, size_t *ret_count,
                    struct err_info *info)
{
    static const char sql[] =
        "SELECT " ROW_COLUMNS " FROM segment_history WHERE project_id = ? AND segment_id = ?"
        " AND at_ms <= ? AND at_ms >= COALESCE((SELECT MAX(at_ms) FROM segment_history"
        " WHERE project_id = ? AND segment_id = ? AND at_ms < ?), ?) ORDER BY at_ms";
    AUTO(db_rows) rows = NULL;
    struct seghistory_row *list = NULL;
    size_t count = 0, room = 0;
    int got = db_query(db, sql,
                       DB_PARAMS(DB_U64(project_id), DB_U64(segment_id), DB_I64(to_ms),
                                 DB_U64(project_id), DB_U64(segment_id), DB_I64(from_ms),
                                 DB_I64(from_ms)),
                       false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof *list);
        list[count++] = row_of(rows);
    }
    *ret = list;
    *ret_count = count;
    return got;
}

/* ---- growing old --------------------------------------------------------------------------- */

int seghistory_drop(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    static const char sql[] = "DELETE FROM segment_history WHERE project_id = ? AND segment_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_U64(project_id), DB_U64(segment_id)), NULL, info);
}

#define DAYS_MAX 40 /* that one transaction makes */
#define SEGMENTS_MAX 100

struct thinning {
    uint32_t project_id;
    uint32_t segment_id;
    int64_t before_ms; /* start of the first day that stays as it is */
    struct seghistory_row days[DAYS_MAX];
    size_t day_count;
};

/* Reads the oldest hours, whole days of them. */
static int read_hours(struct db *db, struct thinning *t, struct err_info *info)
{
    static const char sql[] =
        "SELECT " ROW_COLUMNS " FROM segment_history FORCE INDEX (PRIMARY) WHERE project_id = ?"
        " AND segment_id = ? AND hours = 1 AND at_ms < ? ORDER BY at_ms LIMIT ? FOR UPDATE";
    AUTO(db_rows) rows = NULL;
    t->day_count = 0;
    int got = db_query(db, sql,
                       DB_PARAMS(DB_U64(t->project_id), DB_U64(t->segment_id), DB_I64(t->before_ms),
                                 DB_I64((DAYS_MAX + 1) * 24)),
                       false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        struct seghistory_row row = row_of(rows);
        row.at_ms -= row.at_ms % TIMEUTIL_DAY_MS;
        if (t->day_count && t->days[t->day_count - 1].at_ms == row.at_ms) {
            seghistory_merge(&t->days[t->day_count - 1], &row);
            continue;
        }
        if (t->day_count == DAYS_MAX)
            return 0;
        row.span_ms = TIMEUTIL_DAY_MS;
        t->days[t->day_count++] = row;
    }
    return got;
}

#define DAY_WIDTH 8
SQLROWS(sql_days,
        "INSERT INTO segment_history (project_id, segment_id, at_ms, hours, count, counted_ms,"
        " tracked, entries, exits) VALUES ",
        "(?,?,?,24,?,?,?,?,?)", "");

static int write_days(struct db *db, const struct thinning *t, struct err_info *info)
{
    struct db_param params[DAYS_MAX * DAY_WIDTH];
    for (size_t i = 0; i < t->day_count; i++) {
        const struct seghistory_row *day = &t->days[i];
        const struct db_param row[DAY_WIDTH] = {
            DB_U64(t->project_id),
            DB_U64(t->segment_id),
            DB_I64(day->at_ms),
            DB_U64(day->count),
            DB_I64(day->counted_ms),
            DB_I64(day->tracked),
            day->told ? DB_U64(day->entries) : DB_NULL,
            day->told ? DB_U64(day->exits) : DB_NULL,
        };
        memcpy(params + i * DAY_WIDTH, row, sizeof row);
    }
    return sqlrows_exec(db, sql_days, params, t->day_count, DAY_WIDTH, info);
}

static int thin_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "DELETE FROM segment_history WHERE project_id = ? AND segment_id = ?"
                              " AND hours = 1 AND at_ms < ?";
    struct thinning *t = ctx;
    int err = read_hours(db, t, info);
    if (err || !t->day_count)
        return err; /* somebody else did it */
    int64_t end_ms = t->days[t->day_count - 1].at_ms + TIMEUTIL_DAY_MS;
    err = db_exec(db, sql, DB_PARAMS(DB_U64(t->project_id), DB_U64(t->segment_id), DB_I64(end_ms)),
                  NULL, info);
    return err ? err : write_days(db, t, info);
}

/* Segments with rows of `hours` that are older than before_ms; `ret` has room for SEGMENTS_MAX. */
static int list_old(struct db *db, const char *sql, uint32_t project_id, int64_t before_ms,
                    uint32_t *ret, int64_t *ret_newest, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    size_t count = 0;
    int got =
        db_query(db, sql, DB_PARAMS(DB_U64(project_id), DB_I64(before_ms), DB_I64(SEGMENTS_MAX)),
                 false, &rows, info);
    if (got)
        return got;
    while (count < SEGMENTS_MAX && (got = db_next(rows, info)) > 0) {
        ret_newest[count] = db_i64(rows, 1);
        ret[count++] = (uint32_t)db_i64(rows, 0);
    }
    *ret_count = count;
    return got < 0 ? got : 0;
}

static int forget_days(struct db *db, uint32_t project_id, int64_t before_ms, struct err_info *info)
{
    /* The last one stays: it is what the count has been since. */
    static const char sql_old[] = "SELECT segment_id, MAX(at_ms) FROM segment_history FORCE INDEX "
                                  "(age) WHERE project_id = ? AND hours = 24"
                                  " AND at_ms < ? GROUP BY segment_id HAVING COUNT(*) > 1 LIMIT ?";
    static const char sql_delete[] =
        "DELETE FROM segment_history WHERE project_id = ? AND segment_id = ? AND at_ms < ?";
    uint32_t segments[SEGMENTS_MAX];
    int64_t newest[SEGMENTS_MAX];
    size_t count = 0;
    int err = list_old(db, sql_old, project_id, before_ms, segments, newest, &count, info);
    for (size_t i = 0; !err && i < count; i++)
        err = db_exec(db, sql_delete,
                      DB_PARAMS(DB_U64(project_id), DB_U64(segments[i]), DB_I64(newest[i])), NULL,
                      info);
    return err;
}

int seghistory_thin(struct db *db, struct arena *arena, uint32_t project_id, int64_t now_ms,
                    unsigned max_batches, struct err_info *info)
{
    static const char sql_old[] = "SELECT segment_id, MAX(at_ms) FROM segment_history FORCE INDEX "
                                  "(age) WHERE project_id = ? AND hours = 1"
                                  " AND at_ms < ? GROUP BY segment_id LIMIT ?";
    struct thinning *t = arena_alloc(arena, sizeof *t);
    int64_t before_ms = now_ms - SEGHISTORY_HOURS_MS;
    uint32_t segments[SEGMENTS_MAX];
    int64_t newest[SEGMENTS_MAX];
    size_t count = SEGMENTS_MAX;
    int err = 0;
    t->project_id = project_id;
    t->before_ms = before_ms - before_ms % TIMEUTIL_DAY_MS;
    while (!err && max_batches && count) {
        err = list_old(db, sql_old, project_id, t->before_ms, segments, newest, &count, info);
        for (size_t i = 0; !err && i < count && max_batches; i++, max_batches--) {
            t->segment_id = segments[i];
            err = db_tx(db, DB_WRITE, thin_body, t, info);
        }
    }
    return err ? err : forget_days(db, project_id, now_ms - SEGHISTORY_DAYS_MS, info);
}

/* ---- static segments ----------------------------------------------------------------------- */

int seghistory_projects(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                        struct err_info *info)
{
    /* Goes over all projects: the worker looks where there is something to count. */
    static const char sql[] = "SELECT g.project_id FROM segment g JOIN project p"
                              " ON p.project_id = g.project_id AND p.deleted_ms IS NULL"
                              " WHERE g.kind = 2 GROUP BY g.project_id ORDER BY g.project_id";
    AUTO(db_rows) rows = NULL;
    uint32_t *list = NULL;
    size_t count = 0, room = 0;
    int got = db_query(db, sql, DB_NO_PARAMS, false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        list = arena_grow(arena, list, count, &room, sizeof *list);
        list[count++] = (uint32_t)db_i64(rows, 0);
    }
    *ret = list;
    *ret_count = count;
    return got;
}

struct uncounted {
    struct arena *arena;
    uint32_t project_id;
    struct seghistory_static *list;
    size_t count;
};

static int uncounted_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = "SELECT segment_id, version, counted_state FROM segment"
                              " WHERE project_id = ? AND kind = 2 ORDER BY counted_ms";
    struct uncounted *u = ctx;
    struct partversion *parts = NULL;
    AUTO(db_rows) rows = NULL;
    size_t room = 0;
    u->count = 0;
    int got = partversion_read(db, u->arena, u->project_id, &parts, info);
    if (!got)
        got = db_query(db, sql, DB_PARAMS(DB_U64(u->project_id)), false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        uint32_t segment_id = (uint32_t)db_i64(rows, 0);
        uint64_t part = KEY_PART_SET(KEY_SET_SEGMENT(segment_id));
        struct hash128 state = partversion_fingerprint(parts, &part, 1, false);
        if (str_eq(db_bytes(rows, 2), (struct str){(const char *)state.bytes, sizeof state.bytes}))
            continue;
        u->list = arena_grow(u->arena, u->list, u->count, &room, sizeof *u->list);
        u->list[u->count++] =
            (struct seghistory_static){segment_id, (uint32_t)db_i64(rows, 1), state};
    }
    return got;
}

int seghistory_uncounted(struct db *db, struct arena *arena, uint32_t project_id,
                         struct seghistory_static **ret, size_t *ret_count, struct err_info *info)
{
    struct uncounted u = {.arena = arena, .project_id = project_id};
    int err = db_tx(db, DB_READ, uncounted_body, &u, info);
    *ret = u.list;
    *ret_count = u.count;
    return err;
}
