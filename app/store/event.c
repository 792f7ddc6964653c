#include "store/event.h"

#include "store/contactpublish.h"
#include "store/contactrows.h"
#include "store/eventname.h"
#include "store/eventrows.h"
#include "store/sqlvalue.h"
#include "store/transition.h"

/* ---- recording ----------------------------------------------------------------------------- */

struct recording {
    struct arena *arena;
    uint32_t project_id;
    uint32_t name_id;
    const struct uuid *contact;
    struct event *event; /* name, email_id and data are set */
};

/* Stores the row and tells of it; `contact` is locked, or NULL. */
static int record_row(struct db *db, const struct recording *recording,
                      const struct contact *contact, struct contactpublish *publish,
                      struct err_info *info)
{
    const struct event *event = recording->event;
    struct eventrows_event row = {.uuid = event->uuid,
                                  .has_contact = contact != NULL,
                                  .ordinal = contact == NULL ? 0 : contact->ordinal,
                                  .name_id = recording->name_id,
                                  .at_ms = event->at_ms,
                                  .email_id = event->email_id,
                                  .data = event->data};
    struct dirty_mark mark;
    size_t mark_count;
    int err = eventrows_insert(db, recording->arena, recording->project_id, &row, 1, event->at_ms,
                               &mark, &mark_count, info);
    if (err == 0) {
        err = flowevent_write_occurrences(db, recording->arena, recording->project_id,
                                          publish->flows, &row, 1, event->at_ms, info);
    }
    if (err == 0) {
        contactpublish_tracked(publish, contact, event->name, &event->uuid, event->data,
                               event->at_ms);
        err = contactpublish_write(publish, db, info);
    }
    if (err < 0) {
        return err;
    }
    eventrows_set_write_check(db, recording->project_id, &row);
    return mark_count == 0 ? 0 : dirty_add(db, recording->project_id, &mark, mark_count, info);
}

static int record_body(struct db *db, void *ctx, struct err_info *info)
{
    struct recording *recording = ctx;
    struct event *event = recording->event;
    struct contact contact = {0};
    struct contactrows_moment moment;
    struct contactpublish publish;
    bool has_contact = recording->contact != NULL;
    int err = has_contact ? contactrows_lock_uuid(db, recording->arena, recording->project_id,
                                                  recording->contact, &contact, &moment, info)
                          : contactrows_moment(db, recording->project_id, &moment, info);
    if (err == 0) {
        err = contactpublish_begin(&publish, db, recording->arena, recording->project_id, &moment,
                                   info);
    }
    if (err < 0) {
        return err;
    }
    event->uuid = uuid_new();
    event->has_contact = has_contact;
    event->contact = contact.uuid;
    event->email = contact.email;
    event->at_ms = moment.now_ms;
    event->created_ms = moment.now_ms;
    return record_row(db, recording, has_contact ? &contact : NULL, &publish, info);
}

int event_record(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                 const struct uuid *contact, struct str email_id, struct str data,
                 struct event *ret, struct err_info *info)
{
    struct event event = {.name = name, .email_id = email_id, .data = data};
    struct recording recording = {
        .arena = arena, .project_id = project_id, .contact = contact, .event = &event};
    int err = eventname_register(db, arena, project_id, &name, 1, DICTIONARY_BY_SECRET,
                                 &recording.name_id, info);
    if (err < 0) {
        return err;
    }
    if (recording.name_id == 0) {
        return eventname_too_many(name, info);
    }
    err = db_tx(db, DB_WRITE, record_body, &recording, info);
    if (err == 0) {
        *ret = event;
    }
    return err;
}

/* ---- reading ------------------------------------------------------------------------------- */

#define EVENT_SELECT(index, where)                                                                 \
    "SELECT STRAIGHT_JOIN e.uuid, n.name, e.at_ms, e.created_ms, c.uuid, c.email, e.email_id,"     \
    " e.data FROM event e FORCE INDEX (" index ")"                                                 \
    " JOIN event_name n FORCE INDEX (PRIMARY) ON n.project_id = e.project_id"                      \
    " AND n.name_id = e.name_id"                                                                   \
    " LEFT JOIN contact c ON c.project_id = e.project_id AND c.ordinal = e.ordinal"                \
    " WHERE e.project_id = ?" where " ORDER BY e.at_ms DESC, e.uuid DESC LIMIT ?"

