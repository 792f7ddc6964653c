#include "store/flowevent.h"

#include <stdlib.h>

#include "column/key.h"
#include "store/counter.h"
#include "store/eventname.h"
#include "store/sequence.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"
#include "store/sqlvalue.h"

/* Projects whose wants a process keeps. */
#define FLOWEVENT_KEPT 256

/* One thing that is wanted. */
struct want {
    enum flowevent_kind kind;
    uint64_t number;
};

struct flowevent_wants {
    struct arena *arena; /* of what follows; NULL: nothing kept */
    uint32_t project_id;
    uint64_t version;
    struct want *wants; /* ascending; some stand twice */
    size_t count;
    size_t room;
};

/* ---- what starts flows --------------------------------------------------------------------- */

static int compare_want(const struct want *a, const struct want *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_trigger(const void *a, const void *b)
{
    const struct flowevent_trigger *left = a;
    const struct flowevent_trigger *right = b;
    const struct want x = {left->kind, left->number};
    const struct want y = {right->kind, right->number};
    int order = compare_want(&x, &y);
    if (order != 0 || left->owner_kind != right->owner_kind) {
        return order != 0 ? order : left->owner_kind < right->owner_kind ? -1 : 1;
    }
    return (left->owner_id > right->owner_id) - (left->owner_id < right->owner_id);
}

struct trigger_list {
    struct arena *arena;
    struct flowevent_trigger *at;
    size_t count;
    size_t room;
};

static void add_trigger(struct trigger_list *list, struct flowevent_trigger trigger)
{
    list->at = arena_grow(list->arena, list->at, list->count, &list->room, sizeof *list->at);
    list->at[list->count++] = trigger;
}

static int read_workflows(struct db *db, uint32_t project_id, struct trigger_list *list,
                          struct err_info *info)
{
    static const char sql[] = "SELECT workflow_id, event_name_id FROM workflow"
                              " WHERE project_id = ? AND enabled = 1 AND event_name_id IS NOT NULL";
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        add_trigger(list,
                    (struct flowevent_trigger){FLOWEVENT_EVENT, (uint64_t)db_i64(rows, 1),
                                               FLOWVERSION_WORKFLOW, (uint32_t)db_i64(rows, 0)});
    }
    return more;
}

static uint64_t set_of(enum sequence_trigger trigger, uint32_t id)
{
    switch (trigger) {
    case SEQUENCE_LIST_ADD:
        return KEY_SET_LIST(id);
    case SEQUENCE_TAG_ADD:
        return KEY_SET_TAG(id);
    case SEQUENCE_SEGMENT_ENTER:
        return KEY_SET_SEGMENT(id);
    case SEQUENCE_MANUAL:
        break;
    }
    return 0; /* no set */
}

static int read_sequences(struct db *db, uint32_t project_id, struct trigger_list *list,
                          struct err_info *info)
{
    static const char sql[] = "SELECT sequence_id, trigger_kind, trigger_id FROM sequence"
                              " WHERE project_id = ? AND enabled = 1 AND trigger_id IS NOT NULL";
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, DB_PARAMS(DB_I64(project_id)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        uint64_t set = set_of((enum sequence_trigger)db_i64(rows, 1), (uint32_t)db_i64(rows, 2));
        add_trigger(list, (struct flowevent_trigger){FLOWEVENT_SET, set, FLOWVERSION_SEQUENCE,
                                                     (uint32_t)db_i64(rows, 0)});
    }
    return more;
}

int flowevent_triggers(struct db *db, struct arena *arena, uint32_t project_id,
                       struct flowevent_trigger **ret, size_t *ret_count, struct err_info *info)
{
    struct trigger_list list = {.arena = arena};
    int err = read_workflows(db, project_id, &list, info);
    if (err == 0) {
        err = read_sequences(db, project_id, &list, info);
    }
    if (err == 0 && list.count > 1) {
        qsort(list.at, list.count, sizeof *list.at, compare_trigger);
    }
    *ret = list.at;
    *ret_count = list.count;
    return err;
}

