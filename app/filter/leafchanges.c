#include "filter/leafchanges.h"

/* The leaves of one filter, and which of them have their like in the other. */
struct leafchanges_side {
    const struct filter **leaves;
    bool *matched;
    size_t count;
    size_t room;
    struct arena *arena;
};

static void leafchanges_take(const struct filter *leaf, void *ctx)
{
    struct leafchanges_side *side = ctx;
    side->leaves =
        arena_grow(side->arena, side->leaves, side->count, &side->room, sizeof(*side->leaves));
    side->leaves[side->count++] = leaf;
}

static struct leafchanges_side leafchanges_side(struct arena *arena, const struct filter *filter)
{
    struct leafchanges_side side = {.arena = arena};
    if (filter != NULL) {
        filter_each_leaf(filter, leafchanges_take, &side);
    }
    side.matched = arena_array(arena, side.count, sizeof(*side.matched));
    return side;
}

/* Edits leave most leaves in their order: the like of one stands behind that of the one before. */
static void leafchanges_match(struct leafchanges_side *old, struct leafchanges_side *new)
{
    size_t next = 0;
    for (size_t i = 0; i < new->count; i++) {
        for (size_t step = 0; step < old->count && !new->matched[i]; step++) {
            size_t k = (next + step) % old->count;
            if (!old->matched[k] && filter_equal(old->leaves[k], new->leaves[i])) {
                old->matched[k] = new->matched[i] = true;
                next = k + 1;
            }
        }
    }
}

/* Those without their like, in place of all. */
static size_t leafchanges_rest(struct leafchanges_side *side)
{
    size_t count = 0;
    for (size_t i = 0; i < side->count; i++) {
        if (!side->matched[i]) {
            side->leaves[count++] = side->leaves[i];
        }
    }
    return count;
}

void leafchanges_between(struct arena *arena, const struct filter *from, const struct filter *to,
                         struct leafchanges *ret)
{
    struct leafchanges_side old = leafchanges_side(arena, from);
    struct leafchanges_side new = leafchanges_side(arena, to);
    leafchanges_match(&old, &new);
    *ret = (struct leafchanges){.added_count = leafchanges_rest(&new),
                                .removed_count = leafchanges_rest(&old)};
    ret->added = new.leaves;
    ret->removed = old.leaves;
}
