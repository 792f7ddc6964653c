/*
 * Rows of `tag`: labels of contacts. Who has one stands in `member` under KEY_SET_TAG(tag_id)
 * (store/member.h adds and removes).
 */
#ifndef MUSTER_STORE_TAG_H
#define MUSTER_STORE_TAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* One tag as stored. Text lives in the arena it was read into. */
struct tag {
    uint32_t tag_id;
    struct uuid uuid;
    struct str name; /* unique in its project, byte for byte */
    int64_t created_ms;
};

/*
 * The stored form of a name: ASCII white space trimmed. Returns false, and leaves `ret` alone, when
 * what is left is empty, longer than LIMIT_RESOURCE_NAME_CHARS, or has a control character.
 */
bool tag_name(struct str given, struct str *ret) MUST_CHECK;

/*
 * Stores a new tag, in its own transaction. Returns 0 with `ret` as stored; ERR_INVAL for a name
 * that tag_name refuses; ERR_CONFLICT when the project has a tag of that name; ERR_UNPROCESSABLE
 * when it has LIMIT_TAGS of them; or an err of the database.
 */
int tag_create(struct db *db, uint32_t project_id, struct str name, struct tag *ret,
               struct err_info *info) MUST_CHECK;

/*
 * The numbers of the tags with these names, ret_ids[i] of names[i]; those that are not there are
 * made. Repeats are allowed. It has its own transaction, and opens none when all are there.
 * Returns 0; ERR_INVAL for a name that tag_name refuses; ERR_UNPROCESSABLE when the project would
 * have more than LIMIT_TAGS; or an err of the database.
 */
int tag_ensure(struct db *db, struct arena *arena, uint32_t project_id, const struct str *names,
               size_t count, uint32_t *ret_ids, struct err_info *info) MUST_CHECK;

/* By number. Returns 0, ERR_NOT_FOUND "Tag not found", or an err of db_query. */
int tag_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t tag_id,
            struct tag *ret, struct err_info *info) MUST_CHECK;

/* By its name. Returns as tag_get. */
int tag_find(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
             struct tag *ret, struct err_info *info) MUST_CHECK;

/*
 * One page by name, and the number of all, in one snapshot; in the arena. Returns 0 or an err of
 * the database.
 */
int tag_list(struct db *db, struct arena *arena, uint32_t project_id, uint64_t offset,
             uint64_t limit, struct tag **ret, size_t *ret_count, uint64_t *ret_total,
             struct err_info *info) MUST_CHECK;

/*
 * Deletes a tag, in its own transaction: its members are noted for member_sweep, campaigns that are
 * drafts or scheduled lose it, sequences that it starts are disabled. Returns 0, ERR_NOT_FOUND "Tag
 * not found", or an err of the database.
 */
int tag_delete(struct db *db, uint32_t project_id, uint32_t tag_id,
               struct err_info *info) MUST_CHECK;

#endif