/* ---- what is wanted ------------------------------------------------------------------------ */

static int compare_wants(const void *a, const void *b)
{
    return compare_want(a, b);
}

static void add_want(struct flowevent_wants *wants, enum flowevent_kind kind, uint64_t number)
{
    wants->wants =
        arena_grow(wants->arena, wants->wants, wants->count, &wants->room, sizeof *wants->wants);
    wants->wants[wants->count++] = (struct want){kind, number};
}

/* An unsubscription stops whoever is in a sequence, also in one that is disabled by now. */
static int read_stops(struct db *db, struct flowevent_wants *wants, struct err_info *info)
{
    static const char sql[] = "SELECT 1 FROM sequence WHERE project_id = ? LIMIT 1";
    const struct str name = EVENTNAME_UNSUBSCRIBED;
    uint32_t name_id = 0;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(wants->project_id)), &rows, info);
    if (found <= 0) {
        return found;
    }
    int err = eventname_find(db, wants->arena, wants->project_id, &name, 1, &name_id, info);
    if (err == 0 && name_id != 0) {
        add_want(wants, FLOWEVENT_EVENT, name_id);
    }
    return err;
}

static int read_wants(struct db *db, struct flowevent_wants *wants, struct err_info *info)
{
    /* Of an enabled workflow also before somebody waits: his event may come while he is still in
     * the queue himself. */
    static const char sql[] = "SELECT name_id FROM flow_wait WHERE project_id = ?"
                              " UNION SELECT e.name_id FROM workflow_event e JOIN workflow w"
                              " ON w.project_id = e.project_id AND w.workflow_id = e.workflow_id"
                              " WHERE e.project_id = ? AND w.enabled = 1";
    AUTO(db_rows) rows = NULL;
    struct flowevent_trigger *triggers = NULL;
    size_t count = 0;
    int err = flowevent_triggers(db, wants->arena, wants->project_id, &triggers, &count, info);
    if (err == 0) {
        err = read_stops(db, wants, info);
    }
    if (err == 0) {
        err = db_query(db, sql, DB_PARAMS(DB_I64(wants->project_id), DB_I64(wants->project_id)),
                       false, &rows, info);
    }
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        add_want(wants, triggers[i].kind, triggers[i].number);
    }
    while ((err = db_next(rows, info)) > 0) {
        add_want(wants, FLOWEVENT_EVENT, (uint64_t)db_i64(rows, 0));
    }
    if (wants->count > 1) {
        qsort(wants->wants, wants->count, sizeof *wants->wants, compare_wants);
    }
    return err;
}

static int ask_version(struct db *db, uint32_t project_id, uint64_t *ret, struct err_info *info)
{
    static const char sql[] = "SELECT flows_version FROM project WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (found < 0) {
        return found;
    }
    *ret = found == 0 ? 0 : (uint64_t)db_i64(rows, 0);
    return 0;
}

int flowevent_open(struct db *db, uint32_t project_id, uint64_t version,
                   const struct flowevent_wants **ret, struct err_info *info)
{
    static const struct flowevent_wants none;
    static struct flowevent_wants kept[FLOWEVENT_KEPT];
    struct flowevent_wants *wants = &kept[project_id % FLOWEVENT_KEPT];
    int err = version == FLOWEVENT_ASK ? ask_version(db, project_id, &version, info) : 0;
    if (err < 0) {
        return err;
    }
    *ret = &none;
    if (version == 0) {
        return 0;
    }
    if (wants->arena == NULL || wants->project_id != project_id || wants->version != version) {
        arena_free(wants->arena);
        *wants = (struct flowevent_wants){.arena = arena_new(), .project_id = project_id};
        err = read_wants(db, wants, info);
        if (err < 0) {
            arena_free(wants->arena);
            *wants = none;
            return err;
        }
        wants->version = version;
    }
    *ret = wants;
    return 0;
}

bool flowevent_is_wanted(const struct flowevent_wants *wants, enum flowevent_kind kind,
                         uint64_t number)
{
    const struct want key = {kind, number};
    return wants->count > 0 &&
           bsearch(&key, wants->wants, wants->count, sizeof key, compare_wants) != NULL;
}

