#include "store/importupload.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/importpart.h"
#include "store/sqlvalue.h"
#include "store/tag.h"

#define ROOM_FACTOR 4 /* bytes on disk for a byte of the file: parts, rows, indexes, log */

/* ---- disk ---------------------------------------------------------------------------------- */

/* Free bytes of the file system of a folder, or of the next one above it that we may look at. */
static bool free_bytes(struct str path, uint64_t *ret)
{
    char text[4096];
    struct statvfs space;
    while (path.len > 0 && path.len < sizeof text) {
        memcpy(text, path.at, path.len);
        text[path.len] = '\0';
        if (statvfs(text, &space) == 0) {
            *ret = (uint64_t)space.f_bavail * space.f_frsize;
            return true;
        }
        while (path.len > 1 && path.at[path.len - 1] != '/') {
            path.len--;
        }
        path.len--;
    }
    return false;
}

int importupload_check_disk(struct db *db, uint64_t bytes, uint64_t reserve_bytes,
                            struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    char host[256];
    uint64_t free_now;
    int found = db_one(db, "SELECT @@hostname, @@datadir", DB_NO_PARAMS, &rows, info);
    if (found < 0) {
        return found;
    }
    if (gethostname(host, sizeof host) != 0 || !str_eq_c(db_bytes(rows, 0), host) ||
        !free_bytes(db_bytes(rows, 1), &free_now)) {
        return 0;
    }
    if (free_now / ROOM_FACTOR < bytes || free_now - bytes * ROOM_FACTOR < reserve_bytes) {
        return err_set(info, ERR_TOO_LARGE, NULL,
                       "The disk has no room for this import: %llu MB are free, and a file of %llu"
                       " MB needs %llu MB while %llu MB must stay free",
                       (unsigned long long)(free_now >> 20), (unsigned long long)(bytes >> 20),
                       (unsigned long long)(bytes * ROOM_FACTOR >> 20),
                       (unsigned long long)(reserve_bytes >> 20));
    }
    return 0;
}

/* ---- bytes --------------------------------------------------------------------------------- */

int importupload_begin(struct importupload *upload, struct db *db, struct arena *arena,
                       uint32_t project_id, const struct importjob_input *input,
                       struct err_info *info)
{
    *upload = (struct importupload){.db = db, .arena = arena};
    upload->part = arena_raw(arena, IMPORTPART_BYTES, 1);
    return importjob_create(db, project_id, input, &upload->job, info);
}

/* Lines that are not empty, without newlines inside quotes. A file with stray quotes has another
 * number of rows than that. */
static void count_lines(struct importupload *upload, struct str bytes)
{
    bool has_quotes = upload->job.input.format == IMPORTJOB_CSV;
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.at[i];
        if (c == '"' && has_quotes) {
            upload->in_quotes = !upload->in_quotes;
        }
        if (c == '\n' && !upload->in_quotes) {
            upload->lines += upload->in_line;
            upload->in_line = false;
        } else if (c != '\r') {
            upload->in_line = true;
        }
    }
}

static int flush(struct importupload *upload, struct err_info *info)
{
    struct str bytes = {upload->part, upload->part_len};
    upload->part_len = 0;
    return bytes.len == 0 ? 0 : importpart_add(upload->db, &upload->job, bytes, info);
}

int importupload_add(struct importupload *upload, struct str bytes, struct err_info *info)
{
    if (upload->job.bytes + upload->part_len + bytes.len > LIMIT_IMPORT_BYTES) {
        return err_set(info, ERR_TOO_LARGE, NULL, "The file is larger than %lld bytes",
                       (long long)LIMIT_IMPORT_BYTES);
    }
    count_lines(upload, bytes);
    while (bytes.len > 0) {
        size_t room = IMPORTPART_BYTES - upload->part_len;
        size_t len = bytes.len < room ? bytes.len : room;
        memcpy(upload->part + upload->part_len, bytes.at, len);
        upload->part_len += len;
        bytes = (struct str){bytes.at + len, bytes.len - len};
        int err = upload->part_len == IMPORTPART_BYTES ? flush(upload, info) : 0;
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

int importupload_end(struct importupload *upload, unsigned lease_ms, struct err_info *info)
{
    uint64_t lines = upload->lines + upload->in_line;
    uint64_t header = upload->job.input.format == IMPORTJOB_CSV && lines > 0;
    int err = flush(upload, info);
    if (err == 0 && upload->job.bytes == 0) {
        err = err_set(info, ERR_INVAL, NULL, "The file is empty");
    }
    if (err == 0 && upload->job.input.tag_name.at != NULL && !upload->job.input.dry_run) {
        err = tag_ensure(upload->db, upload->arena, upload->job.project_id,
                         &upload->job.input.tag_name, 1, &upload->job.input.tag_id, info);
    }
    return err < 0 ? err
                   : importjob_submit(upload->db, &upload->job, lines - header, lease_ms, info);
}

void importupload_abandon(struct importupload *upload)
{
    struct err_info ignored = {0};
    IGNORE_RESULT(importjob_discard(upload->db, &upload->job, &ignored) < 0);
}
