/*
 * Starting executions, of workflows and sequences alike: one by hand, and all that an event starts.
 * The flow's row is locked while its contacts enter, which keeps two at once from entering one
 * contact twice; its definition as of now is stored beside them (store/flowversion.h), so that an
 * edit does not change what is under way.
 */
#ifndef MUSTER_FLOW_START_H
#define MUSTER_FLOW_START_H

#include "flow/definition.h"
#include "store/execution.h"

/* A flow that somebody enters, as its row says now. */
struct start_flow {
    struct flowversion flow;
    struct definition definition;
    bool enabled;
};

/*
 * In the open transaction: locks the row of a flow (`flow->version` is not looked at), reads its
 * definition, and stores that as a version when it is none yet. Returns 0; ERR_NOT_FOUND "Workflow
 * not found" or "Sequence not found"; ERR_CORRUPT when the definition does not read back; or an err
 * of the database.
 */
int start_load(struct db *db, struct arena *arena, const struct flowversion *flow,
               struct start_flow *ret, struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: puts contacts at the first step of a flow, at most EXECUTION_BATCH of
 * them; see execution_start. Where the flow has no step nobody starts. Returns 0 or an err of the
 * database.
 */
int start_enter(struct db *db, struct arena *arena, const struct start_flow *flow, int64_t now_ms,
                struct execution_start *starts, size_t count, struct err_info *info) MUST_CHECK;

/* One contact that somebody puts in by hand. Text is borrowed. */
struct start_request {
    struct flowversion flow; /* version is not looked at */
    struct uuid contact;
    struct str context; /* JSON object: {{event.key}}; at == NULL: {} */
};

/*
 * Starts one execution, in its own transaction, by the database's clock; `ret` says which. Returns
 * 0; ERR_NOT_FOUND as start_load, or "Contact not found" (CONTACT_NOT_FOUND); ERR_INVAL when the
 * flow is not enabled or has no step; ERR_CONFLICT when the contact is in it, or was and may not
 * enter again; or an err of the database.
 */
int start_one(struct db *db, struct arena *arena, const struct start_request *request,
              struct execution_start *ret, struct err_info *info) MUST_CHECK;

/* What a batch of events led to. */
struct start_report {
    uint64_t taken; /* rows of the queue */
    uint64_t woken; /* executions that waited for one */
    uint64_t started;
    uint64_t broken; /* flows that could not be read: nobody started in them */
};

/*
 * Takes the oldest rows of flow_event of a project, at most EXECUTION_BATCH, wakes and starts what
 * they wake and start, and deletes them, in one transaction. now_ms is the executor's clock.
 * Returns 0 or an err of the database.
 */
int start_events(struct db *db, struct arena *arena, uint32_t project_id, int64_t now_ms,
                 struct start_report *ret, struct err_info *info) MUST_CHECK;

#endif
