/*
 * The receivers of calls (deliver/call.h) by host and port: how many calls may be under way to one,
 * and when one that finds no place may come again. What keeps one receiver from harming another is
 * decided here; no clock, no network, no database.
 */
#ifndef MUSTER_DELIVER_CALLHOST_H
#define MUSTER_DELIVER_CALLHOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define CALLHOST_PLACES 128u    /* calls under way to all */
#define CALLHOST_WINDOW 16u     /* to one that answers soon, or of which nothing is known */
#define CALLHOST_WINDOW_SLOW 4u /* to one that does not */
#define CALLHOST_WAITING 96u /* calls that may wait here for a place with one that answers soon */
#define CALLHOST_LATE_MAX_MS INT64_C(600000)

struct callhost_table;

struct callhost {
    uint64_t key;
    unsigned in_flight;
    unsigned waiting;
    bool is_slow;
    int64_t mean_ms; /* of its last answers */
    int64_t slot_ms; /* until here calls were put off */
};

/* Free with callhost_table_free (NULL allowed). */
struct callhost_table *callhost_table_new(void);
void callhost_table_free(struct callhost_table *table);

/* The receiver that a URL names; stays until it has nothing under way and nothing waiting, and room
 * is needed. NULL: the table is full of those that have. */
struct callhost *callhost_of(struct callhost_table *table, struct str url);

/* Whether a call to it may begin now; callhost_begin and callhost_end count what is under way. */
bool callhost_has_place(const struct callhost_table *table, const struct callhost *host);
void callhost_begin(struct callhost_table *table, struct callhost *host);

/* A call ended: `answered` with a complete answer, after that long. */
void callhost_end(struct callhost_table *table, struct callhost *host, bool answered,
                  int64_t duration_ms);

/* How many calls may wait here for a place. */
unsigned callhost_waiting_max(const struct callhost *host);

/*
 * When a call that may not wait should come again: one behind the other, as far apart as the
 * receiver answers, so that each comes about when it is its turn; never more than
 * CALLHOST_LATE_MAX_MS from now.
 */
int64_t callhost_put_off(struct callhost *host, int64_t now_ms);

#endif
