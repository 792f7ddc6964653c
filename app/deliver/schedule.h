/*
 * When a message is sent again, and when no more. Pure: numbers in, numbers out.
 * Source: Standard Webhooks 1.0.0, "Deliverability and reliability" (its example schedule).
 */
#ifndef MUSTER_DELIVER_SCHEDULE_H
#define MUSTER_DELIVER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* Attempts that a message has before it is dead. */
#define SCHEDULE_ATTEMPTS 10

/* What came of an attempt. */
struct schedule_outcome {
    unsigned attempts;     /* made so far, this one included: 1 … */
    int status;            /* of a complete answer; 0: there was none */
    int64_t retry_after_s; /* what its Retry-After asks for, counted from now; <= 0: nothing */
};

enum schedule_fate { SCHEDULE_DELIVERED, SCHEDULE_AGAIN, SCHEDULE_DEAD };

struct schedule_next {
    enum schedule_fate fate;
    int64_t delay_ms; /* with SCHEDULE_AGAIN: from now */
    bool gone;        /* the endpoint wants nothing any more: switch it off (410) */
    bool busy; /* the endpoint is asked for too much: send it less at a time (429, 502, 504) */
};

/*
 * Judges an attempt. Only a complete 2xx is a delivery. The delay is that of the table, 20 % more
 * or less by `random` (any 32 bits), or what Retry-After asks for when that is longer, up to 24 h.
 */
struct schedule_next schedule_next(const struct schedule_outcome *outcome, uint32_t random);

/* The delay before attempt `attempts` + 1, as schedule_next has it without an answer: for a message
 * whose sender died. */
int64_t schedule_delay_ms(unsigned attempts, uint32_t random);

#endif
