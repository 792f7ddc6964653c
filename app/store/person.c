#include "store/person.h"

#include <string.h>

#include "store/sqlvalue.h"

#define ROWS_AT_ONCE 200 /* an event has at most LIMIT_DATA_BYTES */
#define COLUMNS_MAX 8

enum column_type { TEXT = 1, NUMBER, TIME, UUID, JSON };

/*
 * A table. Where a person may have many rows the keys are, in this order, those of the index that
 * has the person's rows, so that a page begins where the last one ended. Its statement takes the
 * project, the contact's ordinal (or address), the keys of the row that was read last, and a limit;
 * it gives the keys, a number and some bytes, and then the columns. Which keys it goes by: the
 * number (n), the bytes (b), or both (n, n, b).
 */
struct source {
    const char *name;
    const char *sql;
    enum { BY_NUMBER, BY_BYTES, BY_BOTH } by;
    bool by_email;
    struct {
        const char *name;
        enum column_type type;
    } columns[COLUMNS_MAX];
};

/* Set keys: column/key.h, the kind above 40 bits of number. */
#define MEMBERSHIPS(kind, next, table, id)                                                         \
    "SELECT m.set_id, '', x.uuid, x.name, m.entered_ms FROM member m JOIN " table                  \
    " x ON x.project_id = m.project_id AND x." id " = m.set_id - (" kind " << 40)"                 \
    " WHERE m.project_id = ? AND m.ordinal = ? AND m.set_id > GREATEST(?, " kind " << 40)"         \
    " AND m.set_id < (" next " << 40) ORDER BY m.set_id LIMIT ?"
#define MEMBERSHIP_COLUMNS                                                                         \
    {                                                                                              \
        {"id", UUID}, {"name", TEXT},                                                              \
        {                                                                                          \
            "since", TIME                                                                          \
        }                                                                                          \
    }

