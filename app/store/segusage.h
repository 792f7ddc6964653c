/* Who refers to a segment, and whether it could be deleted now. */
#ifndef MUSTER_STORE_SEGUSAGE_H
#define MUSTER_STORE_SEGUSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/campaign.h"
#include "store/segment.h"
#include "store/webhook.h"

/* One that refers to it. Text lives in the arena. */
struct segusage_user {
    struct uuid uuid;
    struct str name;
    enum campaign_status status; /* of a campaign */
    bool enabled;                /* of a sequence */
};

struct segusage_users {
    struct segusage_user *at;
    size_t count;
};

struct segusage {
    struct segment segment;
    struct segusage_users segments;  /* their filters name it, or its entries or exits */
    struct segusage_users campaigns; /* its members are their audience, or their filter names it */
    struct segusage_users sequences; /* its entries start them */
    struct webhook *webhooks;        /* all of the project's: what they want is not judged here */
    size_t webhook_count;
    bool can_delete; /* segment_delete would succeed */
};

/*
 * Finds them, each kind newest first, in one snapshot. Returns 0, ERR_NOT_FOUND "Segment not
 * found", or an err of the database.
 */
int segusage_find(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                  struct segusage *ret, struct err_info *info) MUST_CHECK;

#endif
