#include "audience/reasons.h"

#include <stdlib.h>

#include "audience/audience.h"
#include "audience/onecontact.h"
#include "audience/panel.h"
#include "json/jsonread.h"

/* One reasons_find on its way through its transaction. */
struct explaining {
    const struct reasons_query *query;
    struct arena *arena;
    struct reasons *ret;
    struct snapshot snapshot;
    struct onecontact one;
    const struct filter *filter;
    struct names *names;
    struct program *program; /* of the whole filter: what it looks at */
    struct forecast_node *tree;
    bool *placed; /* by name: the segment's nodes have the paths of what was written */
};

static bool is_mixed(void *ctx, const struct filter *leaf)
{
    return onecontact_is_mixed(&((const struct explaining *)ctx)->one, leaf);
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

static int read_contact(struct explaining *e, struct err_info *info)
{
    e->one = (struct onecontact){.snapshot = &e->snapshot,
                                 .contact = &e->ret->contact,
                                 .names = e->names,
                                 .program = e->program,
                                 .at_ms = e->ret->at_ms};
    e->ret->row = &e->one.row;
    return onecontact_read(&e->one, info);
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
    onecontact_done(&e->one);
    *e->ret = (struct reasons){0};
    int err = read_subjects(db, e, info);
    if (!err)
        err = load_filter(e, info);
    if (!err)
        err = names_resolve(db, e->arena, e->query->project_id, &e->filter, 1, &e->names, info);
    if (!err)
        err = compile(e, info);
    if (!err)
        err = read_contact(e, info);
    return err ? err : look_ahead(e, info);
}

int reasons_find(struct db *db, struct arena *arena, const struct reasons_query *query,
                 struct reasons *ret, struct err_info *info)
{
    struct explaining *e = arena_alloc(arena, sizeof *e);
    *e = (struct explaining){.query = query, .arena = arena, .ret = ret};
    int err = db_tx(db, DB_READ, body, e, info);
    onecontact_done(&e->one);
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
