/* The uploaded file of an import as a reader of rows: its parts, its delimiter and its header. */
#ifndef MUSTER_STORE_IMPORTFILE_H
#define MUSTER_STORE_IMPORTFILE_H

#include "store/importcolumns.h"
#include "store/importjob.h"

struct importfile {
    struct db *db;
    const struct importjob *job;
    struct csv *csv; /* behind what is done */
    struct importmapping mapping;
    struct importcolumns columns;
    struct arena *memory; /* of the two */
    uint64_t offset;      /* of the next byte for the reader */
    char *part;           /* the part at hand */
    uint64_t part_number;
    size_t part_len; /* 0: none */
};

/*
 * Opens the file at `from`, where a lane stands; what was opened is to be closed also when this
 * fails. Returns 0; ERR_INVAL with a message for the user when the file as a whole cannot be read:
 * no text in UTF-8, no header with the needed columns, empty, no NDJSON; ERR_CONFLICT when parts
 * are gone (the job is over); or an err of the database.
 */
int importfile_open(struct importfile *file, struct db *db, const struct importjob *job,
                    const struct csv_position *from, struct err_info *info) MUST_CHECK;
void importfile_close(struct importfile *file);

#endif
