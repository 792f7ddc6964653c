#include "store/workflow.h"

#include "base/limits.h"
#include "store/counter.h"
#include "store/eventname.h"
#include "store/executionlist.h"
#include "store/flowevent.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

#define WORKFLOW_SELECT                                                                            \
    "SELECT workflow_id, uuid, name, description, trigger_kind, event, cron, allow_reentry,"       \
    " enabled, definition, version, due_ms, created_ms, updated_ms FROM workflow"                  \
    " WHERE project_id = ?"

/* ---- reading ------------------------------------------------------------------------------- */

static void read_row(struct arena *arena, const struct db_rows *rows, struct workflow *ret)
{
    *ret = (struct workflow){
        .workflow_id = (uint32_t)db_i64(rows, 0),
        .uuid = sqlvalue_uuid(rows, 1),
        .name = sqlvalue_text(arena, rows, 2),
        .description = sqlvalue_text(arena, rows, 3),
        .trigger = (enum workflow_trigger)db_i64(rows, 4),
        .event = sqlvalue_text(arena, rows, 5),
        .cron = sqlvalue_text(arena, rows, 6),
        .allow_reentry = db_i64(rows, 7) != 0,
        .enabled = db_i64(rows, 8) != 0,
        .definition = sqlvalue_text(arena, rows, 9),
        .version = (uint32_t)db_i64(rows, 10),
        .due_ms = db_is_null(rows, 11) ? WORKFLOW_NEVER : db_i64(rows, 11),
        .created_ms = db_i64(rows, 12),
        .updated_ms = db_i64(rows, 13),
    };
}

static int get_one(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                   struct db_param key, struct workflow *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id), key), &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "WORKFLOW_NOT_FOUND", "Workflow not found");
    }
    if (found < 0) {
        return found;
    }
    read_row(arena, rows, ret);
    return 0;
}

int workflow_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct workflow *ret, struct err_info *info)
{
    static const char sql[] = WORKFLOW_SELECT " AND uuid = ?";
    return get_one(db, arena, sql, project_id, sqlvalue_of_uuid(uuid), ret, info);
}

int workflow_by_number(struct db *db, struct arena *arena, uint32_t project_id,
                       uint32_t workflow_id, struct workflow *ret, struct err_info *info)
{
    static const char sql[] = WORKFLOW_SELECT " AND workflow_id = ?";
    return get_one(db, arena, sql, project_id, DB_I64(workflow_id), ret, info);
}

int workflow_lock(struct db *db, struct arena *arena, uint32_t project_id, uint32_t workflow_id,
                  struct workflow *ret, struct err_info *info)
{
    static const char sql[] = WORKFLOW_SELECT " AND workflow_id = ? FOR UPDATE";
    return get_one(db, arena, sql, project_id, DB_I64(workflow_id), ret, info);
}

/* ---- lists --------------------------------------------------------------------------------- */

/* One page under way. An empty search is in every name. */
struct page {
    struct arena *arena;
    uint32_t project_id;
    struct str search;
    uint64_t offset;
    uint64_t limit;
    struct workflow *items;
    size_t count;
    uint64_t total;
};

static int page_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char count_sql[] =
        "SELECT COUNT(*) FROM workflow WHERE project_id = ? AND LOCATE(?, name) > 0";
    static const char rows_sql[] =
        WORKFLOW_SELECT " AND LOCATE(?, name) > 0 ORDER BY workflow_id DESC LIMIT ? OFFSET ?";
    struct page *page = ctx;
    struct db_param search = DB_STR(page->search);
    AUTO(db_rows) total = NULL;
    AUTO(db_rows) rows = NULL;
    page->count = 0;
    int more = db_one(db, count_sql, DB_PARAMS(DB_I64(page->project_id), search), &total, info);
    if (more < 0) {
        return more;
    }
    page->total = (uint64_t)db_i64(total, 0);
    more = db_query(
        db, rows_sql,
        DB_PARAMS(DB_I64(page->project_id), search, DB_U64(page->limit), DB_U64(page->offset)),
        false, &rows, info);
    while (more >= 0 && page->count < page->limit && (more = db_next(rows, info)) > 0) {
        read_row(page->arena, rows, &page->items[page->count++]);
    }
    return more < 0 ? more : 0;
}

