/*
 * What a workflow or a sequence does, as a tree in memory and as the JSON text that is stored:
 *
 *     {"trigger":{"type":"EVENT","config":{"eventName":"signed up"}}, "allowReentry":false,
 *      "steps":[{"id":"…","type":"DELAY","name":"Wait","config":{"amount":2,"unit":"days"}}, …],
 *      "transitions":[{"id":"…","from":"…","to":"…","branch":"yes","priority":1}, …]}
 *
 * The same document is what is edited (`workflow`) and, copied, what executions run by
 * (`flow_version`), so that an edit breaks none that runs. A step's config is judged whenever it is
 * read (flow/stepconfig.h), so nobody who holds a definition looks at JSON again; how steps hang
 * together is judged when a workflow is enabled (flow/flowcheck.h).
 * Pure: no I/O, no clock.
 */
#ifndef MUSTER_FLOW_DEFINITION_H
#define MUSTER_FLOW_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"
#include "filter/filter.h"
#include "json/jsonval.h"

/* What an id of a step or of a transition takes: a UUID of a workflow, an index of a sequence. */
#define DEFINITION_ID_BYTES 36

enum definition_trigger {
    DEFINITION_MANUAL = 1,
    DEFINITION_EVENT,    /* event: segment.<slug>.entry|exit and email.* among them */
    DEFINITION_SCHEDULE, /* cron */
    DEFINITION_LIST_ADD, /* this and the next two: of sequences; thing: its number */
    DEFINITION_TAG_ADD,
    DEFINITION_SEGMENT_ENTER
};

enum definition_type {
    DEFINITION_TRIGGER = 1, /* every definition has one; nothing is done in it */
    DEFINITION_SEND_EMAIL,
    DEFINITION_DELAY,
    DEFINITION_WAIT_FOR_EVENT,
    DEFINITION_CONDITION,
    DEFINITION_WEBHOOK,
    DEFINITION_UPDATE_CONTACT,
    DEFINITION_EXIT /* nothing follows it */
};

/* Which way out of a step. */
enum definition_branch {
    DEFINITION_NEXT, /* of every type but the two below */
    DEFINITION_YES,  /* of CONDITION */
    DEFINITION_NO,
    DEFINITION_EVENTED, /* of WAIT_FOR_EVENT: "EVENT", it came in time */
    DEFINITION_TIMEOUT
};

struct definition_step {
    struct str id;
    enum definition_type type;
    struct str name;
    const struct jsonval *config;   /* as it was given: an object */
    const struct jsonval *position; /* in a drawing; NULL: none */

    /* Read from config; of the step's own type only. */
    struct uuid template_uuid;     /* SEND_EMAIL */
    struct str from;               /* SEND_EMAIL; at == NULL: the template's */
    int64_t wait_ms;               /* DELAY; WAIT_FOR_EVENT: until its timeout. Above 0 */
    struct str event;              /* WAIT_FOR_EVENT */
    const struct filter *filter;   /* CONDITION; NULL: `opened` is asked */
    struct str opened;             /* CONDITION without a filter: id of the SEND_EMAIL step whose
                                      message this execution's contact opened */
    struct str url;                /* WEBHOOK: before interpolation, as the next two */
    struct str method;             /* WEBHOOK: "POST" … */
    const struct jsonval *headers; /* WEBHOOK: an object of strings; NULL: none */
    const struct jsonval *body;    /* WEBHOOK: any JSON value; NULL: the default body of §1.9 */
    const struct jsonval *data;    /* UPDATE_CONTACT: as a contact's `data` is sent */
    struct str reason;             /* EXIT; at == NULL: none */
};

struct definition_transition {
    struct str id;   /* at == NULL: it has none, as in sequences */
    struct str from; /* ids of steps, which are there */
    struct str to;
    enum definition_branch branch;
    int32_t priority; /* of several out of one branch the smallest is taken, the first of equals */
};

struct definition {
    enum definition_trigger trigger;
    struct str event;                     /* DEFINITION_EVENT */
    struct str cron;                      /* DEFINITION_SCHEDULE: flow/cron.h reads it */
    const struct filter *audience;        /* DEFINITION_SCHEDULE: who enters; NULL: every contact */
    const struct jsonval *trigger_config; /* as it was given: an object; NULL: none */
    uint32_t thing; /* number of the list, tag or segment; 0: none, or it is gone */
    bool allow_reentry;
    struct definition_step *steps;
    size_t step_count;
    struct definition_transition *transitions;
    size_t transition_count;
};

/* The words of the enums above, from their first value on, ended by NULL. A branch's is "" for
 * DEFINITION_NEXT. */
extern const char *const definition_trigger_words[]; /* "MANUAL", "EVENT", "SCHEDULE", … */
extern const char *const definition_type_words[];    /* "TRIGGER", "SEND_EMAIL", … */
extern const char *const definition_branch_words[];  /* "", "yes", "no", "EVENT", "TIMEOUT" */

/*
 * Reads stored text into `arena`. Returns 0, or ERR_CORRUPT when it is none of ours: the message
 * tells the place.
 */
int definition_read(struct arena *arena, struct str text, struct definition *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Prints one as it is stored, into `arena`; every definition that was read, and every one that is
 * put together by hand with `config` of each step filled (the members read from it need not be).
 * Returns 0, or ERR_UNPROCESSABLE (VALIDATION_ERROR) when it takes more than LIMIT_FLOW_BYTES.
 */
int definition_print(struct arena *arena, const struct definition *definition, struct str *ret,
                     struct err_info *info) MUST_CHECK;

/* The step with this id; NULL: none. */
const struct definition_step *definition_find(const struct definition *definition, struct str id);

/* Where an execution begins: what follows the TRIGGER step; NULL: there is nothing to do. */
const struct definition_step *definition_start(const struct definition *definition);

/* What follows `step` by this way out; NULL: the execution is completed. */
const struct definition_step *definition_next(const struct definition *definition,
                                              const struct definition_step *step,
                                              enum definition_branch branch);

/*
 * The names of the events that it wants to be told of, each once: its trigger's and those of its
 * WAIT_FOR_EVENT steps. In `arena`; returns how many.
 */
size_t definition_events(struct arena *arena, const struct definition *definition,
                         struct str **ret);

/* The same without the trigger's. */
size_t definition_waits(struct arena *arena, const struct definition *definition, struct str **ret);

#endif
