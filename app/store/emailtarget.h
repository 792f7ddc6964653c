/*
 * What a message is part of: the campaign and the sequence that a report about it names, by UUID or
 * by public integer, and what the report makes of the contact there.
 */
#ifndef MUSTER_STORE_EMAILTARGET_H
#define MUSTER_STORE_EMAILTARGET_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

enum emailtarget_kind { EMAILTARGET_CAMPAIGN, EMAILTARGET_SEQUENCE };

struct emailtarget {
    enum emailtarget_kind kind;
    struct str given;       /* as it was named */
    uint32_t number;        /* within the project; 0: the project has no such thing (any more) */
    struct uuid uuid;       /* when there is one */
    uint32_t message_count; /* of a sequence: messages that whoever completed it has had; >= 1 */
};

/*
 * Finds campaign or sequence `given` of the project that is number site_index of its account. What
 * it does not have is no failure: a report may come long after the campaign was deleted, or be
 * about one of the sender's own. Returns 0 or an err of db_query.
 */
int emailtarget_find(struct db *db, struct arena *arena, uint32_t project_id, uint32_t site_index,
                     enum emailtarget_kind kind, struct str given, struct emailtarget *ret,
                     struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: adds contacts (by ordinal) to those who received the campaign. One that
 * is gone meanwhile has no members. Returns 0 or an err of the database.
 */
int emailtarget_received(struct db *db, struct arena *arena, uint32_t project_id,
                         const struct emailtarget *campaign, const uint32_t *ordinals, size_t count,
                         struct err_info *info) MUST_CHECK;

/*
 * In the open transaction, after the reports are stored: adds to those who completed the sequence
 * whoever among the contacts has had as many different messages of it as it has. A message that
 * bounced and of which nothing else was told was not had. Returns 0 or an err of the database.
 */
int emailtarget_completed(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct emailtarget *sequence, const uint32_t *ordinals,
                          size_t count, struct err_info *info) MUST_CHECK;

#endif