static const char sql_list[] = EVENT_SELECT("PRIMARY", "");
static const char sql_list_by_name[] = EVENT_SELECT("name", " AND e.name_id = ?");
static const char sql_list_by_contact[] = EVENT_SELECT("contact", " AND e.ordinal = ?");

/* Entries and exits: their rows are the occurrences. One whose contact is gone is not shown. */
#define TRANSITION_SELECT(index, where)                                                            \
    "SELECT STRAIGHT_JOIN t.uuid, n.name, t.at_ms, t.at_ms, c.uuid, c.email, NULL, NULL, s.uuid,"  \
    " s.name FROM transition t FORCE INDEX (" index ")"                                            \
    " JOIN event_name n FORCE INDEX (PRIMARY) ON n.project_id = t.project_id"                      \
    " AND n.name_id = t.name_id"                                                                   \
    " JOIN contact c ON c.project_id = t.project_id AND c.ordinal = t.ordinal"                     \
    " JOIN segment s ON s.project_id = t.project_id AND s.segment_id = t.segment_id"               \
    " WHERE t.project_id = ?" where " ORDER BY t.at_ms DESC, t.uuid DESC LIMIT ?"
#define TRANSITION_SEGMENT_COLUMN 8

static const char sql_moves[] = TRANSITION_SELECT("newest", "");
static const char sql_moves_by_name[] = TRANSITION_SELECT("name", " AND t.name_id = ?");
static const char sql_moves_by_contact[] = TRANSITION_SELECT("contact", " AND t.ordinal = ?");

static void event_from_row(struct arena *arena, const struct db_rows *rows, struct event *ret)
{
    *ret = (struct event){.uuid = sqlvalue_uuid(rows, 0),
                          .name = str_copy(arena, db_bytes(rows, 1)),
                          .at_ms = db_i64(rows, 2),
                          .created_ms = db_i64(rows, 3),
                          .has_contact = !db_is_null(rows, 4),
                          .contact = sqlvalue_uuid(rows, 4),
                          .email = sqlvalue_text(arena, rows, 5),
                          .email_id = sqlvalue_text(arena, rows, 6),
                          .data = sqlvalue_text(arena, rows, 7)};
}

static int read_list(struct db *db, struct arena *arena, const char *sql, bool moves,
                     const struct db_param *params, unsigned param_count, size_t limit,
                     struct event **ret, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, params, param_count, false, &rows, info);
    if (more < 0) {
        return more;
    }
    struct event *events = arena_array(arena, limit, sizeof *events);
    size_t count = 0;
    while (count < limit && (more = db_next(rows, info)) > 0) {
        struct event *event = &events[count++];
        event_from_row(arena, rows, event);
        if (moves) {
            struct uuid segment = sqlvalue_uuid(rows, TRANSITION_SEGMENT_COLUMN);
            event->data =
                transition_data(arena, &segment, db_bytes(rows, TRANSITION_SEGMENT_COLUMN + 1));
        }
    }
    if (more < 0) {
        return more;
    }
    *ret = events;
    *ret_count = count;
    return 0;
}

/* True when `a` stands before `b` in a list, newest first. */
static bool is_newer(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms > b->at_ms
                                : memcmp(&a->uuid, &b->uuid, sizeof a->uuid) > 0;
}

/* The newest of the log and of the entries and exits, from one query each. */
static int read_both(struct db *db, struct arena *arena, const char *sql, const char *sql_of_moves,
                     const struct db_param *params, unsigned param_count, size_t limit,
                     struct event **ret, size_t *ret_count, struct err_info *info)
{
    struct event *logged, *moves;
    size_t logged_count, move_count, l = 0, m = 0, count = 0;
    int err =
        read_list(db, arena, sql, false, params, param_count, limit, &logged, &logged_count, info);
    if (err == 0) {
        err = read_list(db, arena, sql_of_moves, true, params, param_count, limit, &moves,
                        &move_count, info);
    }
    if (err < 0) {
        return err;
    }
    struct event *events = arena_array(arena, limit, sizeof *events);
    while (count < limit && (l < logged_count || m < move_count)) {
        bool from_log = m == move_count || (l < logged_count && is_newer(&logged[l], &moves[m]));
        events[count++] = from_log ? logged[l++] : moves[m++];
    }
    *ret = events;
    *ret_count = count;
    return 0;
}

