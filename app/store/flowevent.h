/*
 * Rows of `flow_event`: what happened to contacts and some flow (a workflow or a sequence) of the
 * project wants to know, because it starts with it or waits for it. A row is written in the
 * transaction that makes the event true; the job `flows` takes it in the transaction in which
 * executions start and wake, so that none is lost and none counts twice.
 */
#ifndef MUSTER_STORE_FLOWEVENT_H
#define MUSTER_STORE_FLOWEVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/eventrows.h"
#include "store/flowversion.h"

enum flowevent_kind {
    FLOWEVENT_EVENT = 1, /* an occurrence, entries and exits of segments included: its name's
                            number. Data: the occurrence's; of entries segmentId, segmentName */
    FLOWEVENT_SET = 2    /* entered a tag, a list, or a segment: KEY_SET_TAG, KEY_SET_LIST,
                            KEY_SET_SEGMENT (column/key.h). No data but a segment's */
};

/* What is older when we are told starts nothing and wakes nobody: history that is brought in. */
#define FLOWEVENT_OLD_MS INT64_C(86400000)

/* One thing that happened. Text is borrowed. */
struct flowevent_new {
    enum flowevent_kind kind;
    uint64_t number; /* of the event's name, or the set */
    uint32_t ordinal;
    struct uuid event; /* the occurrence's id; of a SET anything */
    int64_t at_ms;     /* when it happened */
    struct str data;   /* JSON text; at == NULL: none */
};

/* ---- the writing side ---------------------------------------------------------------------- */

/* What the flows of a project start with and wait for. */
struct flowevent_wants;

/* For flowevent_open: the caller does not know project.flows_version; it is asked for. */
#define FLOWEVENT_ASK UINT64_MAX

/*
 * What is wanted as of `version` (column project.flows_version, which grows with every change and
 * is 0 while there never was a flow), read in the open transaction. The process keeps it, so that a
 * version it has seen, and 0, cost no statement. ret is never NULL and valid until the next
 * flowevent_open. Returns 0 or an err of db_query.
 */
int flowevent_open(struct db *db, uint32_t project_id, uint64_t version,
                   const struct flowevent_wants **ret, struct err_info *info) MUST_CHECK;

/* Whether some flow wants it. Cheap. */
bool flowevent_is_wanted(const struct flowevent_wants *wants, enum flowevent_kind kind,
                         uint64_t number);

/*
 * Queues those that are wanted and not old, in the order given, in the open transaction. What
 * nobody wants costs no statement. Returns 0 or an err of db_exec.
 */
int flowevent_write(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct flowevent_wants *wants, const struct flowevent_new *events,
                    size_t count, int64_t now_ms, struct err_info *info) MUST_CHECK;

/*
 * Queues the occurrences that are wanted, of those that the open transaction stored with
 * eventrows_insert. As flowevent_write.
 */
int flowevent_write_occurrences(struct db *db, struct arena *arena, uint32_t project_id,
                                const struct flowevent_wants *wants,
                                const struct eventrows_event *events, size_t count, int64_t now_ms,
                                struct err_info *info) MUST_CHECK;

/*
 * What the project's flows want changed (a flow was made, edited, enabled, disabled, deleted, or
 * has a new version that waits): every process reads it anew. In the open transaction. Returns 0 or
 * an err of db_exec.
 */
int flowevent_changed(struct db *db, uint32_t project_id, struct err_info *info) MUST_CHECK;

/* ---- the taking side ----------------------------------------------------------------------- */

/* One row. Text lives in the arena. */
struct flowevent {
    struct uuid flow_event_id; /* in order of time */
    enum flowevent_kind kind;
    uint64_t number;
    uint32_t ordinal;
    struct uuid event;
    int64_t at_ms;
    struct str data;    /* at == NULL: none */
    int64_t created_ms; /* when it was queued: the database's clock, never the test clock */
};

/* The projects with rows, at most `max`; in the arena. Returns 0 or an err of db_query. */
int flowevent_projects(struct db *db, struct arena *arena, size_t max, uint32_t **ret,
                       size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * The oldest rows of a project, at most `max`, and of each contact only its oldest: what it did
 * later comes when the first has had its effect. None of a contact with an execution of the job
 * `flows` that is due by now_ms (the executor's clock) or claimed: it is not yet where it may wait
 * for the event. The first thing of a transaction: of a project's rows one taker at a time, so that
 * they keep their order; what is not committed yet is passed by. Returns 0 or an err of the
 * database.
 */
int flowevent_take(struct db *db, struct arena *arena, uint32_t project_id, int64_t now_ms,
                   size_t max, struct flowevent **ret, size_t *ret_count,
                   struct err_info *info) MUST_CHECK;

/* Deletes rows that were taken, in the same transaction. Returns 0 or an err of db_exec. */
int flowevent_drop(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct flowevent *events, size_t count, struct err_info *info) MUST_CHECK;

/* An enabled flow, and what starts it. */
struct flowevent_trigger {
    enum flowevent_kind kind;
    uint64_t number;
    enum flowversion_owner owner_kind;
    uint32_t owner_id;
};

/*
 * All enabled flows of a project that start with something (not manual and scheduled ones), by
 * (kind, number); in the arena. Returns 0 or an err of db_query.
 */
int flowevent_triggers(struct db *db, struct arena *arena, uint32_t project_id,
                       struct flowevent_trigger **ret, size_t *ret_count,
                       struct err_info *info) MUST_CHECK;

#endif
