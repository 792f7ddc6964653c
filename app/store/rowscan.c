#include "store/rowscan.h"

#include <string.h>

#include "column/key.h"
#include "store/sqllist.h"

/* ---- columns of the result to a row -------------------------------------------------------- */

/* Column 0 is the ordinal, 1 the seq, 2 the row's own ordinal (NULL: gone), the rest by part; in
 * contact_row 0 is the id of the event or set. */
static void read_contact(const struct db_rows *rows, struct rowscan_row *row)
{
    row->contact.ordinal = row->ordinal;
    row->contact.email = db_bytes(rows, 3);
    row->contact.status = (enum contact_status)db_i64(rows, 4);
    row->contact.data = db_is_null(rows, 5) ? (struct str){0} : db_bytes(rows, 5);
    row->contact.created_ms = db_i64(rows, 6);
    row->contact.updated_ms = db_i64(rows, 7);
    row->contact.subscribed_ms = db_is_null(rows, 8) ? INT64_MIN : db_i64(rows, 8);
}

static void read_event(const struct db_rows *rows, struct rowscan_row *row)
{
    row->count = (uint32_t)db_i64(rows, 3);
    row->first_ms = db_i64(rows, 4);
    row->last_ms = db_i64(rows, 5);
}

static void read_set(const struct db_rows *rows, struct rowscan_row *row)
{
    row->entered_ms = db_i64(rows, 3);
}

typedef void read_fn(const struct db_rows *rows, struct rowscan_row *row);

static read_fn *reader_of(uint64_t part)
{
    if (part == KEY_PART_CONTACT)
        return read_contact;
    return KEY_KIND_OF(part) == 2 ? read_event : read_set;
}

static int each_row(struct db *db, const char *sql, const struct db_param *params, unsigned count,
                    read_fn *read, rowscan_fn *fn, void *ctx, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_query(db, sql, params, count, true, &rows, info);
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0) {
        struct rowscan_row row = {.ordinal = (uint32_t)db_i64(rows, 0), .seq = db_i64(rows, 1)};
        row.present = !db_is_null(rows, 2);
        if (row.present)
            read(rows, &row);
        int err = fn(&row, ctx, info);
        if (err)
            return err;
    }
    return got;
}

/* ---- marks --------------------------------------------------------------------------------- */

static const char dirty_contacts[] =
    "SELECT d.ordinal, d.seq, c.ordinal, c.email, c.status, c.data, c.created_ms, c.updated_ms,"
    " c.subscribed_ms FROM dirty d"
    " LEFT JOIN contact c ON c.project_id = d.project_id AND c.ordinal = d.ordinal"
    " WHERE d.project_id = ? AND d.part = ? AND d.ordinal >= ? ORDER BY d.ordinal LIMIT ?";

static const char dirty_events[] =
    "SELECT d.ordinal, d.seq, e.ordinal, e.count, e.first_ms, e.last_ms FROM dirty d"
    " LEFT JOIN contact_event e ON e.project_id = d.project_id AND e.name_id = ?"
    " AND e.ordinal = d.ordinal"
    " WHERE d.project_id = ? AND d.part = ? AND d.ordinal >= ? ORDER BY d.ordinal LIMIT ?";

static const char dirty_members[] =
    "SELECT d.ordinal, d.seq, m.ordinal, m.entered_ms FROM dirty d"
    " LEFT JOIN member m ON m.project_id = d.project_id AND m.set_id = ? AND m.ordinal = d.ordinal"
    " WHERE d.project_id = ? AND d.part = ? AND d.ordinal >= ? ORDER BY d.ordinal LIMIT ?";

int rowscan_dirty(struct db *db, uint32_t project_id, uint64_t part, uint32_t from, uint64_t limit,
                  rowscan_fn *fn, void *ctx, struct err_info *info)
{
    struct db_param params[] = {DB_U64(KEY_ID_OF(part)), DB_U64(project_id), DB_U64(part),
                                DB_U64(from), DB_U64(limit ? limit : UINT32_MAX)};
    if (part == KEY_PART_CONTACT)
        return each_row(db, dirty_contacts, params + 1, 4, read_contact, fn, ctx, info);
    return each_row(db, KEY_KIND_OF(part) == 2 ? dirty_events : dirty_members, params, 5,
                    reader_of(part), fn, ctx, info);
}

int rowscan_dirty_parts(struct db *db, uint32_t project_id, struct rowscan_part *ret, size_t max,
                        size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_query(db,
                       "SELECT part, COUNT(*) FROM dirty WHERE project_id = ?"
                       " GROUP BY part ORDER BY part LIMIT ?",
                       DB_PARAMS(DB_U64(project_id), DB_U64(max)), false, &rows, info);
    size_t count = 0;
    if (got)
        return got;
    while ((got = db_next(rows, info)) > 0)
        ret[count++] = (struct rowscan_part){(uint64_t)db_i64(rows, 0), (uint64_t)db_i64(rows, 1)};
    *ret_count = count;
    return got;
}

/*
 * Two lists in one statement: ordinals and seqs need not be paired in SQL, because a seq is random
 * over 63 bits: no mark of this part can have another's.
 */
int rowscan_delete_marks(struct db *db, uint32_t project_id, uint64_t part,
                         const uint32_t *ordinals, const int64_t *seqs, size_t count,
                         struct err_info *info)
{
    static const char delete_marks[] =
        "DELETE FROM dirty WHERE project_id = ? AND part = ? AND ordinal IN (" SQLLIST_256(
            "?") ") AND seq IN (" SQLLIST_256("?") ")";
    struct db_param params[2 + 512];
    params[0] = DB_U64(project_id);
    params[1] = DB_U64(part);
    for (size_t done = 0; done < count; done += 256) {
        for (size_t i = 0; i < 256; i++) {
            size_t at = done + i < count ? done + i : count - 1;
            params[2 + i] = DB_U64(ordinals[at]);
            params[258 + i] = DB_I64(seqs[at]);
        }
        int err = db_exec(db, delete_marks, params, 514, NULL, info);
        if (err)
            return err;
    }
    return 0;
}

