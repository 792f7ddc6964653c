/*
 * Logic: what a filter's form alone proves of it, whoever the contacts are: parts that can never
 * hold or always do, parts that contradict one another, parts that are said twice. Only what is
 * proved is told; not everything that is so is found.
 */
#ifndef MUSTER_COLUMN_LOGIC_H
#define MUSTER_COLUMN_LOGIC_H

#include <stdint.h>

#include "filter/filter.h"
#include "filter/warnings.h"

/* Adds what is found to `list`. Messages that depend on `now_ms` say so. */
void logic_judge(struct warnings *list, const struct filter *filter, int64_t now_ms);

#endif
