/*
 * Executions: one contact on its way through a workflow or a sequence (there: an enrolment).
 * `execution` says all that is known of each, `execution_due` has a row for each that is not over
 * (due time, lease, what it waits for), `execution_step` is the log of steps done.
 *
 * Who works on one claims it: a compare-and-set lease that moves due_ms ahead, so that what a dead
 * process held comes up again. An effect and the move to the next step are one transaction:
 *   body of db_tx:  execution_hold (lock, is the lease still ours?) → effects → execution_move
 * now_ms is the caller's clock everywhere (the worker's test clock counts), never the database's.
 */
#ifndef MUSTER_STORE_EXECUTION_H
#define MUSTER_STORE_EXECUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/flowversion.h"

/* Most in one call of claiming, holding, moving and starting. */
#define EXECUTION_BATCH 500

/* Most characters of execution.reason and execution_step.problem; longer ones are cut. */
#define EXECUTION_REASON_CHARS 500

/* Most bytes of a step's id. */
#define EXECUTION_STEP_BYTES 36

/* An instant that is not there (finished_ms), and the due time of a wait without an end. */
#define EXECUTION_NEVER INT64_MIN
#define EXECUTION_NO_TIMEOUT INT64_MAX

/* Numbers of execution.status; the first two are alive. */
enum execution_status {
    EXECUTION_RUNNING = 1,
    EXECUTION_WAITING = 2, /* in a DELAY or a WAIT_FOR_EVENT */
    EXECUTION_COMPLETED = 3,
    EXECUTION_EXITED = 4,
    EXECUTION_FAILED = 5,
    EXECUTION_CANCELLED = 6
};

/* Who does the step at hand. */
enum execution_class { EXECUTION_FLOWS = 1, EXECUTION_CALL = 2 };

/* One execution. Text lives in the arena. */
struct execution {
    uint32_t execution_id; /* within the project; the number of a PushMail enrolment */
    struct uuid uuid;
    struct flowversion flow; /* project, owner, version */
    uint32_t ordinal;
    enum execution_status status;
    struct str step;     /* at hand: id of a step of the definition; at == NULL: it is over */
    uint32_t steps_done; /* rows of its log. Of the step at hand a name that is never used twice,
                            also where a cycle comes back to it: message_add's step */
    struct str context;  /* JSON object: the trigger's event data, or what was given; "{}": none */
    struct str reason;   /* why it ended; at == NULL: none */
    int64_t started_ms;
    int64_t finished_ms; /* EXECUTION_NEVER while it is alive */
    /* Of one that is alive: */
    enum execution_class class;
    int64_t due_ms;
    int64_t since_ms;      /* when it came to the step at hand */
    uint32_t wait_name_id; /* event that it waits for; 0: none */
    bool is_woken;         /* that event came: outcome EVENT; else, when due, TIMEOUT */
    uint32_t attempts;     /* claims of the step at hand, this one included */
    uint32_t told;         /* of these, ended by execution_retry: attempts - 1 > told says that
                              somebody died with it */
    int64_t token;         /* of the lease, when claimed */
};

/* The words of the API: "RUNNING" … */
const char *execution_status_word(enum execution_status status);

/* Reads one; 0 when it is none. */
enum execution_status execution_status_parse(struct str word);

/* ---- starting ------------------------------------------------------------------------------ */

/* One contact that begins. Text is borrowed. */
struct execution_start {
    uint32_t ordinal;
    struct str context; /* JSON object; at == NULL: {} */
    /* Set by execution_start; `started` false: it is gone, or may not enter (again). */
    bool started;
    uint32_t execution_id;
    struct uuid uuid;
};

/* Where they begin. */
struct execution_entry {
    struct flowversion flow; /* its definition is stored: flowversion_put */
    struct str step;         /* id of the first; due at once */
    bool allow_reentry;      /* else a contact enters once ever; with it while none is alive */
    int64_t now_ms;
};

/*
 * Starts executions in the open transaction, which has locked the flow's row (workflow_lock,
 * sequence's alike: that keeps two at once from entering one contact twice). Of a contact that
 * stands several times the first one starts. Sets the write check. Returns 0 or an err of the
 * database.
 */
int execution_start(struct db *db, struct arena *arena, const struct execution_entry *entry,
                    struct execution_start *starts, size_t count, struct err_info *info) MUST_CHECK;

/*
 * An event came: those who wait for it go on at once with is_woken, also when somebody has just
 * claimed them for their timeout (he loses them). names[i] (number of the event) happened to
 * ordinals[i]. In the open transaction. ret_woken (may be NULL): how many. Returns 0 or an err of
 * the database.
 */