int workflow_list(struct db *db, struct arena *arena, uint32_t project_id, struct str search,
                  uint64_t offset, uint64_t limit, struct workflow **ret, size_t *ret_count,
                  uint64_t *ret_total, struct err_info *info)
{
    struct page page = {.arena = arena,
                        .project_id = project_id,
                        .search = search.at == NULL ? STR("") : search,
                        .offset = offset,
                        .limit = limit,
                        .items = arena_array(arena, limit, sizeof(struct workflow))};
    int err = db_tx(db, DB_READ, page_body, &page, info);
    *ret = page.items;
    *ret_count = page.count;
    *ret_total = page.total;
    return err;
}

static int list_uses(struct db *db, struct arena *arena, const char *sql, uint32_t project_id,
                     struct db_param what, struct workflow_use **ret, size_t *ret_count,
                     struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    struct workflow_use *uses = NULL;
    size_t count = 0;
    size_t room = 0;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(project_id), what), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        uses = arena_grow(arena, uses, count, &room, sizeof *uses);
        uses[count++] = (struct workflow_use){sqlvalue_uuid(rows, 0), sqlvalue_text(arena, rows, 1),
                                              db_i64(rows, 2) != 0};
    }
    *ret = uses;
    *ret_count = count;
    return more;
}

int workflow_using_event(struct db *db, struct arena *arena, uint32_t project_id, struct str event,
                         struct workflow_use **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT w.uuid, w.name, w.enabled FROM event_name n"
        " JOIN workflow_event e ON e.project_id = n.project_id AND e.name_id = n.name_id"
        " JOIN workflow w ON w.project_id = e.project_id AND w.workflow_id = e.workflow_id"
        " WHERE n.project_id = ? AND n.name = ? ORDER BY w.workflow_id DESC";
    struct db_param name = DB_BYTES(event.at, event.len);
    return list_uses(db, arena, sql, project_id, name, ret, ret_count, info);
}

int workflow_using_template(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct uuid *template_uuid, struct workflow_use **ret,
                            size_t *ret_count, struct err_info *info)
{
    static const char sql[] = "SELECT uuid, name, enabled FROM workflow WHERE project_id = ?"
                              " AND LOCATE(?, definition) > 0 ORDER BY workflow_id DESC";
    char text[37];
    uuid_format(template_uuid, text);
    return list_uses(db, arena, sql, project_id, DB_STR(str_from(text)), ret, ret_count, info);
}

int workflow_holding(struct db *db, struct arena *arena, uint32_t project_id, struct str text,
                     struct workflow **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        WORKFLOW_SELECT " AND LOCATE(?, definition) > 0 ORDER BY workflow_id DESC";
    AUTO(db_rows) rows = NULL;
    struct workflow *workflows = NULL;
    size_t count = 0;
    size_t room = 0;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_STR(text)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        workflows = arena_grow(arena, workflows, count, &room, sizeof *workflows);
        read_row(arena, rows, &workflows[count++]);
    }
    *ret = workflows;
    *ret_count = count;
    return more;
}

/* ---- schedules ----------------------------------------------------------------------------- */

