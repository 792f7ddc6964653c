/* The filters that campaigns have of their own: who asks whether something is still in use. */
#ifndef MUSTER_STORE_CAMPAIGNFILTER_H
#define MUSTER_STORE_CAMPAIGNFILTER_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

struct campaignfilter {
    struct uuid uuid;
    struct str name;
    struct str filter; /* Plunk text */
};

/*
 * Of every campaign whose audience is a filter and that may still be sent (DRAFT, SCHEDULED,
 * SENDING), newest first, in the arena. Returns 0 or an err of the database.
 */
int campaignfilter_list(struct db *db, struct arena *arena, uint32_t project_id,
                        struct campaignfilter **ret, size_t *ret_count,
                        struct err_info *info) MUST_CHECK;

#endif
