#include "audience/reach.h"

#include "audience/panel.h"
#include "column/key.h"
#include "store/segment.h"
#include "store/suppressionset.h"

#define ROWS_BETWEEN_CHECKS 1024 /* of the time that is left */

/* The filters of the panel. */
enum { REACH_AUDIENCE, REACH_SUBSCRIBED, REACH_EXCLUDED, REACH_FILTERS };

/* One reach_take on its way through its transaction. */
struct reaching {
    const struct reach_query *query;
    struct arena *work;
    struct arena *arena;
    struct snapshot snapshot;
    struct panel *panel;
    const struct suppressionset *rules; /* NULL: none, and addresses are not looked at */
    bool has_excluded;
    struct reach *reach;
};

/* ---- the filters --------------------------------------------------------------------------- */

static const struct filter *subscribed_leaf(struct arena *arena)
{
    struct filter *leaf = filter_node(arena, FILTER_LEAF, 0, "");
    leaf->leaf.column = FILTER_SUBSCRIBED;
    leaf->leaf.op = FILTER_EQUALS;
    leaf->leaf.values = arena_array(arena, 1, sizeof(*leaf->leaf.values));
    leaf->leaf.values[0] = (struct filter_value){.type = FILTER_VALUE_BOOL, .boolean = true};
    leaf->leaf.value_count = 1;
    return leaf;
}

static const struct filter *any_segment(struct arena *arena, const struct uuid *uuids, size_t count)
{
    struct filter *any = filter_node(arena, FILTER_ANY, count, "");
    for (size_t i = 0; i < count; i++) {
        any->children[i] = arena_alloc(arena, sizeof(struct filter));
        *any->children[i] = *panel_segment(arena, &uuids[i]);
    }
    return filter_unwrap(any);
}

static int open_panel(struct reaching *r, struct err_info *info)
{
    const struct reach_query *query = r->query;
    const struct filter *filters[REACH_FILTERS];
    static const uint64_t email = KEY_EMAIL;
    r->has_excluded = query->excluded_count > 0;
    filters[REACH_AUDIENCE] =
        query->segment ? panel_segment(r->work, query->segment) : query->filter;
    filters[REACH_SUBSCRIBED] =
        query->type == CAMPAIGN_TRANSACTIONAL ? NULL : subscribed_leaf(r->work);
    if (r->has_excluded)
        filters[REACH_EXCLUDED] = any_segment(r->work, query->excluded, query->excluded_count);
    size_t count = r->has_excluded ? REACH_FILTERS : REACH_EXCLUDED;
    return panel_open(&r->snapshot, filters, count, r->snapshot.now_ms + query->ahead_ms, &email,
                      r->rules ? 1 : 0, &r->panel, info);
}

/* ---- the query's own segments -------------------------------------------------------------- */

static size_t add_uuid(struct uuid *uuids, size_t count, const struct uuid *uuid)
{
    for (size_t i = 0; i < count; i++) {
        if (uuid_eq(&uuids[i], uuid))
            return count;
    }
    uuids[count] = *uuid;
    return count + 1;
}

static int check_segments(struct db *db, struct reaching *r, struct err_info *info)
{
    struct uuid uuids[REACH_EXCLUDED_MAX + 1];
    struct segment_target targets[REACH_EXCLUDED_MAX + 1];
    size_t count = 0, found = 0;
    if (r->query->segment)
        count = add_uuid(uuids, count, r->query->segment);
    for (size_t i = 0; i < r->query->excluded_count; i++)
        count = add_uuid(uuids, count, &r->query->excluded[i]);
    if (!count)
        return 0;
    int err =
        segment_resolve(db, r->work, r->query->project_id, uuids, count, targets, &found, info);
    if (!err && found < count)
        err = err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    return err;
}

static int read_version(struct db *db, struct reaching *r, struct err_info *info)
{
    struct segment segment;
    if (!r->query->segment)
        return 0;
    int err = segment_get(db, r->work, r->query->project_id, r->query->segment, &segment, info);
    if (!err)
        r->reach->segment_version = segment.version;
    return err;
}

/* ---- one chunk ----------------------------------------------------------------------------- */

/* Takes the suppressed ones among the rows `todo` of one level out of `left`; what the level lists
 * is done then, older levels say nothing of it. */
