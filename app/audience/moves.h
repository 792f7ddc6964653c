/*
 * Moves: contacts that enter a tracked segment or leave it, of one transaction of a run: their
 * causes, their transitions, and the webhook messages that tell of them.
 */
#ifndef MUSTER_AUDIENCE_MOVES_H
#define MUSTER_AUDIENCE_MOVES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "store/segment.h"
#include "store/segstate.h"
#include "store/transition.h"

#define MOVES_MAX 500 /* of one transaction (design, "Entry and exit") */

/* One contact that is on the other side than the stored membership says. */
struct moves_one {
    uint32_t ordinal;
    bool entry;
    bool exists;   /* it is there, as far as the snapshot knows */
    bool by_clock; /* today's values give the other answer at the time of the last run */
    bool refused;  /* set by moves_write: an entry of a contact that is gone by now */
};

/* The run that they belong to. */
struct moves_run {
    struct db *db;
    struct arena *arena;
    uint32_t project_id;
    const struct segment *segment;
    int64_t at_ms;
    uint32_t entry_name; /* numbers of the two event names */
    uint32_t exit_name;
    const uint32_t *event_names; /* of the events that the filter looks at */
    size_t event_name_count;
    bool looks_at_row; /* the filter names something of the contact's own row */
};

/*
 * Writes them (ascending by ordinal, at most MOVES_MAX) in the transaction that is open, and counts
 * them in `state`, which holds the lock and is not written here. The contacts' rows are locked, and
 * what is told of them is their newest state. Returns 0 or an err of the database.
 */
int moves_write(const struct moves_run *run, struct segstate *state, struct moves_one *moves,
                size_t count, struct err_info *info) MUST_CHECK;

#endif
