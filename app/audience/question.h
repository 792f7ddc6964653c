/*
 * A question: one filter made ready in one snapshot, its program, evaluator and columns, answered
 * chunk by chunk. It is a panel of one (audience/panel.h), with what its users look into at hand.
 */
#ifndef MUSTER_AUDIENCE_QUESTION_H
#define MUSTER_AUDIENCE_QUESTION_H

#include <stdint.h>

#include "audience/panel.h"

struct question {
    struct snapshot *snapshot;
    struct panel *panel;
    struct names *names;
    struct program *program;
    struct eval_column *columns; /* of the chunk at hand */
    uint64_t *keys;              /* the program's columns, then `extra` ones */
    size_t key_count;
};

/*
 * Prepares `filter` (NULL: everybody) at `at_ms` in an open snapshot: resolves names, compiles,
 * brings dirty rows, applies the mixed rule. The columns `extra` are brought too. Release with
 * question_done. Returns 0 or as panel_open.
 */
int question_init(struct question *q, struct snapshot *snapshot, const struct filter *filter,
                  int64_t at_ms, const uint64_t *extra, size_t extra_count,
                  struct err_info *info) MUST_CHECK;

/*
 * An evaluator for the same filter over the same columns as if it were another time; `at_ms` may
 * lie in the past, the data stay what they are. Free with eval_free. Returns 0 or as question_init.
 */
int question_other_time(struct question *q, const struct filter *filter, int64_t at_ms,
                        struct eval **ret, struct err_info *info) MUST_CHECK;

/* Releases what is no memory of the arena. A zeroed question is allowed. */
void question_done(struct question *q);

/* Brings the columns of a chunk into q->columns. Returns 0 or an err of the database. */
int question_chunk(struct question *q, uint32_t chunk, struct err_info *info) MUST_CHECK;

/* Who is in, of the chunk that was brought last. */
void question_answer(struct question *q, struct bits *ret);

/* The i-th extra column of the chunk that was brought last. */
const struct eval_column *question_extra(const struct question *q, size_t i);

#endif
