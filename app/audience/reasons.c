#include "audience/reasons.h"

#include <stdlib.h>

#include "audience/audience.h"
#include "audience/panel.h"
#include "column/draft.h"
#include "store/rowscan.h"
#include "json/jsonread.h"

/* A leaf on a data key, and whether the key counts as text now. */
struct judged {
    const struct filter *leaf;
    bool mixed;
};

/* One reasons_find on its way through its transaction. */
struct explaining {
    const struct reasons_query *query;
    struct arena *arena;
    struct reasons *ret;
    struct snapshot snapshot;
    struct panel *panel; /* of the leaves that the mixed rule may touch */
    const struct filter *filter;
    struct names *names;
    struct program *program; /* of the whole filter: what it looks at */
    struct judged *judged;   /* by address of the leaf */
    size_t judged_count;
    struct forecast_node *tree;
    bool *placed; /* by name: the segment's nodes have the paths of what was written */
};

/* ---- the contact's values as one row ------------------------------------------------------- */

struct collecting {
    struct draft *draft;
    struct arena *scratch;
    const struct rowvalues_paths *paths;
    uint32_t index;
    uint64_t part;
};

static int collect(const struct rowscan_row *row, void *ctx, struct err_info *info)
{
    struct collecting *c = ctx;
    (void)info;
    rowvalues_put(c->draft, c->index, c->part, row, c->paths, c->scratch);
    return 0;
}

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The rows of events and sets that the filter looks at. */
static int collect_parts(struct explaining *e, struct collecting *c, struct err_info *info)
{
    size_t count = e->program->column_count;
    uint32_t ordinal = e->ret->contact.ordinal;
    uint64_t *parts = arena_array(e->arena, count, sizeof *parts);
    int err = 0;
    for (size_t i = 0; i < count; i++)
        parts[i] = key_part(e->program->columns[i]);
    qsort(parts, count, sizeof *parts, compare_keys);
    for (size_t i = 0; !err && i < count; i++) {
        if (parts[i] == KEY_PART_CONTACT || (i && parts[i] == parts[i - 1]))
            continue;
        c->part = parts[i];
        err = rowscan_range(e->snapshot.db, e->query->project_id, c->part, ordinal, ordinal,
                            collect, c, info);
    }
    return err;
}

/* Occurrences one by one: one contact's are few, so they come from the log, built or not. */
static int collect_occurrences(struct explaining *e, struct collecting *c, struct err_info *info)
{
    const struct eventcolumns *events = names_occurrences(e->names);
    uint32_t ordinal = e->ret->contact.ordinal;
    int err = 0;
    for (size_t i = 0; !err && i < events->count; i++) {
        AUTO(eventcolumns_rows) rows = eventcolumns_rows_new(&events->events[i]);
        err = eventcolumns_read(rows, e->snapshot.db, e->query->project_id, ordinal, ordinal, info);
        if (!err)
            eventcolumns_put(rows, c->draft, c->index, ordinal);
    }
    return err;
}

static int collect_row(struct explaining *e, struct err_info *info)
{
    AUTO(draft) draft = draft_new();
    AUTO(arena) scratch = arena_new();
    const struct contact *contact = &e->ret->contact;
    size_t field_count;
    const struct catalog_name *fields = names_fields(e->names, &field_count);
    struct collecting c = {.draft = draft,
                           .scratch = scratch,
                           .paths = rowvalues_paths_new(e->arena, fields, field_count),
                           .index = draft_row(draft, contact->ordinal % KEY_CHUNK_ROWS)};
    struct rowscan_row own = {.ordinal = contact->ordinal, .present = true, .contact = *contact};
    rowvalues_put(draft, c.index, KEY_PART_CONTACT, &own, c.paths, scratch);
    int err = collect_parts(e, &c, info);
    if (!err)
        err = collect_occurrences(e, &c, info);
    if (err)
        return err;
    struct chunk *row = arena_alloc(e->arena, sizeof *row);
    e->ret->row = row;
    return snapshot_keep_draft(e->arena, draft, row, info);
}

/* ---- the mixed rule ------------------------------------------------------------------------ */

static int compare_judged(const void *a, const void *b)
{
    const struct filter *x = ((const struct judged *)a)->leaf;
    const struct filter *y = ((const struct judged *)b)->leaf;
    return ((uintptr_t)x > (uintptr_t)y) - ((uintptr_t)x < (uintptr_t)y);
}

static bool is_mixed(void *ctx, const struct filter *leaf)
{
    const struct explaining *e = ctx;
    const struct judged key = {.leaf = leaf};
    const struct judged *found = e->judged_count ? bsearch(&key, e->judged, e->judged_count,
                                                           sizeof *e->judged, compare_judged)
                                                 : NULL;
    return found && found->mixed;
}

