#include "store/seggraph.h"

#include <stdlib.h>

#include "base/limits.h"
#include "store/sqlvalue.h"

/* A run of edges that leave one node. */
struct seggraph_run {
    size_t first;
    size_t count;
};

struct seggraph_node {
    uint32_t segment_id;
    struct uuid uuid;
    struct str slug;
    bool track;
    struct seggraph_run edges;  /* in seggraph.targets */
    struct seggraph_run events; /* in seggraph.event_slugs */
};

struct seggraph {
    struct seggraph_node *nodes; /* by segment_id */
    uint32_t node_count;
    uint32_t *by_slug; /* node indexes, by slug */
    uint32_t *targets; /* node indexes that filters name */
    size_t target_count;
    struct str *event_slugs; /* slugs of events that filters name */
    size_t event_count;
    uint32_t planned; /* the segment whose stored edges do not count; 0: none */
    uint32_t *seen;   /* per node: number of the walk that last met it */
    uint32_t walk;
    uint32_t *stack;
    uint32_t stack_count;
};

/* ---- loading ------------------------------------------------------------------------------- */

static int seggraph_id_order(const void *a, const void *b)
{
    uint32_t left = ((const struct seggraph_node *)a)->segment_id;
    uint32_t right = ((const struct seggraph_node *)b)->segment_id;
    return (left > right) - (left < right);
}

static struct seggraph_node *seggraph_find(const struct seggraph *graph, uint32_t segment_id)
{
    struct seggraph_node key = {.segment_id = segment_id};
    return graph->node_count == 0
               ? NULL
               : bsearch(&key, graph->nodes, graph->node_count, sizeof(key), seggraph_id_order);
}

/* Counts one more edge into the run of its node; edges come sorted by node. */
static void seggraph_extend(struct seggraph_run *run, size_t at)
{
    run->first = run->count == 0 ? at : run->first;
    run->count++;
}

static int seggraph_slug_order(const void *a, const void *b, void *ctx)
{
    const struct seggraph_node *nodes = ctx;
    return str_cmp(nodes[*(const uint32_t *)a].slug, nodes[*(const uint32_t *)b].slug);
}

static int seggraph_load_nodes(struct seggraph *graph, struct db *db, struct arena *arena,
                               uint32_t project_id, struct err_info *info)
{
    static const char sql[] = "SELECT segment_id, uuid, slug, track FROM segment"
                              " WHERE project_id = ? ORDER BY segment_id LIMIT ?";
    size_t room = 0;
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(LIMIT_SEGMENTS)), false, &rows,
                       info);
    if (err < 0) {
        return err;
    }
    while ((err = db_next(rows, info)) > 0) {
        graph->nodes =
            arena_grow(arena, graph->nodes, graph->node_count, &room, sizeof(*graph->nodes));
        struct seggraph_node *node = &graph->nodes[graph->node_count++];
        node->segment_id = (uint32_t)db_i64(rows, 0);
        node->uuid = sqlvalue_uuid(rows, 1);
        node->slug = str_copy(arena, db_bytes(rows, 2));
        node->track = db_i64(rows, 3) != 0;
    }
    uint32_t count = graph->node_count;
    graph->by_slug = arena_array(arena, count, sizeof(*graph->by_slug));
    graph->seen = arena_array(arena, count, sizeof(*graph->seen));
    graph->stack = arena_array(arena, count, sizeof(*graph->stack));
    for (uint32_t i = 0; i < count; i++) {
        graph->by_slug[i] = i;
    }
    qsort_r(graph->by_slug, count, sizeof(*graph->by_slug), seggraph_slug_order, graph->nodes);
    return err;
}

static int seggraph_too_many(struct err_info *info)
{
    return err_set(info, ERR_UNPROCESSABLE, NULL,
                   "The filters of a project can name at most %d segments, summed over all of them",
                   LIMIT_SEGMENT_REFS);
}

static int seggraph_load_edges(struct seggraph *graph, struct db *db, struct arena *arena,
                               uint32_t project_id, struct err_info *info)
{
    static const char sql[] =
        "SELECT source_id, target_id FROM segment_ref"
        " WHERE project_id = ? AND source_kind = 1 ORDER BY source_id, target_id LIMIT ?";
    size_t room = 0;
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(LIMIT_SEGMENT_REFS + 1)),
                       false, &rows, info);
    if (err < 0) {
        return err;
    }
    while ((err = db_next(rows, info)) > 0) {
        struct seggraph_node *from = seggraph_find(graph, (uint32_t)db_i64(rows, 0));
        const struct seggraph_node *to = seggraph_find(graph, (uint32_t)db_i64(rows, 1));
        if (graph->target_count == LIMIT_SEGMENT_REFS) {
            return seggraph_too_many(info);
        }
        if (from != NULL && to != NULL && from->segment_id != graph->planned) {
            size_t at = graph->target_count++;
            graph->targets = arena_grow(arena, graph->targets, at, &room, sizeof(*graph->targets));
            graph->targets[at] = (uint32_t)(to - graph->nodes);
            seggraph_extend(&from->edges, at);
        }
    }
    return err;
}

