#include "audience/audience.h"

#include <stdlib.h>
#include <string.h>

#include "audience/question.h"
#include "audience/ranking.h"
#include "column/key.h"

/* One audience_page on its way through its transaction. */
struct paging {
    const struct audience_query *query;
    struct arena *arena;
    struct audience_page *page;
    struct snapshot snapshot;
    struct question question;
    struct bits *matched; /* per chunk */
    uint32_t *counts;     /* per chunk */
    uint32_t chunk_count;
    struct ranking_item *items; /* orders by value: everybody who matched */
    size_t item_count;
    uint32_t chunk; /* the one at hand, while items are gathered */
    struct contact after;
    /* NEWEST and OLDEST: ordinals of the page. */
    uint32_t *ordinals;
    size_t ordinal_count;
};

static bool is_by_value(enum audience_order order)
{
    return order == AUDIENCE_EMAIL_ASC || order == AUDIENCE_EMAIL_DESC || order == AUDIENCE_ENTERED;
}

static bool is_descending(enum audience_order order)
{
    return order == AUDIENCE_NEWEST || order == AUDIENCE_EMAIL_DESC || order == AUDIENCE_ENTERED;
}

/* ---- evaluating ---------------------------------------------------------------------------- */

/* The column that a value order reads; 0 for none. */
static uint64_t order_column(const struct audience_query *query)
{
    if (query->order == AUDIENCE_ENTERED)
        return KEY_SET_ENTERED(query->set_id);
    return is_by_value(query->order) ? KEY_EMAIL : 0;
}

static void gather(void *ctx, uint32_t row, const struct chunk_cell *cell)
{
    struct paging *p = ctx;
    if (!bits_test(&p->matched[p->chunk], row))
        return;
    struct ranking_item *item = &p->items[p->item_count++];
    item->ordinal = p->chunk * KEY_CHUNK_ROWS + row;
    if (cell->kind == CHUNK_TEXT) {
        item->key = ranking_text_key(cell->text);
        item->text = cell->text.at;
    } else {
        item->key = (uint64_t)cell->ms ^ (UINT64_C(1) << 63); /* signed order as unsigned */
        item->text = NULL;
    }
}

static int evaluate(struct paging *p, struct err_info *info)
{
    p->chunk_count = p->snapshot.chunk_count;
    p->matched = arena_array(p->arena, p->chunk_count, sizeof *p->matched);
    p->counts = arena_array(p->arena, p->chunk_count, sizeof *p->counts);
    for (uint32_t chunk = 0; chunk < p->chunk_count; chunk++) {
        int err = question_chunk(&p->question, chunk, info);
        if (err)
            return err;
        question_answer(&p->question, &p->matched[chunk]);
        if (p->query->set_id) {
            struct bits members;
            eval_presence(question_extra(&p->question, 0), &members);
            bits_and(&p->matched[chunk], &members);
        }
        p->counts[chunk] = bits_count(&p->matched[chunk]);
        p->page->total += p->counts[chunk];
    }
    return 0;
}

static int gather_items(struct paging *p, struct err_info *info)
{
    uint64_t key = order_column(p->query);
    struct eval_column column;
    p->items = arena_raw(p->arena, p->page->total, sizeof *p->items);
    for (p->chunk = 0; p->chunk < p->chunk_count; p->chunk++) {
        if (!p->counts[p->chunk])
            continue;
        int err = snapshot_columns(&p->snapshot, &key, 1, p->chunk, &column, info);
        if (err)
            return err;
        eval_visit(&column, gather, p);
    }
    return 0;
}

/* ---- picking the page ---------------------------------------------------------------------- */

static void pick_from(struct paging *p, uint32_t chunk, uint64_t *skip, size_t want)
{
    if (p->counts[chunk] <= *skip) {
        *skip -= p->counts[chunk];
        return;
    }
    uint32_t need = (uint32_t)(want - p->ordinal_count);
    uint16_t *rows = arena_array(p->arena, need, sizeof *rows);
    uint32_t got =
        bits_rows(&p->matched[chunk], is_descending(p->query->order), (uint32_t)*skip, need, rows);
    *skip = 0;
    for (uint32_t i = 0; i < got; i++)
        p->ordinals[p->ordinal_count++] = chunk * KEY_CHUNK_ROWS + rows[i];
}

/* By ordinal: newest or oldest first. One more than asked tells whether somebody follows. */
static void pick_by_ordinal(struct paging *p)
{
    bool descending = is_descending(p->query->order);
    size_t want = p->query->limit + 1;
    uint64_t skip = p->query->offset;
    for (uint32_t n = 0; n < p->chunk_count && p->ordinal_count < want; n++)
        pick_from(p, descending ? p->chunk_count - 1 - n : n, &skip, want);
}

/* Leaves only those that stand behind the contact `after` in ordinal order. */
static void cut_by_ordinal(struct paging *p)
{
    uint32_t at_chunk = p->after.ordinal / KEY_CHUNK_ROWS,
             at_row = p->after.ordinal % KEY_CHUNK_ROWS;
    bool descending = is_descending(p->query->order);
    for (uint32_t chunk = 0; chunk < p->chunk_count; chunk++) {
        struct bits *b = &p->matched[chunk];
        if (chunk != at_chunk && (chunk > at_chunk) == descending)
            bits_clear(b);
        for (uint32_t row = 0; chunk == at_chunk && row < KEY_CHUNK_ROWS; row++) {
            if (descending ? row >= at_row : row <= at_row)
                bits_put(b, row, false);
        }
        p->counts[chunk] = bits_count(b);
    }
}