/* Any of the leaves that the rule may touch, as a filter; and those leaves. */
static const struct filter *touched_leaves(struct explaining *e)
{
    const struct program *program = e->program;
    struct filter *any = filter_node(e->arena, FILTER_ANY, program->data_count, "");
    any->child_count = 0;
    e->judged = arena_array(e->arena, program->data_count, sizeof *e->judged);
    for (size_t i = 0; i < program->data_count; i++) {
        const struct filter *leaf = program->data_nodes[i]->source;
        if (!predicate_is_text_operator(leaf->leaf.op))
            continue;
        struct filter *copy = filter_node(e->arena, FILTER_LEAF, 0, leaf->path.at);
        copy->leaf = leaf->leaf;
        e->judged[any->child_count] = (struct judged){.leaf = leaf};
        any->children[any->child_count++] = copy;
    }
    return any;
}

/* Lets a panel settle them. */
static int settle(struct explaining *e, struct err_info *info)
{
    const struct filter *any = touched_leaves(e);
    if (!any->child_count)
        return 0;
    int err = panel_open(&e->snapshot, &any, 1, e->ret->at_ms, NULL, 0, &e->panel, info);
    if (err)
        return err;
    const struct program *program = e->panel->ones[0].program; /* its leaves in the same order */
    e->judged_count = any->child_count;
    for (size_t i = 0; i < e->judged_count && i < program->data_count; i++)
        e->judged[i].mixed = program->data_nodes[i]->mixed;
    qsort(e->judged, e->judged_count, sizeof *e->judged, compare_judged);
    return 0;
}

/* ---- names of segments --------------------------------------------------------------------- */

struct naming {
    struct explaining *explaining;
    struct program_names lookup;
    struct str *texts; /* distinct */
    size_t count, room;
};

static void name_leaf(const struct filter *leaf, void *ctx)
{
    struct naming *n = ctx;
    if (leaf->leaf.column != FILTER_SEGMENT)
        return;
    for (size_t i = 0; i < n->count; i++) {
        if (str_eq(n->texts[i], leaf->leaf.name))
            return;
    }
    n->texts = arena_grow(n->explaining->arena, n->texts, n->count, &n->room, sizeof *n->texts);
    n->texts[n->count++] = leaf->leaf.name;
}

static int read_names(struct explaining *e, struct err_info *info)
{
    struct naming n = {.explaining = e, .lookup = names_for_program(e->names)};
    size_t count = 0;
    filter_each_leaf(e->filter, name_leaf, &n);
    for (size_t i = 0; i < n.count; i++) { /* the list grows */
        const struct program_segment *segment = n.lookup.segment(n.lookup.ctx, n.texts[i]);
        if (segment && segment->filter)
            filter_each_leaf(segment->filter, name_leaf, &n);
    }
    if (!n.count)
        return 0;
    struct uuid *uuids = arena_array(e->arena, n.count, sizeof *uuids);
    for (size_t i = 0; i < n.count; i++)
        count += uuid_parse(n.texts[i], &uuids[count]);
    e->ret->names = arena_array(e->arena, count, sizeof *e->ret->names);
    return segname_read(e->snapshot.db, e->arena, e->query->project_id, uuids, count, e->ret->names,
                        &e->ret->name_count, info);
}

/* ---- paths as the client wrote them ---------------------------------------------------------- */

/* The tree that was written, where it was in the Plunk dialect and still says what is stored. */
static const struct filter *written_as(struct arena *arena, enum segment_dialect dialect,
                                       struct str source, const struct filter *stored)
{
    const struct filter *written;
    if (dialect != SEGMENT_PLUNK || !source.at || names_load(arena, source, &written, NULL) != 0)
        return stored; /* shown as it is stored */
    return filter_equal(written, stored) ? written : stored;
}

static void put_paths(struct explaining *e, struct forecast_node *node,
                      const struct filter *written);

static void put_paths_inside(struct explaining *e, struct forecast_node *leaf)
{
    const struct segname *name = reasons_segment(e->ret, leaf);
    size_t i = name ? (size_t)(name - e->ret->names) : 0;
    if (!name || e->placed[i])
        return;
    e->placed[i] = true;
    put_paths(e, leaf->inside,
              written_as(e->arena, name->dialect, name->source, leaf->inside->filter));
}

