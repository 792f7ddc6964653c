#include "store/contactdelete.h"

#include "column/key.h"
#include "store/contactpublish.h"
#include "store/contactrows.h"
#include "store/delivery.h"
#include "store/dirty.h"
#include "store/importerror.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define EVENTS_AT_ONCE 5000

struct erasure {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    bool more; /* there is more than one transaction takes */
};

/* The parts that the contact is in, as marks. */
struct mark_list {
    struct arena *arena;
    struct dirty_mark *at;
    size_t count;
    size_t room;
};

static void mark_add(struct mark_list *list, uint64_t part, uint32_t ordinal)
{
    list->at = arena_grow(list->arena, list->at, list->count, &list->room, sizeof *list->at);
    list->at[list->count++] = (struct dirty_mark){part, ordinal};
}

/* Marks what the query finds: ids of parts of one kind that the contact is in. */
static int mark_parts(struct db *db, const char *sql, const struct db_param key[2], uint64_t kind,
                      struct mark_list *marks, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, key, 2, false, &rows, info);
    if (more < 0) {
        return more;
    }
    while ((more = db_next(rows, info)) > 0) {
        mark_add(marks, kind | (uint64_t)db_i64(rows, 0), (uint32_t)key[1].i64);
    }
    return more;
}

/* Rollups are found by name: nothing but this asks for those of one contact, and an index for it
 * would cost every event a write. */
static int erase_rollups(struct db *db, const struct db_param key[2], struct mark_list *marks,
                         struct err_info *info)
{
    static const char sql_names[] =
        "SELECT e.name_id FROM event_name n FORCE INDEX (PRIMARY) STRAIGHT_JOIN contact_event e"
        " FORCE INDEX (PRIMARY) ON e.project_id = n.project_id AND e.name_id = n.name_id"
        " WHERE n.project_id = ? AND e.ordinal = ?";
    SQLLIST(sql_delete,
            "DELETE FROM contact_event WHERE project_id = ? AND ordinal = ? AND name_id IN (", "?",
            ")");
    size_t before = marks->count;
    int err = mark_parts(db, sql_names, key, KEY_PART_EVENT(0), marks, info);
    if (err < 0) {
        return err;
    }
    size_t count = marks->count - before;
    struct db_param *ids = arena_array(marks->arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        ids[i] = DB_I64(marks->at[before + i].part - KEY_PART_EVENT(0));
    }
    struct sqllist list = {
        .sql = sql_delete, .head = key, .head_count = 2, .items = ids, .count = count, .width = 1};
    return sqllist_exec(db, &list, NULL, info);
}

static int erase_rows(struct db *db, const struct db_param key[2], struct mark_list *marks,
                      struct err_info *info)
{
    static const char sql_sets[] = "SELECT set_id FROM member WHERE project_id = ? AND ordinal = ?";
    static const char sql_members[] = "DELETE FROM member WHERE project_id = ? AND ordinal = ?";
    static const char sql_contact[] = "DELETE FROM contact WHERE project_id = ? AND ordinal = ?";
    mark_add(marks, KEY_PART_CONTACT, (uint32_t)key[1].i64);
    int err = erase_rollups(db, key, marks, info);
    if (err == 0) {
        err = mark_parts(db, sql_sets, key, KEY_PART_SET(0), marks, info);
    }
    if (err == 0) {
        err = db_exec(db, sql_members, key, 2, NULL, info);
    }
    return err < 0 ? err : db_exec(db, sql_contact, key, 2, NULL, info);
}

/* What may be too much for one transaction: the log, and what deliveries say of the contact. */
static int erase_bulk(struct db *db, struct erasure *erasure, const struct contact *contact,
                      struct err_info *info)
{
    static const char sql_events[] =
        "DELETE FROM event WHERE project_id = ? AND ordinal = ? ORDER BY at_ms LIMIT ?";
    uint64_t deleted = 0;
    bool blanked = true;
    int err = db_exec(
        db, sql_events,
        DB_PARAMS(DB_I64(erasure->project_id), DB_I64(contact->ordinal), DB_I64(EVENTS_AT_ONCE)),
        &deleted, info);
    if (err == 0) {
        err = delivery_erase_contact(db, erasure->arena, erasure->project_id, contact->ordinal,
                                     &blanked, info);
    }
    erasure->more = deleted == EVENTS_AT_ONCE || !blanked;
    return err;
}

static int erase_rest(struct db *db, const struct erasure *erasure, const struct contact *contact,
                      const struct contactrows_moment *moment, struct err_info *info)
{
    static const char sql_gone[] = "SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM contact"
                                   " WHERE project_id = ? AND uuid = ? FOR UPDATE)";
    const struct db_param key[2] = {DB_I64(erasure->project_id), DB_I64(contact->ordinal)};
    struct mark_list marks = {.arena = erasure->arena};
    struct contactpublish publish;
    db_set_write_check(db, sql_gone,
                       DB_PARAMS(DB_I64(erasure->project_id), sqlvalue_of_uuid(erasure->uuid)));
    int err = importerror_forget(db, erasure->project_id, contact->email, info);
    if (err == 0) {
        err = erase_rows(db, key, &marks, info);
    }
    if (err == 0) {
        err = contactpublish_begin(&publish, db, erasure->arena, erasure->project_id, moment, info);
    }
    if (err < 0) {
        return err;
    }
    contactpublish_deleted(&publish, contact);
    err = contactpublish_write(&publish, db, info);
    return err < 0 ? err : dirty_add(db, erasure->project_id, marks.at, marks.count, info);
}

static int erase_body(struct db *db, void *ctx, struct err_info *info)
{
    struct erasure *erasure = ctx;
    struct contact contact;
    struct contactrows_moment moment;
    int err = contactrows_lock_uuid(db, erasure->arena, erasure->project_id, erasure->uuid,
                                    &contact, &moment, info);
    if (err == 0) {
        err = contactrows_lock_erased(db, erasure->project_id, &contact, info);
    }
    if (err == 0) {
        err = erase_bulk(db, erasure, &contact, info);
    }
    return err < 0 || erasure->more ? err : erase_rest(db, erasure, &contact, &moment, info);
}

int contactdelete_one(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct uuid *uuid, struct err_info *info)
{
    struct erasure erasure = {.arena = arena, .project_id = project_id, .uuid = uuid};
    int err = db_tx(db, DB_WRITE, erase_body, &erasure, info);
    while (err == 0 && erasure.more) {
        err = db_tx(db, DB_WRITE, erase_body, &erasure, info);
        if (err == ERR_NOT_FOUND) {
            return 0; /* somebody else finished it */
        }
    }
    return err;
}
