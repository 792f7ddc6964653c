/* What the tests of flows share: workflows and executions of contacthelp's project. */
#ifndef MUSTER_TESTS_DB_FLOWHELP_H
#define MUSTER_TESTS_DB_FLOWHELP_H

#include "contacthelp.h"
#include "store/execution.h"
#include "store/workflow.h"

/* contacthelp_reset, and the tables of flows emptied; versions that were seen do not come again. */
void flowhelp_reset(void);

/* Runs a statement. Returns the affected rows. */
uint64_t flowhelp_run(struct contacthelp *help, const char *sql);

/* An enabled workflow that starts with an event (NULL: manual) and waits for another (NULL: none).
 */
struct workflow flowhelp_workflow(struct contacthelp *help, const char *event, const char *wait);

/* Its newest version. */
struct flowversion flowhelp_flow(const struct workflow *workflow);

/* Starts contacts in a transaction of its own, at step "one"; returns how many started. */
size_t flowhelp_start(struct contacthelp *help, const struct workflow *workflow, bool allow_reentry,
                      struct execution_start *starts, size_t count, int64_t now_ms);

/* Claims up to ten due executions for a second. Returns how many, in the arena. */
size_t flowhelp_claim(struct contacthelp *help, int64_t now_ms, struct execution **ret);

/* Holds and moves in one transaction. Returns how many were still held. */
size_t flowhelp_move(struct contacthelp *help, const struct execution_move *moves, size_t count,
                     int64_t now_ms);

#endif