int event_list(struct db *db, struct arena *arena, uint32_t project_id, const struct str *name,
               size_t limit, struct event **ret, size_t *ret_count, struct err_info *info)
{
    if (name == NULL) {
        return read_both(db, arena, sql_list, sql_moves,
                         DB_PARAMS(DB_I64(project_id), DB_U64(limit)), limit, ret, ret_count, info);
    }
    uint32_t name_id;
    int err = eventname_find(db, arena, project_id, name, 1, &name_id, info);
    if (err < 0) {
        return err;
    }
    return read_both(db, arena, sql_list_by_name, sql_moves_by_name,
                     DB_PARAMS(DB_I64(project_id), DB_I64(name_id), DB_U64(limit)), limit, ret,
                     ret_count, info);
}

int event_list_of_contact(struct db *db, struct arena *arena, uint32_t project_id, uint32_t ordinal,
                          size_t limit, struct event **ret, size_t *ret_count,
                          struct err_info *info)
{
    return read_both(db, arena, sql_list_by_contact, sql_moves_by_contact,
                     DB_PARAMS(DB_I64(project_id), DB_I64(ordinal), DB_U64(limit)), limit, ret,
                     ret_count, info);
}

int event_stats(struct db *db, struct arena *arena, uint32_t project_id, int64_t from_ms,
                int64_t to_ms, struct event_stat **ret, size_t *ret_count, struct err_info *info)
{
    /* The index holds all that is counted, so that no log row is read. */
    static const char sql[] =
        "SELECT n.name, s.occurrences FROM (SELECT name_id, COUNT(*) AS occurrences"
        " FROM event FORCE INDEX (name) WHERE project_id = ? AND at_ms >= ? AND at_ms <= ?"
        " GROUP BY name_id UNION ALL SELECT name_id, COUNT(*) FROM transition FORCE INDEX (name)"
        " WHERE project_id = ? AND at_ms >= ? AND at_ms <= ? GROUP BY name_id) s"
        " JOIN event_name n ON n.project_id = ? AND n.name_id = s.name_id"
        " ORDER BY s.occurrences DESC, n.name";
    AUTO(db_rows) rows = NULL;
    const struct db_param project = DB_I64(project_id), from = DB_I64(from_ms), to = DB_I64(to_ms);
    int more = db_query(db, sql, DB_PARAMS(project, from, to, project, from, to, project), false,
                        &rows, info);
    if (more < 0) {
        return more;
    }
    size_t room = 0;
    size_t count = 0;
    struct event_stat *stats = NULL;
    while ((more = db_next(rows, info)) > 0) {
        stats = arena_grow(arena, stats, count, &room, sizeof *stats);
        stats[count].name = str_copy(arena, db_bytes(rows, 0));
        stats[count].count = (uint64_t)db_i64(rows, 1);
        count++;
    }
    if (more < 0) {
        return more;
    }
    *ret = stats;
    *ret_count = count;
    return 0;
}

int event_usage(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                struct event_usage *ret, struct err_info *info)
{
    static const char sql[] =
        "SELECT (SELECT COUNT(*) FROM event WHERE project_id = ? AND name_id = ?) +"
        " (SELECT COUNT(*) FROM transition WHERE project_id = ? AND name_id = ?),"
        " (SELECT COUNT(*) FROM contact_event WHERE project_id = ? AND name_id = ?)";
    uint32_t name_id;
    int err = eventname_find(db, arena, project_id, &name, 1, &name_id, info);
    if (err < 0) {
        return err;
    }
    AUTO(db_rows) rows = NULL;
    const struct db_param project = DB_I64(project_id), name_param = DB_I64(name_id);
    int found =
        db_one(db, sql, DB_PARAMS(project, name_param, project, name_param, project, name_param),
               &rows, info);
    if (found < 0) {
        return found;
    }
    *ret = (struct event_usage){(uint64_t)db_i64(rows, 0), (uint64_t)db_i64(rows, 1)};
    return 0;
}
