#include "store/suppressionset.h"

#include "base/hash.h"

/* A rule on parts of an address: how those begin and end that it can be about. */
struct part_rule {
    struct str head;
    struct str tail;
    const struct suppression *rule;
};

/* Whole addresses and domains stand in a hash table, open and at most half full; what is left is
 * asked one after the other. */
struct suppressionset {
    const struct suppression **slots;
    size_t mask; /* slots - 1; they are a power of two */
    struct part_rule *parts;
    size_t part_count;
};

static bool is_whole(enum suppression_kind kind)
{
    return kind == SUPPRESSION_ADDRESS || kind == SUPPRESSION_DOMAIN;
}

/* The slot that holds the rule, or the empty one where it would stand. */
static const struct suppression **suppressionset_slot(const struct suppressionset *set,
                                                      enum suppression_kind kind,
                                                      struct str pattern)
{
    size_t at = (size_t)hash_fast(pattern.at, pattern.len) & set->mask;
    while (set->slots[at] != NULL &&
           (set->slots[at]->kind != kind || !str_eq(set->slots[at]->pattern, pattern))) {
        at = (at + 1) & set->mask;
    }
    return &set->slots[at];
}

static struct part_rule suppressionset_part(const struct suppression *rule)
{
    struct part_rule part = {.head = STR(""), .tail = STR(""), .rule = rule};
    struct str rest;
    if (rule->kind == SUPPRESSION_PREFIX) {
        part.head = rule->pattern;
    } else if (rule->kind == SUPPRESSION_SUFFIX) {
        part.tail = rule->pattern;
    } else {
        part.head = str_split(rule->pattern, '*', &rest);
        while (rest.at != NULL) {
            part.tail = str_split(rest, '*', &rest);
        }
    }
    return part;
}

/* Most addresses are none of a rule's by how they begin or end; only the others are looked
 * through. */
static bool suppressionset_asks(const struct part_rule *part, struct str address)
{
    return address.len >= part->head.len + part->tail.len && str_starts(address, part->head) &&
           str_ends(address, part->tail) && suppression_matches(part->rule, address);
}

const struct suppressionset *suppressionset_new(struct arena *arena,
                                                const struct suppression *rules, size_t count)
{
    struct suppressionset *set = arena_alloc(arena, sizeof *set);
    size_t slots = 2;
    size_t kept = 0;
    while (slots < 2 * count) {
        slots *= 2;
    }
    set->mask = slots - 1;
    set->slots = arena_array(arena, slots, sizeof(*set->slots));
    set->parts = arena_array(arena, count, sizeof(*set->parts));
    for (size_t i = 0; i < count; i++) {
        const struct suppression *rule = &rules[i];
        if (!rule->enabled) {
            continue;
        }
        kept++;
        if (is_whole(rule->kind)) {
            *suppressionset_slot(set, rule->kind, rule->pattern) = rule;
        } else {
            set->parts[set->part_count++] = suppressionset_part(rule);
        }
    }
    return kept > 0 ? set : NULL;
}

bool suppressionset_matches(const struct suppressionset *set, struct str address)
{
    struct str domain;
    (void)str_split(address, '@', &domain);
    if (*suppressionset_slot(set, SUPPRESSION_ADDRESS, address) != NULL ||
        (domain.at != NULL && *suppressionset_slot(set, SUPPRESSION_DOMAIN, domain) != NULL)) {
        return true;
    }
    for (size_t i = 0; i < set->part_count; i++) {
        if (suppressionset_asks(&set->parts[i], address)) {
            return true;
        }
    }
    return false;
}

int suppressionset_read(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct suppressionset **ret, struct err_info *info)
{
    struct suppression *rules = NULL;
    size_t count = 0;
    int err = suppression_list(db, arena, project_id, &rules, &count, info);
    if (err == 0) {
        *ret = suppressionset_new(arena, rules, count);
    }
    return err;
}
