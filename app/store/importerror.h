/* Rows of `import_error`: the rows of a file that were refused, each with its reason. */
#ifndef MUSTER_STORE_IMPORTERROR_H
#define MUSTER_STORE_IMPORTERROR_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

struct importerror {
    uint64_t row;     /* 1: the first row of data */
    uint64_t line;    /* of the file, from 1 */
    struct str email; /* what stood in its place, perhaps cut; "" */
    struct str reason;
};

#define IMPORTERROR_EMAIL_CHARS 254
#define IMPORTERROR_REASON_CHARS 500

/*
 * Stores errors, in the transaction that is open; texts that are too long are cut. Returns 0 or an
 * err of db_exec.
 */
int importerror_insert(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct uuid *job_id, const struct importerror *errors, size_t count,
                       struct err_info *info) MUST_CHECK;

/* The errors behind row `after`, at most `limit`, in the order of the file; in the arena. Returns 0
 * or an err of db_query. */
int importerror_list(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *job_id, uint64_t after, size_t limit,
                     struct importerror **ret, size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Deletes all of a job, some at a time. Returns 0 or an err of db_exec. */
int importerror_delete(struct db *db, uint32_t project_id, const struct uuid *job_id,
                       struct err_info *info) MUST_CHECK;

/* Blanks addresses wherever they were refused: their contacts are erased. In the transaction that
 * is open. Returns 0 or an err of db_exec. */
int importerror_forget(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct str *emails, size_t count, struct err_info *info) MUST_CHECK;

#endif
