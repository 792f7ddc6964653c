/*
 * Panel: several filters asked in one snapshot, at one instant, and answered chunk by chunk side by
 * side: what overlap, a diff and an audience with its exclusions are made of. The columns that the
 * filters share are brought once. A question (audience/question.h) is a panel of one.
 */
#ifndef MUSTER_AUDIENCE_PANEL_H
#define MUSTER_AUDIENCE_PANEL_H

#include "audience/names.h"
#include "audience/snapshot.h"
#include "base/uuid.h"
#include "column/bits.h"
#include "column/eval.h"
#include "filter/filter.h"

#define PANEL_MAX 100

/* One filter made ready: its program, and where its columns stand among the panel's. */
struct panel_one {
    struct program *program;
    struct eval *eval;
    size_t *places;
    struct eval_column *columns; /* of the chunk at hand, in the program's order */
};

/* The first filter's columns are the first of `keys`, in its program's order. */
struct panel {
    struct snapshot *snapshot;
    struct names *names;
    struct panel_one *ones;
    size_t count;
    uint64_t *keys; /* distinct: what the programs look at, and what was asked beside */
    size_t key_count;
    struct eval_column *columns; /* of the chunk at hand, by key */
    size_t *extras;              /* places of the extra columns */
    enum { PANEL_UNKNOWN, PANEL_NOWHERE, PANEL_SOMEWHERE } * held; /* by key, for the mixed rule */
};

/*
 * Prepares `count` filters (1 to PANEL_MAX; NULL: everybody) at `at_ms` in an open snapshot:
 * resolves what they name, compiles, brings dirty rows, applies the mixed rule. The columns `extra`
 * are brought too. *ret lives in the snapshot's arena; release with panel_done, after a failure
 * too. Returns 0; ERR_INVAL of program_compile; ERR_SLOW when so many occurrences must be read from
 * the log that the handle's budget is too short to begin; ERR_UNAVAILABLE (COLUMN_NOT_READY) or
 * ERR_UNPROCESSABLE when they are too many; or an err of the database.
 */
int panel_open(struct snapshot *snapshot, const struct filter *const *filters, size_t count,
               int64_t at_ms, const uint64_t *extra, size_t extra_count, struct panel **ret,
               struct err_info *info) MUST_CHECK;

/*
 * Brings the columns of a chunk, without answering. Returns 0, an err of the database, or ERR_… of
 * db_check_deadline.
 */
int panel_bring(struct panel *panel, uint32_t chunk, struct err_info *info) MUST_CHECK;

/* Who is in each, of one chunk: `count` bitmaps. Returns 0 or as panel_bring. */
int panel_chunk(struct panel *panel, uint32_t chunk, struct bits *ret,
                struct err_info *info) MUST_CHECK;

/* The i-th extra column of the chunk that was answered last. */
const struct eval_column *panel_extra(const struct panel *panel, size_t i);

/*
 * An evaluator for the first filter, given once more, over the same columns as if it were another
 * time; `at_ms` may lie in the past, the data stay what they are. Free with eval_free. Returns 0 or
 * as panel_open.
 */
int panel_other_time(struct panel *panel, const struct filter *filter, int64_t at_ms,
                     struct eval **ret, struct err_info *info) MUST_CHECK;

/* Releases what is no memory of the arena. NULL is allowed. */
void panel_done(struct panel *panel);

/* A leaf "is in the segment `uuid`" (static or dynamic), in `arena`. */
const struct filter *panel_segment(struct arena *arena, const struct uuid *uuid);

#endif
