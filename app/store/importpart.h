/* Rows of `import_part`: the uploaded bytes, in parts of IMPORTPART_BYTES (the last one shorter).
 */
#ifndef MUSTER_STORE_IMPORTPART_H
#define MUSTER_STORE_IMPORTPART_H

#include "store/importjob.h"

#define IMPORTPART_BYTES (1024 * 1024)

/*
 * Adds the next part of an upload: job->part_count and job->bytes grow. Returns 0, ERR_CONFLICT
 * when the upload was swept, or an err of the database.
 */
int importpart_add(struct db *db, struct importjob *job, struct str bytes,
                   struct err_info *info) MUST_CHECK;

/*
 * Reads one part into `out` (IMPORTPART_BYTES); ret_len 0: there is no such part. Returns 0 or an
 * err of db_query.
 */
int importpart_read(struct db *db, uint32_t project_id, const struct uuid *job_id, uint64_t part,
                    char *out, size_t *ret_len, struct err_info *info) MUST_CHECK;

/* Deletes all parts of a job, some at a time. Returns 0 or an err of db_exec. */
int importpart_delete(struct db *db, uint32_t project_id, const struct uuid *job_id,
                      struct err_info *info) MUST_CHECK;

#endif
