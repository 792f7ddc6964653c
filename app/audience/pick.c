#include "audience/pick.h"

#include <stdlib.h>

#include "audience/question.h"
#include "column/bits.h"
#include "column/key.h"

/* Where an ordinal stands in the query. */
struct place {
    uint32_t ordinal;
    size_t index;
};

struct picking {
    const struct pick_query *query;
    struct arena *work;
    struct place *places; /* by ordinal */
    struct snapshot snapshot;
    struct question question;
    bool *picked;
};

static int compare_place(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    return (left->ordinal > right->ordinal) - (left->ordinal < right->ordinal);
}

/* Answers for those of one chunk, from place `from` on. Returns 0 or an err. */
static int pick_chunk(struct picking *p, size_t from, size_t *ret_to, struct err_info *info)
{
    uint32_t chunk = p->places[from].ordinal / KEY_CHUNK_ROWS;
    bool is_there = chunk < p->snapshot.chunk_count;
    struct bits matched;
    size_t i = from;
    if (is_there) {
        int err = question_chunk(&p->question, chunk, info);
        if (err)
            return err;
        question_answer(&p->question, &matched);
    }
    for (; i < p->query->count && p->places[i].ordinal / KEY_CHUNK_ROWS == chunk; i++)
        p->picked[p->places[i].index] =
            is_there && bits_test(&matched, p->places[i].ordinal % KEY_CHUNK_ROWS);
    *ret_to = i;
    return 0;
}

static int pick_body(struct db *db, void *ctx, struct err_info *info)
{
    struct picking *p = ctx;
    const struct pick_query *query = p->query;
    question_done(&p->question);
    int err = snapshot_open(db, p->work, query->project_id, &p->snapshot, info);
    if (!err)
        err = question_init(&p->question, &p->snapshot, query->filter,
                            p->snapshot.now_ms + query->ahead_ms, NULL, 0, info);
    for (size_t from = 0; !err && from < query->count;)
        err = pick_chunk(p, from, &from, info);
    return err;
}

int pick_take(struct db *db, const struct pick_query *query, bool *ret, struct err_info *info)
{
    AUTO(arena) work = arena_new();
    struct picking *p = arena_alloc(work, sizeof *p);
    *p = (struct picking){.query = query, .work = work, .picked = ret};
    p->places = arena_array(work, query->count, sizeof(*p->places));
    for (size_t i = 0; i < query->count; i++)
        p->places[i] = (struct place){query->ordinals[i], i};
    qsort(p->places, query->count, sizeof(*p->places), compare_place);
    int err = db_tx(db, DB_READ, pick_body, p, info);
    question_done(&p->question);
    snapshot_report_damage(&p->snapshot);
    return err;
}
