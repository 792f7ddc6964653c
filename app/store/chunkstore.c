#include "store/chunkstore.h"

#include <stdlib.h>
#include <string.h>

int chunkstore_instance(struct db *db, struct uuid *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got =
        db_one(db, "SELECT instance_id FROM instance WHERE one = 1", DB_NO_PARAMS, &rows, info);
    if (got < 0)
        return got;
    if (!got || db_bytes(rows, 0).len != sizeof ret->bytes)
        return err_set(info, ERR_INTERNAL, NULL, "the database has no instance id");
    memcpy(ret->bytes, db_bytes(rows, 0).at, sizeof ret->bytes);
    return 0;
}

int chunkstore_state(struct db *db, uint32_t project_id, struct chunkstore_state *ret,
                     int64_t *ret_now_ms, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_one(db,
                     "SELECT columns_version, folded_ms, rebuild_requested,"
                     " FLOOR(TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000)"
                     " FROM project_state WHERE project_id = ?",
                     DB_PARAMS(DB_U64(project_id)), &rows, info);
    if (got < 0)
        return got;
    if (!got)
        return err_set(info, ERR_NOT_FOUND, NULL, "project %u does not exist", project_id);
    ret->version = (uint64_t)db_i64(rows, 0);
    ret->folded_ms = db_i64(rows, 1);
    ret->rebuild_requested = db_i64(rows, 2) != 0;
    *ret_now_ms = db_i64(rows, 3);
    return 0;
}

int chunkstore_lock(struct db *db, uint32_t project_id, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, "SELECT project_id FROM project_state WHERE project_id = ? FOR UPDATE",
                     DB_PARAMS(DB_U64(project_id)), &rows, info);
    if (got < 0)
        return got;
    return got ? 0 : err_set(info, ERR_NOT_FOUND, NULL, "project %u does not exist", project_id);
}

int chunkstore_advance(struct db *db, uint32_t project_id, int64_t folded_ms, bool rebuilt,
                       struct err_info *info)
{
    return db_exec(db,
                   "UPDATE project_state SET columns_version = columns_version + 1, folded_ms = ?,"
                   " rebuild_requested = IF(?, 0, rebuild_requested) WHERE project_id = ?",
                   DB_PARAMS(DB_I64(folded_ms), DB_I64(rebuilt), DB_U64(project_id)), NULL, info);
}

int chunkstore_request_rebuild(struct db *db, uint32_t project_id, struct err_info *info)
{
    return db_exec(db, "UPDATE project_state SET rebuild_requested = 1 WHERE project_id = ?",
                   DB_PARAMS(DB_U64(project_id)), NULL, info);
}

/* Appends the rows of one directory query. */
static int read_entries(struct db_rows *rows, struct chunkstore_entry **entries, size_t *count,
                        size_t *room, struct err_info *info)
{
    int got;
    while ((got = db_next(rows, info)) > 0) {
        if (*count == *room) {
            *room = *room ? *room * 2 : 256;
            *entries = arena_xrealloc(*entries, *room * sizeof **entries);
        }
        struct chunkstore_entry *entry = &(*entries)[(*count)++];
        entry->key = (uint64_t)db_i64(rows, 0);
        entry->chunk = (uint32_t)db_i64(rows, 1);
        entry->run = (enum chunkstore_run)db_i64(rows, 2);
        struct str hash = db_bytes(rows, 3);
        memset(&entry->hash, 0, sizeof entry->hash);
        memcpy(entry->hash.bytes, hash.at, hash.len < 16 ? hash.len : 16);
        entry->changed_ms = db_i64(rows, 4);
    }
    return got;
}

static int compare_entries(const void *a, const void *b)
{
    const struct chunkstore_entry *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->chunk != y->chunk)
        return x->chunk < y->chunk ? -1 : 1;
    return x->run < y->run ? -1 : x->run > y->run;
}

int chunkstore_directory(struct db *db, uint32_t project_id, struct chunkstore_entry **ret,
                         size_t *ret_count, struct err_info *info)
{
    struct chunkstore_entry *entries = NULL;
    size_t count = 0, room = 0;
    AUTO(db_rows) base = NULL;
    int err =
        db_query(db, "SELECT column_key, chunk, 0, hash, 0 FROM base_chunk WHERE project_id = ?",
                 DB_PARAMS(DB_U64(project_id)), false, &base, info);
    if (!err)
        err = read_entries(base, &entries, &count, &room, info);
    AUTO(db_rows) delta = NULL;
    if (!err)
        err = db_query(db,
                       "SELECT column_key, chunk, run, hash, changed_ms FROM delta_chunk"
                       " WHERE project_id = ?",
                       DB_PARAMS(DB_U64(project_id)), false, &delta, info);
    if (!err)
        err = read_entries(delta, &entries, &count, &room, info);
    if (err) {
        free(entries);
        return err;
    }
    if (count)
        qsort(entries, count, sizeof *entries, compare_entries);
    *ret = entries;
    *ret_count = count;
    return 0;
}