/* ---- all rows ------------------------------------------------------------------------------ */

static const char range_contacts[] =
    "SELECT ordinal, 0, ordinal, email, status, data, created_ms, updated_ms, subscribed_ms"
    " FROM contact WHERE project_id = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal";

static const char range_events[] =
    "SELECT ordinal, 0, ordinal, count, first_ms, last_ms FROM contact_event"
    " WHERE project_id = ? AND name_id = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal";

static const char range_members[] =
    "SELECT ordinal, 0, ordinal, entered_ms FROM member"
    " WHERE project_id = ? AND set_id = ? AND ordinal BETWEEN ? AND ? ORDER BY ordinal";

int rowscan_range(struct db *db, uint32_t project_id, uint64_t part, uint32_t first, uint32_t last,
                  rowscan_fn *fn, void *ctx, struct err_info *info)
{
    if (part == KEY_PART_CONTACT)
        return each_row(db, range_contacts,
                        DB_PARAMS(DB_U64(project_id), DB_U64(first), DB_U64(last)), read_contact,
                        fn, ctx, info);
    return each_row(
        db, KEY_KIND_OF(part) == 2 ? range_events : range_members,
        DB_PARAMS(DB_U64(project_id), DB_U64(KEY_ID_OF(part)), DB_U64(first), DB_U64(last)),
        reader_of(part), fn, ctx, info);
}

/* ---- one contact --------------------------------------------------------------------------- */

/* Both go by the primary key: one look for each part. */
SQLLIST(contact_events,
        "SELECT name_id, 0, ordinal, count, first_ms, last_ms FROM contact_event"
        " WHERE project_id = ? AND ordinal = ? AND name_id IN (",
        "?", ")");
SQLLIST(contact_members,
        "SELECT set_id, 0, ordinal, entered_ms FROM member"
        " WHERE project_id = ? AND ordinal = ? AND set_id IN (",
        "?", ")");

struct one_contact {
    struct rowscan_row row; /* all that its rows share; the kind of part */
    rowscan_fn *fn;
    void *ctx;
    struct err_info *info;
};

static int contact_row(const struct db_rows *rows, void *ctx)
{
    const struct one_contact *one = ctx;
    struct rowscan_row row = one->row;
    row.part |= (uint64_t)db_i64(rows, 0);
    reader_of(row.part)(rows, &row);
    return one->fn(&row, one->ctx, one->info);
}

/* Those of the parts that are of one kind. */
static int contact_parts(struct db *db, uint32_t project_id, struct one_contact *one,
                         const uint64_t *parts, size_t count)
{
    AUTO(arena) arena = arena_new();
    bool is_event = KEY_KIND_OF(one->row.part) == KEY_KIND_OF(KEY_PART_EVENT(0));
    const struct db_param head[] = {DB_U64(project_id), DB_U64(one->row.ordinal)};
    struct db_param *ids = arena_array(arena, count, sizeof *ids);
    struct sqllist list = {is_event ? contact_events : contact_members, head, 2, ids, 0, 1};
    for (size_t i = 0; i < count; i++) {
        if (KEY_KIND_OF(parts[i]) == KEY_KIND_OF(one->row.part))
            ids[list.count++] = DB_U64(KEY_ID_OF(parts[i]));
    }
    return sqllist_query(db, &list, contact_row, one, one->info);
}

int rowscan_contact(struct db *db, uint32_t project_id, uint32_t ordinal, const uint64_t *parts,
                    size_t count, rowscan_fn *fn, void *ctx, struct err_info *info)
{
    struct one_contact one = {
        .row = {.ordinal = ordinal, .present = true, .part = KEY_PART_EVENT(0)},
        .fn = fn,
        .ctx = ctx,
        .info = info};
    int err = contact_parts(db, project_id, &one, parts, count);
    one.row.part = KEY_PART_SET(0);
    return err ? err : contact_parts(db, project_id, &one, parts, count);
}

int rowscan_end(struct db *db, uint32_t project_id, uint64_t *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int got = db_one(db,
                     "SELECT ordinal FROM contact WHERE project_id = ?"
                     " ORDER BY ordinal DESC LIMIT 1",
                     DB_PARAMS(DB_U64(project_id)), &rows, info);
    if (got < 0)
        return got;
    *ret = got ? (uint64_t)db_i64(rows, 0) + 1 : 0;
    return 0;
}

int rowscan_sets(struct db *db, struct arena *arena, uint32_t project_id, uint64_t **ret,
                 size_t *ret_count, struct err_info *info)
{
    size_t count = 0, room = 0;
    uint64_t *ids = NULL, last = 0;
    for (;;) { /* from set to set by the primary key: a GROUP BY may read every member */
        AUTO(db_rows) rows = NULL;
        int got = db_one(db,
                         "SELECT set_id FROM member WHERE project_id = ? AND set_id > ?"
                         " ORDER BY set_id LIMIT 1",
                         DB_PARAMS(DB_U64(project_id), DB_U64(last)), &rows, info);
        if (got < 0)
            return got;
        if (!got)
            break;
        ids = arena_grow(arena, ids, count, &room, sizeof *ids);
        last = ids[count++] = (uint64_t)db_i64(rows, 0);
    }
    *ret = ids;
    *ret_count = count;
    return 0;
}