static const struct source sources[] = {
    {"segments", MEMBERSHIPS("1", "2", "segment", "segment_id"), BY_NUMBER, false,
     MEMBERSHIP_COLUMNS},
    {"tags", MEMBERSHIPS("2", "3", "tag", "tag_id"), BY_NUMBER, false, MEMBERSHIP_COLUMNS},
    {"lists", MEMBERSHIPS("3", "4", "contact_list", "list_id"), BY_NUMBER, false,
     MEMBERSHIP_COLUMNS},
    {"campaigns", MEMBERSHIPS("4", "5", "campaign", "campaign_id"), BY_NUMBER, false,
     MEMBERSHIP_COLUMNS},
    {"sequences", MEMBERSHIPS("5", "6", "sequence", "sequence_id"), BY_NUMBER, false,
     MEMBERSHIP_COLUMNS},
    {"transitions",
     "SELECT t.at_ms, t.uuid, s.uuid, s.name, CASE t.kind WHEN 1 THEN 'entry' ELSE 'exit' END,"
     " t.sequence, t.at_ms FROM transition t FORCE INDEX (contact) LEFT JOIN segment s"
     " ON s.project_id = t.project_id AND s.segment_id = t.segment_id WHERE t.project_id = ?"
     " AND t.ordinal = ? AND t.at_ms >= ? AND (t.at_ms > ? OR t.uuid > ?)"
     " ORDER BY t.at_ms, t.uuid LIMIT ?",
     BY_BOTH,
     false,
     {{"segmentId", UUID}, {"segment", TEXT}, {"type", TEXT}, {"sequence", NUMBER}, {"at", TIME}}},
    {"emailEvents",
     "SELECT number, '', CASE type WHEN 1 THEN 'sent' WHEN 2 THEN 'delivered' WHEN 3 THEN 'opened'"
     " WHEN 4 THEN 'clicked' WHEN 5 THEN 'bounced' WHEN 6 THEN 'complained' ELSE 'unsubscribed'"
     " END, email_id, at_ms, data FROM email_event WHERE project_id = ? AND ordinal = ?"
     " AND number > ? ORDER BY number LIMIT ?",
     BY_NUMBER,
     false,
     {{"type", TEXT}, {"emailId", TEXT}, {"at", TIME}, {"data", JSON}}},
    {"messages",
     "SELECT 0, uuid, uuid, CASE source WHEN 1 THEN 'send' WHEN 2 THEN 'workflow' WHEN 3 THEN"
     " 'sequence' ELSE 'campaign' END, CASE state WHEN 1 THEN 'waiting' WHEN 2 THEN 'claimed'"
     " WHEN 3 THEN 'sent' ELSE 'dropped' END, created_ms, content FROM message"
     " FORCE INDEX (contact) WHERE project_id = ? AND ordinal = ? AND uuid > ?"
     " ORDER BY uuid LIMIT ?",
     BY_BYTES,
     false,
     {{"id", UUID}, {"source", TEXT}, {"state", TEXT}, {"at", TIME}, {"content", JSON}}},
    {"executions",
     "SELECT x.execution_id, '', x.uuid, CASE x.owner_kind WHEN 1 THEN 'workflow' ELSE 'sequence'"
     " END, COALESCE(w.name, s.name), CASE x.status WHEN 1 THEN 'RUNNING' WHEN 2 THEN 'WAITING'"
     " WHEN 3 THEN 'COMPLETED' WHEN 4 THEN 'EXITED' WHEN 5 THEN 'FAILED' ELSE 'CANCELLED' END,"
     " x.started_ms, x.finished_ms, x.reason, x.context FROM execution x FORCE INDEX (contact)"
     " LEFT JOIN workflow w ON x.owner_kind = 1 AND w.project_id = x.project_id"
     " AND w.workflow_id = x.owner_id LEFT JOIN sequence s ON x.owner_kind = 2"
     " AND s.project_id = x.project_id AND s.sequence_id = x.owner_id WHERE x.project_id = ?"
     " AND x.ordinal = ? AND x.execution_id > ? ORDER BY x.execution_id LIMIT ?",
     BY_NUMBER,
     false,
     {{"id", UUID},
      {"of", TEXT},
      {"name", TEXT},
      {"status", TEXT},
      {"startedAt", TIME},
      {"finishedAt", TIME},
      {"reason", TEXT},
      {"context", JSON}}},
    {"executionSteps",
     "SELECT (execution_id << 32) + number, '', execution_id, number, step, outcome, problem, at_ms"
     " FROM execution_step WHERE project_id = ? AND ordinal = ?"
     " AND (execution_id << 32) + number > ? ORDER BY execution_id, number LIMIT ?",
     BY_NUMBER,
     false,
     {{"execution", NUMBER},
      {"number", NUMBER},
      {"step", TEXT},
      {"outcome", TEXT},
      {"problem", TEXT},
      {"at", TIME}}},
    {"flowEvents",
     "SELECT 0, f.flow_event_id, f.event, f.at_ms, f.data FROM flow_event f FORCE INDEX (contact)"
     " WHERE f.project_id = ? AND f.ordinal = ? AND f.flow_event_id > ? ORDER BY f.flow_event_id"
     " LIMIT ?",
     BY_BYTES,
     false,
     {{"eventId", UUID}, {"at", TIME}, {"data", JSON}}},
    {"webhookMessages",
     "SELECT 0, delivery_id, event_id, type, created_ms, body FROM delivery WHERE project_id = ?"
     " AND ordinal = ? AND delivery_id > ? ORDER BY delivery_id LIMIT ?",
     BY_BYTES,
     false,
     {{"eventId", UUID}, {"type", TEXT}, {"at", TIME}, {"body", JSON}}},
    {"refusedImportRows",
     "SELECT row_no, job_id, job_id, row_no, reason FROM import_error WHERE project_id = ?"
     " AND email = ? AND row_no >= ? AND (row_no > ? OR job_id > ?) ORDER BY row_no, job_id"
     " LIMIT ?",
     BY_BOTH,
     true,
     {{"jobId", UUID}, {"row", NUMBER}, {"reason", TEXT}}},
    {"events",
     "SELECT e.at_ms, e.uuid, e.uuid, n.name, e.at_ms, e.created_ms, e.email_id, e.data"
     " FROM event e FORCE INDEX (contact) STRAIGHT_JOIN event_name n"
     " ON n.project_id = e.project_id AND n.name_id = e.name_id WHERE e.project_id = ?"
     " AND e.ordinal = ? AND e.at_ms >= ? AND (e.at_ms > ? OR e.uuid > ?)"
     " ORDER BY e.at_ms, e.uuid LIMIT ?",
     BY_BOTH,
     false,
     {{"id", UUID},
      {"name", TEXT},
      {"timestamp", TIME},
      {"createdAt", TIME},
      {"emailId", TEXT},
      {"data", JSON}}},
};

