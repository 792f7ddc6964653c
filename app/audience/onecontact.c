#include "audience/onecontact.h"

#include <stdlib.h>

#include "audience/panel.h"
#include "column/draft.h"
#include "store/rowscan.h"

/* A data key that a text operator is used on, and whether it counts as text now. */
struct onecontact_judged {
    struct str path;
    bool mixed;
};

/* ---- the contact's values as one row ------------------------------------------------------- */

struct collecting {
    struct draft *draft;
    struct arena *scratch;
    const struct rowvalues_paths *paths;
    uint32_t index;
};

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int collect(const struct rowscan_row *row, void *ctx, struct err_info *info)
{
    struct collecting *c = ctx;
    (void)info;
    rowvalues_put(c->draft, c->index, row->part, row, c->paths, c->scratch);
    return 0;
}

/* The rows of events and sets that the program looks at. */
static int collect_parts(const struct onecontact *one, struct collecting *c, struct err_info *info)
{
    struct snapshot *s = one->snapshot;
    size_t columns = one->program->column_count, count = 0;
    uint64_t *parts = arena_array(s->arena, columns, sizeof *parts);
    for (size_t i = 0; i < columns; i++)
        parts[i] = key_part(one->program->columns[i]);
    qsort(parts, columns, sizeof *parts, compare_keys);
    for (size_t i = 0; i < columns; i++) {
        if (!count || parts[i] != parts[count - 1])
            parts[count++] = parts[i];
    }
    return rowscan_contact(s->db, s->project_id, one->contact->ordinal, parts, count, collect, c,
                           info);
}

/* Occurrences one by one: one contact's are few, so they come from the log, built or not. */
static int collect_occurrences(const struct onecontact *one, struct collecting *c,
                               struct err_info *info)
{
    const struct eventcolumns *events = names_occurrences(one->names);
    const struct snapshot *s = one->snapshot;
    uint32_t ordinal = one->contact->ordinal;
    int err = 0;
    for (size_t i = 0; !err && i < events->count; i++) {
        AUTO(eventcolumns_rows) rows = eventcolumns_rows_new(&events->events[i]);
        err = eventcolumns_read(rows, s->db, s->project_id, ordinal, ordinal, info);
        if (!err)
            eventcolumns_put(rows, c->draft, c->index, ordinal);
    }
    return err;
}

static int collect_row(struct onecontact *one, struct err_info *info)
{
    AUTO(draft) draft = draft_new();
    AUTO(arena) scratch = arena_new();
    struct arena *arena = one->snapshot->arena;
    const struct contact *contact = one->contact;
    size_t field_count;
    const struct catalog_name *fields = names_fields(one->names, &field_count);
    struct collecting c = {.draft = draft,
                           .scratch = scratch,
                           .paths = rowvalues_paths_new(arena, fields, field_count),
                           .index = draft_row(draft, contact->ordinal % KEY_CHUNK_ROWS)};
    struct rowscan_row own = {.ordinal = contact->ordinal, .present = true, .contact = *contact};
    rowvalues_put(draft, c.index, KEY_PART_CONTACT, &own, c.paths, scratch);
    int err = collect_parts(one, &c, info);
    if (!err)
        err = collect_occurrences(one, &c, info);
    return err ? err : snapshot_keep_draft(arena, draft, &one->row, info);
}

/* ---- the mixed rule ------------------------------------------------------------------------ */

static int compare_judged(const void *a, const void *b)
{
    return str_cmp(((const struct onecontact_judged *)a)->path,
                   ((const struct onecontact_judged *)b)->path);
}

bool onecontact_is_mixed(const struct onecontact *one, const struct filter *leaf)
{
    const struct onecontact_judged key = {.path = leaf->leaf.name};
    if (!one->judged_count || !predicate_is_text_operator(leaf->leaf.op))
        return false;
    const struct onecontact_judged *found =
        bsearch(&key, one->judged, one->judged_count, sizeof *one->judged, compare_judged);
    return found && found->mixed;
}

/* Any of the leaves that the rule may touch, as a filter; and those leaves. */
static const struct filter *touched_leaves(struct onecontact *one)
{
    const struct program *program = one->program;
    struct arena *arena = one->snapshot->arena;
    struct filter *any = filter_node(arena, FILTER_ANY, program->data_count, "");
    any->child_count = 0;
    one->judged = arena_array(arena, program->data_count, sizeof *one->judged);
    for (size_t i = 0; i < program->data_count; i++) {
        const struct filter *leaf = program->data_nodes[i]->source;
        if (!predicate_is_text_operator(leaf->leaf.op))
            continue;
        struct filter *copy = filter_node(arena, FILTER_LEAF, 0, leaf->path.at);
        copy->leaf = leaf->leaf;
        one->judged[any->child_count] = (struct onecontact_judged){.path = leaf->leaf.name};
        any->children[any->child_count++] = copy;
    }
    return any;
}

/* Lets a panel settle them. */
static int settle(struct onecontact *one, struct err_info *info)
{
    const struct filter *any = touched_leaves(one);
    if (!any->child_count)
        return 0;
    int err = panel_open(one->snapshot, &any, 1, one->at_ms, NULL, 0, &one->panel, info);
    if (err)
        return err;
    const struct program *program = one->panel->ones[0].program; /* its leaves in the same order */
    one->judged_count = any->child_count;
    for (size_t i = 0; i < one->judged_count && i < program->data_count; i++)
        one->judged[i].mixed = program->data_nodes[i]->mixed;
    qsort(one->judged, one->judged_count, sizeof *one->judged, compare_judged);
    return 0;
}

int onecontact_read(struct onecontact *one, struct err_info *info)
{
    int err = collect_row(one, info);
    return err ? err : settle(one, info);
}

void onecontact_done(struct onecontact *one)
{
    panel_done(one->panel);
    one->panel = NULL;
    one->judged_count = 0;
}
