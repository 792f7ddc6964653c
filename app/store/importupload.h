/*
 * Storing the bytes of an import as they arrive. Nothing sees the job before importupload_end: an
 * upload that breaks off has no effect.
 */
#ifndef MUSTER_STORE_IMPORTUPLOAD_H
#define MUSTER_STORE_IMPORTUPLOAD_H

#include "store/importjob.h"

struct importupload {
    struct db *db;
    struct arena *arena;
    struct importjob job;
    char *part; /* the part at hand, in the arena */
    size_t part_len;
    /* To estimate the rows: */
    uint64_t lines;
    bool in_quotes;
    bool in_line;
};

/*
 * Whether the database's disk has room: the file is there twice for a while, as bytes and as rows,
 * and `reserve_bytes` must be left. Where the disk cannot be seen (another host), it has. Returns
 * 0; ERR_TOO_LARGE with a message; or an err of the database.
 */
int importupload_check_disk(struct db *db, uint64_t bytes, uint64_t reserve_bytes,
                            struct err_info *info) MUST_CHECK;

/* Makes the job. Errors as importjob_create. */
int importupload_begin(struct importupload *upload, struct db *db, struct arena *arena,
                       uint32_t project_id, const struct importjob_input *input,
                       struct err_info *info) MUST_CHECK;

/* Adds bytes. Returns 0; ERR_TOO_LARGE over LIMIT_IMPORT_BYTES; or an err of importpart_add. */
int importupload_add(struct importupload *upload, struct str bytes,
                     struct err_info *info) MUST_CHECK;

/*
 * The file is whole: its tag is there from now on, unless it is a dry run, and upload->job waits
 * for a worker, or with `lease_ms` is the caller's. Returns 0; ERR_INVAL when it is empty; or an
 * err of tag_ensure or importjob_submit.
 */
int importupload_end(struct importupload *upload, unsigned lease_ms,
                     struct err_info *info) MUST_CHECK;

/* Lets go of an upload that failed, as well as it can: the worker sweeps what stays. */
void importupload_abandon(struct importupload *upload);

#endif
