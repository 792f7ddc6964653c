#include "store/eventcount.h"

#include "store/sqllist.h"

#define LONG_BUDGET_MS 60000
#define SLICE_BUCKETS 12

#define COUNT_SQL(table)                                                                           \
    "SELECT name_id, (at_ms - ?) DIV ?, COUNT(*) FROM " table " FORCE INDEX (name)"                \
    " WHERE project_id = ? AND at_ms >= ? AND at_ms < ? AND name_id IN ("
#define COUNT_BEHIND ") GROUP BY 1, 2"

SQLLIST(count_log, COUNT_SQL("event"), "?", COUNT_BEHIND);
SQLLIST(count_moves, COUNT_SQL("transition"), "?", COUNT_BEHIND);

#define PROBE_SQL(table)                                                                           \
    "SELECT COUNT(*) FROM (SELECT 1 FROM " table " FORCE INDEX (name)"                             \
    " WHERE project_id = ? AND at_ms >= ? AND at_ms < ? AND name_id IN ("
#define PROBE_BEHIND ") LIMIT 50001) q" /* EVENTCOUNT_AT_ONCE and one more */

SQLLIST(probe_log, PROBE_SQL("event"), "?", PROBE_BEHIND);
SQLLIST(probe_moves, PROBE_SQL("transition"), "?", PROBE_BEHIND);

struct counted {
    uint32_t name_id;
    uint32_t bucket;
    uint64_t count;
};

struct counting {
    struct arena *arena;
    const struct eventcount_query *query;
    struct db_param *names;
    uint64_t probed;
    struct counted *counted;
    size_t count, room;
};

/* ---- how many there are -------------------------------------------------------------------- */

static int probe_row(const struct db_rows *rows, void *ctx)
{
    struct counting *c = ctx;
    c->probed += (uint64_t)db_i64(rows, 0);
    return c->probed > EVENTCOUNT_AT_ONCE ? ERR_SLOW : 0;
}

static int probe(struct db *db, struct counting *c, struct err_info *info)
{
    const struct eventcount_query *query = c->query;
    const struct db_param head[] = {DB_U64(query->project_id), DB_I64(query->from_ms),
                                    DB_I64(query->to_ms)};
    const char *const *const sql[] = {probe_log, probe_moves};
    int err = 0;
    c->probed = 0;
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(sql); i++) {
        struct sqllist list = {sql[i], head, 3, c->names, query->name_count, 1};
        err = sqllist_query(db, &list, probe_row, c, info);
    }
    return err;
}

/* ---- counting ------------------------------------------------------------------------------ */

static int count_row(const struct db_rows *rows, void *ctx)
{
    struct counting *c = ctx;
    c->counted = arena_grow(c->arena, c->counted, c->count, &c->room, sizeof *c->counted);
    c->counted[c->count++] = (struct counted){(uint32_t)db_i64(rows, 0), (uint32_t)db_i64(rows, 1),
                                              (uint64_t)db_i64(rows, 2)};
    return 0;
}

/* Counts from_ms ≤ instant < to_ms, a part of what is asked for. */
static int count_slice(struct db *db, struct counting *c, int64_t from_ms, int64_t to_ms,
                       struct err_info *info)
{
    const struct eventcount_query *query = c->query;
    const struct db_param head[] = {DB_I64(query->from_ms), DB_I64(query->step_ms),
                                    DB_U64(query->project_id), DB_I64(from_ms), DB_I64(to_ms)};
    const char *const *const sql[] = {count_log, count_moves};
    int err = db_check_deadline(db, info);
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(sql); i++) {
        struct sqllist list = {sql[i], head, 5, c->names, query->name_count, 1};
        err = sqllist_query(db, &list, count_row, c, info);
    }
    return err;
}

/* A statement has a few seconds whatever the budget: many are counted slice by slice. */
static int count_body(struct db *db, void *ctx, struct err_info *info)
{
    struct counting *c = ctx;
    const struct eventcount_query *query = c->query;
    bool is_long = db_has_ms(db, LONG_BUDGET_MS);
    int64_t slice_ms = is_long ? SLICE_BUCKETS * query->step_ms : query->to_ms - query->from_ms;
    int err = is_long ? 0 : probe(db, c, info);
    c->count = 0;
    for (int64_t at_ms = query->from_ms; err == 0 && at_ms < query->to_ms; at_ms += slice_ms) {
        int64_t end_ms = at_ms + slice_ms;
        err = count_slice(db, c, at_ms, end_ms < query->to_ms ? end_ms : query->to_ms, info);
    }
    return err;
}

int eventcount_read(struct db *db, struct arena *arena, const struct eventcount_query *query,
                    eventcount_fn *fn, void *ctx, struct err_info *info)
{
    struct counting c = {.arena = arena, .query = query};
    c.names = arena_array(arena, query->name_count, sizeof *c.names);
    for (size_t i = 0; i < query->name_count; i++)
        c.names[i] = DB_U64(query->names[i]);
    int err = db_tx(db, DB_READ, count_body, &c, info);
    for (size_t i = 0; err == 0 && i < c.count; i++)
        fn(c.counted[i].name_id, c.counted[i].bucket, c.counted[i].count, ctx);
    return err;
}