int flowevent_changed(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char sql[] =
        "UPDATE project SET flows_version = flows_version + 1 WHERE project_id = ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id)), NULL, info);
}

/* ---- writing ------------------------------------------------------------------------------- */

#define WIDTH 9
SQLROWS(insert_sql,
        "INSERT INTO flow_event (project_id, flow_event_id, kind, number, ordinal, event, at_ms,"
        " data, created_ms) VALUES ",
        "(?,?,?,?,?,?,?,?,?)", "");

int flowevent_write(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct flowevent_wants *wants, const struct flowevent_new *events,
                    size_t count, int64_t now_ms, struct err_info *info)
{
    struct uuid *ids = NULL;
    struct db_param *params = NULL;
    size_t written = 0;
    for (size_t i = 0; i < count; i++) {
        const struct flowevent_new *event = &events[i];
        if (event->at_ms < now_ms - FLOWEVENT_OLD_MS ||
            !flowevent_is_wanted(wants, event->kind, event->number)) {
            continue;
        }
        if (written == 0) {
            ids = arena_raw(arena, count, sizeof *ids);
            params = arena_raw(arena, count * WIDTH, sizeof *params);
        }
        ids[written] = uuid_ordered(now_ms, written);
        const struct db_param row[WIDTH] = {
            DB_I64(project_id),    sqlvalue_of_uuid(&ids[written]), DB_I64(event->kind),
            DB_U64(event->number), DB_I64(event->ordinal),          sqlvalue_of_uuid(&event->event),
            DB_I64(event->at_ms),  sqlvalue_of_text(event->data),   DB_I64(now_ms),
        };
        memcpy(params + written++ * WIDTH, row, sizeof row);
    }
    return written == 0 ? 0 : sqlrows_exec(db, insert_sql, params, written, WIDTH, info);
}

int flowevent_write_occurrences(struct db *db, struct arena *arena, uint32_t project_id,
                                const struct flowevent_wants *wants,
                                const struct eventrows_event *events, size_t count, int64_t now_ms,
                                struct err_info *info)
{
    struct flowevent_new *found = NULL;
    size_t found_count = 0;
    size_t room = 0;
    for (size_t i = 0; wants->count > 0 && i < count; i++) {
        const struct eventrows_event *event = &events[i];
        if (event->has_contact && flowevent_is_wanted(wants, FLOWEVENT_EVENT, event->name_id)) {
            found = arena_grow(arena, found, found_count, &room, sizeof *found);
            found[found_count++] = (struct flowevent_new){.kind = FLOWEVENT_EVENT,
                                                          .number = event->name_id,
                                                          .ordinal = event->ordinal,
                                                          .event = event->uuid,
                                                          .at_ms = event->at_ms,
                                                          .data = event->data};
        }
    }
    return flowevent_write(db, arena, project_id, wants, found, found_count, now_ms, info);
}

/* ---- taking -------------------------------------------------------------------------------- */

int flowevent_projects(struct db *db, struct arena *arena, size_t max, uint32_t **ret,
                       size_t *ret_count, struct err_info *info)
{
    /* The worker's, over all projects: one seek for each that has flows. */
    static const char sql[] = "SELECT p.project_id FROM project p WHERE p.flows_version > 0"
                              " AND (SELECT f.kind FROM flow_event f"
                              " WHERE f.project_id = p.project_id LIMIT 1) IS NOT NULL LIMIT ?";
    AUTO(db_rows) rows = NULL;
    uint32_t *projects = arena_array(arena, max, sizeof *projects);
    size_t count = 0;
    int err = db_query(db, sql, DB_PARAMS(DB_U64(max)), false, &rows, info);
    while (err >= 0 && count < max && (err = db_next(rows, info)) > 0) {
        projects[count++] = (uint32_t)db_i64(rows, 0);
    }
    *ret = projects;
    *ret_count = count;
    return err < 0 ? err : 0;
}

