/*
 * Rows of `contact_list`: lists that people keep by hand. Who is on one stands in `member` under
 * KEY_SET_LIST(list_id) (store/member.h adds and removes).
 */
#ifndef MUSTER_STORE_LIST_H
#define MUSTER_STORE_LIST_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* One list as stored. Text lives in the arena it was read into. */
struct list {
    uint32_t list_id;
    struct uuid uuid;
    struct str name;        /* not unique */
    struct str description; /* at == NULL: none */
    int64_t created_ms;
    int64_t updated_ms;
};

/*
 * Stores a new list, in its own transaction. Returns 0 with `ret` as stored; ERR_UNPROCESSABLE when
 * the project has LIMIT_LISTS of them; or an err of the database.
 */
int list_create(struct db *db, uint32_t project_id, struct str name, struct str description,
                struct list *ret, struct err_info *info) MUST_CHECK;

/* By number. Returns 0, ERR_NOT_FOUND "List not found", or an err of db_query. */
int list_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t list_id,
             struct list *ret, struct err_info *info) MUST_CHECK;

/*
 * One page, newest first, and the number of all, in one snapshot; in the arena. Returns 0 or an err
 * of the database.
 */
int list_page(struct db *db, struct arena *arena, uint32_t project_id, uint64_t offset,
              uint64_t limit, struct list **ret, size_t *ret_count, uint64_t *ret_total,
              struct err_info *info) MUST_CHECK;

enum list_part { LIST_SET_NAME = 1 << 0, LIST_SET_DESCRIPTION = 1 << 1 };

/*
 * Changes the given parts, in its own transaction; updated_ms grows when one really changes.
 * Returns 0 with `ret` as stored, ERR_NOT_FOUND "List not found", or an err of the database.
 */
int list_update(struct db *db, struct arena *arena, uint32_t project_id, uint32_t list_id,
                unsigned parts, struct str name, struct str description, struct list *ret,
                struct err_info *info) MUST_CHECK;

/*
 * Deletes a list, in its own transaction: its members are noted for member_sweep, campaigns that
 * are drafts or scheduled lose it, sequences that it starts are disabled. Returns 0, ERR_NOT_FOUND
 * "List not found", or an err of the database.
 */
int list_delete(struct db *db, uint32_t project_id, uint32_t list_id,
                struct err_info *info) MUST_CHECK;

/* The lists of one contact: names in the order of their numbers. */
struct list_of_contact {
    uint32_t ordinal;
    uint32_t list_id;
    struct str name;
};

/*
 * Which lists these contacts are on, ordered by ordinal and then by number; in the arena. Runs in
 * the transaction that is open, or alone. Returns 0 or an err of db_query.
 */
int list_of_contacts(struct db *db, struct arena *arena, uint32_t project_id,
                     const uint32_t *ordinals, size_t count, struct list_of_contact **ret,
                     size_t *ret_count, struct err_info *info) MUST_CHECK;

#endif
