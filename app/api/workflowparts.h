/* What the handlers of workflows share: reading one from the path, changing it, printing it. */
#ifndef MUSTER_API_WORKFLOWPARTS_H
#define MUSTER_API_WORKFLOWPARTS_H

#include "api/api.h"
#include "flow/definition.h"
#include "store/workflow.h"

/* A workflow with what it does. */
struct workflowparts {
    struct workflow workflow;
    struct definition definition;
};

/* The id in the path. Returns 0 or ERR_NOT_FOUND (WORKFLOW_NOT_FOUND). */
int workflowparts_path_id(const struct api_request *req, struct uuid *ret,
                          struct err_info *info) MUST_CHECK;

/* The workflow of the path. Returns 0, ERR_NOT_FOUND, or an err of the database. */
int workflowparts_get(const struct api_request *req, struct workflowparts *ret,
                      struct err_info *info) MUST_CHECK;

/*
 * Changes `parts` in place, or refuses with a negative err. Pure: it may run several times and
 * begins with what is stored each time. What `definition` and `workflow` both say is taken from
 * `definition`.
 */
typedef int workflowparts_change(struct arena *arena, struct workflowparts *parts, void *ctx,
                                 struct err_info *info);

/*
 * Changes the workflow of the path under its lock and judges it as a whole when it is enabled then
 * (flow/flowcheck.h). Returns 0 with `ret` as stored; ERR_NOT_FOUND; what `change` or flowcheck_all
 * say; or an err of the database.
 */
int workflowparts_edit(const struct api_request *req, workflowparts_change *change, void *ctx,
                       struct workflowparts *ret, struct err_info *info) MUST_CHECK;

/*
 * What workflow_create and workflow_update store of `parts`: its definition as text, its events and
 * its next run (as of now_ms). Returns 0; as flowcheck_all when it is enabled; or as
 * definition_print.
 */
int workflowparts_store(struct workflowparts *parts, int64_t now_ms, struct workflow_edit *ret,
                        struct err_info *info) MUST_CHECK;

/* Print an object each; a workflow's steps and transitions only when asked for. */
void workflowparts_write(struct jsonwrite *w, const struct workflowparts *parts, bool with_steps,
                         const struct api_request *req);
void workflowparts_write_step(struct jsonwrite *w, const struct workflow *workflow,
                              const struct definition_step *step);
void workflowparts_write_transition(struct jsonwrite *w, const struct workflow *workflow,
                                    const struct definition_transition *transition);

/* A fresh id of a step or a transition, in the arena. */
struct str workflowparts_new_id(struct arena *arena);

#endif
