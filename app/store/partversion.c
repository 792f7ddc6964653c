#include "store/partversion.h"

#include <stdlib.h>
#include <string.h>

#include "store/counter.h"
#include "store/sqlrows.h"

/* One part as it is hashed. */
struct part_state {
    uint64_t part;
    uint64_t version;
    uint64_t marks;
    uint64_t seqs; /* of the marks, XORed */
};

struct partversion {
    struct arena *arena;
    struct part_state *parts; /* ascending */
    size_t count, room;
    uint64_t names; /* numbers given to fields and events so far */
};

#define SET_WIDTH 3
SQLROWS(sql_set, "INSERT INTO part_version (project_id, part, version) VALUES ", "(?,?,?)",
        " ON DUPLICATE KEY UPDATE version = VALUES(version)");

int partversion_set(struct db *db, struct arena *arena, uint32_t project_id, const uint64_t *parts,
                    size_t count, uint64_t version, struct err_info *info)
{
    struct db_param *params = arena_array(arena, count * SET_WIDTH, sizeof *params);
    for (size_t i = 0; i < count; i++) {
        params[i * SET_WIDTH] = DB_U64(project_id);
        params[i * SET_WIDTH + 1] = DB_U64(parts[i]);
        params[i * SET_WIDTH + 2] = DB_U64(version);
    }
    return sqlrows_exec(db, sql_set, params, count, SET_WIDTH, info);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int compare_parts(const void *a, const void *b)
{
    const struct part_state *x = a, *y = b;
    return (x->part > y->part) - (x->part < y->part);
}

static struct part_state *find_part(const struct partversion *state, size_t count, uint64_t part)
{
    struct part_state key = {.part = part};
    return count ? bsearch(&key, state->parts, count, sizeof key, compare_parts) : NULL;
}

static struct part_state *add_part(struct partversion *state, uint64_t part)
{
    state->parts =
        arena_grow(state->arena, state->parts, state->count, &state->room, sizeof *state->parts);
    struct part_state *added = &state->parts[state->count++];
    *added = (struct part_state){.part = part};
    return added;
}

static int read_versions(struct db *db, uint32_t project_id, struct partversion *state,
                         struct err_info *info)
{
    static const char sql[] =
        "SELECT part, version FROM part_version WHERE project_id = ? ORDER BY part";
    AUTO(db_rows) rows = NULL;
    int got = db_query(db, sql, DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0)
        add_part(state, (uint64_t)db_i64(rows, 0))->version = (uint64_t)db_i64(rows, 1);
    return got;
}

static int read_marks(struct db *db, uint32_t project_id, struct partversion *state,
                      struct err_info *info)
{
    static const char sql[] =
        "SELECT part, COUNT(*), BIT_XOR(seq) FROM dirty WHERE project_id = ? GROUP BY part";
    AUTO(db_rows) rows = NULL;
    size_t known = state->count;
    int got = db_query(db, sql, DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        uint64_t part = (uint64_t)db_i64(rows, 0);
        struct part_state *found = find_part(state, known, part);
        if (!found)
            found = add_part(state, part);
        found->marks = (uint64_t)db_i64(rows, 1);
        found->seqs = (uint64_t)db_i64(rows, 2);
    }
    if (state->count)
        qsort(state->parts, state->count, sizeof *state->parts, compare_parts);
    return got;
}

static int read_names(struct db *db, uint32_t project_id, uint64_t *ret, struct err_info *info)
{
    static const char sql[] = "SELECT CAST(COALESCE(SUM(last_value), 0) AS SIGNED) FROM counter"
                              " WHERE project_id = ? AND kind IN (?, ?)";
    AUTO(db_rows) rows = NULL;
    int got = db_one(
        db, sql, DB_PARAMS(DB_U64(project_id), DB_I64(COUNTER_FIELD), DB_I64(COUNTER_EVENT_NAME)),
        &rows, info);
    if (got > 0)
        *ret = (uint64_t)db_i64(rows, 0);
    return got < 0 ? got : 0;
}

int partversion_read(struct db *db, struct arena *arena, uint32_t project_id,
                     struct partversion **ret, struct err_info *info)
{
    struct partversion *state = arena_alloc(arena, sizeof *state);
    state->arena = arena;
    int err = read_versions(db, project_id, state, info);
    if (!err)
        err = read_marks(db, project_id, state, info);
    if (!err)
        err = read_names(db, project_id, &state->names, info);
    if (!err)
        *ret = state;
    return err;
}

/* ---- fingerprints -------------------------------------------------------------------------- */

struct hash128 partversion_fingerprint(const struct partversion *state, const uint64_t *parts,
                                       size_t count, bool names)
{
    struct part_state *taken = arena_array(state->arena, count + 2, sizeof *taken);
    size_t used = 0;
    for (size_t i = 0; i <= count; i++) {
        uint64_t part = i < count ? parts[i] : PARTVERSION_ALL;
        const struct part_state *found = find_part(state, state->count, part);
        taken[used++] = found ? *found : (struct part_state){.part = part};
    }
    qsort(taken, used, sizeof *taken, compare_parts);
    taken[used].version = names ? state->names : 0;
    return hash_content(taken, (used + 1) * sizeof *taken);
}