static int seggraph_load_event_edges(struct seggraph *graph, struct db *db, struct arena *arena,
                                     uint32_t project_id, struct err_info *info)
{
    static const char sql[] = "SELECT source_id, slug FROM segment_event_ref"
                              " WHERE project_id = ? ORDER BY source_id, slug LIMIT ?";
    size_t room = 0;
    AUTO(db_rows) rows = NULL;
    int err = db_query(db, sql, DB_PARAMS(DB_I64(project_id), DB_I64(LIMIT_SEGMENT_REFS + 1)),
                       false, &rows, info);
    if (err < 0) {
        return err;
    }
    while ((err = db_next(rows, info)) > 0) {
        struct seggraph_node *from = seggraph_find(graph, (uint32_t)db_i64(rows, 0));
        if (graph->event_count == LIMIT_SEGMENT_REFS) {
            return seggraph_too_many(info);
        }
        if (from != NULL && from->segment_id != graph->planned) {
            size_t at = graph->event_count++;
            graph->event_slugs =
                arena_grow(arena, graph->event_slugs, at, &room, sizeof(*graph->event_slugs));
            graph->event_slugs[at] = str_copy(arena, db_bytes(rows, 1));
            seggraph_extend(&from->events, at);
        }
    }
    return err;
}

static int seggraph_load(struct seggraph *graph, struct db *db, struct arena *arena,
                         uint32_t project_id, struct err_info *info)
{
    int err = seggraph_load_nodes(graph, db, arena, project_id, info);
    if (err == 0) {
        err = seggraph_load_edges(graph, db, arena, project_id, info);
    }
    return err < 0 ? err : seggraph_load_event_edges(graph, db, arena, project_id, info);
}

/* The node with this id; node_count when there is none. */
static uint32_t seggraph_find_uuid(const struct seggraph *graph, const struct uuid *uuid)
{
    uint32_t n = 0;
    while (n < graph->node_count && !uuid_eq(&graph->nodes[n].uuid, uuid)) {
        n++;
    }
    return n;
}

/* Adds the edges that a node would have, behind all others. */
static void seggraph_plan(struct seggraph *graph, struct arena *arena, struct seggraph_node *node,
                          const struct segref_names *names)
{
    size_t room = graph->target_count;
    for (size_t i = 0; i < names->segment_count; i++) {
        uint32_t to = seggraph_find_uuid(graph, &names->segments[i].uuid);
        if (to < graph->node_count) {
            size_t at = graph->target_count++;
            graph->targets = arena_grow(arena, graph->targets, at, &room, sizeof(*graph->targets));
            graph->targets[at] = to;
            seggraph_extend(&node->edges, at);
        }
    }
    room = graph->event_count;
    for (size_t i = 0; i < names->event_count; i++) {
        size_t at = graph->event_count++;
        graph->event_slugs =
            arena_grow(arena, graph->event_slugs, at, &room, sizeof(*graph->event_slugs));
        graph->event_slugs[at] = names->events[i].slug;
        seggraph_extend(&node->events, at);
    }
}

/* ---- walking ------------------------------------------------------------------------------- */

static void seggraph_meet(struct seggraph *graph, uint32_t node)
{
    if (graph->seen[node] != graph->walk) {
        graph->seen[node] = graph->walk;
        graph->stack[graph->stack_count++] = node;
    }
}

static void seggraph_follow(struct seggraph *graph, uint32_t from)
{
    struct seggraph_run run = graph->nodes[from].edges;
    for (size_t i = 0; i < run.count; i++) {
        seggraph_meet(graph, graph->targets[run.first + i]);
    }
}

/* Meets the segments whose entry or exit events have this slug. */
static void seggraph_follow_slug(struct seggraph *graph, uint32_t from, struct str slug)
{
    uint32_t low = 0;
    uint32_t high = graph->node_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (str_cmp(graph->nodes[graph->by_slug[middle]].slug, slug) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < graph->node_count; low++) {
        uint32_t to = graph->by_slug[low];
        if (!str_eq(graph->nodes[to].slug, slug)) {
            return;
        }
        if (graph->nodes[from].track || graph->nodes[to].track) {
            seggraph_meet(graph, to);
        }
    }
}

static void seggraph_follow_events(struct seggraph *graph, uint32_t from)
{
    struct seggraph_run run = graph->nodes[from].events;
    for (size_t i = 0; i < run.count; i++) {
        seggraph_follow_slug(graph, from, graph->event_slugs[run.first + i]);
    }
}

/* Follows everything on the stack to its end; returns how many nodes were taken off it. */
static uint32_t seggraph_walk(struct seggraph *graph, bool with_events)
{
    uint32_t count = 0;
    while (graph->stack_count > 0) {
        uint32_t node = graph->stack[--graph->stack_count];
        count++;
        seggraph_follow(graph, node);
        if (with_events) {
            seggraph_follow_events(graph, node);
        }
    }
    return count;
}