static int drop_in_level(struct reaching *r, const struct chunk *chunk,
                         const struct chunk_column *column, struct bits *todo, struct bits *left,
                         struct err_info *info)
{
    struct chunk_texts texts;
    int err = 0;
    if (column)
        chunk_texts(chunk, column, &texts);
    for (uint32_t i = 0; !err && i < chunk->rows; i++) {
        uint32_t row = chunk->ordinals ? chunk->ordinals[i] : i;
        if (i % ROWS_BETWEEN_CHECKS == 0)
            err = db_check_deadline(r->snapshot.db, info);
        if (!bits_test(todo, row))
            continue;
        bits_put(todo, row, false);
        if (column && suppressionset_matches(r->rules, chunk_text_at(&texts, i)))
            bits_put(left, row, false);
    }
    return err;
}

static int drop_suppressed(struct reaching *r, struct bits *left, struct err_info *info)
{
    const struct eval_column *email = panel_extra(r->panel, 0);
    struct bits todo;
    int err = 0;
    bits_copy(&todo, left);
    for (unsigned level = email->level_count; !err && level-- > 0;)
        err =
            drop_in_level(r, email->levels[level], email->level_columns[level], &todo, left, info);
    if (!err && email->base_column)
        err = drop_in_level(r, email->base, email->base_column, &todo, left, info);
    return err;
}

/* Counts who went since `count` was taken, and takes it anew. */
static uint64_t gone(const struct bits *left, uint64_t *count)
{
    uint64_t before = *count;
    *count = bits_count(left);
    return before - *count;
}

static int take_chunk(struct reaching *r, uint32_t chunk, struct err_info *info)
{
    struct reach *reach = r->reach;
    struct bits found[REACH_FILTERS];
    struct bits *left = &found[REACH_AUDIENCE];
    int err = panel_chunk(r->panel, chunk, found, info);
    uint64_t count = err ? 0 : bits_count(left);
    if (!count)
        return err;
    reach->matched += count;
    bits_and(left, &found[REACH_SUBSCRIBED]);
    reach->unsubscribed += gone(left, &count);
    if (r->rules && count) {
        err = drop_suppressed(r, left, info);
        reach->suppressed += gone(left, &count);
    }
    if (r->has_excluded) {
        bits_andnot(left, &found[REACH_EXCLUDED]);
        reach->excluded += gone(left, &count);
    }
    if (err || !count)
        return err;
    reach->recipients.chunks[chunk] = arena_raw(r->arena, 1, sizeof *left);
    bits_copy(reach->recipients.chunks[chunk], left);
    reach->recipients.total += count;
    return 0;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static int take_body(struct db *db, void *ctx, struct err_info *info)
{
    struct reaching *r = ctx;
    struct roster *recipients = &r->reach->recipients;
    panel_done(r->panel);
    r->panel = NULL;
    *r->reach = (struct reach){.matched = 0};
    int err = snapshot_open(db, r->work, r->query->project_id, &r->snapshot, info);
    if (!err)
        err = check_segments(db, r, info);
    if (!err)
        err = read_version(db, r, info);
    if (!err)
        err = suppressionset_read(db, r->work, r->query->project_id, &r->rules, info);
    if (!err)
        err = open_panel(r, info);
    if (err)
        return err;
    recipients->at_ms = r->snapshot.now_ms + r->query->ahead_ms;
    recipients->chunk_count = r->snapshot.chunk_count;
    recipients->chunks =
        arena_array(r->arena, recipients->chunk_count, sizeof(*recipients->chunks));
    for (uint32_t chunk = 0; !err && chunk < recipients->chunk_count; chunk++)
        err = take_chunk(r, chunk, info);
    return err;
}

int reach_take(struct db *db, struct arena *arena, const struct reach_query *query,
               struct reach *ret, struct err_info *info)
{
    AUTO(arena) work = arena_new();
    struct reaching *r = arena_alloc(work, sizeof *r);
    *r = (struct reaching){.query = query, .work = work, .arena = arena, .reach = ret};
    int err = db_tx(db, DB_READ, take_body, r, info);
    panel_done(r->panel);
    snapshot_report_damage(&r->snapshot);
    return err;
}
