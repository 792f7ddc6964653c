/*
 * When a workflow with a schedule runs: five fields, minute, hour, day of the month, month and day
 * of the week (0 and 7 are Sunday), in UTC. A field is a list by commas of `*`, a number or a range
 * a-b, each with a step /n or not; months and days of the week have their English names too (JAN,
 * MON). Where neither day is `*` either may hold, as in every cron. `@hourly @daily @midnight
 * @weekly @monthly @yearly @annually` stand for what they say. Pure.
 */
#ifndef MUSTER_FLOW_CRON_H
#define MUSTER_FLOW_CRON_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define CRON_NEVER INT64_MIN

/*
 * Judges a text. Returns 0, or ERR_UNPROCESSABLE (VALIDATION_ERROR) with what is wrong and what
 * would be right; one that never comes (30 February) is wrong too. The caller names the place.
 */
int cron_check(struct str text, struct err_info *info) MUST_CHECK;

/* The first run after `after_ms`; CRON_NEVER of a text that cron_check refuses. */
int64_t cron_next(struct str text, int64_t after_ms);

#endif
