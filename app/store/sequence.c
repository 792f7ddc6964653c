#include "store/sequence.h"

#include "column/key.h"
#include "store/eventname.h"
#include "store/executionlist.h"
#include "store/flowevent.h"
#include "store/resource.h"
#include "store/segref.h"
#include "store/sqlvalue.h"
#include "store/template.h"

#define SEQUENCE_SELECT                                                                            \
    "SELECT sequence_id, uuid, name, trigger_kind, trigger_id, steps, enabled, version,"           \
    " created_ms, updated_ms FROM sequence WHERE project_id = ?"

/* ---- reading ------------------------------------------------------------------------------- */

static void sequence_from_row(struct arena *arena, const struct db_rows *rows, void *item)
{
    struct sequence *ret = item;
    *ret = (struct sequence){
        .sequence_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .trigger = (enum sequence_trigger)db_i64(rows, 3),
        .trigger_id = (uint32_t)db_i64(rows, 4),
        .steps = sqlvalue_text(arena, rows, 5),
        .enabled = db_i64(rows, 6) != 0,
        .version = (uint32_t)db_i64(rows, 7),
        .created_ms = db_i64(rows, 8),
        .updated_ms = db_i64(rows, 9),
    };
}

static int sequence_not_found(struct err_info *info)
{
    return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Sequence not found");
}

static int sequence_read(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                         uint32_t sequence_id, struct sequence *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(sequence_id)), &rows, info);
    if (found <= 0) {
        return found < 0 ? found : sequence_not_found(info);
    }
    sequence_from_row(arena, rows, ret);
    return 0;
}

int sequence_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t sequence_id,
                 struct sequence *ret, struct err_info *info)
{
    return sequence_read(db, arena, SEQUENCE_SELECT " AND sequence_id = ?", project_id, sequence_id,
                         ret, info);
}

int sequence_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t sequence_id,
                  struct sequence *ret, struct err_info *info)
{
    return sequence_read(db, arena, SEQUENCE_SELECT " AND sequence_id = ? FOR UPDATE", project_id,
                         sequence_id, ret, info);
}

int sequence_list(struct db *db, struct arena *arena, uint32_t project_id, uint64_t offset,
                  uint64_t limit, struct sequence **ret, size_t *ret_count, uint64_t *ret_total,
                  struct err_info *info)
{
    static const struct resource_page page = {
        .count_sql = "SELECT COUNT(*) FROM sequence WHERE project_id = ?",
        .rows_sql = SEQUENCE_SELECT " ORDER BY sequence_id DESC LIMIT ? OFFSET ?",
        .item_bytes = sizeof(struct sequence),
        .read = sequence_from_row,
    };
    void *items = NULL;
    int err = resource_page(db, arena, &page, project_id, offset, limit, &items, ret_count,
                            ret_total, info);
    if (err == 0) {
        *ret = items;
    }
    return err;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* One write under way. */
struct sequence_write {
    struct arena *arena;
    uint32_t project_id;
    const struct sequence_edit *edit;
    struct sequence sequence;
    bool must_name; /* set by the body, which wrote nothing: see sequence_run */
};

/* Keeps what starts the sequence until the end; a segment by the lock that its DELETE takes. */
static int sequence_hold_trigger(struct db *db, const struct sequence_write *write,
                                 struct err_info *info)
{
    static const enum resource kinds[] = {[SEQUENCE_LIST_ADD] = RESOURCE_LIST,
                                          [SEQUENCE_TAG_ADD] = RESOURCE_TAG,
                                          [SEQUENCE_SEGMENT_ENTER] = RESOURCE_SEGMENT};
    const struct sequence *sequence = &write->sequence;
    if (sequence->trigger == SEQUENCE_MANUAL) {
        return 0;
    }
    int err =
        sequence->trigger == SEQUENCE_SEGMENT_ENTER ? segref_lock(db, write->project_id, info) : 0;
    return err < 0 ? err
                   : resource_hold(db, write->project_id, kinds[sequence->trigger],
                                   sequence->trigger_id, info);
}

static int sequence_hold_templates(struct db *db, const struct sequence_write *write,
                                   struct err_info *info)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < write->edit->template_count; i++) {
        err = template_hold(db, write->project_id, write->edit->templates[i], info);
    }
    return err;
}

/* An unsubscription stops who is on the way, and the queue of flow events knows it by the number of
 * its name, which must be there before the first one happens. */