int workflow_scheduled(struct db *db, struct arena *arena, int64_t now_ms, size_t max,
                       struct workflow_due **ret, size_t *ret_count, struct err_info *info)
{
    /* The worker's, over all projects: those that are not due are not looked at. */
    static const char sql[] = "SELECT project_id, workflow_id, due_ms FROM workflow"
                              " WHERE due_ms <= ? ORDER BY due_ms LIMIT ?";
    AUTO(db_rows) rows = NULL;
    struct workflow_due *due = arena_array(arena, max, sizeof *due);
    size_t count = 0;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(now_ms), DB_U64(max)), false, &rows, info);
    while (more >= 0 && count < max && (more = db_next(rows, info)) > 0) {
        due[count++] = (struct workflow_due){(uint32_t)db_i64(rows, 0), (uint32_t)db_i64(rows, 1),
                                             db_i64(rows, 2)};
    }
    *ret = due;
    *ret_count = count;
    return more < 0 ? more : 0;
}

int workflow_set_due(struct db *db, uint32_t project_id, uint32_t workflow_id, int64_t due_ms,
                     struct err_info *info)
{
    static const char sql[] =
        "UPDATE workflow SET due_ms = ? WHERE project_id = ? AND workflow_id = ?";
    return db_exec(db, sql,
                   DB_PARAMS(due_ms == WORKFLOW_NEVER ? DB_NULL : DB_I64(due_ms),
                             DB_I64(project_id), DB_I64(workflow_id)),
                   NULL, info);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Runs of a write that name events without a number yet. */
#define NAMING_RUNS 4

/* One write under way. */
struct write {
    struct arena *arena;
    uint32_t project_id;
    const struct uuid *uuid; /* of one that is there; NULL: a new one */
    workflow_change *change;
    void *ctx;
    struct workflow_edit edit;
    uint32_t *name_ids; /* of edit.events */
    bool must_name;     /* some event has no number: nothing was written */
    int64_t write_id;
};

/* Adds the names, outside the transaction. What only the system tells of counts for no limit. */
static int name_events(struct db *db, const struct write *write, struct err_info *info)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < write->edit.event_count; i++) {
        struct str name = write->edit.events[i];
        uint32_t id = 0;
        bool is_ours = eventname_judge(name) == EVENTNAME_RESERVED;
        err = eventname_register(db, write->arena, write->project_id, &name, 1,
                                 is_ours ? DICTIONARY_BY_SYSTEM : DICTIONARY_BY_SECRET, &id, info);
        if (err == 0 && id == 0) {
            err = eventname_too_many(name, info);
        }
    }
    return err;
}

/* Looks the events up; sets must_name. */
static int find_events(struct db *db, struct write *write, struct err_info *info)
{
    size_t count = write->edit.event_count;
    write->must_name = false;
    write->name_ids = arena_array(write->arena, count, sizeof *write->name_ids);
    int err = eventname_find(db, write->arena, write->project_id, write->edit.events, count,
                             write->name_ids, info);
    for (size_t i = 0; i < count; i++) {
        write->must_name |= write->name_ids[i] == 0;
    }
    return err;
}

/* The number of the event that starts it. */
static struct db_param trigger_param(const struct write *write)
{
    const struct workflow_edit *edit = &write->edit;
    return edit->workflow.trigger == WORKFLOW_EVENT && edit->event_count > 0
               ? DB_I64(write->name_ids[0])
               : DB_NULL;
}

static int store_events(struct db *db, const struct write *write, struct err_info *info)
{
    enum { WIDTH = 3 };
    static const char drop_sql[] =
        "DELETE FROM workflow_event WHERE project_id = ? AND workflow_id = ?";
    SQLROWS(sql, "INSERT INTO workflow_event (project_id, workflow_id, name_id) VALUES ", "(?,?,?)",
            "");
    size_t count = write->edit.event_count;
    struct db_param *params = arena_array(write->arena, count * WIDTH, sizeof *params);
    struct db_param id = DB_I64(write->edit.workflow.workflow_id);
    for (size_t i = 0; i < count; i++) {
        params[i * WIDTH] = DB_I64(write->project_id);
        params[i * WIDTH + 1] = id;
        params[i * WIDTH + 2] = DB_I64(write->name_ids[i]);
    }
    int err = db_exec(db, drop_sql, DB_PARAMS(DB_I64(write->project_id), id), NULL, info);
    return err < 0 ? err : sqlrows_exec(db, sql, params, count, WIDTH, info);
}

