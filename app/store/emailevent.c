#include "store/emailevent.h"

#include "store/sqlvalue.h"

const char *const emailevent_words[] = {"sent",    "delivered",  "opened",       "clicked",
                                        "bounced", "complained", "unsubscribed", NULL};

struct str emailevent_name(enum emailevent_type type)
{
    switch (type) {
    case EMAILEVENT_SENT:
        return STR("email.sent");
    case EMAILEVENT_DELIVERED:
        return STR("email.delivered");
    case EMAILEVENT_OPENED:
        return STR("email.opened");
    case EMAILEVENT_CLICKED:
        return STR("email.clicked");
    case EMAILEVENT_BOUNCED:
        return STR("email.bounced");
    case EMAILEVENT_COMPLAINED:
        return STR("email.complained");
    case EMAILEVENT_UNSUBSCRIBED: /* tells itself: contact.unsubscribed */
        break;
    }
    return (struct str){NULL, 0};
}

/* The rows of the page are found in an index alone. */
#define EMAILEVENT_COLUMNS "e.number, e.type, e.email_id, c.email, e.data, e.at_ms"
#define EMAILEVENT_SELECT(index, where)                                                            \
    "SELECT " EMAILEVENT_COLUMNS " FROM (SELECT number FROM email_event FORCE INDEX (" index ")"   \
    " WHERE project_id = ?" where " ORDER BY at_ms DESC, number DESC LIMIT ? OFFSET ?) page"       \
    " JOIN email_event e ON e.project_id = ? AND e.number = page.number"                           \
    " LEFT JOIN contact c ON c.project_id = e.project_id AND c.ordinal = e.ordinal"                \
    " ORDER BY e.at_ms DESC, e.number DESC"

static int read_rows(struct db *db, struct arena *arena, const char *sql,
                     const struct db_param *params, unsigned param_count, size_t limit,
                     struct emailevent **ret, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, params, param_count, false, &rows, info);
    if (more < 0) {
        return more;
    }
    struct emailevent *events = arena_array(arena, limit, sizeof *events);
    size_t count = 0;
    while (count < limit && (more = db_next(rows, info)) > 0) {
        events[count++] = (struct emailevent){.number = (uint32_t)db_i64(rows, 0),
                                              .type = (enum emailevent_type)db_i64(rows, 1),
                                              .email_id = str_copy(arena, db_bytes(rows, 2)),
                                              .address = str_copy(arena, db_bytes(rows, 3)),
                                              .data = sqlvalue_text(arena, rows, 4),
                                              .at_ms = db_i64(rows, 5)};
    }
    if (more < 0) {
        return more;
    }
    *ret = events;
    *ret_count = count;
    return 0;
}

static int count_all(struct db *db, uint32_t project_id, enum emailevent_type type,
                     uint64_t *ret_total, struct err_info *info)
{
    static const char sql[] =
        "SELECT COUNT(*) FROM email_event FORCE INDEX (newest) WHERE project_id = ?";
    static const char sql_of_type[] =
        "SELECT COUNT(*) FROM email_event FORCE INDEX (type) WHERE project_id = ? AND type = ?";
    AUTO(db_rows) rows = NULL;
    int found = type == 0 ? db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info)
                          : db_one(db, sql_of_type, DB_PARAMS(DB_I64(project_id), DB_I64(type)),
                                   &rows, info);
    if (found < 0) {
        return found;
    }
    *ret_total = (uint64_t)db_i64(rows, 0);
    return 0;
}

int emailevent_list(struct db *db, struct arena *arena, uint32_t project_id,
                    enum emailevent_type type, uint64_t offset, size_t limit,
                    struct emailevent **ret, size_t *ret_count, uint64_t *ret_total,
                    struct err_info *info)
{
    static const char sql[] = EMAILEVENT_SELECT("newest", "");
    static const char sql_of_type[] = EMAILEVENT_SELECT("type", " AND type = ?");
    const struct db_param project = DB_I64(project_id);
    int err = count_all(db, project_id, type, ret_total, info);
    if (err < 0) {
        return err;
    }
    if (type == 0) {
        return read_rows(db, arena, sql, DB_PARAMS(project, DB_U64(limit), DB_U64(offset), project),
                         limit, ret, ret_count, info);
    }
    return read_rows(db, arena, sql_of_type,
                     DB_PARAMS(project, DB_I64(type), DB_U64(limit), DB_U64(offset), project),
                     limit, ret, ret_count, info);
}