int execution_wake(struct db *db, struct arena *arena, uint32_t project_id, const uint32_t *names,
                   const uint32_t *ordinals, size_t count, int64_t now_ms, uint64_t *ret_woken,
                   struct err_info *info) MUST_CHECK;

/* ---- claiming ------------------------------------------------------------------------------ */

/* A project with due executions. */
struct execution_queue {
    uint32_t project_id;
    int64_t due_ms; /* of the oldest */
};

/* The projects with something of a class that is due, oldest first, at most `max`; in the arena.
 * Returns 0 or an err of db_query. */
int execution_queues(struct db *db, struct arena *arena, enum execution_class class, int64_t now_ms,
                     size_t max, struct execution_queue **ret, size_t *ret_count,
                     struct err_info *info) MUST_CHECK;

/*
 * Claims up to `max` (≤ EXECUTION_BATCH) due executions, oldest first, until now_ms + lease_ms, in
 * its own transaction. Two callers never get the same one. None of a flow that was deleted, and
 * none whose event was queued before its wait was over: execution_wake makes it go on. In the
 * arena. Returns 0 or an err of the database.
 */
int execution_claim(struct db *db, struct arena *arena, uint32_t project_id,
                    enum execution_class class, int64_t now_ms, size_t max, int64_t lease_ms,
                    struct execution **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * Makes leases longer, to now_ms + lease_ms; ret_held[i]: executions[i] is still ours. Outside a
 * transaction. Returns 0 or an err of the database.
 */
int execution_renew(struct db *db, const struct execution *executions, size_t count, int64_t now_ms,
                    int64_t lease_ms, bool *ret_held, struct err_info *info) MUST_CHECK;

/*
 * Gives back what was not tried, or cannot be done yet: due at due_ms, the claim not counted; one
 * that is not ours any more stays. Outside or inside a transaction. Returns 0 or an err of the
 * database.
 */
int execution_release(struct db *db, const struct execution *executions, size_t count,
                      int64_t due_ms, struct err_info *info) MUST_CHECK;

/*
 * The step at hand failed and is tried again at due_ms; `attempts` stays. Outside or inside a
 * transaction. Returns 0, ERR_CONFLICT when it is not ours any more, or an err of db_exec.
 */
int execution_retry(struct db *db, const struct execution *execution, int64_t due_ms,
                    struct err_info *info) MUST_CHECK;

/* ---- moving -------------------------------------------------------------------------------- */

/*
 * First thing of a moving transaction: locks the executions (of one project, at most
 * EXECUTION_BATCH) and says which are still ours. Effects are for those only. In the open
 * transaction. Returns 0 or an err of the database.
 */
int execution_hold(struct db *db, struct arena *arena, const struct execution *executions,
                   size_t count, bool *ret_held, struct err_info *info) MUST_CHECK;

/* A step that is done, for the log. Text is borrowed. */
struct execution_done {
    struct str step;    /* its id */
    int type;           /* number of enum definition_type (flow/definition.h) */
    struct str outcome; /* "yes", "EVENT", "sent" …, at most 40 bytes; at == NULL: none */
    struct str problem; /* what went wrong, or what is worth knowing; at == NULL: none */
    int64_t at_ms;
};

/* Where an execution goes. Text is borrowed. */
struct execution_move {
    const struct execution *execution; /* as claimed; held */
    const struct execution_done *done; /* in order; several steps may be done in one transaction */
    size_t done_count;
    enum execution_status status;
    /* Of one that stays alive; the end needs none of it: */
    struct str step; /* id of another one, or of the same; with done_count > 0 it begins now */
    enum execution_class class;
    int64_t due_ms;        /* EXECUTION_NO_TIMEOUT: only its event wakes it */
    uint32_t wait_name_id; /* 0: waits for no event */
    struct str reason;     /* of an end; at == NULL: none */
};

/*
 * Writes log, state and due time, ends the lease, and sets the write check: the last thing of the
 * transaction. Not among the moves may be what execution_hold did not hold, nor one twice. Returns
 * 0 or an err of the database.
 */
int execution_move(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct execution_move *moves, size_t count, int64_t now_ms,
                   struct err_info *info) MUST_CHECK;

/*
 * Ends those of these executions that are alive, whoever holds them (he loses them), in the open
 * transaction: cancel, stop. `reason` at == NULL: none. ret_ended (may be NULL): how many were
 * alive. Sets the write check when there was one. Returns 0 or an err of the database.
 */
int execution_end(struct db *db, struct arena *arena, uint32_t project_id,
                  const uint32_t *execution_ids, size_t count, enum execution_status status,
                  struct str reason, int64_t now_ms, uint64_t *ret_ended,
                  struct err_info *info) MUST_CHECK;

#endif
