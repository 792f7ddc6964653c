/*
 * Rows of `transition`: entries into tracked segments and exits. Each is also the occurrence of
 * segment.<slug>.entry or .exit: the lists of store/event.h show it, and its roll-up is kept with
 * those of other events, so that filters see it like any event.
 */
#ifndef MUSTER_STORE_TRANSITION_H
#define MUSTER_STORE_TRANSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/outboxbody.h"

enum transition_kind { TRANSITION_ENTRY = 1, TRANSITION_EXIT = 2 };

struct transition {
    uint64_t sequence; /* gapless per segment, from 1 */
    enum transition_kind kind;
    enum outboxbody_cause cause;
    uint32_t ordinal;
    struct uuid contact;
    struct uuid uuid; /* of the occurrence */
    uint32_t name_id; /* the event's name of that moment */
    bool has_contact; /* the contact is there: it gets the occurrence */
    int64_t at_ms;
    uint32_t version; /* of the segment's filter */
    bool has_event;   /* the cause's event is known */
    struct uuid event;
    struct str email; /* transition_list: the address now; at == NULL when the contact is gone */
};

/* The data of the occurrence of an entry or an exit (http-api §1.7), as JSON text. */
struct str transition_data(struct arena *arena, const struct uuid *segment,
                           struct str segment_name);

/*
 * Stores transitions of one segment with their roll-ups and marks, in the transaction that is open
 * and holds the segment's state. Returns 0 or an err of db_exec.
 */
int transition_insert(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                      const struct transition *transitions, size_t count,
                      struct err_info *info) MUST_CHECK;

/* A part of a segment's transitions. */
struct transition_page {
    uint64_t from;     /* a sequence, which is not in it */
    bool newest_first; /* those before `from`, descending; else those behind it, ascending */
    size_t limit;
};

/*
 * One page, in the arena. name_id and has_contact are not set. Returns 0 or an err of db_query.
 */
int transition_list(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                    const struct transition_page *page, struct transition **ret, size_t *ret_count,
                    struct err_info *info) MUST_CHECK;

/*
 * The ids of contacts that are gone, as the segment's transitions know them: ret[i] belongs to
 * ordinals[i], all zero for one that the segment never had. Returns 0 or an err of db_query.
 */
int transition_contacts(struct db *db, struct arena *arena, uint32_t project_id,
                        uint32_t segment_id, const uint32_t *ordinals, size_t count,
                        struct uuid *ret, struct err_info *info) MUST_CHECK;

/*
 * The newest event, entries and exits of other segments included, that each contact was told to
 * have done since `since_ms`, out of those with the numbers `names`: ret[i] belongs to ordinals[i]
 * (ascending), all zero for none. Returns 0 or an err of db_query.
 */
int transition_events(struct db *db, struct arena *arena, uint32_t project_id,
                      const uint32_t *names, size_t name_count, const uint32_t *ordinals,
                      size_t count, int64_t since_ms, struct uuid *ret,
                      struct err_info *info) MUST_CHECK;

/*
 * Goes on with what deleted segments have left behind, of all projects: memberships, transitions
 * and their share of the roll-ups; at most `max_batches` transactions. Any number may do it at
 * once. Returns 0 or an err of the database.
 */
int transition_sweep(struct db *db, struct arena *arena, unsigned max_batches,
                     struct err_info *info) MUST_CHECK;

#endif