static bool seggraph_seen(const struct seggraph *graph, uint32_t node)
{
    return graph->seen[node] == graph->walk;
}

/* ---- judging ------------------------------------------------------------------------------- */

static int seggraph_circular(struct arena *arena, struct str path, struct err_info *info)
{
    const char *text = "Circular segment reference detected";
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", str_copy(arena, path).at, "%s", text);
}

/* Finds the leaf through which `self` reaches itself, which it does, and says so. */
static int seggraph_say_where(struct seggraph *graph, struct arena *arena, uint32_t self,
                              const struct segref_names *names, struct err_info *info)
{
    for (size_t i = 0; i < names->segment_count; i++) {
        uint32_t n = seggraph_find_uuid(graph, &names->segments[i].uuid);
        if (n < graph->node_count) {
            graph->walk++;
            seggraph_meet(graph, n);
            seggraph_walk(graph, true);
        }
        if (seggraph_seen(graph, self)) {
            return seggraph_circular(arena, names->segments[i].path, info);
        }
    }
    for (size_t i = 0; i < names->event_count; i++) {
        graph->walk++;
        seggraph_follow_slug(graph, self, names->events[i].slug);
        seggraph_walk(graph, true);
        if (seggraph_seen(graph, self)) {
            return seggraph_circular(arena, names->events[i].path, info);
        }
    }
    return seggraph_circular(arena, STR(""), info);
}

static int seggraph_check_cycle(struct seggraph *graph, struct arena *arena, uint32_t self,
                                const struct segref_names *names, struct err_info *info)
{
    for (size_t i = 0; i < names->segment_count; i++) {
        if (uuid_eq(&names->segments[i].uuid, &graph->nodes[self].uuid)) {
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST",
                              str_copy(arena, names->segments[i].path).at,
                              "A segment cannot reference itself");
        }
    }
    graph->walk++;
    seggraph_follow(graph, self);
    seggraph_follow_events(graph, self);
    seggraph_walk(graph, true);
    return seggraph_seen(graph, self) ? seggraph_say_where(graph, arena, self, names, info) : 0;
}

/*
 * Naming more can only hurt `self` and those above it, and of those most the ones that nobody
 * names, because whoever names a segment reaches at least what it reaches.
 */
static int seggraph_check_reach(struct seggraph *graph, struct arena *arena, uint32_t self,
                                struct err_info *info)
{
    bool *named = arena_array(arena, graph->node_count, sizeof(*named));
    for (size_t i = 0; i < graph->target_count; i++) {
        named[graph->targets[i]] = true;
    }
    for (uint32_t n = 0; n < graph->node_count; n++) {
        if (named[n]) {
            continue;
        }
        graph->walk++;
        seggraph_meet(graph, n);
        uint32_t reached = seggraph_walk(graph, false);
        if (seggraph_seen(graph, self) && reached > LIMIT_NESTED_SEGMENTS) {
            return err_set(info, ERR_INVAL, "BAD_REQUEST",
                           "A filter can reach at most %d segments through segment.<id>, itself "
                           "included; this one or one that names it would reach %u",
                           LIMIT_NESTED_SEGMENTS, (unsigned)reached);
        }
    }
    return 0;
}

static int seggraph_judge(struct seggraph *graph, struct arena *arena,
                          const struct seggraph_node *node, const struct segref_names *names,
                          struct err_info *info)
{
    uint32_t self = (uint32_t)(node - graph->nodes);
    int err = seggraph_check_cycle(graph, arena, self, names, info);
    if (err < 0 || names->segment_count == 0) {
        return err;
    }
    return seggraph_check_reach(graph, arena, self, info);
}

int seggraph_check(struct db *db, struct arena *arena, uint32_t project_id, uint32_t segment_id,
                   const struct segref_names *names, struct err_info *info)
{
    static const struct segref_names none;
    struct seggraph graph = {.walk = 0};
    int err = seggraph_load(&graph, db, arena, project_id, info);
    const struct seggraph_node *node = err < 0 ? NULL : seggraph_find(&graph, segment_id);
    return node == NULL ? err
                        : seggraph_judge(&graph, arena, node, names != NULL ? names : &none, info);
}

int seggraph_check_planned(struct db *db, struct arena *arena, uint32_t project_id,
                           uint32_t segment_id, const struct segref_names *names,
                           struct err_info *info)
{
    struct seggraph graph = {.planned = segment_id};
    if (names->segment_count == 0 && names->event_count == 0) {
        return 0; /* who names nobody closes no cycle */
    }
    int err = seggraph_load(&graph, db, arena, project_id, info);
    struct seggraph_node *node = err < 0 ? NULL : seggraph_find(&graph, segment_id);
    if (node == NULL) {
        return err;
    }
    seggraph_plan(&graph, arena, node, names);
    if (graph.target_count > LIMIT_SEGMENT_REFS || graph.event_count > LIMIT_SEGMENT_REFS) {
        return seggraph_too_many(info);
    }
    return seggraph_judge(&graph, arena, node, names, info);
}
