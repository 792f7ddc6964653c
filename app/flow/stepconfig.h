/*
 * What steps and triggers are told: JSON objects of a client, or stored ones, judged and read. The
 * same judgement for both, so what is stored always reads back. Pure.
 */
#ifndef MUSTER_FLOW_STEPCONFIG_H
#define MUSTER_FLOW_STEPCONFIG_H

#include "flow/definition.h"

/*
 * Judges the config of a step whose type is set, and fills its `config` and the members read from
 * it; the rest of the step stays. `path` is where it stands in the body ("config"). What is read
 * lives in `arena` and borrows from `config`.
 * Returns 0; ERR_UNPROCESSABLE (VALIDATION_ERROR) with the place for what is missing, of another
 * type or over a limit; ERR_INVAL as plunk_parse for a filter and as contactdata_read for data. Not
 * judged here, because others know: whether the template and the segments are there (store/), and
 * whether the url may be sent to (base/urlguard.h).
 */
int stepconfig_read(struct arena *arena, const struct jsonval *config, const char *path,
                    struct definition_step *step, struct err_info *info) MUST_CHECK;

/*
 * The same for what starts a workflow: {eventName} for DEFINITION_EVENT, {cron, condition?} for
 * DEFINITION_SCHEDULE, nothing for the others. Fills trigger, trigger_config, event, cron and
 * audience; NULL and JSON null are an empty config. Returns as stepconfig_read.
 */
int stepconfig_read_trigger(struct arena *arena, enum definition_trigger trigger,
                            const struct jsonval *config, const char *path, struct definition *ret,
                            struct err_info *info) MUST_CHECK;

/*
 * The event that is meant by a name: email activities have two spellings ("email.open",
 * "email.opened"), of which the second is recorded.
 */
struct str stepconfig_event(struct str name);

#endif
