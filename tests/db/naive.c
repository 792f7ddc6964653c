#include "naive.h"

#include <math.h>
#include <stdlib.h>

#include "json/jsonread.h"

/* ---- rows ---------------------------------------------------------------------------------- */

static int load_contacts(struct naive *n, struct db *db, uint32_t project_id, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db,
                        "SELECT ordinal, email, status, created_ms, updated_ms, subscribed_ms, data"
                        " FROM contact WHERE project_id = ? ORDER BY ordinal",
                        DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        n->contacts = arena_grow(n->arena, n->contacts, n->contact_count, &n->contact_room,
                                 sizeof *n->contacts);
        struct naive_contact *c = &n->contacts[n->contact_count++];
        *c = (struct naive_contact){.ordinal = (uint32_t)db_i64(rows, 0),
                                    .email = str_copy(n->arena, db_bytes(rows, 1)),
                                    .status = (int)db_i64(rows, 2),
                                    .created_ms = db_i64(rows, 3),
                                    .updated_ms = db_i64(rows, 4),
                                    .subscribed_ms =
                                        db_is_null(rows, 5) ? INT64_MIN : db_i64(rows, 5)};
        if (!db_is_null(rows, 6)) {
            int err = jsonread_parse(n->arena, db_bytes(rows, 6), &c->data, info);
            if (err)
                return err;
        }
    }
    return more;
}

static int compare_ordinals(const void *key, const void *item)
{
    uint32_t ordinal = *(const uint32_t *)key;
    const struct naive_contact *c = item;
    return ordinal < c->ordinal ? -1 : ordinal > c->ordinal;
}

static struct naive_contact *contact_of(struct naive *n, uint32_t ordinal)
{
    return n->contact_count ? bsearch(&ordinal, n->contacts, n->contact_count, sizeof *n->contacts,
                                      compare_ordinals)
                            : NULL;
}

/* An occurrence or a membership whose contact is gone is a defect of the writers. */
static int orphan(const char *what, uint32_t ordinal, struct err_info *info)
{
    return err_set(info, ERR_INTERNAL, NULL, "%s of contact %u, which does not exist", what,
                   ordinal);
}

/* Columns: ordinal, event name, at_ms, data. */
static int load_occurrences(struct naive *n, struct db *db, const char *sql, uint32_t project_id,
                            bool orphans, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, sql, DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        struct naive_contact *c = contact_of(n, (uint32_t)db_i64(rows, 0));
        if (!c && orphans)
            continue;
        if (!c)
            return orphan("event", (uint32_t)db_i64(rows, 0), info);
        c->events =
            arena_grow(n->arena, c->events, c->event_count, &c->event_room, sizeof *c->events);
        struct naive_occurrence *o = &c->events[c->event_count++];
        *o = (struct naive_occurrence){.name = str_copy(n->arena, db_bytes(rows, 1)),
                                       .at_ms = db_i64(rows, 2)};
        int err =
            db_is_null(rows, 3) ? 0 : jsonread_parse(n->arena, db_bytes(rows, 3), &o->data, info);
        if (err)
            return err;
    }
    return more;
}

static int load_events(struct naive *n, struct db *db, uint32_t project_id, struct err_info *info)
{
    int err = load_occurrences(
        n, db,
        "SELECT e.ordinal, n.name, e.at_ms, e.data FROM event e"
        " JOIN event_name n ON n.project_id = e.project_id AND n.name_id = e.name_id"
        " WHERE e.project_id = ? AND e.ordinal IS NOT NULL",
        project_id, false, info);
    /* Entries and exits stay when the contact is gone. */
    return err ? err
               : load_occurrences(
                     n, db,
                     "SELECT t.ordinal, n.name, t.at_ms, NULL FROM transition t"
                     " JOIN event_name n ON n.project_id = t.project_id AND n.name_id = t.name_id"
                     " WHERE t.project_id = ?",
                     project_id, true, info);
}

static int load_members(struct naive *n, struct db *db, uint32_t project_id, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db, "SELECT ordinal, set_id FROM member WHERE project_id = ?",
                        DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        struct naive_contact *c = contact_of(n, (uint32_t)db_i64(rows, 0));
        if (!c)
            return orphan("membership", (uint32_t)db_i64(rows, 0), info);
        c->sets = arena_grow(n->arena, c->sets, c->set_count, &c->set_room, sizeof *c->sets);
        c->sets[c->set_count++] = (uint64_t)db_i64(rows, 1);
    }
    return more;
}

