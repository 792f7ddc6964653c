#include "store/deliverylist.h"

#include <stdlib.h>

#include "store/sqllist.h"
#include "store/sqlvalue.h"

#define DELIVERYLIST_COLUMNS                                                                       \
    "delivery_id, event_id, type, state, attempts, due_ms, created_ms, updated_ms"

const char *deliverylist_state_word(enum delivery_state state)
{
    switch (state) {
    case DELIVERY_PENDING:
        return "pending";
    case DELIVERY_FAILED:
        return "failed";
    case DELIVERY_DELIVERED:
        return "delivered";
    case DELIVERY_DEAD:
        return "dead";
    }
    return "pending";
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void deliverylist_from_row(struct arena *arena, const struct db_rows *rows,
                                  struct deliverylist_item *ret)
{
    *ret = (struct deliverylist_item){.delivery_id = sqlvalue_uuid(rows, 0),
                                      .event_id = sqlvalue_uuid(rows, 1),
                                      .type = sqlvalue_text(arena, rows, 2),
                                      .state = (enum delivery_state)db_i64(rows, 3),
                                      .attempt_count = (uint32_t)db_i64(rows, 4),
                                      .due_ms = db_is_null(rows, 5) ? DELIVERYLIST_NEVER
                                                                    : db_i64(rows, 5),
                                      .created_ms = db_i64(rows, 6),
                                      .updated_ms = db_i64(rows, 7)};
}

/* One page under way. */
struct deliverylist_page {
    struct arena *arena;
    const struct deliverylist_query *query;
    struct deliverylist_item *items;
    size_t count;
    bool more;
    uint64_t total;
    struct deliverylist_item *of_attempt; /* whose attempts are being read */
    size_t room;                          /* of its attempts */
};

/* ---- attempts ------------------------------------------------------------------------------ */

static struct deliverylist_item *deliverylist_find(struct deliverylist_page *page,
                                                   const struct uuid *id)
{
    for (size_t i = 0; i < page->count; i++) {
        if (uuid_eq(&page->items[i].delivery_id, id)) {
            return &page->items[i];
        }
    }
    return NULL;
}

/* Rows come delivery by delivery. */
static int deliverylist_attempt_row(const struct db_rows *rows, void *ctx)
{
    struct deliverylist_page *page = ctx;
    struct uuid id = sqlvalue_uuid(rows, 0);
    if (page->of_attempt == NULL || !uuid_eq(&page->of_attempt->delivery_id, &id)) {
        page->of_attempt = deliverylist_find(page, &id);
        page->room = 0;
    }
    struct deliverylist_item *item = page->of_attempt;
    if (item == NULL) {
        return 0;
    }
    item->attempts = arena_grow(page->arena, item->attempts, item->attempt_rows, &page->room,
                                sizeof(*item->attempts));
    item->attempts[item->attempt_rows++] =
        (struct deliverylist_attempt){.attempt_no = (uint32_t)db_i64(rows, 1),
                                      .started_ms = db_i64(rows, 2),
                                      .duration_ms = db_i64(rows, 3),
                                      .status = (unsigned)db_i64(rows, 4),
                                      .error = sqlvalue_text(page->arena, rows, 5),
                                      .reply = sqlvalue_text(page->arena, rows, 6)};
    return 0;
}

static int deliverylist_read_attempts(struct db *db, struct deliverylist_page *page,
                                      struct err_info *info)
{
    SQLLIST(sql,
            "SELECT delivery_id, attempt_no, started_ms, duration_ms, status, error, reply"
            " FROM delivery_attempt WHERE project_id = ? AND delivery_id IN (",
            "?", ") ORDER BY delivery_id, attempt_no");
    struct db_param *ids = arena_array(page->arena, page->count, sizeof(*ids));
    for (size_t i = 0; i < page->count; i++) {
        ids[i] = sqlvalue_of_uuid(&page->items[i].delivery_id);
    }
    struct sqllist list = {sql, &DB_I64(page->query->project_id), 1, ids, page->count, 1};
    return sqllist_query(db, &list, deliverylist_attempt_row, page, info);
}

/* ---- a page -------------------------------------------------------------------------------- */

#define DELIVERYLIST_SELECT                                                                        \
    "SELECT " DELIVERYLIST_COLUMNS " FROM delivery FORCE INDEX (listing)"                          \
    " WHERE project_id = ? AND webhook_id = ? AND state = ? AND delivery_id < ?"                   \
    " ORDER BY delivery_id DESC LIMIT ?"

/* Adds the newest ones of one state that come behind `after`. */
static int deliverylist_read_state(struct db *db, struct deliverylist_page *page, unsigned state,
                                   struct err_info *info)
{
    static const char sql[] = DELIVERYLIST_SELECT;
    static const struct uuid last = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    const struct deliverylist_query *query = page->query;
    const struct uuid *after = query->has_after ? &query->after : &last;
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql,
                       DB_PARAMS(DB_I64(query->project_id), DB_I64(query->webhook_id),
                                 DB_I64(state), sqlvalue_of_uuid(after), DB_U64(query->limit + 1)),
                       false, &rows, info);
    while (err >= 0 && (err = db_next(rows, info)) > 0) {
        page->items =
            arena_grow(page->arena, page->items, page->count, &page->room, sizeof(*page->items));
        deliverylist_from_row(page->arena, rows, &page->items[page->count++]);
    }
    return err;
}

