#include "store/segfill.h"

#include "column/key.h"
#include "store/counter.h"
#include "store/segref.h"

struct segfill {
    uint32_t project_id;
    uint32_t segment_id;
};

static int segfill_begin_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO dropped_set (project_id, set_id, due_ms) VALUES (?, ?, ?)";
    static const char check_sql[] =
        "SELECT due_ms FROM dropped_set WHERE project_id = ? AND set_id = ? FOR UPDATE";
    struct segfill *fill = ctx;
    int64_t now_ms;
    int err = counter_next(db, fill->project_id, COUNTER_SEGMENT, &fill->segment_id, info);
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err < 0) {
        return err;
    }
    uint64_t set_id = KEY_SET_SEGMENT(fill->segment_id);
    db_set_write_check(db, check_sql, DB_PARAMS(DB_I64(fill->project_id), DB_U64(set_id)));
    return db_exec(
        db, sql,
        DB_PARAMS(DB_I64(fill->project_id), DB_U64(set_id), DB_I64(now_ms + SEGFILL_LEASE_MS)),
        NULL, info);
}

int segfill_begin(struct db *db, uint32_t project_id, uint32_t *ret_segment_id,
                  struct err_info *info)
{
    struct segfill fill = {.project_id = project_id};
    int err = db_tx(db, DB_WRITE, segfill_begin_body, &fill, info);
    if (err == 0) {
        *ret_segment_id = fill.segment_id;
    }
    return err;
}

/* One that has run out is the sweep's, for good. */
static int segfill_lost(struct err_info *info)
{
    return err_set(info, ERR_UNAVAILABLE, NULL,
                   "Filling the segment took too long; nothing was kept, please try again");
}

int segfill_keep(struct db *db, uint32_t project_id, uint64_t set_id, struct err_info *info)
{
    static const char sql[] = "UPDATE dropped_set SET due_ms = ?"
                              " WHERE project_id = ? AND set_id = ? AND due_ms > ?";
    uint64_t kept = 0;
    int64_t now_ms;
    int err = db_now_ms(db, &now_ms, info);
    if (err == 0) {
        err = db_exec(db, sql,
                      DB_PARAMS(DB_I64(now_ms + SEGFILL_LEASE_MS), DB_I64(project_id),
                                DB_U64(set_id), DB_I64(now_ms)),
                      &kept, info);
    }
    return err == 0 && kept == 0 ? segfill_lost(info) : err;
}

int segfill_end(struct db *db, uint32_t project_id, uint32_t segment_id, struct err_info *info)
{
    static const char sql[] =
        "DELETE FROM dropped_set WHERE project_id = ? AND set_id = ? AND due_ms > ?";
    uint64_t ended = 0;
    int64_t now_ms;
    int err = segref_lock(db, project_id, info);
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err == 0) {
        err = db_exec(
            db, sql,
            DB_PARAMS(DB_I64(project_id), DB_U64(KEY_SET_SEGMENT(segment_id)), DB_I64(now_ms)),
            &ended, info);
    }
    return err == 0 && ended == 0 ? segfill_lost(info) : err;
}