/* Everything of the workflow but what never changes. */
static int store_row(struct db *db, const struct write *write, struct err_info *info)
{
    static const char sql[] =
        "UPDATE workflow SET name = ?, description = ?, trigger_kind = ?, event = ?,"
        " event_name_id = ?, cron = ?, allow_reentry = ?, enabled = ?, definition = ?, version = ?,"
        " due_ms = ?, updated_ms = ?, write_id = ? WHERE project_id = ? AND workflow_id = ?";
    const struct workflow *w = &write->edit.workflow;
    return db_exec(db, sql,
                   DB_PARAMS(DB_STR(w->name), sqlvalue_of_text(w->description), DB_I64(w->trigger),
                             sqlvalue_of_text(w->event), trigger_param(write),
                             sqlvalue_of_text(w->cron), DB_I64(w->allow_reentry),
                             DB_I64(w->enabled), DB_STR(w->definition), DB_I64(w->version),
                             w->due_ms == WORKFLOW_NEVER ? DB_NULL : DB_I64(w->due_ms),
                             DB_I64(w->updated_ms), DB_I64(write->write_id),
                             DB_I64(write->project_id), DB_I64(w->workflow_id)),
                   NULL, info);
}

/* The rest of the transaction, whose row is there and locked. */
static int store(struct db *db, struct write *write, struct err_info *info)
{
    static const char check_sql[] =
        "SELECT 1 FROM workflow WHERE project_id = ? AND workflow_id = ? AND write_id = ?"
        " FOR UPDATE";
    struct workflow *w = &write->edit.workflow;
    if (!w->enabled || w->trigger != WORKFLOW_SCHEDULE) {
        w->due_ms = WORKFLOW_NEVER;
    }
    write->write_id = uuid_random63();
    int err = store_row(db, write, info);
    if (err == 0) {
        err = store_events(db, write, info);
    }
    if (err == 0) {
        err = flowevent_changed(db, write->project_id, info);
    }
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(write->project_id), DB_I64(w->workflow_id), DB_I64(write->write_id)));
    return err;
}

/* Takes a number, behind the lock of the counter: two at once do not pass the limit together. */
static int insert_row(struct db *db, struct write *write, struct err_info *info)
{
    static const char count_sql[] = "SELECT COUNT(*) FROM workflow WHERE project_id = ?";
    static const char sql[] =
        "INSERT INTO workflow (project_id, workflow_id, uuid, name, trigger_kind, allow_reentry,"
        " enabled, definition, version, write_id, created_ms, updated_ms)"
        " VALUES (?, ?, ?, '', 1, 0, 0, '', 1, 0, ?, ?)";
    struct workflow *w = &write->edit.workflow;
    AUTO(db_rows) rows = NULL;
    int err = counter_next(db, write->project_id, COUNTER_WORKFLOW, &w->workflow_id, info);
    if (err == 0) {
        err = db_one(db, count_sql, DB_PARAMS(DB_I64(write->project_id)), &rows, info);
    }
    if (err < 0) {
        return err;
    }
    if (db_i64(rows, 0) >= LIMIT_WORKFLOWS) {
        return err_set(info, ERR_UNPROCESSABLE, NULL,
                       "A project can have at most %d workflows: delete one first",
                       LIMIT_WORKFLOWS);
    }
    w->uuid = uuid_new();
    w->version = 1;
    err = db_now_ms(db, &w->created_ms, info);
    w->updated_ms = w->created_ms;
    struct db_param now = DB_I64(w->created_ms);
    return err < 0 ? err
                   : db_exec(db, sql,
                             DB_PARAMS(DB_I64(write->project_id), DB_I64(w->workflow_id),
                                       sqlvalue_of_uuid(&w->uuid), now, now),
                             NULL, info);
}

