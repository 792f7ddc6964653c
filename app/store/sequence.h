/*
 * Rows of `sequence`: what starts a series of messages, and its steps. What this server does with
 * one so far: keep it, and disable it when what starts it is deleted. Who completed one stands in
 * `member` under KEY_SET_SEQUENCE(sequence_id).
 */
#ifndef MUSTER_STORE_SEQUENCE_H
#define MUSTER_STORE_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

enum sequence_trigger {
    SEQUENCE_MANUAL = 1,
    SEQUENCE_LIST_ADD = 2,
    SEQUENCE_TAG_ADD = 3,
    SEQUENCE_SEGMENT_ENTER = 4
};

/* One sequence as stored. Text lives in the arena it was read into. */
struct sequence {
    uint32_t sequence_id;
    struct uuid uuid;
    struct str name;
    enum sequence_trigger trigger;
    uint32_t trigger_id; /* number of the list, tag or segment; 0: none, or it is gone */
    struct str steps;    /* JSON list; at == NULL: none */
    bool enabled;
    int64_t created_ms;
    int64_t updated_ms;
};

/*
 * Stores a new one, in its own transaction: everything of `draft` but its ids and times. Returns 0
 * with `ret` as stored; ERR_NOT_FOUND ("List not found" …) for a trigger_id that is none;
 * ERR_UNPROCESSABLE when the project has LIMIT_SEQUENCES of them; or an err of the database.
 */
int sequence_create(struct db *db, uint32_t project_id, const struct sequence *draft,
                    struct sequence *ret, struct err_info *info) MUST_CHECK;

/* By number. Returns 0, ERR_NOT_FOUND "Sequence not found", or an err of db_query. */
int sequence_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t sequence_id,
                 struct sequence *ret, struct err_info *info) MUST_CHECK;

/*
 * One page, newest first, and the number of all, in one snapshot; in the arena. Returns 0 or an err
 * of the database.
 */
int sequence_list(struct db *db, struct arena *arena, uint32_t project_id, uint64_t offset,
                  uint64_t limit, struct sequence **ret, size_t *ret_count, uint64_t *ret_total,
                  struct err_info *info) MUST_CHECK;

/*
 * Deletes one, in its own transaction; who completed it is noted for member_sweep. Returns 0,
 * ERR_NOT_FOUND "Sequence not found", or an err of the database.
 */
int sequence_delete(struct db *db, uint32_t project_id, uint32_t sequence_id,
                    struct err_info *info) MUST_CHECK;

#endif
