/* Random data and conditions for the live test, out of templates; the same seed gives the same. */
#ifndef MUSTER_TESTS_DB_LIVEDRAW_H
#define MUSTER_TESTS_DB_LIVEDRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct livedraw {
    uint64_t state;
    struct arena *arena;         /* of what is drawn */
    const char *const *segments; /* UUIDs that conditions may name */
    unsigned segment_count;
};

/* A number below `below`. */
uint32_t livedraw_number(struct livedraw *draw, uint32_t below);

/* An address of one of `count` contacts. */
const char *livedraw_email(struct livedraw *draw, uint32_t count);

/* An event's name. */
const char *livedraw_event(struct livedraw *draw);

/* A patch of contact data as JSON. Types change now and then, so that keys become mixed and cease
 * to be. */
const char *livedraw_patch(struct livedraw *draw);

/* Data of an event as JSON. */
const char *livedraw_event_data(struct livedraw *draw);

/* The UUID of the second tag that conditions name; tags and lists 1 to 3 are named by number. */
#define LIVEDRAW_TAG "0192b7e4-1111-7222-8333-444455556666"

/* A legal condition that looks at a few columns, nested up to three groups deep; `own`: it names no
 * segment. */
const char *livedraw_condition(struct livedraw *draw, bool own);

#endif
