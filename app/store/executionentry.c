#include "store/executionentry.h"

#include <stdlib.h>

#include "store/sqllist.h"

/* A contact that asks to start, and where it stands in the caller's list. */
struct candidate {
    uint32_t ordinal;
    size_t at;
    bool exists;
    bool is_barred;
};

/* A judgement under way. */
struct judging {
    struct arena *arena;
    const struct execution_entry *entry;
    struct candidate *candidates; /* ascending, of each contact the first */
    size_t count;
};

static int compare_candidate(const void *a, const void *b)
{
    const struct candidate *left = a;
    const struct candidate *right = b;
    if (left->ordinal != right->ordinal) {
        return left->ordinal < right->ordinal ? -1 : 1;
    }
    return (left->at > right->at) - (left->at < right->at);
}

static int compare_ordinal(const void *key, const void *item)
{
    uint32_t ordinal = *(const uint32_t *)key;
    const struct candidate *candidate = item;
    return (ordinal > candidate->ordinal) - (ordinal < candidate->ordinal);
}

static struct candidate *find_candidate(const struct judging *judging, uint32_t ordinal)
{
    return bsearch(&ordinal, judging->candidates, judging->count, sizeof(struct candidate),
                   compare_ordinal);
}

/* Of a contact that stands several times the first. */
static void list_candidates(struct judging *judging, const struct execution_start *starts,
                            size_t count)
{
    struct candidate *all = arena_array(judging->arena, count, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        all[i].ordinal = starts[i].ordinal;
        all[i].at = i;
    }
    if (count > 1) {
        qsort(all, count, sizeof *all, compare_candidate);
    }
    judging->candidates = all;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || all[i].ordinal != all[i - 1].ordinal) {
            struct candidate first = all[i];
            all[judging->count++] = first;
        }
    }
}

static int exists_row(const struct db_rows *rows, void *ctx)
{
    struct candidate *candidate = find_candidate(ctx, (uint32_t)db_i64(rows, 0));
    if (candidate != NULL) {
        candidate->exists = true;
    }
    return 0;
}

/* Rows are (ordinal, its smallest status): those that are alive are the smallest. */
static int entered_row(const struct db_rows *rows, void *ctx)
{
    const struct judging *judging = ctx;
    struct candidate *candidate = find_candidate(judging, (uint32_t)db_i64(rows, 0));
    if (candidate != NULL) {
        candidate->is_barred =
            !judging->entry->allow_reentry || db_i64(rows, 1) <= EXECUTION_WAITING;
    }
    return 0;
}

/* Keeps the contacts from being erased until the start is committed, and asks who entered before;
 * the lock of the flow's row keeps others from entering them now. */
static int judge_candidates(struct db *db, struct judging *judging, struct err_info *info)
{
    SQLLIST(contacts_sql, "SELECT ordinal FROM contact WHERE project_id = ? AND ordinal IN (", "?",
            ") LOCK IN SHARE MODE");
    SQLLIST(entered_sql,
            "SELECT ordinal, MIN(status) FROM execution FORCE INDEX (contact)"
            " WHERE project_id = ? AND owner_kind = ? AND owner_id = ? AND ordinal IN (",
            "?", ") GROUP BY ordinal");
    const struct flowversion *flow = &judging->entry->flow;
    const struct db_param head[] = {DB_I64(flow->project_id), DB_I64(flow->owner_kind),
                                    DB_I64(flow->owner_id)};
    struct db_param *ordinals = arena_array(judging->arena, judging->count, sizeof *ordinals);
    for (size_t i = 0; i < judging->count; i++) {
        ordinals[i] = DB_I64(judging->candidates[i].ordinal);
    }
    struct sqllist list = {contacts_sql, head, 1, ordinals, judging->count, 1};
    int err = sqllist_query(db, &list, exists_row, judging, info);
    if (err == 0) {
        list.sql = entered_sql;
        list.head_count = 3;
        err = sqllist_query(db, &list, entered_row, judging, info);
    }
    return err;
}

int executionentry_judge(struct db *db, struct arena *arena, const struct execution_entry *entry,
                         struct execution_start *starts, size_t count, struct err_info *info)
{
    struct judging judging = {.arena = arena, .entry = entry};
    list_candidates(&judging, starts, count);
    int err = judge_candidates(db, &judging, info);
    for (size_t i = 0; i < count; i++) {
        const struct candidate *candidate = find_candidate(&judging, starts[i].ordinal);
        starts[i].started =
            candidate != NULL && candidate->at == i && candidate->exists && !candidate->is_barred;
    }
    return err;
}
