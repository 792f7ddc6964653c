/*
 * Rows of `segment`: named groups of contacts. A dynamic segment keeps its filter as canonical
 * Plunk text; a static one has its contacts in `member`. What a filter means is not known here: the
 * caller hands over the texts and what they name.
 */
#ifndef MUSTER_STORE_SEGMENT_H
#define MUSTER_STORE_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/segref.h"

enum segment_kind { SEGMENT_DYNAMIC = 1, SEGMENT_STATIC = 2 };

enum segment_dialect { SEGMENT_PLUNK = 1, SEGMENT_PUSHMAIL = 2, SEGMENT_MAILPANDA = 3 };

/* One segment as stored. Text lives in the arena it was read into. */
struct segment {
    uint32_t segment_id;
    struct uuid uuid;
    struct str name;
    struct str description; /* at == NULL: none */
    struct str slug;
    enum segment_kind kind;
    enum segment_dialect dialect;
    struct str filter; /* canonical text; at == NULL for a static one */
    struct str source; /* the text as given, in `dialect`; at == NULL for a static one */
    bool track;
    uint64_t member_count; /* as of counted_ms */
    int64_t counted_ms;
    uint32_t version; /* grows with each change of the filter */
    int64_t created_ms;
    int64_t updated_ms;
};

/* What an evaluation needs of a segment that a filter names. */
struct segment_target {
    struct uuid uuid;
    uint32_t segment_id;
    enum segment_kind kind;
    struct str filter; /* canonical Plunk text, in the arena; at == NULL for a static one */
};

/*
 * The segments with these (distinct) ids, in no order; unknown ones are left out. `ret` has room
 * for `count`. Runs in the transaction that is open. Returns 0 or an err of db_query.
 */
int segment_resolve(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuids, size_t count, struct segment_target *ret,
                    size_t *ret_count, struct err_info *info) MUST_CHECK;

/* What a caller says of a segment that it creates or changes. */
struct segment_input {
    struct str name;
    struct str description; /* at == NULL: none */
    struct str slug;
    enum segment_kind kind; /* this and the next: looked at by segment_create only */
    uint32_t filled;        /* number of a static one that has its members; 0: a new number */
    struct str filter;      /* this and the next three: for a dynamic one */
    struct str source;
    enum segment_dialect dialect; /* of source; 0: Plunk */
    struct segref_names names;
    struct str key_id; /* of the API key that sets the filter; at == NULL: none */
    bool track;
    uint64_t member_count;
    int64_t counted_ms;
};

/*
 * Stores a new segment with the given uuid, in its own transaction, under the project's segment
 * lock; the filter of a dynamic one is also kept as its first version. `ret` is what was stored.
 * Returns 0; ERR_INVAL with a text of http-api §1.7 when the filter names a segment that is not
 * there, or would close a cycle (a tracked segment also through entry and exit events, filters.md
 * §1), or reaches more than LIMIT_NESTED_SEGMENTS; ERR_UNPROCESSABLE when the project would pass
 * LIMIT_SEGMENTS or LIMIT_SEGMENTS_BYTES; ERR_UNAVAILABLE when the lease of a filled one has run
 * out (store/segfill.h); or an err of the database.
 */
int segment_create(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   const struct segment_input *input, struct segment *ret,
                   struct err_info *info) MUST_CHECK;

/* What a change touches; the rest of segment_input is not looked at. */
enum segment_part {
    SEGMENT_SET_NAME = 1 << 0, /* with the slug */
    SEGMENT_SET_DESCRIPTION = 1 << 1,
    SEGMENT_SET_FILTER =
        1 << 2, /* filter, source, dialect, names, member_count, counted_ms; dynamic ones only */
    SEGMENT_SET_TRACK = 1 << 3
};

/*
 * Changes a segment, in its own transaction, under the project's segment lock. `version` grows when
 * the canonical filter differs, and the new one is kept as that version. Returns 0 with `ret` as
 * stored; ERR_NOT_FOUND; ERR_INVAL as segment_create; or an err of the database.
 */
int segment_update(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   unsigned parts, const struct segment_input *input, struct segment *ret,
                   struct err_info *info) MUST_CHECK;

/*
 * Deletes a segment, in its own transaction; what it had of members is noted for member_sweep.
 * Returns 0; ERR_NOT_FOUND; ERR_CONFLICT while a campaign in
 * DRAFT, SCHEDULED or SENDING uses it (text of http-api §1.7) or another segment's filter names it
 * (text names them); or an err of the database.
 */
int segment_delete(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                   struct err_info *info) MUST_CHECK;

/*
 * Deletes a segment as PushMail and MailPanda do: drafts and scheduled campaigns lose it instead of
 * keeping it. Errors as segment_delete, but ERR_CONFLICT only while another segment's filter names
 * it. Both disable the sequences that its entries start.
 */
int segment_delete_released(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct uuid *uuid, struct err_info *info) MUST_CHECK;

/* By number. Returns as segment_get. */
int segment_by_number(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                      struct segment *ret, struct err_info *info) MUST_CHECK;

/* By id. Returns 0, ERR_NOT_FOUND "Segment not found", or an err of db_query. */
int segment_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                struct segment *ret, struct err_info *info) MUST_CHECK;

/*
 * All of a project's, newest first; in the arena. `filter` is read for those only that are written
 * in another dialect than `dialect` (0: for all). Returns 0 or an err of db_query.
 */
int segment_list(struct db *db, struct arena *arena, uint32_t project_id,
                 enum segment_dialect dialect, struct segment **ret, size_t *ret_count,
                 struct err_info *info) MUST_CHECK;

#endif
