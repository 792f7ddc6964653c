#include "api/explain.h"

#include "api/condition.h"
#include "api/jsonparts.h"
#include "audience/datum.h"
#include "base/limits.h"
#include "filter/plunkleaf.h"

/*
 * The tree of a nested segment stands at the first leaf that names it. It is left out where the
 * answer would become too deep or too long: what the leaf itself says is complete without it.
 */
#define TREES_BYTES (8 * 1024 * 1024)

struct printer {
    const struct api_request *req;
    struct jsonwrite *w;
    const struct reasons *reasons;
    const struct forecast_node **shown; /* trees of segments */
    size_t shown_count, shown_room;
};

static void print_node(struct printer *p, const struct forecast_node *node);

static void print_flip(struct jsonwrite *w, int64_t ms)
{
    jsonwrite_name(w, "flipsAt");
    if (ms == FORECAST_NEVER) {
        jsonwrite_null(w);
    } else {
        jsonwrite_time(w, ms);
    }
}

/* Objects and lists inside one another that a node takes. */
static unsigned depth_of(const struct forecast_node *node)
{
    unsigned deepest = 0;
    for (size_t i = 0; i < node->child_count; i++) {
        unsigned depth = depth_of(node->children[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    /* A leaf: itself, and the value of a field, which can be as deep as a body. */
    return node->child_count > 0 ? 2 + deepest : 1 + LIMIT_JSON_DEPTH;
}

static bool show_tree(struct printer *p, const struct forecast_node *tree)
{
    for (size_t i = 0; i < p->shown_count; i++) {
        if (p->shown[i] == tree) {
            return false;
        }
    }
    if (p->w->depth + depth_of(tree) > JSONWRITE_DEPTH || p->w->out->len > TREES_BYTES) {
        return false;
    }
    p->shown = arena_grow(p->req->arena, p->shown, p->shown_count, &p->shown_room,
                          sizeof(const struct forecast_node *));
    p->shown[p->shown_count++] = tree;
    return true;
}

static void print_segment(struct printer *p, const struct forecast_node *leaf)
{
    const struct segname *segment = reasons_segment(p->reasons, leaf);
    if (segment != NULL) {
        jsonwrite_name(p->w, "segment");
        jsonwrite_object(p->w);
        jsonparts_id(p->w, "id", &segment->uuid);
        jsonparts_text(p->w, "name", segment->name);
        jsonwrite_name(p->w, "type");
        jsonwrite_c(p->w, segment->kind == SEGMENT_STATIC ? "STATIC" : "DYNAMIC");
        jsonwrite_object_end(p->w);
    }
    if (leaf->inside != NULL && show_tree(p, leaf->inside)) {
        jsonwrite_name(p->w, "tree");
        print_node(p, leaf->inside);
    }
}

/* What the leaf says, in the words of the Plunk dialect. */
static void print_words(struct printer *p, const struct forecast_node *leaf)
{
    struct jsonval words;
    plunkleaf_print(p->req->arena, &leaf->filter->leaf, &words);
    for (size_t i = 0; i < words.count; i++) {
        jsonwrite_name_str(p->w, words.names[i]);
        jsonwrite_value(p->w, &words.items[i]);
    }
}

static void print_leaf(struct printer *p, const struct forecast_node *leaf)
{
    struct jsonval actual;
    print_words(p, leaf);
    if (leaf->mixed) {
        jsonwrite_name(p->w, "mixed");
        jsonwrite_bool(p->w, true);
    }
    datum_of(p->reasons, p->req->arena, leaf, &actual);
    jsonwrite_name(p->w, "actual");
    jsonwrite_value(p->w, &actual);
    if (leaf->filter->leaf.column == FILTER_SEGMENT) {
        print_segment(p, leaf);
    }
}

static void print_children(struct printer *p, const struct forecast_node *node)
{
    jsonwrite_name(p->w, "children");
    jsonwrite_list(p->w);
    for (size_t i = 0; i < node->child_count; i++) {
        print_node(p, node->children[i]);
    }
    jsonwrite_list_end(p->w);
}

static const char *kind_word(const struct filter *filter)
{
    switch (filter->kind) {
    case FILTER_ALL:
        return "all";
    case FILTER_ANY:
        return "any";
    case FILTER_NOT:
        return "not";
    case FILTER_LEAF:
        break;
    }
    return filter->leaf.column == FILTER_SEGMENT ? "segment" : "leaf";
}

static void print_node(struct printer *p, const struct forecast_node *node)
{
    jsonwrite_object(p->w);
    jsonwrite_name(p->w, "kind");
    jsonwrite_c(p->w, kind_word(node->filter));
    jsonwrite_name(p->w, "path");
    jsonwrite_str(p->w, node->filter->path);
    jsonwrite_name(p->w, "result");
    jsonwrite_bool(p->w, node->result);
    print_flip(p->w, node->flips_ms);
    if (node->filter->kind == FILTER_LEAF) {
        print_leaf(p, node);
    } else {
        print_children(p, node);
    }
    jsonwrite_object_end(p->w);
}

static void explain_answer(const struct api_request *req, struct api_response *res,
                           const struct reasons *reasons)
{
    struct printer p = {.req = req, .w = &res->json, .reasons = reasons};
    api_begin(res, 200);
    jsonwrite_object(p.w);
    jsonwrite_name(p.w, "member");
    jsonwrite_bool(p.w, reasons->tree->result);
    jsonwrite_name(p.w, "at");
    jsonwrite_time(p.w, reasons->at_ms);
    jsonwrite_name(p.w, "tree");
    print_node(&p, reasons->tree);
    jsonwrite_object_end(p.w);
}

int explain_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct reasons_query query = {.project_id = req->project_id};
    struct reasons reasons;
    int err = condition_at(api_query(req, "at"), &query.at_ms, info);
    if (err < 0) {
        return err;
    }
    if (!uuid_parse(req->path_args[0], &query.segment)) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
    }
    if (!uuid_parse(req->path_args[1], &query.contact)) {
        /* The segment is looked for first, whatever follows it. */
        query.contact = (struct uuid){0};
    }
    err = reasons_find(req->db, req->arena, &query, &reasons, info);
    if (err == 0) {
        explain_answer(req, res, &reasons);
    }
    return err;
}
