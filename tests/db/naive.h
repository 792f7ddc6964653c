/*
 * The naive judge: who is in, from rows, one contact at a time, written from filters.md alone. It
 * shares nothing with the engine but the JSON reader. It knows enough operators to look at every
 * kind of column; dates in operands and data are YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ here.
 */
#ifndef MUSTER_TESTS_DB_NAIVE_H
#define MUSTER_TESTS_DB_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "json/jsonval.h"

/* One time that something happened. */
struct naive_occurrence {
    struct str name;
    int64_t at_ms;
    const struct jsonval *data; /* NULL: none */
};

struct naive_contact {
    uint32_t ordinal;
    struct str email;
    int status; /* as stored */
    int64_t created_ms, updated_ms, subscribed_ms;
    const struct jsonval *data; /* NULL: none */
    struct naive_occurrence *events;
    size_t event_count, event_room;
    uint64_t *sets; /* as stored */
    size_t set_count, set_room;
};

struct naive_segment {
    struct str uuid;
    uint32_t segment_id;
    const struct jsonval *condition; /* NULL: static */
};

/* What has members and a name: kind as in member.set_id, 2 tag, 3 list, 4 campaign, 5 sequence. */
struct naive_set {
    unsigned kind;
    uint32_t id;
    struct str uuid;
};

/* Which keys count as text now, as far as anybody asked; paths are borrowed from conditions. */
#define NAIVE_MAX_KEYS 100
struct naive_keys {
    struct str paths[NAIVE_MAX_KEYS];
    bool mixed[NAIVE_MAX_KEYS];
    size_t count;
};

/* All rows of a project in one snapshot. */
struct naive {
    struct arena *arena;
    int64_t now_ms;
    struct naive_contact *contacts; /* ascending ordinals */
    size_t contact_count, contact_room;
    struct naive_segment *segments;
    size_t segment_count, segment_room;
    struct naive_set *sets;
    size_t set_count, set_room;
    uint64_t site; /* the upper half of public integers */
    struct naive_keys *keys;
};

/* Reads them in the open transaction. Returns 0 or an err. */
int naive_load(struct naive *naive, struct db *db, struct arena *arena, uint32_t project_id,
               int64_t now_ms, struct err_info *info) MUST_CHECK;

/* Whether a condition takes the contact in. */
bool naive_in(const struct naive *naive, const struct naive_contact *contact,
              const struct jsonval *condition);

/* ---- between naive.c and naivevalue.c ------------------------------------------------------ */

/* What stands under a dotted path; NULL: absent or null. */
const struct jsonval *naive_lookup(const struct jsonval *data, struct str path);

/* A value leaf on one stored value; `mixed`: the key counts as text now. */
bool naive_value(const struct naive *naive, const struct jsonval *value, const struct jsonval *leaf,
                 bool mixed);

/* A leaf on an instant (INT64_MIN: absent) of the contact row. */
bool naive_instant(const struct naive *naive, int64_t ms, const struct jsonval *leaf);

/* A leaf on the address. */
bool naive_email(struct str email, const struct jsonval *leaf);

/* The leaf's operator and, for a negative one, the positive that it negates. */
struct str naive_operator(const struct jsonval *leaf, bool *ret_negative);

/* N·unit of a leaf in ms. */
int64_t naive_span(const struct jsonval *leaf);

#endif