static int sequence_find_name(struct db *db, struct sequence_write *write, struct err_info *info)
{
    const struct str name = EVENTNAME_UNSUBSCRIBED;
    uint32_t id = 0;
    int err = eventname_find(db, write->arena, write->project_id, &name, 1, &id, info);
    write->must_name = err == 0 && id == 0;
    return err;
}

/* Runs the body of a write. Numbers are given outside of transactions, and what is refused leaves
 * none behind: so the body is asked first, and once more when it misses the name. */
static int sequence_run(struct db *db, struct sequence_write *write, db_body *body,
                        struct err_info *info)
{
    const struct str name = EVENTNAME_UNSUBSCRIBED;
    uint32_t id;
    int err = db_tx(db, DB_WRITE, body, write, info);
    if (err < 0 || !write->must_name) {
        return err;
    }
    err = eventname_register(db, write->arena, write->project_id, &name, 1, DICTIONARY_BY_SYSTEM,
                             &id, info);
    return err < 0 ? err : db_tx(db, DB_WRITE, body, write, info);
}

static int sequence_insert(struct db *db, uint32_t project_id, const struct sequence *s,
                           struct err_info *info)
{
    static const char sql[] =
        "INSERT INTO sequence (project_id, sequence_id, uuid, name, trigger_kind, trigger_id,"
        " steps, enabled, version, created_ms, updated_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(project_id), DB_I64(s->sequence_id), sqlvalue_of_uuid(&s->uuid),
                             DB_STR(s->name), DB_I64(s->trigger),
                             s->trigger_id == 0 ? DB_NULL : DB_I64(s->trigger_id),
                             sqlvalue_of_text(s->steps), DB_I64(s->enabled), DB_I64(s->version),
                             DB_I64(s->created_ms), DB_I64(s->updated_ms)),
                   NULL, info);
}

static int sequence_create_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char check_sql[] =
        "SELECT sequence_id FROM sequence WHERE project_id = ? AND uuid = ? FOR UPDATE";
    struct sequence_write *write = ctx;
    struct sequence *sequence = &write->sequence;
    int err = sequence_hold_trigger(db, write, info);
    if (err == 0) {
        err = sequence_hold_templates(db, write, info);
    }
    if (err == 0) {
        err = sequence_find_name(db, write, info);
    }
    if (err < 0 || write->must_name) {
        return err;
    }
    err = resource_number(db, write->project_id, RESOURCE_SEQUENCE, &sequence->sequence_id, info);
    if (err == 0) {
        err = db_now_ms(db, &sequence->created_ms, info);
        sequence->updated_ms = sequence->created_ms;
    }
    if (err == 0) {
        err = sequence_insert(db, write->project_id, sequence, info);
    }
    if (err == 0) {
        err = flowevent_changed(db, write->project_id, info);
    }
    db_set_write_check(db, check_sql,
                       DB_PARAMS(DB_I64(write->project_id), sqlvalue_of_uuid(&sequence->uuid)));
    return err;
}

int sequence_create(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct sequence_edit *edit, struct sequence *ret, struct err_info *info)
{
    struct sequence_write write = {
        .arena = arena, .project_id = project_id, .edit = edit, .sequence = edit->sequence};
    write.sequence.uuid = uuid_new();
    write.sequence.version = 1;
    int err = sequence_run(db, &write, sequence_create_body, info);
    if (err == 0) {
        *ret = write.sequence;
    }
    return err;
}

/* Puts the edit into the row as stored. */
static void sequence_apply(struct sequence_write *write)
{
    const struct sequence *given = &write->edit->sequence;
    struct sequence *sequence = &write->sequence;
    unsigned parts = write->edit->parts;
    if ((parts & SEQUENCE_SET_NAME) != 0) {
        sequence->name = given->name;
    }
    if ((parts & SEQUENCE_SET_TRIGGER) != 0) {
        sequence->trigger = given->trigger;
        sequence->trigger_id = given->trigger_id;
    }
    if ((parts & SEQUENCE_SET_STEPS) != 0) {
        sequence->steps = given->steps;
    }
    if ((parts & SEQUENCE_SET_ENABLED) != 0) {
        sequence->enabled = given->enabled;
    }
    if ((parts & (SEQUENCE_SET_TRIGGER | SEQUENCE_SET_STEPS)) != 0) {
        sequence->version++;
    }
}

