#include "audience/question.h"

#include <string.h>

/* ---- the mixed rule: which types a key has now ---------------------------------------------- */

struct settling {
    struct question *question;
    enum { HOLDS_UNKNOWN, HOLDS_NO, HOLDS_YES } * known; /* by column: leaves share columns */
    int err;
    struct err_info *info;
};

static bool holds_now(struct settling *settling, int column)
{
    struct question *q = settling->question;
    struct eval_column found;
    struct bits present;
    for (uint32_t chunk = 0; !settling->err && chunk < q->snapshot->chunk_count; chunk++) {
        settling->err =
            snapshot_columns(q->snapshot, &q->keys[column], 1, chunk, &found, settling->info);
        bool anywhere = found.base_column != NULL;
        for (unsigned level = 0; level < found.level_count; level++)
            anywhere |= found.level_columns[level] != NULL;
        if (settling->err || !anywhere)
            continue;
        eval_presence(&found, &present);
        if (!bits_none(&present))
            return true;
    }
    return false;
}

/* True when some contact has a value in the program's column now. */
static bool holds(void *ctx, int column)
{
    struct settling *settling = ctx;
    if (settling->known[column] == HOLDS_UNKNOWN)
        settling->known[column] = holds_now(settling, column) ? HOLDS_YES : HOLDS_NO;
    return settling->known[column] == HOLDS_YES;
}

/* ---- occurrences that must be read from the log --------------------------------------------- */

/* As many take two seconds to read; what they hold under a property takes rows behind the index. */
#define LOGGED_MAX 5000000
#define LOGGED_WITH_DATA 8
/* More than these take some 15 ms: they are read only under a budget of this length, so that no
 * process of the pool for short requests is bound by them. */
#define LOGGED_AT_ONCE 50000
#define LOGGED_BUDGET_MS 60000

static void add_count(void *ctx, uint32_t row, const struct chunk_cell *cell)
{
    (void)row;
    *(uint64_t *)ctx += cell->code;
}

/* Refuses what would take too long, as long as the worker builds the columns. */
static int check_log(struct question *q, const struct eventcolumns_event *event, uint64_t *total,
                     struct err_info *info)
{
    uint64_t key = KEY_EVENT_COUNT(event->name_id), count = 0;
    struct eval_column column;
    for (uint32_t chunk = 0; chunk < q->snapshot->chunk_count; chunk++) {
        int err = snapshot_columns(q->snapshot, &key, 1, chunk, &column, info);
        if (err)
            return err;
        eval_visit(&column, add_count, &count);
    }
    *total += event->property_count ? count * LOGGED_WITH_DATA : count;
    if (event->refused && *total > LOGGED_MAX)
        return err_set(info, ERR_UNPROCESSABLE, "TOO_MANY_OCCURRENCES",
                       "\"" STR_FMT "\" has too many occurrences for filters that look at each of"
                       " them; those without a window on a count and without where are answered",
                       STR_ARG(event->name));
    if (*total > LOGGED_AT_ONCE && *total <= LOGGED_MAX)
        return db_has_ms(q->snapshot->db, LOGGED_BUDGET_MS) ? 0 : ERR_SLOW;
    return *total <= LOGGED_MAX
               ? 0
               : err_set(info, ERR_UNAVAILABLE, "COLUMN_NOT_READY",
                         "The occurrences of \"" STR_FMT "\" are being made ready for filters that"
                         " look at each of them; please try again in a moment",
                         STR_ARG(event->name));
}

static int check_logs(struct question *q, struct err_info *info)
{
    const struct eventcolumns *occurrences = q->snapshot->occurrences;
    uint64_t total = 0;
    int err = 0;
    for (size_t i = 0; !err && i < occurrences->count; i++) {
        if (!occurrences->events[i].built)
            err = check_log(q, &occurrences->events[i], &total, info);
    }
    return err;
}

/* ---- preparing ----------------------------------------------------------------------------- */

static int compile(const struct question *q, const struct filter *filter, int64_t at_ms,
                   struct program **ret, struct err_info *info)
{
    struct predicate_clock clock = {.now_ms = at_ms};
    struct program_names lookup = names_for_program(q->names);
    return program_compile(q->snapshot->arena, filter, &clock, &lookup, ret, info);
}

static int settle(struct question *q, struct program *program, struct err_info *info)
{
    struct settling settling = {.question = q, .info = info};
    settling.known = arena_array(q->snapshot->arena, program->column_count, sizeof *settling.known);
    program_settle(program, holds, &settling);
    return settling.err;
}

/* The program's columns and the extra ones, with the dirty rows of their parts. */
static int bring_columns(struct question *q, const uint64_t *extra, size_t extra_count,
                         struct err_info *info)
{
    struct snapshot *s = q->snapshot;
    size_t field_count, count = q->program->column_count;
    const struct catalog_name *fields = names_fields(q->names, &field_count);
    q->key_count = count + extra_count;
    q->keys = arena_array(s->arena, q->key_count, sizeof *q->keys);
    q->columns = arena_array(s->arena, q->key_count, sizeof *q->columns);
    memcpy(q->keys, q->program->columns, count * sizeof *q->keys);
    if (extra_count)
        memcpy(q->keys + count, extra, extra_count * sizeof *q->keys);
    s->occurrences = names_occurrences(q->names);
    return snapshot_bring(s, q->keys, q->key_count,
                          rowvalues_paths_new(s->arena, fields, field_count), info);
}

int question_init(struct question *q, struct snapshot *snapshot, const struct filter *filter,
                  int64_t at_ms, const uint64_t *extra, size_t extra_count, struct err_info *info)
{
    *q = (struct question){.snapshot = snapshot};
    int err =
        names_resolve(snapshot->db, snapshot->arena, snapshot->project_id, filter, &q->names, info);
    if (!err)
        err = compile(q, filter, at_ms, &q->program, info);
    if (!err)
        err = bring_columns(q, extra, extra_count, info);
    if (!err)
        err = check_logs(q, info);
    if (!err)
        err = settle(q, q->program, info);
    if (!err)
        q->eval = eval_new(q->program);
    return err;
}

int question_other_time(struct question *q, const struct filter *filter, int64_t at_ms,
                        struct eval **ret, struct err_info *info)
{
    struct program *program;
    int err = compile(q, filter, at_ms, &program, info);
    if (!err)
        err = settle(q, program, info); /* the same columns in the same places */
    if (!err)
        *ret = eval_new(program);
    return err;
}

void question_done(struct question *q)
{
    eval_free(q->eval);
    q->eval = NULL;
    if (q->snapshot)
        snapshot_let_go(q->snapshot);
}

int question_chunk(struct question *q, uint32_t chunk, struct err_info *info)
{
    int err = db_check_deadline(q->snapshot->db, info);
    return err ? err
               : snapshot_columns(q->snapshot, q->keys, q->key_count, chunk, q->columns, info);
}

void question_answer(struct question *q, struct bits *ret)
{
    eval_run(q->eval, q->columns, ret);
}

const struct eval_column *question_extra(const struct question *q, size_t i)
{
    return &q->columns[q->program->column_count + i];
}