/* Tags and their kind; columns: kind, id, uuid in hexadecimal. */
static int load_sets(struct naive *n, struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char *const sql[] = {
        "SELECT 2, tag_id, LOWER(HEX(uuid)) FROM tag WHERE project_id = ?",
        "SELECT 3, list_id, LOWER(HEX(uuid)) FROM contact_list WHERE project_id = ?",
        "SELECT 4, campaign_id, LOWER(HEX(uuid)) FROM campaign WHERE project_id = ?",
        "SELECT 5, sequence_id, LOWER(HEX(uuid)) FROM sequence WHERE project_id = ?",
    };
    AUTO(db_rows) site = NULL;
    int more = db_one(db, "SELECT site_index FROM project WHERE project_id = ?",
                      DB_PARAMS(DB_U64(project_id)), &site, info);
    if (more > 0)
        n->site = (uint64_t)db_i64(site, 0);
    for (size_t i = 0; more >= 0 && i < ARRAY_LEN(sql); i++) {
        AUTO(db_rows) rows = NULL;
        more = db_query(db, sql[i], DB_PARAMS(DB_U64(project_id)), false, &rows, info);
        while (more >= 0 && (more = db_next(rows, info)) > 0) {
            const char *hex = str_copy(n->arena, db_bytes(rows, 2)).at;
            n->sets = arena_grow(n->arena, n->sets, n->set_count, &n->set_room, sizeof *n->sets);
            n->sets[n->set_count++] =
                (struct naive_set){(unsigned)db_i64(rows, 0), (uint32_t)db_i64(rows, 1),
                                   str_from(arena_printf(n->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
                                                         hex + 8, hex + 12, hex + 16, hex + 20))};
        }
    }
    return more < 0 ? more : 0;
}

static int load_segments(struct naive *n, struct db *db, uint32_t project_id, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int more = db_query(db,
                        "SELECT LOWER(HEX(uuid)), segment_id, filter FROM segment"
                        " WHERE project_id = ?",
                        DB_PARAMS(DB_U64(project_id)), false, &rows, info);
    while (more >= 0 && (more = db_next(rows, info)) > 0) {
        const char *hex = str_copy(n->arena, db_bytes(rows, 0)).at;
        n->segments = arena_grow(n->arena, n->segments, n->segment_count, &n->segment_room,
                                 sizeof *n->segments);
        struct naive_segment *s = &n->segments[n->segment_count++];
        s->uuid = str_from(arena_printf(n->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
                                        hex + 12, hex + 16, hex + 20));
        s->segment_id = (uint32_t)db_i64(rows, 1);
        s->condition = NULL;
        if (!db_is_null(rows, 2)) {
            int err = jsonread_parse(n->arena, db_bytes(rows, 2), &s->condition, info);
            if (err)
                return err;
        }
    }
    return more;
}

int naive_load(struct naive *n, struct db *db, struct arena *arena, uint32_t project_id,
               int64_t now_ms, struct err_info *info)
{
    *n = (struct naive){.arena = arena, .now_ms = now_ms};
    n->keys = arena_alloc(arena, sizeof *n->keys);
    int err = load_contacts(n, db, project_id, info);
    if (!err)
        err = load_events(n, db, project_id, info);
    if (!err)
        err = load_members(n, db, project_id, info);
    if (!err)
        err = load_segments(n, db, project_id, info);
    if (!err)
        err = load_sets(n, db, project_id, info);
    return err;
}

/* ---- data ---------------------------------------------------------------------------------- */

const struct jsonval *naive_lookup(const struct jsonval *data, struct str path)
{
    while (data && path.at) {
        struct str rest;
        data = jsonval_get_str(data, str_split(path, '.', &rest));
        path = rest;
    }
    return data && data->type != JSONVAL_NULL ? data : NULL;
}

