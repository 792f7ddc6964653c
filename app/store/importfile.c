#include "store/importfile.h"

#include <stdlib.h>

#include "store/importpart.h"

static int read_part(struct importfile *file, uint64_t number, struct err_info *info)
{
    const struct importjob *job = file->job;
    file->part_len = 0;
    int err = importpart_read(file->db, job->project_id, &job->job_id, number, file->part,
                              &file->part_len, info);
    if (err == 0 && file->part_len == 0) {
        err = err_set(info, ERR_CONFLICT, NULL, "the bytes of the import are gone");
    }
    file->part_number = number;
    return err;
}

/* csv_source: parts are read outside of transactions, each once. */
static int next_bytes(void *ctx, char *out, size_t size, size_t *ret_len, struct err_info *info)
{
    struct importfile *file = ctx;
    uint64_t number = file->offset / IMPORTPART_BYTES;
    size_t from = file->offset % IMPORTPART_BYTES;
    *ret_len = 0;
    if (file->offset >= file->job->bytes) {
        return 0;
    }
    if (file->part_len == 0 || file->part_number != number) {
        int err = read_part(file, number, info);
        if (err < 0) {
            return err;
        }
    }
    if (from >= file->part_len) {
        return err_set(info, ERR_INTERNAL, NULL, "a part of an import is too short");
    }
    size_t len = file->part_len - from < size ? file->part_len - from : size;
    memcpy(out, file->part + from, len);
    file->offset += len;
    *ret_len = len;
    return 0;
}

static void open_at(struct importfile *file, char delimiter, struct csv_position from)
{
    struct csv_config config = {next_bytes, file, delimiter, from};
    csv_free(file->csv);
    file->offset = from.offset;
    file->csv = csv_new(&config);
}

static int first_row(struct importfile *file, struct csv_row *row, struct err_info *info)
{
    int more = csv_next(file->csv, row, info);
    if (more == 0) {
        return err_set(info, ERR_INVAL, NULL, "the file is empty");
    }
    if (more > 0 && row->problem != NULL) {
        return err_set(info, ERR_INVAL, NULL, "line %d: %s", (int)row->line, row->problem);
    }
    return more < 0 ? more : 0;
}

/*
 * The delimiter with which the header has a column `email`; the comma when there is none. A line
 * that is none with one (a quote closes before a semicolon) may be one with the next.
 */
static int read_header(struct importfile *file, char *ret_delimiter, struct err_info *info)
{
    static const char delimiters[] = {',', ';', '\t', ','};
    struct csv_row row;
    for (size_t i = 0; i < ARRAY_LEN(delimiters); i++) {
        open_at(file, delimiters[i], (struct csv_position){0});
        int err = first_row(file, &row, info);
        if (err < 0 && (err != ERR_INVAL || i + 1 == ARRAY_LEN(delimiters))) {
            return err;
        }
        *ret_delimiter = delimiters[i];
        if (err == 0 && importcolumns_has_email(&row, &file->mapping)) {
            break;
        }
    }
    return importcolumns_read(file->memory, &file->job->input, &file->mapping, &row, &file->columns,
                              info);
}

static int open_csv(struct importfile *file, struct csv_position from, struct err_info *info)
{
    const struct importjob_input *input = &file->job->input;
    char delimiter;
    int err = importmapping_read(file->memory, input->mapping, input, &file->mapping, info);
    if (err == 0) {
        err = read_header(file, &delimiter, info);
    }
    if (err < 0) {
        return err;
    }
    if (from.offset == 0) {
        from = csv_position(file->csv);
        from.rows = 0; /* the header is none */
    }
    open_at(file, delimiter, from);
    return 0;
}

static int open_ndjson(struct importfile *file, struct csv_position from, struct err_info *info)
{
    if (from.offset == 0) {
        struct csv_row row;
        open_at(file, '\0', (struct csv_position){0});
        int err = first_row(file, &row, info);
        if (err == 0 && str_trim(row.cells[0]).len > 0 && str_trim(row.cells[0]).at[0] != '{') {
            err = err_set(info, ERR_INVAL, NULL,
                          "the file is not NDJSON: each line must be a JSON object");
        }
        if (err < 0) {
            return err;
        }
    }
    open_at(file, '\0', from);
    return 0;
}

int importfile_open(struct importfile *file, struct db *db, const struct importjob *job,
                    const struct csv_position *from, struct err_info *info)
{
    *file = (struct importfile){.db = db, .job = job};
    file->part = arena_xmalloc(IMPORTPART_BYTES);
    file->memory = arena_new();
    return job->input.format == IMPORTJOB_NDJSON ? open_ndjson(file, *from, info)
                                                 : open_csv(file, *from, info);
}

void importfile_close(struct importfile *file)
{
    csv_free(file->csv);
    arena_free(file->memory);
    free(file->part);
    *file = (struct importfile){0};
}
