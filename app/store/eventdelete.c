#include "store/eventdelete.h"

#include "column/key.h"
#include "store/dirty.h"
#include "store/eventname.h"
#include "store/occurrencecolumn.h"
#include "store/sqllist.h"

#define CONTACTS_AT_ONCE 250
#define LOOSE_AT_ONCE 1000

struct deletion {
    struct arena *arena;
    uint32_t project_id;
    uint32_t name_id;
    uint64_t deleted; /* in this transaction */
    bool more;
};

/* The contacts are locked first and in order, as every writer does; the rollups tell which. */
static const char sql_contacts[] =
    "SELECT ordinal FROM contact_event WHERE project_id = ? AND name_id = ?"
    " ORDER BY ordinal LIMIT ?";
SQLLIST(sql_lock, "SELECT ordinal FROM contact WHERE project_id = ? AND ordinal IN (", "?",
        ") ORDER BY ordinal FOR UPDATE");
SQLLIST(sql_delete_log,
        "DELETE e FROM event e FORCE INDEX (contact) WHERE e.project_id = ? AND e.name_id = ?"
        " AND e.ordinal IN (",
        "?", ")");
SQLLIST(sql_delete_rollups,
        "DELETE FROM contact_event WHERE project_id = ? AND name_id = ? AND ordinal IN (", "?",
        ")");

static int ignore_row(const struct db_rows *rows, void *ctx)
{
    (void)rows;
    (void)ctx;
    return 0;
}

static int read_contacts(struct db *db, const struct deletion *deletion, struct db_param *ordinals,
                         size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql_contacts,
                        DB_PARAMS(DB_I64(deletion->project_id), DB_I64(deletion->name_id),
                                  DB_I64(CONTACTS_AT_ONCE)),
                        false, &rows, info);
    if (more < 0) {
        return more;
    }
    size_t count = 0;
    while (count < CONTACTS_AT_ONCE && (more = db_next(rows, info)) > 0) {
        ordinals[count++] = DB_I64(db_i64(rows, 0));
    }
    *ret_count = count;
    return more < 0 ? more : 0;
}

static int delete_of_contacts(struct db *db, struct deletion *deletion,
                              const struct db_param *ordinals, size_t count, struct err_info *info)
{
    const struct db_param head[] = {DB_I64(deletion->project_id), DB_I64(deletion->name_id)};
    struct dirty_mark *marks = arena_array(deletion->arena, count, sizeof *marks);
    struct sqllist list = {.sql = sql_lock,
                           .head = head,
                           .head_count = 1,
                           .items = ordinals,
                           .count = count,
                           .width = 1};
    int err = sqllist_query(db, &list, ignore_row, NULL, info);
    list.head_count = 2;
    if (err == 0) {
        list.sql = sql_delete_log;
        err = sqllist_exec(db, &list, &deletion->deleted, info);
    }
    if (err == 0) {
        list.sql = sql_delete_rollups;
        err = sqllist_exec(db, &list, NULL, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        marks[i] =
            (struct dirty_mark){KEY_PART_EVENT(deletion->name_id), (uint32_t)ordinals[i].i64};
    }
    return dirty_add(db, deletion->project_id, marks, count, info);
}

/* Occurrences that are about no contact; with the last of them goes what is kept for filters. */
static int delete_loose(struct db *db, struct deletion *deletion, struct err_info *info)
{
    static const char sql[] = "DELETE FROM event WHERE project_id = ? AND name_id = ?"
                              " AND ordinal IS NULL ORDER BY at_ms LIMIT ?";
    int err = db_exec(
        db, sql,
        DB_PARAMS(DB_I64(deletion->project_id), DB_I64(deletion->name_id), DB_I64(LOOSE_AT_ONCE)),
        &deletion->deleted, info);
    deletion->more = deletion->deleted == LOOSE_AT_ONCE;
    return err || deletion->more
               ? err
               : occurrencecolumn_forget(db, deletion->project_id, deletion->name_id, info);
}

static int delete_body(struct db *db, void *ctx, struct err_info *info)
{
    struct deletion *deletion = ctx;
    struct db_param *ordinals = arena_array(deletion->arena, CONTACTS_AT_ONCE, sizeof *ordinals);
    size_t count;
    deletion->deleted = 0;
    int err = read_contacts(db, deletion, ordinals, &count, info);
    if (err < 0) {
        return err;
    }
    deletion->more = count > 0;
    return count > 0 ? delete_of_contacts(db, deletion, ordinals, count, info)
                     : delete_loose(db, deletion, info);
}

int eventdelete_name(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                     uint64_t *ret_deleted, struct err_info *info)
{
    struct deletion deletion = {.arena = arena, .project_id = project_id, .more = true};
    uint64_t sum = 0;
    int err = eventname_find(db, arena, project_id, &name, 1, &deletion.name_id, info);
    while (err == 0 && deletion.name_id != 0 && deletion.more) {
        err = db_tx(db, DB_WRITE, delete_body, &deletion, info);
        sum += deletion.deleted;
    }
    if (err == 0) {
        *ret_deleted = sum;
    }
    return err;
}
