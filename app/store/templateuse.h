/* What uses a template: campaigns, steps of workflows and of sequences. */
#ifndef MUSTER_STORE_TEMPLATEUSE_H
#define MUSTER_STORE_TEMPLATEUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* A campaign, workflow or sequence. */
struct templateuse_one {
    uint32_t number;
    struct uuid uuid;
    struct str name;
    bool is_active; /* a campaign that may still be sent; what is enabled */
};

struct templateuse_list {
    struct templateuse_one *at;
    size_t count;
};

struct templateuse {
    struct templateuse_list campaigns;
    struct templateuse_list workflows;
    struct templateuse_list sequences;
};

/*
 * Everything that names a template, newest first, in the arena; executions under way of what names
 * it no more are not asked. Returns 0 or an err of the database.
 */
int templateuse_find(struct db *db, struct arena *arena, uint32_t project_id, uint32_t template_id,
                     const struct uuid *uuid, struct templateuse *ret,
                     struct err_info *info) MUST_CHECK;

/* Returns 0, or ERR_CONFLICT when something active is among them; the message says how many. Pure.
 */
int templateuse_refuse(const struct templateuse *use, struct err_info *info) MUST_CHECK;

#endif
