/*
 * Whether the steps of a definition hang together: judged when a workflow or a sequence is enabled,
 * and at every change of an enabled one. Pure.
 */
#ifndef MUSTER_FLOW_FLOWCHECK_H
#define MUSTER_FLOW_FLOWCHECK_H

#include "flow/definition.h"

/*
 * Returns 0, or ERR_UNPROCESSABLE (VALIDATION_ERROR, the steps named) for the first of: not exactly
 * one TRIGGER step; a circle without a DELAY or WAIT_FOR_EVENT in it, which would never rest (code
 * "cycle", the message shows its path); steps that nothing leads to ("unreachable"); a CONDITION
 * without both of yes and no, a WAIT_FOR_EVENT without both of EVENT and TIMEOUT
 * ("missing_branch"); a CONDITION that asks about a step that sends nothing ("invalid_value").
 */
int flowcheck_all(struct arena *arena, const struct definition *definition,
                  struct err_info *info) MUST_CHECK;

/* The ways out that a type of step has, ended by -1; none of an EXIT. Static storage. */
const int *flowcheck_branches(enum definition_type type);

/*
 * Whether `transition` may be added: both ends are there, it does not lead to the TRIGGER or out of
 * an EXIT, and its branch is one of its first step's. Returns 0; ERR_NOT_FOUND for a step that is
 * not there; or ERR_UNPROCESSABLE (VALIDATION_ERROR) at fromStepId, toStepId or condition.
 */
int flowcheck_transition(struct arena *arena, const struct definition *definition,
                         const struct definition_transition *transition,
                         struct err_info *info) MUST_CHECK;

#endif