/* Leaves only the items behind the cursor's contact, which need not match itself. */
static void cut_items(struct paging *p, const struct ranking_item *after)
{
    size_t kept = 0;
    bool descending = is_descending(p->query->order);
    for (size_t i = 0; i < p->item_count; i++) {
        int order = ranking_compare(&p->items[i], after);
        if (descending ? order < 0 : order > 0)
            p->items[kept++] = p->items[i];
    }
    p->item_count = kept;
}

/* The cursor's contact as an item: its address, or the time at which it entered the set. */
static int after_item(struct paging *p, struct ranking_item *ret, struct err_info *info)
{
    ret->ordinal = p->after.ordinal;
    if (p->query->order != AUDIENCE_ENTERED) {
        ret->key = ranking_text_key(p->after.email);
        ret->text = arena_printf(p->arena, STR_FMT "\n", STR_ARG(p->after.email));
        return 0;
    }
    for (size_t i = 0; i < p->item_count; i++) {
        if (p->items[i].ordinal == p->after.ordinal) {
            *ret = p->items[i];
            return 0;
        }
    }
    return err_set(
        info, ERR_INVAL, "BAD_REQUEST",
        "The cursor's contact is no longer in the segment; start again without a cursor");
}

static int pick_by_value(struct paging *p, struct err_info *info)
{
    int err = gather_items(p, info);
    struct ranking_item after;
    if (!err && p->query->has_after) {
        err = after_item(p, &after, info);
        if (!err)
            cut_items(p, &after);
    }
    if (err)
        return err;
    size_t want = p->query->limit + 1, skip = (size_t)p->query->offset;
    ranking_select(p->items, p->item_count, is_descending(p->query->order), skip, want);
    for (size_t i = skip; i < p->item_count && p->ordinal_count < want; i++)
        p->ordinals[p->ordinal_count++] = p->items[i].ordinal;
    return 0;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static int read_page(struct db *db, struct paging *p, struct err_info *info)
{
    struct audience_page *page = p->page;
    const struct audience_query *query = p->query;
    int err = 0;
    p->ordinals = arena_array(p->arena, query->limit + 1, sizeof *p->ordinals);
    if (is_by_value(query->order))
        err = pick_by_value(p, info);
    else {
        if (query->has_after)
            cut_by_ordinal(p);
        pick_by_ordinal(p);
    }
    if (err)
        return err;
    page->has_more = p->ordinal_count > query->limit;
    if (page->has_more)
        p->ordinal_count = query->limit;
    page->contacts = arena_array(p->arena, p->ordinal_count, sizeof *page->contacts);
    return contact_by_ordinals(db, p->arena, query->project_id, p->ordinals, p->ordinal_count,
                               page->contacts, &page->count, info);
}

static int find_after(struct db *db, struct paging *p, struct err_info *info)
{
    if (!p->query->has_after)
        return 0;
    int err = contact_get(db, p->arena, p->query->project_id, &p->query->after, &p->after, info);
    return err == ERR_NOT_FOUND
               ? err_set(info, ERR_INVAL, "BAD_REQUEST",
                         "cursor names no contact of this project; start again without a cursor")
               : err;
}

static int page_body(struct db *db, void *ctx, struct err_info *info)
{
    struct paging *p = ctx;
    const struct audience_query *query = p->query;
    memset(p->page, 0, sizeof *p->page);
    p->item_count = p->ordinal_count = 0;
    question_done(&p->question);
    int err = snapshot_open(db, p->arena, query->project_id, &p->snapshot, info);
    if (err)
        return err;
    err = audience_instant(query->at_ms, p->snapshot.now_ms, &p->page->at_ms, info);
    if (err)
        return err;
    uint64_t extra[2];
    size_t extra_count = 0;
    if (query->set_id)
        extra[extra_count++] = KEY_SET_ENTERED(query->set_id);
    if (order_column(query))
        extra[extra_count++] = order_column(query);
    err = find_after(db, p, info);
    if (!err)
        err = question_init(&p->question, &p->snapshot, query->filter, p->page->at_ms, extra,
                            extra_count, info);
    if (!err)
        err = evaluate(p, info);
    if (!err && query->limit)
        err = read_page(db, p, info);
    if (query->skip_total)
        p->page->total = 0;
    return err;
}

int audience_instant(int64_t at_ms, int64_t now_ms, int64_t *ret, struct err_info *info)
{
    *ret = at_ms == AUDIENCE_AT_NOW ? now_ms : at_ms;
    return *ret >= now_ms
               ? 0
               : err_set_at(info, ERR_INVAL, "BAD_REQUEST", "at",
                            "at must not lie in the past: the state of then is not kept");
}

int audience_page(struct db *db, struct arena *arena, const struct audience_query *query,
                  struct audience_page *ret, struct err_info *info)
{
    struct paging *p = arena_alloc(arena, sizeof *p);
    *p = (struct paging){.query = query, .arena = arena, .page = ret};
    int err = db_tx(db, DB_READ, page_body, p, info);
    question_done(&p->question);
    snapshot_report_damage(&p->snapshot);
    return err;
}
