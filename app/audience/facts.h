/* Facts: what the columns say of a project's fields and events, in one snapshot each. */
#ifndef MUSTER_AUDIENCE_FACTS_H
#define MUSTER_AUDIENCE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "json/jsonval.h"

/* How often a value stands in a field now. */
struct facts_value {
    const struct jsonval *value; /* string, number or boolean */
    uint64_t count;
};

/* The types and fill of one data path now. */
struct facts_field {
    struct str path;
    uint64_t count[5];      /* contacts that hold it, by enum key_type */
    bool strings_are_dates; /* there are strings, and every one is a date */
};

/*
 * All data fields that some contact holds now, by path, and the number of contacts.
 */
int facts_fields(struct db *db, struct arena *arena, uint32_t project_id, struct facts_field **ret,
                 size_t *ret_count, uint64_t *ret_contacts, struct err_info *info) MUST_CHECK;

/*
 * Distinct scalar values of `path`, most frequent first, then by type and value; at most `limit`.
 * A path that no contact holds gives none.
 */
int facts_values(struct db *db, struct arena *arena, uint32_t project_id, struct str path,
                 size_t limit, struct facts_value **ret, size_t *ret_count,
                 struct err_info *info) MUST_CHECK;

/* Occurrences and contacts of each event name now, most frequent first; names in the arena. */
struct facts_event {
    struct str name;
    uint32_t name_id;
    uint64_t occurrences;
    uint64_t contacts;
};
int facts_events(struct db *db, struct arena *arena, uint32_t project_id, struct facts_event **ret,
                 size_t *ret_count, struct err_info *info) MUST_CHECK;

#endif