/* Do the contacts hold two or more scalar types under this key now? */
static bool count_types(const struct naive *n, struct str path)
{
    bool held[JSONVAL_OBJECT + 1] = {false};
    for (size_t i = 0; i < n->contact_count; i++) {
        const struct jsonval *value = naive_lookup(n->contacts[i].data, path);
        if (value)
            held[value->type] = true;
    }
    return held[JSONVAL_STRING] + held[JSONVAL_NUMBER] + held[JSONVAL_BOOL] >= 2;
}

static bool is_mixed(const struct naive *n, struct str path)
{
    struct naive_keys *keys = n->keys;
    size_t i = 0;
    while (i < keys->count && !str_eq(keys->paths[i], path))
        i++;
    if (i == keys->count) {
        if (i == NAIVE_MAX_KEYS)
            abort(); /* the test draws from few */
        keys->paths[i] = path;
        keys->mixed[i] = count_types(n, path);
        keys->count++;
    }
    return keys->mixed[i];
}

static bool data_in(const struct naive *n, const struct naive_contact *c, struct str path,
                    const struct jsonval *leaf)
{
    bool negative;
    struct str operator= naive_operator(leaf, &negative);
    const struct jsonval *value = naive_lookup(c->data, path);
    if (str_eq_c(operator, "exists"))
        return value;
    if (str_eq_c(operator, "notExists"))
        return !value;
    return value && naive_value(n, value, leaf, is_mixed(n, path)) != negative;
}

/* ---- occurrences --------------------------------------------------------------------------- */

/* Does an occurrence fulfil all conditions on its data? */
static bool where_holds(const struct naive *n, const struct naive_occurrence *o,
                        const struct jsonval *leaf)
{
    const struct jsonval *where = jsonval_get(leaf, "where");
    for (size_t i = 0; where && i < where->count; i++) {
        const struct jsonval *one = &where->items[i];
        bool negative;
        struct str operator= naive_operator(one, &negative);
        const struct jsonval *value = naive_lookup(o->data, jsonval_get(one, "property")->string);
        bool holds = value && !str_eq_c(operator, "exists") && !str_eq_c(operator, "notExists") &&
                     naive_value(n, value, one, false) != negative;
        if (str_eq_c(operator, "exists"))
            holds = value;
        if (str_eq_c(operator, "notExists"))
            holds = !value;
        if (!holds)
            return false;
    }
    return true;
}

static bool count_in(struct str operator, double count, double n)
{
    if (str_eq_c(operator, "countAtLeast"))
        return count >= n;
    return str_eq_c(operator, "countAtMost") ? count <= n : count == n;
}

static bool event_in(const struct naive *n, const struct naive_contact *c, struct str name,
                     const struct jsonval *leaf)
{
    struct str operator= jsonval_get(leaf, "operator")->string;
    const struct jsonval *window = jsonval_get(leaf, "window");
    int64_t first = INT64_MAX, last = INT64_MIN, count = 0;
    for (size_t i = 0; i < c->event_count; i++) {
        const struct naive_occurrence *o = &c->events[i];
        if (!str_eq(o->name, name) || o->at_ms > n->now_ms || !where_holds(n, o, leaf))
            continue;
        last = o->at_ms > last ? o->at_ms : last;
        first = o->at_ms < first ? o->at_ms : first;
        count += !window || o->at_ms >= n->now_ms - naive_span(window);
    }
    bool ever = last != INT64_MIN;
    if (str_starts(operator, STR("count")))
        return count_in(operator,(double) count, jsonval_get(leaf, "value")->number);
    if (str_eq_c(operator, "triggered"))
        return ever;
    if (str_eq_c(operator, "notTriggered"))
        return !ever;
    int64_t cut = n->now_ms - naive_span(leaf);
    if (str_eq_c(operator, "triggeredWithin"))
        return ever && last >= cut;
    if (str_eq_c(operator, "notTriggeredWithin"))
        return !ever || last < cut;
    if (str_eq_c(operator, "triggeredOlderThan"))
        return ever && last < cut;
    if (str_eq_c(operator, "firstTriggeredWithin"))
        return ever && first >= cut;
    if (str_eq_c(operator, "firstTriggeredOlderThan"))
        return ever && first < cut;
    abort(); /* an operator that this judge does not know */
}

/* ---- the tree ------------------------------------------------------------------------------ */

