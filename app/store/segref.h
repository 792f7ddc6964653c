/*
 * Who names which segment: rows of `segment_ref` and `segment_event_ref`. They are written in the
 * transaction that writes the naming row, under one lock per project, so that what is checked there
 * still holds when it commits.
 */
#ifndef MUSTER_STORE_SEGREF_H
#define MUSTER_STORE_SEGREF_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* A leaf on segment.<uuid>, and where it stands ("condition.groups.0.filters.1"). */
struct segref_segment {
    struct uuid uuid;
    struct str path;
};

/* A leaf on event.segment.<slug>.entry or .exit. */
struct segref_event {
    struct str slug;
    struct str path;
};

/* What one filter names, in order of writing; repeats are allowed. */
struct segref_names {
    const struct segref_segment *segments;
    size_t segment_count;
    const struct segref_event *events;
    size_t event_count;
};

enum segref_source { SEGREF_SEGMENT = 1, SEGREF_CAMPAIGN = 2 };

/*
 * Takes the project's segment lock for the rest of the open transaction: no filter changes and no
 * segment comes or goes meanwhile. The first lock of every transaction that takes it.
 * Returns 0 or an err of the database.
 */
int segref_lock(struct db *db, uint32_t project_id, struct err_info *info) MUST_CHECK;

/*
 * Replaces the rows of one source; the transaction holds segref_lock. Events are kept for segments
 * only. Returns 0, ERR_INVAL "Referenced segment not found: <id>" at the leaf's path, or an err of
 * the database.
 */
int segref_write(struct db *db, struct arena *arena, uint32_t project_id, enum segref_source source,
                 uint32_t source_id, const struct segref_names *names,
                 struct err_info *info) MUST_CHECK;

/* Deletes the rows of one source. Returns 0 or an err of the database. */
int segref_delete(struct db *db, uint32_t project_id, enum segref_source source, uint32_t source_id,
                  struct err_info *info) MUST_CHECK;

/*
 * Whether a segment may go; the transaction holds segref_lock. Returns 0; ERR_CONFLICT while a
 * campaign in DRAFT, SCHEDULED or SENDING uses it (text of http-api §1.7), or while an enabled
 * workflow or another segment's filter names it (the text says which); or an err of the database.
 */
int segref_check_free(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                      struct err_info *info) MUST_CHECK;

/* The last part of segref_check_free: ERR_CONFLICT only while another segment's filter names it.
 */
int segref_check_unnamed(struct db *db, struct arena *arena, uint32_t project_id,
                         uint32_t segment_id, struct err_info *info) MUST_CHECK;

/* Forgets which campaigns name a segment that is about to go. Returns 0 or an err of the database.
 */
int segref_release(struct db *db, uint32_t project_id, uint32_t segment_id,
                   struct err_info *info) MUST_CHECK;

#endif
