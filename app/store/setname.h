/*
 * What a filter calls a tag, a list, a campaign or a sequence (a public integer or a UUID), and the
 * key of the set that its members are in.
 */
#ifndef MUSTER_STORE_SETNAME_H
#define MUSTER_STORE_SETNAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "db/db.h"

enum setname_kind { SETNAME_TAG, SETNAME_LIST, SETNAME_CAMPAIGN, SETNAME_SEQUENCE };

struct setname {
    enum setname_kind kind;
    struct str id;   /* decimal digits, or a UUID in lower case */
    uint64_t set_id; /* KEY_SET_…; 0: the project has no such thing */
};

/*
 * Fills in the set of each name. A public integer of this project has one whether or not its owner
 * exists yet: its members may come, and who named it has to hear of them. One whose members are
 * being deleted has none. Runs in the transaction that is open. Returns 0 or an err of db_query.
 */
int setname_resolve(struct db *db, struct arena *arena, uint32_t project_id, struct setname *names,
                    size_t count, struct err_info *info) MUST_CHECK;

#endif
