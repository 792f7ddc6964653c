/*
 * Rows of `sequence`: what starts a series of messages, and its steps, a JSON text that is flow/'s
 * (flow/sequencesteps.h). Who is on the way are executions (store/execution.h); who completed it
 * stands in `member` under KEY_SET_SEQUENCE(sequence_id). Every edit of what it does grows
 * `version` (store/flowversion.h).
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
    uint32_t version;
    int64_t created_ms;
    int64_t updated_ms;
};

enum sequence_part {
    SEQUENCE_SET_NAME = 1 << 0,
    SEQUENCE_SET_TRIGGER = 1 << 1, /* with trigger_id */
    SEQUENCE_SET_STEPS = 1 << 2,
    SEQUENCE_SET_ENABLED = 1 << 3
};

/* What a new one or a change says. Texts are borrowed. */
struct sequence_edit {
    unsigned parts;            /* of enum sequence_part; a new one has all of them */
    struct sequence sequence;  /* ids, version and times are not looked at */
    const uint32_t *templates; /* numbers of what the steps send: kept from being deleted */
    size_t template_count;
};

/*
 * Stores a new one, in its own transaction. Returns 0 with `ret` as stored; ERR_NOT_FOUND ("List
 * not found", "Template not found" …) for a trigger_id or template that is none; ERR_UNPROCESSABLE
 * when the project has LIMIT_SEQUENCES of them; or an err of the database.
 */
int sequence_create(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct sequence_edit *edit, struct sequence *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * Changes one, in its own transaction; who is on the way goes on as it was. Returns 0 with `ret` as
 * stored, in the arena; ERR_NOT_FOUND "Sequence not found", or as sequence_create; or an err of the
 * database.
 */
int sequence_update(struct db *db, struct arena *arena, uint32_t project_id, uint32_t sequence_id,
                    const struct sequence_edit *edit, struct sequence *ret,
                    struct err_info *info) MUST_CHECK;

/* As sequence_get, and locks the row until the open transaction ends. */
int sequence_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t sequence_id,
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
 * Deletes one, in its own transaction; who is on the way ends there and then, who completed it is
 * noted for member_sweep. Returns 0, ERR_NOT_FOUND "Sequence not found", or an err of the database.
 */
int sequence_delete(struct db *db, uint32_t project_id, uint32_t sequence_id,
                    struct err_info *info) MUST_CHECK;

#endif
