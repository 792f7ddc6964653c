/*
 * What is asked about the executions of sequences (store/execution.h) that nobody asks about those
 * of workflows: whom an unsubscription stops, the distance that mails keep, who is in several.
 */
#ifndef MUSTER_STORE_ENROLLMENT_H
#define MUSTER_STORE_ENROLLMENT_H

#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"

/* site.sendFrequencyCapDays; 0: there is no cap. Returns 0 or an err of db_query. */
int enrollment_cap_days(struct db *db, uint32_t project_id, uint32_t *ret,
                        struct err_info *info) MUST_CHECK;

/*
 * Ends every enrolment of these contacts (distinct) that is under way, as EXECUTION_EXITED with the
 * reason, in the open transaction. Returns 0 or an err of the database.
 */
int enrollment_stop(struct db *db, struct arena *arena, uint32_t project_id,
                    const uint32_t *ordinals, size_t count, struct str reason, int64_t now_ms,
                    struct err_info *info) MUST_CHECK;

/* A contact in several sequences. In the arena. */
struct enrollment_several {
    uint32_t ordinal;
    struct str email;
    uint32_t *sequence_ids; /* ascending */
    size_t sequence_count;
};

/*
 * The contacts that are under way in at least two sequences, by ordinal: a page of them, and how
 * many there are, in one snapshot. Returns 0 or an err of the database.
 */
int enrollment_list_several(struct db *db, struct arena *arena, uint32_t project_id,
                            uint64_t offset, uint64_t limit, struct enrollment_several **ret,
                            size_t *ret_count, uint64_t *ret_total,
                            struct err_info *info) MUST_CHECK;

#endif