/* Equal trees have the same shape: only the paths become others. */
static void put_paths(struct explaining *e, struct forecast_node *node,
                      const struct filter *written)
{
    node->filter = written;
    for (size_t i = 0; i < node->child_count; i++)
        put_paths(e, node->children[i], written->children[i]);
    if (node->inside)
        put_paths_inside(e, node);
}

static void put_all_paths(struct explaining *e)
{
    const struct segment *segment = &e->ret->segment;
    e->placed = arena_array(e->arena, e->ret->name_count, sizeof *e->placed);
    put_paths(e, e->tree, written_as(e->arena, segment->dialect, segment->source, e->filter));
}

/* ---- the transaction ----------------------------------------------------------------------- */

/* What the segment says, as a filter. */
static int load_filter(struct explaining *e, struct err_info *info)
{
    if (e->ret->segment.kind == SEGMENT_DYNAMIC)
        return names_load(e->arena, e->ret->segment.filter, &e->filter, info);
    struct filter *leaf = arena_alloc(e->arena, sizeof *leaf);
    *leaf = *panel_segment(e->arena, &e->ret->segment.uuid);
    leaf->path = STR("condition");
    e->filter = leaf;
    return 0;
}

static int read_subjects(struct db *db, struct explaining *e, struct err_info *info)
{
    const struct reasons_query *query = e->query;
    struct reasons *ret = e->ret;
    int err = segment_get(db, e->arena, query->project_id, &query->segment, &ret->segment, info);
    if (err)
        return err;
    err = query->email.at
              ? contact_by_email(db, e->arena, query->project_id, query->email, &ret->contact, info)
              : contact_get(db, e->arena, query->project_id, &query->contact, &ret->contact, info);
    if (!err)
        err = snapshot_open(db, e->arena, query->project_id, &e->snapshot, info);
    if (err)
        return err;
    ret->at_ms = query->at_ms == AUDIENCE_AT_NOW ? e->snapshot.now_ms : query->at_ms;
    return ret->at_ms >= e->snapshot.now_ms
               ? 0
               : err_set_at(info, ERR_INVAL, "BAD_REQUEST", "at",
                            "at must not lie in the past: the state of then is not kept");
}

static int compile(struct explaining *e, struct err_info *info)
{
    struct predicate_clock clock = {.now_ms = e->ret->at_ms};
    struct program_names lookup = names_for_program(e->names);
    return program_compile(e->arena, e->filter, &clock, &lookup, &e->program, info);
}

static int check(void *ctx, struct err_info *info)
{
    return db_check_deadline(((struct explaining *)ctx)->snapshot.db, info);
}

static int look_ahead(struct explaining *e, struct err_info *info)
{
    struct program_names lookup = names_for_program(e->names);
    struct forecast forecast = {.arena = e->arena,
                                .names = &lookup,
                                .row = e->ret->row,
                                .at_ms = e->ret->at_ms,
                                .is_mixed = is_mixed,
                                .check = check,
                                .ctx = e};
    int err = forecast_run(&forecast, e->filter, &e->tree, info);
    if (!err)
        err = read_names(e, info);
    if (err)
        return err;
    put_all_paths(e);
    e->ret->tree = e->tree;
    return 0;
}

static int body(struct db *db, void *ctx, struct err_info *info)
{
    struct explaining *e = ctx;
    panel_done(e->panel);
    e->panel = NULL;
    e->judged_count = 0;
    *e->ret = (struct reasons){0};
    int err = read_subjects(db, e, info);
    if (!err)
        err = load_filter(e, info);
    if (!err)
        err = names_resolve(db, e->arena, e->query->project_id, &e->filter, 1, &e->names, info);
    if (!err)
        err = compile(e, info);
    if (!err)
        err = collect_row(e, info);
    if (!err)
        err = settle(e, info);
    return err ? err : look_ahead(e, info);
}

int reasons_find(struct db *db, struct arena *arena, const struct reasons_query *query,
                 struct reasons *ret, struct err_info *info)
{
    struct explaining *e = arena_alloc(arena, sizeof *e);
    *e = (struct explaining){.query = query, .arena = arena, .ret = ret};
    int err = db_tx(db, DB_READ, body, e, info);
    panel_done(e->panel);
    snapshot_report_damage(&e->snapshot);
    if (!err && ret->contact.data.len)
        err = jsonread_parse(arena, ret->contact.data, &ret->data, info);
    return err;
}

const struct segname *reasons_segment(const struct reasons *reasons,
                                      const struct forecast_node *leaf)
{
    char text[37];
    for (size_t i = 0; i < reasons->name_count; i++) {
        uuid_format(&reasons->names[i].uuid, text);
        if (str_eq_c(leaf->filter->leaf.name, text))
            return &reasons->names[i];
    }
    return NULL;
}
