#include "store/contactdelete.h"

#include "column/key.h"
#include "store/contactrows.h"
#include "store/dirty.h"
#include "store/sqlvalue.h"

#define EVENTS_AT_ONCE 5000

struct erasure {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid;
    bool more; /* there are more events than one transaction takes */
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

/* One table in which the contact may have rows: what parts they are of, and how they go. */
struct erased_table {
    const char *select;
    const char *delete;
    uint64_t kind; /* of the part; the selected number is its id */
};

static const struct erased_table erased_tables[] = {
    {"SELECT name_id FROM contact_event WHERE project_id = ? AND ordinal = ?",
     "DELETE FROM contact_event WHERE project_id = ? AND ordinal = ?", KEY_PART_EVENT(0)},
    {"SELECT set_id FROM member WHERE project_id = ? AND ordinal = ?",
     "DELETE FROM member WHERE project_id = ? AND ordinal = ?", KEY_PART_SET(0)},
    {NULL, "DELETE FROM contact WHERE project_id = ? AND ordinal = ?", 0},
};

static int erase_table(struct db *db, const struct erased_table *table,
                       const struct db_param key[2], struct mark_list *marks, struct err_info *info)
{
    if (table->select != NULL) {
        AUTO(db_rows) rows = NULL;
        int more = db_query(db, table->select, key, 2, false, &rows, info);
        if (more < 0) {
            return more;
        }
        while ((more = db_next(rows, info)) > 0) {
            mark_add(marks, table->kind | (uint64_t)db_i64(rows, 0), (uint32_t)key[1].i64);
        }
        if (more < 0) {
            return more;
        }
    }
    return db_exec(db, table->delete, key, 2, NULL, info);
}

static int erase_all(struct db *db, const struct erasure *erasure, uint32_t ordinal,
                     struct err_info *info)
{
    const struct db_param key[2] = {DB_I64(erasure->project_id), DB_I64(ordinal)};
    struct mark_list marks = {.arena = erasure->arena};
    mark_add(&marks, KEY_PART_CONTACT, ordinal);
    for (size_t i = 0; i < ARRAY_LEN(erased_tables); i++) {
        int err = erase_table(db, &erased_tables[i], key, &marks, info);
        if (err < 0) {
            return err;
        }
    }
    return dirty_add(db, erasure->project_id, marks.at, marks.count, info);
}

static int erase_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql_events[] =
        "DELETE FROM event WHERE project_id = ? AND ordinal = ? ORDER BY at_ms LIMIT ?";
    static const char sql_gone[] = "SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM contact"
                                   " WHERE project_id = ? AND uuid = ? FOR UPDATE)";
    struct erasure *erasure = ctx;
    struct contact contact;
    int64_t now_ms;
    uint64_t deleted;
    int err = contactrows_lock_uuid(db, erasure->arena, erasure->project_id, erasure->uuid,
                                    &contact, &now_ms, info);
    if (err < 0) {
        return err;
    }
    err = db_exec(
        db, sql_events,
        DB_PARAMS(DB_I64(erasure->project_id), DB_I64(contact.ordinal), DB_I64(EVENTS_AT_ONCE)),
        &deleted, info);
    if (err < 0) {
        return err;
    }
    erasure->more = deleted == EVENTS_AT_ONCE;
    if (erasure->more) {
        return 0;
    }
    db_set_write_check(db, sql_gone,
                       DB_PARAMS(DB_I64(erasure->project_id), sqlvalue_of_uuid(erasure->uuid)));
    return erase_all(db, erasure, contact.ordinal, info);
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