/* ---- reading ------------------------------------------------------------------------------- */

static unsigned params_of(const struct source *source, const struct person_walk *walk,
                          struct db_param params[6])
{
    struct db_param bytes = DB_BYTES(walk->bytes, walk->bytes_len);
    unsigned count = 0;
    params[count++] = DB_I64(walk->project_id);
    params[count++] =
        source->by_email ? DB_STR(walk->contact->email) : DB_I64(walk->contact->ordinal);
    if (source->by != BY_BYTES) {
        params[count++] = DB_I64(walk->number);
    }
    if (source->by == BY_BOTH) {
        params[count++] = DB_I64(walk->number);
    }
    if (source->by != BY_NUMBER) {
        params[count++] = bytes;
    }
    params[count++] = DB_I64(ROWS_AT_ONCE);
    return count;
}

static void keep_keys(struct person_walk *walk, const struct db_rows *rows)
{
    struct str bytes = db_bytes(rows, 1);
    walk->number = db_i64(rows, 0);
    walk->bytes_len = bytes.len < PERSON_KEY_BYTES ? bytes.len : PERSON_KEY_BYTES;
    if (walk->bytes_len > 0) {
        memcpy(walk->bytes, bytes.at, walk->bytes_len);
    }
}

/* ---- printing ------------------------------------------------------------------------------ */

static void write_uuid(struct jsonwrite *w, const struct db_rows *rows, unsigned column)
{
    struct uuid uuid = sqlvalue_uuid(rows, column);
    char text[37];
    uuid_format(&uuid, text);
    jsonwrite_c(w, text);
}

static void write_value(struct jsonwrite *w, const struct db_rows *rows, unsigned column,
                        enum column_type type)
{
    if (db_is_null(rows, column)) {
        jsonwrite_null(w);
        return;
    }
    switch (type) {
    case TEXT:
        jsonwrite_str(w, db_bytes(rows, column));
        break;
    case NUMBER:
        jsonwrite_i64(w, db_i64(rows, column));
        break;
    case TIME:
        jsonwrite_time(w, db_i64(rows, column));
        break;
    case UUID:
        write_uuid(w, rows, column);
        break;
    case JSON:
        jsonwrite_raw(w, db_bytes(rows, column));
        break;
    }
}

static void write_row(struct jsonwrite *w, const struct source *source, const struct db_rows *rows)
{
    jsonwrite_object(w);
    for (unsigned i = 0; i < COLUMNS_MAX && source->columns[i].name != NULL; i++) {
        jsonwrite_name(w, source->columns[i].name);
        write_value(w, rows, i + 2, source->columns[i].type);
    }
    jsonwrite_object_end(w);
}

/* Some rows of the table at hand. Returns how many, or an err. */
static int write_rows(struct db *db, struct person_walk *walk, struct jsonwrite *w,
                      struct err_info *info)
{
    const struct source *source = &sources[walk->source];
    AUTO(db_rows) rows = NULL;
    struct db_param params[6];
    unsigned count = params_of(source, walk, params);
    int written = 0;
    int more = db_query(db, source->sql, params, count, false, &rows, info);
    if (more < 0) {
        return more;
    }
    while ((more = db_next(rows, info)) > 0) {
        write_row(w, source, rows);
        keep_keys(walk, rows);
        written++;
    }
    return more < 0 ? more : written;
}

int person_write(struct db *db, struct person_walk *walk, struct jsonwrite *w,
                 struct err_info *info)
{
    if (walk->source == ARRAY_LEN(sources)) {
        return 0;
    }
    if (!walk->begun) {
        walk->begun = true;
        walk->number = INT64_MIN;
        walk->bytes_len = 0;
        jsonwrite_name(w, sources[walk->source].name);
        jsonwrite_list(w);
    }
    int written = write_rows(db, walk, w, info);
    if (written < 0) {
        return written;
    }
    if (written < ROWS_AT_ONCE) {
        jsonwrite_list_end(w);
        walk->begun = false;
        walk->source++;
    }
    return walk->source < ARRAY_LEN(sources);
}
