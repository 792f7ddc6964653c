/*
 * Executions whose WEBHOOK step is to be called, claimed together: what is asked for in each, and
 * what came of it.
 */
#ifndef MUSTER_WORKER_CALLBATCH_H
#define MUSTER_WORKER_CALLBATCH_H

#include "deliver/call.h"
#include "deliver/callhost.h"
#include "flow/definition.h"
#include "store/execution.h"

#define CALLBATCH_MAX 64

enum callbatch_fate {
    CALLBATCH_OPEN,  /* not called yet, or under way */
    CALLBATCH_DONE,  /* a complete 2xx answer: the execution goes on */
    CALLBATCH_AGAIN, /* called again at due_ms */
    CALLBATCH_FAILED /* the execution fails */
};

struct callbatch;

/* One execution of a batch. Everything lives in the batch's arena. */
struct callbatch_item {
    struct callbatch *batch;
    const struct execution *execution;
    const struct definition_step *step; /* NULL with a failure that was found before the call */
    const struct definition_step *following; /* NULL: the execution is completed */
    struct call_request request;
    struct callhost *host;
    struct callbatch_item *next; /* of those that wait for a place */
    bool is_over;                /* nothing more to do with it here */
    /* What came of it: */
    enum callbatch_fate fate;
    int64_t due_ms;
    struct str outcome; /* for the log of the execution: "200" */
    struct str problem; /* likewise, and why it failed; at == NULL: none */
};

struct callbatch {
    struct callbatch *next;
    struct arena *arena;
    uint32_t project_id;
    struct execution *executions;
    struct callbatch_item *items; /* one for each */
    size_t count;
    size_t over;
    int64_t renewed_us; /* when its leases were made longer last */
};

/* Free with callbatch_free (NULL allowed). */
void callbatch_free(struct callbatch *batch);

/*
 * Claims what is due of a project, at most CALLBATCH_MAX, oldest first, and makes the requests. An
 * item that cannot be called has its fate already. A claim that found nothing gives a batch with
 * count 0. Returns 0 with `ret` the caller's, or an err of the database; what was claimed then
 * comes up again with the end of its lease.
 */
int callbatch_claim(struct db *db, const struct urlguard *guard, uint32_t project_id,
                    int64_t now_ms, int64_t lease_ms, struct callbatch **ret,
                    struct err_info *info) MUST_CHECK;

/* Notes what an attempt said: done, again by deliver/schedule.h for at most a day, or failed.
 * `random`: any 32 bits. Pure. */
void callbatch_judge(struct callbatch_item *item, const struct sender_result *sent, int64_t now_ms,
                     uint32_t random);

/* What was written. */
struct callbatch_report {
    uint64_t done;
    uint64_t again;
    uint64_t failed;
    uint64_t stale; /* the lease had gone to somebody else */
};

/*
 * Writes the fates of items of one project, at most EXECUTION_BATCH, in one transaction: log and
 * move, or the next due time. Adds to `report`. `arena` is for the time of the call. Returns 0 or
 * an err of the database.
 */
int callbatch_write(struct db *db, struct arena *arena, struct callbatch_item *const *items,
                    size_t count, int64_t now_ms, struct callbatch_report *report,
                    struct err_info *info) MUST_CHECK;

#endif
