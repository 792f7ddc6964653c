/*
 * Effects: what the steps of an execution do, and where it stands then. Planning goes from the step
 * at hand as far as one transaction can carry the execution: to a wait, to a step that another
 * class does, to one that must see what this transaction wrote, to the end. Applying writes that
 * plan: messages, log and move together.
 */
#ifndef MUSTER_FLOW_EFFECTS_H
#define MUSTER_FLOW_EFFECTS_H

#include "flow/definition.h"
#include "store/execution.h"

/* One version of a flow that executions of a batch run by. */
struct effects_flow {
    struct flowversion flow;
    struct definition definition;
    bool is_broken; /* it is not there, or does not read back */
    /* By index of the step; asked for when a plan first comes to it. */
    struct effects_fact {
        bool is_known;
        uint32_t number; /* of the template or the event's name; 0: there is none (any more) */
    } * facts;
};

/* A message of a plan. */
struct effects_mail {
    const struct definition_step *step;
    uint32_t template_id;
    uint32_t number; /* of the step in the execution's log */
};

/* One execution that is due, what it comes to, and what came of that. */
struct effects_walk {
    const struct execution *execution; /* as claimed */
    struct effects_flow *flow;
    const struct definition_step *step; /* at hand; NULL: the definition has no such step */
    /* What the step at hand needs, done or found before the plan is made. */
    bool is_answered; /* CONDITION: `answer` holds */
    bool answer;
    bool is_updated;    /* UPDATE_CONTACT: the contact is changed in this transaction */
    struct str failure; /* why the step cannot be done; at == NULL: it can */
    /* The plan. */
    struct execution_done *done;
    size_t done_count, done_room;
    struct effects_mail *mails;
    size_t mail_count, mail_room;
    struct execution_move move;
    /* What applying found; set anew by each run of it. */
    bool is_held;     /* it was still ours */
    bool is_deferred; /* by a sequence's cap */
    bool is_stopped;  /* by a sequence's rules, with `reason` */
    struct str reason;
};

/*
 * Plans one walk; what the flow's steps name is looked up outside the transaction. now_ms is the
 * executor's clock. The plan lives in `arena`. Returns 0 or an err of the database.
 */
int effects_plan(struct db *db, struct arena *arena, struct effects_walk *walk, int64_t now_ms,
                 struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: locks the executions of planned walks, all of one project and at most
 * EXECUTION_BATCH, and notes which are still ours. Returns 0 or an err of the database.
 */
int effects_hold(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                 size_t count, struct err_info *info) MUST_CHECK;

/*
 * After effects_hold: writes what the plans of those who are held say. Returns 0 or an err of the
 * database.
 */
int effects_apply(struct db *db, struct arena *arena, struct effects_walk *const *walks,
                  size_t count, int64_t now_ms, struct err_info *info) MUST_CHECK;

#endif
