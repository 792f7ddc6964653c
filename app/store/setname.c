#include "store/setname.h"

#include <string.h>

#include "base/num.h"
#include "column/key.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define KINDS 4

SQLLIST(sql_tags, "SELECT uuid, tag_id FROM tag WHERE project_id = ? AND uuid IN (", "?", ")");
SQLLIST(sql_lists, "SELECT uuid, list_id FROM contact_list WHERE project_id = ? AND uuid IN (", "?",
        ")");
SQLLIST(sql_campaigns, "SELECT uuid, campaign_id FROM campaign WHERE project_id = ? AND uuid IN (",
        "?", ")");
SQLLIST(sql_sequences, "SELECT uuid, sequence_id FROM sequence WHERE project_id = ? AND uuid IN (",
        "?", ")");
static const char *const *const sql_by_kind[KINDS] = {sql_tags, sql_lists, sql_campaigns,
                                                      sql_sequences};

static uint64_t set_of(enum setname_kind kind, uint32_t number)
{
    switch (kind) {
    case SETNAME_TAG:
        return KEY_SET_TAG(number);
    case SETNAME_LIST:
        return KEY_SET_LIST(number);
    case SETNAME_CAMPAIGN:
        return KEY_SET_CAMPAIGN(number);
    case SETNAME_SEQUENCE:
        return KEY_SET_SEQUENCE(number);
    }
    return 0;
}

/* ---- public integers ----------------------------------------------------------------------- */

static int site_index(struct db *db, uint32_t project_id, uint64_t *ret, struct err_info *info)
{
    static const char sql[] = "SELECT site_index FROM project WHERE project_id = ?";
    AUTO(db_rows) rows = NULL;
    int got = db_one(db, sql, DB_PARAMS(DB_U64(project_id)), &rows, info);
    *ret = got > 0 ? (uint64_t)db_i64(rows, 0) : UINT64_MAX;
    return got < 0 ? got : 0;
}

static int resolve_integers(struct db *db, uint32_t project_id, struct setname *names, size_t count,
                            struct err_info *info)
{
    uint64_t site = 0, id;
    bool known = false;
    for (size_t i = 0; i < count; i++) {
        if (!num_parse_u64(names[i].id, UINT64_MAX, &id))
            continue;
        int err = known ? 0 : site_index(db, project_id, &site, info);
        if (err)
            return err;
        known = true;
        if (id >> 32 == site)
            names[i].set_id = set_of(names[i].kind, (uint32_t)id);
    }
    return 0;
}

/* ---- UUIDs --------------------------------------------------------------------------------- */

struct lookup {
    enum setname_kind kind;
    struct setname *names;
    struct uuid *uuids; /* of the names; zero where the id is none */
    size_t count;
};

static int take_number(const struct db_rows *rows, void *ctx)
{
    struct lookup *lookup = ctx;
    struct uuid uuid = sqlvalue_uuid(rows, 0);
    for (size_t i = 0; i < lookup->count; i++) {
        if (lookup->names[i].kind == lookup->kind &&
            memcmp(&lookup->uuids[i], &uuid, sizeof uuid) == 0)
            lookup->names[i].set_id = set_of(lookup->kind, (uint32_t)db_i64(rows, 1));
    }
    return 0;
}

static int resolve_uuids(struct db *db, struct arena *arena, uint32_t project_id,
                         struct setname *names, size_t count, struct err_info *info)
{
    struct lookup lookup = {.names = names, .count = count};
    struct db_param *items = arena_array(arena, count, sizeof *items);
    int err = 0;
    lookup.uuids = arena_array(arena, count, sizeof *lookup.uuids);
    for (unsigned kind = 0; !err && kind < KINDS; kind++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++) {
            if (names[i].kind == kind && uuid_parse(names[i].id, &lookup.uuids[i]))
                items[found++] = sqlvalue_of_uuid(&lookup.uuids[i]);
        }
        struct sqllist list = {sql_by_kind[kind], &DB_U64(project_id), 1, items, found, 1};
        lookup.kind = (enum setname_kind)kind;
        if (found)
            err = sqllist_query(db, &list, take_number, &lookup, info);
    }
    return err;
}

/* ---- sets on their way out ----------------------------------------------------------------- */

struct dropping {
    struct setname *names;
    size_t count;
};

static int take_dropped(const struct db_rows *rows, void *ctx)
{
    struct dropping *dropping = ctx;
    for (size_t i = 0; i < dropping->count; i++) {
        if (dropping->names[i].set_id == (uint64_t)db_i64(rows, 0))
            dropping->names[i].set_id = 0;
    }
    return 0;
}

static int leave_out_dropped(struct db *db, struct arena *arena, uint32_t project_id,
                             struct setname *names, size_t count, struct err_info *info)
{
    SQLLIST(sql, "SELECT set_id FROM dropped_set WHERE project_id = ? AND set_id IN (", "?", ")");
    struct dropping dropping = {names, count};
    struct db_param *items = arena_array(arena, count, sizeof *items);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (names[i].set_id)
            items[found++] = DB_U64(names[i].set_id);
    }
    struct sqllist list = {sql, &DB_U64(project_id), 1, items, found, 1};
    return found ? sqllist_query(db, &list, take_dropped, &dropping, info) : 0;
}

int setname_resolve(struct db *db, struct arena *arena, uint32_t project_id, struct setname *names,
                    size_t count, struct err_info *info)
{
    for (size_t i = 0; i < count; i++)
        names[i].set_id = 0;
    int err = resolve_integers(db, project_id, names, count, info);
    if (!err)
        err = resolve_uuids(db, arena, project_id, names, count, info);
    return err ? err : leave_out_dropped(db, arena, project_id, names, count, info);
}