static int sequence_store(struct db *db, uint32_t project_id, const struct sequence *s,
                          struct err_info *info)
{
    static const char sql[] = "UPDATE sequence SET name = ?, trigger_kind = ?, trigger_id = ?,"
                              " steps = ?, enabled = ?, version = ?, updated_ms = ?"
                              " WHERE project_id = ? AND sequence_id = ?";
    static const char check_sql[] = "SELECT 1 FROM sequence WHERE project_id = ?"
                                    " AND sequence_id = ? AND updated_ms = ? FOR UPDATE";
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(project_id), DB_I64(s->sequence_id), DB_I64(s->updated_ms)));
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(s->name), DB_I64(s->trigger),
                             s->trigger_id == 0 ? DB_NULL : DB_I64(s->trigger_id),
                             sqlvalue_of_text(s->steps), DB_I64(s->enabled), DB_I64(s->version),
                             DB_I64(s->updated_ms), DB_I64(project_id), DB_I64(s->sequence_id)),
                   NULL, info);
}

/* The lock of segments comes first, as everywhere; then what is named, then the row. */
static int sequence_update_body(struct db *db, void *ctx, struct err_info *info)
{
    struct sequence_write *write = ctx;
    uint32_t sequence_id = write->sequence.sequence_id;
    int err = 0;
    int64_t now_ms = 0;
    if ((write->edit->parts & SEQUENCE_SET_TRIGGER) != 0) {
        write->sequence = write->edit->sequence;
        write->sequence.sequence_id = sequence_id;
        err = sequence_hold_trigger(db, write, info);
    }
    if (err == 0) {
        err = sequence_hold_templates(db, write, info);
    }
    if (err == 0) {
        err =
            sequence_lock(db, write->arena, write->project_id, sequence_id, &write->sequence, info);
    }
    if (err == 0) {
        err = db_now_ms(db, &now_ms, info);
    }
    if (err == 0) {
        err = sequence_find_name(db, write, info);
    }
    if (err < 0 || write->must_name) {
        return err;
    }
    sequence_apply(write);
    /* Two changes in one millisecond must differ for the write check. */
    write->sequence.updated_ms =
        now_ms > write->sequence.updated_ms ? now_ms : write->sequence.updated_ms + 1;
    err = sequence_store(db, write->project_id, &write->sequence, info);
    return err < 0 ? err : flowevent_changed(db, write->project_id, info);
}

int sequence_update(struct db *db, struct arena *arena, uint32_t project_id, uint32_t sequence_id,
                    const struct sequence_edit *edit, struct sequence *ret, struct err_info *info)
{
    struct sequence_write write = {.arena = arena,
                                   .project_id = project_id,
                                   .edit = edit,
                                   .sequence = {.sequence_id = sequence_id}};
    int err = sequence_run(db, &write, sequence_update_body, info);
    if (err == 0) {
        *ret = write.sequence;
    }
    return err;
}

static int sequence_delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char find_sql[] =
        "SELECT 1 FROM sequence WHERE project_id = ? AND sequence_id = ? FOR UPDATE";
    static const char sql[] = "DELETE FROM sequence WHERE project_id = ? AND sequence_id = ?";
    const struct sequence_write *write = ctx;
    uint32_t sequence_id = write->sequence.sequence_id;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, find_sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(sequence_id)),
                       &rows, info);
    if (found <= 0) {
        return found < 0 ? found : sequence_not_found(info);
    }
    int err =
        db_exec(db, sql, DB_PARAMS(DB_I64(write->project_id), DB_I64(sequence_id)), NULL, info);
    if (err == 0) {
        err = resource_drop_set(db, write->project_id, KEY_SET_SEQUENCE(sequence_id), info);
    }
    if (err == 0) {
        const struct flowversion flow = {.project_id = write->project_id,
                                         .owner_kind = FLOWVERSION_SEQUENCE,
                                         .owner_id = sequence_id};
        err = executionlist_drop_flow(db, &flow, info);
    }
    return err < 0 ? err : flowevent_changed(db, write->project_id, info);
}

int sequence_delete(struct db *db, uint32_t project_id, uint32_t sequence_id, struct err_info *info)
{
    struct sequence_write write = {.project_id = project_id,
                                   .sequence = {.sequence_id = sequence_id}};
    return db_tx(db, DB_WRITE, sequence_delete_body, &write, info);
}
