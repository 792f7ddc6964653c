/*
 * The steps of a sequence, as PushMail's API has them, and the definition that they come to:
 *
 *     {"type":"email","templateId":n}
 *     {"type":"delay","days"|"hours"|"minutes":n}
 *     {"type":"condition","rules":{…}|"opened":step,"then":step,"else":step}
 *
 * A step is named by its index; what follows it is the next one, behind the last one the end.
 * `then` and `else` of a condition are indexes or "end", and the next step when they are left out.
 * Pure.
 */
#ifndef MUSTER_FLOW_SEQUENCESTEPS_H
#define MUSTER_FLOW_SEQUENCESTEPS_H

#include "flow/definition.h"

/* For sequencesteps_read: templateId was judged before. */
#define SEQUENCESTEPS_ANY_SITE UINT32_MAX

/* Id of the TRIGGER step; the others have their index. */
#define SEQUENCESTEPS_START "start"

enum sequencesteps_type { SEQUENCESTEPS_EMAIL, SEQUENCESTEPS_DELAY, SEQUENCESTEPS_CONDITION };

struct sequencesteps_step {
    enum sequencesteps_type type;
    uint32_t template_id;       /* EMAIL: number of the template */
    double amount;              /* DELAY */
    const char *unit;           /* DELAY: "days", "hours", "minutes" */
    const struct filter *rules; /* CONDITION; NULL: `opened` is asked */
    size_t opened;              /* CONDITION without rules: the step whose message was opened */
    size_t yes;                 /* CONDITION: the step that follows; the number of steps: the end */
    size_t no;
};

struct sequencesteps {
    struct sequencesteps_step *at;
    size_t count;
};

/*
 * Judges and reads a list of steps. What is read lives in `arena` and borrows from `steps`. Returns
 * 0; ERR_UNPROCESSABLE (VALIDATION_ERROR) with the place ("steps.2.days") for what is missing, of
 * another type or out of range; ERR_NOT_FOUND "Template not found" for a templateId that is no id
 * of the site; or ERR_INVAL as pmrules_parse.
 */
int sequencesteps_read(struct arena *arena, const struct jsonval *steps, uint32_t site_index,
                       struct sequencesteps *ret, struct err_info *info) MUST_CHECK;

/*
 * Whether they hang together. Returns 0, or ERR_UNPROCESSABLE as flowcheck_all: a circle without a
 * delay (its path is shown), steps that nothing leads to, `opened` of a step that sends nothing.
 */
int sequencesteps_check(struct arena *arena, const struct sequencesteps *steps,
                        struct err_info *info) MUST_CHECK;

/*
 * Makes the definition. trigger: DEFINITION_MANUAL, or one of sequences with its `thing`;
 * templates[i]: id of the template of step i (of those that send). Whoever left may enter again.
 * Returns 0, or an err as definition_read: rules that come out too deep or too large.
 */
int sequencesteps_definition(struct arena *arena, const struct sequencesteps *steps,
                             enum definition_trigger trigger, uint32_t thing,
                             const struct uuid *templates, struct definition *ret,
                             struct err_info *info) MUST_CHECK;

#endif
