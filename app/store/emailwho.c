#include "store/emailwho.h"

#include <stdlib.h>

#include "store/member.h"
#include "store/sqllist.h"
#include "store/sqlvalue.h"

struct search {
    struct arena *arena;
    const struct emailwrite_batch *batch;
    uint32_t *ordinals; /* of batch->items; MEMBER_NO_CONTACT */
};

static int compare_str(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The distinct addresses of the items, ascending. Returns how many. */
static size_t list_addresses(const struct search *search, struct str *emails)
{
    size_t count = 0;
    size_t kept = 0;
    for (size_t i = 0; i < search->batch->count; i++) {
        const struct emailwrite_item *item = &search->batch->items[i];
        if (item->problem_err == 0 && item->email.at != NULL) {
            emails[count++] = item->email;
        }
    }
    qsort(emails, count, sizeof *emails, compare_str);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || !str_eq(emails[kept - 1], emails[i])) {
            emails[kept++] = emails[i];
        }
    }
    return kept;
}

static int find_by_address(struct db *db, const struct search *search, struct err_info *info)
{
    const struct emailwrite_batch *batch = search->batch;
    struct str *emails = arena_array(search->arena, batch->count, sizeof *emails);
    uint32_t *found = arena_array(search->arena, batch->count, sizeof *found);
    size_t count = list_addresses(search, emails);
    int err = member_resolve(db, search->arena, batch->project_id, emails, count, found, info);
    for (size_t i = 0; err == 0 && i < batch->count; i++) {
        const struct str *at = NULL;
        if (batch->items[i].problem_err == 0 && batch->items[i].email.at != NULL) {
            at = bsearch(&batch->items[i].email, emails, count, sizeof *emails, compare_str);
        }
        if (at != NULL) {
            search->ordinals[i] = found[at - emails];
        }
    }
    return err;
}

static int id_row(const struct db_rows *rows, void *ctx)
{
    const struct search *search = ctx;
    struct uuid uuid = sqlvalue_uuid(rows, 0);
    for (size_t i = 0; i < search->batch->count; i++) {
        const struct emailwrite_item *item = &search->batch->items[i];
        if (item->problem_err == 0 && item->email.at == NULL && uuid_eq(&item->contact, &uuid)) {
            search->ordinals[i] = (uint32_t)db_i64(rows, 1);
        }
    }
    return 0;
}

static int find_by_id(struct db *db, struct search *search, struct err_info *info)
{
    SQLLIST(sql,
            "SELECT uuid, ordinal FROM contact FORCE INDEX (uuid)"
            " WHERE project_id = ? AND uuid IN (",
            "?", ")");
    const struct emailwrite_batch *batch = search->batch;
    struct db_param *keys = arena_array(search->arena, batch->count, sizeof *keys);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].problem_err == 0 && batch->items[i].email.at == NULL) {
            keys[count++] = sqlvalue_of_uuid(&batch->items[i].contact);
        }
    }
    struct sqllist list = {sql, &DB_I64(batch->project_id), 1, keys, count, 1};
    return sqllist_query(db, &list, id_row, search, info);
}

static int compare_ordinal(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int lock_rows(struct db *db, const struct search *search, struct contactplan *plan,
                     struct err_info *info)
{
    size_t count = 0;
    size_t kept = 0;
    uint32_t *ordinals = arena_array(search->arena, search->batch->count, sizeof *ordinals);
    for (size_t i = 0; i < search->batch->count; i++) {
        if (search->ordinals[i] != MEMBER_NO_CONTACT) {
            ordinals[count++] = search->ordinals[i];
        }
    }
    qsort(ordinals, count, sizeof *ordinals, compare_ordinal);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || ordinals[kept - 1] != ordinals[i]) {
            ordinals[kept++] = ordinals[i];
        }
    }
    struct contact *contacts = arena_array(search->arena, kept, sizeof *contacts);
    int err = contact_lock_ordinals(db, search->arena, search->batch->project_id, ordinals, kept,
                                    contacts, &count, info);
    if (err < 0) {
        return err;
    }
    plan->rows = arena_array(search->arena, count, sizeof *plan->rows);
    plan->row_count = count;
    for (size_t i = 0; i < count; i++) {
        plan->rows[i] = (struct contactplan_row){
            .contact = contacts[i], .before = contacts[i], .stored = true, .present = true};
    }
    return 0;
}

static int compare_to_row(const void *key, const void *row)
{
    uint32_t ordinal = *(const uint32_t *)key;
    uint32_t other = ((const struct contactplan_row *)row)->contact.ordinal;
    return (ordinal > other) - (ordinal < other);
}

/* Whoever has the item's address now that the row is locked. */
static struct contactplan_row *row_of(const struct search *search, const struct contactplan *plan,
                                      size_t i)
{
    struct str email = search->batch->items[i].email;
    if (search->ordinals[i] == MEMBER_NO_CONTACT || plan->row_count == 0) {
        return NULL;
    }
    struct contactplan_row *row = bsearch(&search->ordinals[i], plan->rows, plan->row_count,
                                          sizeof *plan->rows, compare_to_row);
    bool is_other = row != NULL && email.at != NULL && search->batch->items[i].message == NULL &&
                    !str_eq(email, row->contact.email);
    return is_other ? NULL : row;
}

int emailwho_lock(struct db *db, struct arena *arena, const struct emailwrite_batch *batch,
                  struct contactplan *plan, struct contactplan_row **ret_rows,
                  struct err_info *info)
{
    struct search search = {.arena = arena, .batch = batch};
    search.ordinals = arena_array(arena, batch->count, sizeof *search.ordinals);
    for (size_t i = 0; i < batch->count; i++) {
        search.ordinals[i] = MEMBER_NO_CONTACT;
    }
    int err = find_by_address(db, &search, info);
    if (err == 0) {
        err = find_by_id(db, &search, info);
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->items[i].message != NULL) {
            search.ordinals[i] = batch->items[i].message->ordinal;
        }
    }
    if (err == 0) {
        err = lock_rows(db, &search, plan, info);
    }
    for (size_t i = 0; err == 0 && i < batch->count; i++) {
        ret_rows[i] = row_of(&search, plan, i);
    }
    return err;
}
