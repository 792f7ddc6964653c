#include "store/eventname.h"

#include "base/limits.h"
#include "store/sqllist.h"
#include "store/sqlrows.h"

SQLLIST(sql_select, "SELECT name_id, name FROM event_name WHERE project_id = ? AND name IN (", "?",
        ")");
static const char sql_count[] =
    "SELECT COUNT(CASE WHEN added_by <> 2 THEN 1 END), COUNT(CASE WHEN added_by = 1 THEN 1 END)"
    " FROM event_name WHERE project_id = ?";
SQLROWS(sql_insert,
        "INSERT INTO event_name (project_id, name_id, name, added_by, first_seen_ms) VALUES ",
        "(?,?,?,?,?)", "");
static const char sql_check[] =
    "SELECT 1 FROM event_name WHERE project_id = ? AND name_id = ? AND name = ? FOR UPDATE";

static const struct dictionary eventname_dictionary = {.what = "event names",
                                                       .counter = COUNTER_EVENT_NAME,
                                                       .limit = LIMIT_EVENT_NAMES,
                                                       .public_limit = LIMIT_PUBLIC_ADDED,
                                                       .select = sql_select,
                                                       .count = sql_count,
                                                       .insert = sql_insert,
                                                       .check = sql_check};

/* Literals of /events/… routes, which would hide an event of that name. */
static const char *const route_words[] = {"contact", "names", "stats", "track", "import", "batch"};

static bool is_reserved(struct str name)
{
    const struct str segment = STR("segment.");
    const struct str entry = STR(".entry");
    const struct str leave = STR(".exit");
    if (str_eq(name, EVENTNAME_SUBSCRIBED) || str_eq(name, EVENTNAME_UNSUBSCRIBED) ||
        str_starts(name, STR("email."))) {
        return true;
    }
    return str_starts(name, segment) &&
           ((name.len >= segment.len + entry.len && str_ends(name, entry)) ||
            (name.len >= segment.len + leave.len && str_ends(name, leave)));
}

enum eventname_verdict eventname_judge(struct str name)
{
    if (name.len == 0 || name.len > LIMIT_EVENT_NAME_BYTES || str_has_control(name)) {
        return EVENTNAME_BAD;
    }
    for (size_t i = 0; i < ARRAY_LEN(route_words); i++) {
        if (str_eq_c(name, route_words[i])) {
            return EVENTNAME_BAD;
        }
    }
    return is_reserved(name) ? EVENTNAME_RESERVED : EVENTNAME_OK;
}

int eventname_register(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct str *names, size_t count, enum dictionary_by by,
                       uint32_t *ret_ids, struct err_info *info)
{
    return dictionary_register(&eventname_dictionary, db, arena, project_id, names, count, by,
                               ret_ids, info);
}

int eventname_too_many(struct str name, struct err_info *info)
{
    return dictionary_too_many(&eventname_dictionary, name, info);
}

int eventname_find(struct db *db, struct arena *arena, uint32_t project_id, const struct str *names,
                   size_t count, uint32_t *ret_ids, struct err_info *info)
{
    return dictionary_find(&eventname_dictionary, db, arena, project_id, names, count, ret_ids,
                           info);
}