static bool segment_in(const struct naive *n, const struct naive_contact *c, struct str uuid)
{
    for (size_t i = 0; i < n->segment_count; i++) {
        if (!str_eq(n->segments[i].uuid, uuid))
            continue;
        if (n->segments[i].condition)
            return naive_in(n, c, n->segments[i].condition);
        for (size_t s = 0; s < c->set_count; s++) {
            if (c->sets[s] == (UINT64_C(1) << 40 | n->segments[i].segment_id))
                return true;
        }
        return false;
    }
    abort(); /* the test drew a segment that is not there */
}

/* In a tag or its kind, by its public number or its UUID? */
static bool set_in(const struct naive *n, const struct naive_contact *c, unsigned kind,
                   struct str name)
{
    for (size_t i = 0; i < n->set_count; i++) {
        const struct naive_set *set = &n->sets[i];
        uint64_t public = n->site << 32 | set->id;
        bool named = str_eq(set->uuid, name) ||
                     str_eq_c(name, arena_printf(n->arena, "%llu", (unsigned long long)public));
        for (size_t s = 0; set->kind == kind && named && s < c->set_count; s++) {
            if (c->sets[s] == ((uint64_t)kind << 40 | set->id))
                return true;
        }
    }
    return false;
}

static bool status_in(const struct naive_contact *c, const struct jsonval *leaf)
{
    static const char *const words[] = {"", "subscribed", "unsubscribed", "bounced", "complained"};
    bool negative, found = false;
    (void)naive_operator(leaf, &negative);
    const struct jsonval *value = jsonval_get(leaf, "value");
    if (value->type == JSONVAL_STRING)
        return str_eq_c(value->string, words[c->status]) != negative;
    for (size_t i = 0; i < value->count; i++)
        found |= str_eq_c(value->items[i].string, words[c->status]);
    return found != negative;
}

static bool leaf_in(const struct naive *n, const struct naive_contact *c,
                    const struct jsonval *leaf)
{
    struct str field = jsonval_get(leaf, "field")->string, rest;
    bool negative;
    struct str operator= naive_operator(leaf, &negative);
    struct str family = str_split(field, '.', &rest);
    if (str_eq_c(family, "data"))
        return data_in(n, c, rest, leaf);
    if (str_eq_c(family, "event"))
        return event_in(n, c, rest, leaf);
    static const char *const kinds[] = {"tag", "list", "campaign", "sequence"};
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        if (str_eq_c(family, kinds[i]))
            return set_in(n, c, i + 2, rest) == str_eq_c(operator, "has");
    }
    if (str_eq_c(family, "segment"))
        return segment_in(n, c, rest) == str_eq_c(operator, "memberOfSegment");
    if (str_eq_c(field, "email"))
        return naive_email(c->email, leaf) != negative;
    if (str_eq_c(field, "subscribed"))
        return ((c->status == 1) == jsonval_get(leaf, "value")->boolean) != negative;
    if (str_eq_c(field, "status"))
        return status_in(c, leaf);
    if (str_eq_c(field, "createdAt"))
        return naive_instant(n, c->created_ms, leaf);
    if (str_eq_c(field, "updatedAt"))
        return naive_instant(n, c->updated_ms, leaf);
    return naive_instant(n, c->subscribed_ms, leaf);
}

static bool group_in(const struct naive *n, const struct naive_contact *c,
                     const struct jsonval *group)
{
    const struct jsonval *filters = jsonval_get(group, "filters"),
                         *nested = jsonval_get(group, "conditions"),
                         *is_not = jsonval_get(group, "not");
    bool in = true;
    for (size_t i = 0; filters && i < filters->count; i++)
        in = in && leaf_in(n, c, &filters->items[i]);
    in = in && (!nested || naive_in(n, c, nested));
    return in != (is_not && is_not->boolean);
}

bool naive_in(const struct naive *n, const struct naive_contact *c, const struct jsonval *condition)
{
    const struct jsonval *groups = jsonval_get(condition, "groups");
    bool all = str_eq_c(jsonval_get(condition, "logic")->string, "AND");
    for (size_t i = 0; i < groups->count; i++) {
        if (group_in(n, c, &groups->items[i]) != all)
            return !all;
    }
    return all;
}