static int write_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char sql[] = WORKFLOW_SELECT " AND uuid = ? FOR UPDATE";
    struct write *write = ctx;
    struct workflow *w = &write->edit.workflow;
    int err = 0;
    if (write->uuid != NULL) {
        write->edit = (struct workflow_edit){.arena = write->arena};
        err = get_one(db, write->arena, sql, write->project_id, sqlvalue_of_uuid(write->uuid), w,
                      info);
        if (err == 0) {
            err = write->change(&write->edit, write->ctx, info);
        }
    }
    if (err == 0) {
        err = find_events(db, write, info);
    }
    if (err < 0 || write->must_name) {
        return err;
    }
    if (write->uuid == NULL) {
        err = insert_row(db, write, info);
    } else {
        w->version++;
        err = db_now_ms(db, &w->updated_ms, info);
    }
    return err < 0 ? err : store(db, write, info);
}

/* Which events a change names is only known in the transaction, and numbers are given outside. */
static int run_write(struct db *db, struct write *write, struct workflow *ret,
                     struct err_info *info)
{
    for (unsigned i = 0; i < NAMING_RUNS; i++) {
        int err = db_tx(db, DB_WRITE, write_body, write, info);
        if (err == 0 && write->must_name) {
            err = name_events(db, write, info);
        } else if (err == 0) {
            *ret = write->edit.workflow;
            return 0;
        }
        if (err < 0) {
            return err;
        }
    }
    return err_set(info, ERR_UNAVAILABLE, NULL, "the workflow is edited by too many at once");
}

int workflow_create(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct workflow_edit *draft, struct workflow *ret, struct err_info *info)
{
    struct write write = {.arena = arena, .project_id = project_id, .edit = *draft};
    return run_write(db, &write, ret, info);
}

int workflow_update(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, workflow_change *change, void *ctx,
                    struct workflow *ret, struct err_info *info)
{
    struct write write = {
        .arena = arena, .project_id = project_id, .uuid = uuid, .change = change, .ctx = ctx};
    return run_write(db, &write, ret, info);
}

/* ---- deleting ------------------------------------------------------------------------------ */

static int delete_body(struct db *db, void *ctx, struct err_info *info)
{
    static const char lock_sql[] = WORKFLOW_SELECT " AND uuid = ? FOR UPDATE";
    static const char *const sql[] = {
        "DELETE FROM workflow_event WHERE project_id = ? AND workflow_id = ?",
        "DELETE FROM workflow WHERE project_id = ? AND workflow_id = ?"};
    static const char check_sql[] = "SELECT 1 FROM dropped_flow WHERE project_id = ?"
                                    " AND owner_kind = ? AND owner_id = ? FOR UPDATE";
    const struct write *write = ctx;
    struct workflow w;
    int err = get_one(db, write->arena, lock_sql, write->project_id, sqlvalue_of_uuid(write->uuid),
                      &w, info);
    for (size_t i = 0; err == 0 && i < ARRAY_LEN(sql); i++) {
        err = db_exec(db, sql[i], DB_PARAMS(DB_I64(write->project_id), DB_I64(w.workflow_id)), NULL,
                      info);
    }
    if (err < 0) {
        return err;
    }
    const struct flowversion flow = {write->project_id, FLOWVERSION_WORKFLOW, w.workflow_id, 0};
    err = executionlist_drop_flow(db, &flow, info);
    if (err == 0) {
        err = flowevent_changed(db, write->project_id, info);
    }
    db_set_write_check(
        db, check_sql,
        DB_PARAMS(DB_I64(flow.project_id), DB_I64(flow.owner_kind), DB_I64(flow.owner_id)));
    return err;
}

int workflow_delete(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct uuid *uuid, struct err_info *info)
{
    struct write write = {.arena = arena, .project_id = project_id, .uuid = uuid};
    return db_tx(db, DB_WRITE, delete_body, &write, info);
}