/* A row's place among those that were read. */
struct place {
    uint32_t ordinal;
    size_t at;
};

static int compare_place(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    if (left->ordinal != right->ordinal) {
        return left->ordinal < right->ordinal ? -1 : 1;
    }
    return (left->at > right->at) - (left->at < right->at);
}

/* Keeps the first of each contact. Returns how many. */
static size_t keep_first(struct arena *arena, struct flowevent *events, size_t count)
{
    struct place *places = arena_raw(arena, count, sizeof *places);
    bool *is_later = arena_array(arena, count, sizeof *is_later);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        places[i] = (struct place){events[i].ordinal, i};
    }
    if (count > 1) {
        qsort(places, count, sizeof *places, compare_place);
    }
    for (size_t i = 1; i < count; i++) {
        is_later[places[i].at] = places[i].ordinal == places[i - 1].ordinal;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_later[i]) {
            events[kept++] = events[i];
        }
    }
    return kept;
}

static struct flowevent read_event(struct arena *arena, const struct db_rows *rows)
{
    return (struct flowevent){.flow_event_id = sqlvalue_uuid(rows, 0),
                              .kind = (enum flowevent_kind)db_i64(rows, 1),
                              .number = (uint64_t)db_i64(rows, 2),
                              .ordinal = (uint32_t)db_i64(rows, 3),
                              .event = sqlvalue_uuid(rows, 4),
                              .at_ms = db_i64(rows, 5),
                              .data = sqlvalue_text(arena, rows, 6),
                              .created_ms = db_i64(rows, 7)};
}

/* A contact whose execution is on its way to the next step (due, or claimed by another worker) is
 * passed by: the event may be what that step waits for. */
int flowevent_take(struct db *db, struct arena *arena, uint32_t project_id, int64_t now_ms,
                   size_t max, struct flowevent **ret, size_t *ret_count, struct err_info *info)
{
    static const char sql[] =
        "SELECT f.flow_event_id, f.kind, f.number, f.ordinal, f.event, f.at_ms, f.data,"
        " f.created_ms FROM flow_event f WHERE f.project_id = ?"
        " AND (SELECT d.class FROM execution_due d FORCE INDEX (contact)"
        " WHERE d.project_id = f.project_id AND d.ordinal = f.ordinal AND d.wait_name_id IS NULL"
        " AND d.class = 1 AND (d.token <> 0 OR d.due_ms <= ?)"
        " AND (SELECT x.owner_kind FROM dropped_flow x WHERE x.project_id = d.project_id"
        " AND x.owner_kind = d.owner_kind AND x.owner_id = d.owner_id LIMIT 1) IS NULL"
        " LIMIT 1) IS NULL"
        " ORDER BY f.flow_event_id LIMIT ? FOR UPDATE SKIP LOCKED";
    const struct db_param params[] = {DB_I64(project_id), DB_I64(now_ms), DB_U64(max)};
    AUTO(db_rows) rows = NULL;
    struct flowevent *events = arena_array(arena, max, sizeof *events);
    size_t count = 0;
    int err = counter_lock(db, project_id, COUNTER_FLOW_EVENT, info);
    if (err == 0) {
        err = db_query(db, sql, params, ARRAY_LEN(params), false, &rows, info);
    }
    while (err >= 0 && count < max && (err = db_next(rows, info)) > 0) {
        events[count++] = read_event(arena, rows);
    }
    *ret = events;
    *ret_count = keep_first(arena, events, count);
    return err < 0 ? err : 0;
}

int flowevent_drop(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct flowevent *events, size_t count, struct err_info *info)
{
    SQLLIST(sql, "DELETE FROM flow_event WHERE project_id = ? AND flow_event_id IN (", "?", ")");
    const struct db_param head = DB_I64(project_id);
    struct db_param *ids = arena_array(arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        ids[i] = sqlvalue_of_uuid(&events[i].flow_event_id);
    }
    const struct sqllist list = {sql, &head, 1, ids, count, 1};
    return sqllist_exec(db, &list, NULL, info);
}
