/*
 * Faults on purpose, compiled in by --enable-fault-injection (MUSTER_FAULTS) only: the n-th
 * statement or COMMIT of this process fails with a given code, before or after it took effect.
 * MUSTER_DB_FAULT="n:code" or "n:code:after", n from 1.
 */
#ifndef MUSTER_DB_FAULT_H
#define MUSTER_DB_FAULT_H

#include <stdbool.h>

enum fault_when { FAULT_NEVER, FAULT_BEFORE, FAULT_AFTER };

struct fault {
    enum fault_when when;
    unsigned code; /* the error to report */
};

#ifdef MUSTER_FAULTS

/* Counts a statement and returns what shall happen to it. */
struct fault fault_next(void);

/* Arms the fault anew: the n-th statement from now on (0: none). */
void fault_arm(unsigned n, unsigned code, bool after);

#else

/* Nothing fails in a build without them. */
static inline struct fault fault_next(void)
{
    return (struct fault){FAULT_NEVER, 0};
}

#endif

#endif