static int deliverylist_compare(const void *a, const void *b)
{
    const struct deliverylist_item *left = a;
    const struct deliverylist_item *right = b;
    return memcmp(right->delivery_id.bytes, left->delivery_id.bytes,
                  sizeof(left->delivery_id.bytes));
}

static int deliverylist_count(struct db *db, struct deliverylist_page *page, struct err_info *info)
{
    static const char sql[] = "SELECT COUNT(*) FROM delivery FORCE INDEX (listing)"
                              " WHERE project_id = ? AND webhook_id = ? AND (? = 0 OR state = ?)";
    const struct deliverylist_query *query = page->query;
    AUTO(db_rows) rows = NULL;
    int err = db_one(db, sql,
                     DB_PARAMS(DB_I64(query->project_id), DB_I64(query->webhook_id),
                               DB_I64(query->state), DB_I64(query->state)),
                     &rows, info);
    if (err < 0) {
        return err;
    }
    page->total = (uint64_t)db_i64(rows, 0);
    return 0;
}

/* Without a state the page is merged out of the newest of each: one index serves both. */
static int deliverylist_read_page(struct db *db, void *ctx, struct err_info *info)
{
    struct deliverylist_page *page = ctx;
    unsigned first = page->query->state == 0 ? DELIVERY_PENDING : page->query->state;
    unsigned last = page->query->state == 0 ? DELIVERY_DEAD : page->query->state;
    int err = 0;
    page->items = NULL;
    page->count = 0;
    page->more = false;
    page->room = 0;
    page->of_attempt = NULL;
    for (unsigned state = first; err == 0 && state <= last; state++) {
        err = deliverylist_read_state(db, page, state, info);
    }
    if (err == 0 && !page->query->has_after) {
        err = deliverylist_count(db, page, info);
    }
    if (err < 0 || page->count == 0) {
        return err;
    }
    qsort(page->items, page->count, sizeof(*page->items), deliverylist_compare);
    page->more = page->count > page->query->limit;
    page->count = page->more ? page->query->limit : page->count;
    return deliverylist_read_attempts(db, page, info);
}

int deliverylist_page(struct db *db, struct arena *arena, const struct deliverylist_query *query,
                      struct deliverylist_item **ret, size_t *ret_count, bool *ret_more,
                      uint64_t *ret_total, struct err_info *info)
{
    struct deliverylist_page page = {.arena = arena, .query = query};
    int err = db_tx(db, DB_READ, deliverylist_read_page, &page, info);
    if (err == 0) {
        *ret = page.items;
        *ret_count = page.count;
        *ret_more = page.more;
        *ret_total = page.total;
    }
    return err;
}

int deliverylist_get(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                     const struct uuid *delivery_id, struct deliverylist_item *ret,
                     struct err_info *info)
{
    static const char sql[] = "SELECT " DELIVERYLIST_COLUMNS " FROM delivery WHERE project_id = ?"
                              " AND delivery_id = ? AND webhook_id = ?";
    struct deliverylist_query query = {.project_id = project_id, .webhook_id = webhook_id};
    struct deliverylist_page page = {.arena = arena, .query = &query, .items = ret, .count = 1};
    AUTO(db_rows) rows = NULL;
    int found = db_one(
        db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(delivery_id), DB_I64(webhook_id)),
        &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Delivery not found");
    }
    if (found < 0) {
        return found;
    }
    deliverylist_from_row(arena, rows, ret);
    return deliverylist_read_attempts(db, &page, info);
}

int deliverylist_body(struct db *db, struct arena *arena, uint32_t project_id, uint32_t webhook_id,
                      const struct uuid *delivery_id, struct str *ret, struct err_info *info)
{
    static const char sql[] = "SELECT body FROM delivery WHERE project_id = ? AND delivery_id = ?"
                              " AND webhook_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(
        db, sql, DB_PARAMS(DB_I64(project_id), sqlvalue_of_uuid(delivery_id), DB_I64(webhook_id)),
        &rows, info);
    if (found == 0) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Delivery not found");
    }
    if (found < 0) {
        return found;
    }
    *ret = sqlvalue_text(arena, rows, 0);
    return 0;
}
