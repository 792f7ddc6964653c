/*
 * What the tests of the executor share: workflows written down in short, and rounds of the executor
 * by a clock of their own.
 */
#ifndef MUSTER_TESTS_DB_EXECUTORHELP_H
#define MUSTER_TESTS_DB_EXECUTORHELP_H

#include "contacthelp.h"
#include "store/workflow.h"

#define EXECUTORHELP_DAY_MS INT64_C(86400000)
#define EXECUTORHELP_LEASE_MS 60000

/* Steps and links of a definition; "%s" is the template's id. */
#define T "{\"id\":\"t\",\"type\":\"TRIGGER\",\"name\":\"t\",\"config\":{}}"
#define LINK(from, to) "{\"from\":\"" from "\",\"to\":\"" to "\",\"branch\":null,\"priority\":0}"
#define BRANCH(from, to, branch)                                                                   \
    "{\"from\":\"" from "\",\"to\":\"" to "\",\"branch\":\"" branch "\",\"priority\":0}"
#define STEP(id, type, config)                                                                     \
    "{\"id\":\"" id "\",\"type\":\"" type "\",\"name\":\"" id "\",\"config\":" config "}"
#define DELAY(id, days) STEP(id, "DELAY", "{\"amount\":" days ",\"unit\":\"days\"}")
#define SEND(id) STEP(id, "SEND_EMAIL", "{\"templateId\":\"%s\"}")
#define SIGNUP "{\"type\":\"EVENT\",\"config\":{\"eventName\":\"signup\"}}"
#define PRO                                                                                        \
    "{\"filter\":{\"logic\":\"AND\",\"groups\":[{\"filters\":[{\"field\":\"data.plan\","           \
    "\"operator\":\"equals\",\"value\":\"pro\"}]}]}}"

/* The one who asks; of the process. */
extern struct contacthelp executorhelp;

/* Empties everything, and opens a writer; there is one template. */
void executorhelp_open(void);
void executorhelp_close(void);

/* An enabled workflow; `steps` may hold %s for the template's id. */
struct workflow executorhelp_make(const char *trigger, bool reentry, const char *steps,
                                  const char *links);

/* Tracks an event, a millisecond after the last: the queue knows no order within one. */
void executorhelp_track(const char *email, const char *event, const char *json);

/* One round of the executor, so long ahead of the database's clock. Returns whether it did
 * something; it may fail only where a fault is armed. */
bool executorhelp_round(int64_t ahead_ms);

/* Rounds until nothing is left to do. */
void executorhelp_run(int64_t ahead_ms);

/* Status and log of all executions in order: "WAITING a:queued; EXITED w:EVENT y". */
const char *executorhelp_story(void);

/* How many messages there are. */
int64_t executorhelp_messages(void);

#endif