int chunkstore_read(struct db *db, uint32_t project_id, const struct chunkstore_entry *entry,
                    void *(*place)(void *ctx, size_t size), void *ctx, size_t *ret_size,
                    struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got;
    if (entry->run == CHUNKSTORE_BASE)
        got = db_one(db,
                     "SELECT bytes FROM base_chunk"
                     " WHERE project_id = ? AND column_key = ? AND chunk = ?",
                     DB_PARAMS(DB_U64(project_id), DB_U64(entry->key), DB_U64(entry->chunk)), &rows,
                     info);
    else
        got = db_one(db,
                     "SELECT bytes FROM delta_chunk"
                     " WHERE project_id = ? AND column_key = ? AND chunk = ? AND run = ?",
                     DB_PARAMS(DB_U64(project_id), DB_U64(entry->key), DB_U64(entry->chunk),
                               DB_I64(entry->run)),
                     &rows, info);
    if (got < 0)
        return got;
    if (!got)
        return err_set(info, ERR_NOT_FOUND, NULL, "chunk is gone");
    struct str bytes = db_bytes(rows, 0);
    void *to = place(ctx, bytes.len);
    if (bytes.len)
        memcpy(to, bytes.at, bytes.len);
    *ret_size = bytes.len;
    return 0;
}

int chunkstore_write(struct db *db, uint32_t project_id, const struct chunkstore_entry *entry,
                     uint64_t version, const void *bytes, size_t size, struct err_info *info)
{
    struct db_param key = DB_U64(entry->key), chunk = DB_U64(entry->chunk);
    struct db_param hash = DB_BYTES(entry->hash.bytes, sizeof entry->hash.bytes);
    if (entry->run == CHUNKSTORE_BASE)
        return db_exec(
            db,
            "REPLACE INTO base_chunk"
            " (project_id, column_key, chunk, version, hash, bytes)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            DB_PARAMS(DB_U64(project_id), key, chunk, DB_U64(version), hash, DB_BYTES(bytes, size)),
            NULL, info);
    return db_exec(db,
                   "REPLACE INTO delta_chunk"
                   " (project_id, column_key, chunk, run, version, hash, bytes, changed_ms)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   DB_PARAMS(DB_U64(project_id), key, chunk, DB_I64(entry->run), DB_U64(version),
                             hash, DB_BYTES(bytes, size), DB_I64(entry->changed_ms)),
                   NULL, info);
}

int chunkstore_delete(struct db *db, uint32_t project_id, uint64_t key, uint32_t chunk,
                      enum chunkstore_run run, struct err_info *info)
{
    if (run == CHUNKSTORE_BASE)
        return db_exec(db,
                       "DELETE FROM base_chunk"
                       " WHERE project_id = ? AND column_key = ? AND chunk = ?",
                       DB_PARAMS(DB_U64(project_id), DB_U64(key), DB_U64(chunk)), NULL, info);
    return db_exec(db,
                   "DELETE FROM delta_chunk"
                   " WHERE project_id = ? AND column_key = ? AND chunk = ? AND run = ?",
                   DB_PARAMS(DB_U64(project_id), DB_U64(key), DB_U64(chunk), DB_I64(run)), NULL,
                   info);
}

int chunkstore_pending(struct db *db, struct arena *arena, uint32_t **ret, size_t *ret_count,
                       struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    size_t count = 0, room = 0;
    uint32_t *ids = NULL;
    int got = db_query(db,
                       "SELECT s.project_id FROM project_state s WHERE s.rebuild_requested = 1"
                       " OR EXISTS (SELECT 1 FROM dirty d WHERE d.project_id = s.project_id)"
                       " OR EXISTS (SELECT 1 FROM delta_chunk c WHERE c.project_id = s.project_id)"
                       " ORDER BY s.project_id",
                       DB_NO_PARAMS, false, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        ids = arena_grow(arena, ids, count, &room, sizeof *ids);
        ids[count++] = (uint32_t)db_i64(rows, 0);
    }
    *ret = ids;
    *ret_count = count;
    return got;
}
