#include "audience/advice.h"

#include "audience/names.h"
#include "audience/snapshot.h"
#include "column/key.h"
#include "column/logic.h"
#include "filter/fieldname.h"
#include "filter/operators.h"
#include "filter/refusal.h"
#include "store/segslug.h"

#define HOLDS(type) (1u << (type))
#define SCALARS (HOLDS(KEY_TYPE_STRING) | HOLDS(KEY_TYPE_NUMBER) | HOLDS(KEY_TYPE_BOOL))

/* What one leaf names, by its columns. */
struct named {
    const struct filter *node;
    uint64_t keys[KEY_TYPES]; /* of a data path one for each type */
    unsigned key_count;       /* 0: nothing that anybody could have */
};

/* One advice_give on its way through its transaction. */
struct advising {
    struct arena *work;
    uint32_t project_id;
    const struct filter *filter;
    struct str slug;
    struct warnings *list;
    struct snapshot snapshot;
    struct program_names lookup;
    struct named *named;
    size_t named_count, named_room;
};

/* ---- what is named ------------------------------------------------------------------------- */

static void find_keys(const struct program_names *lookup, struct named *named)
{
    const struct filter_leaf *leaf = &named->node->leaf;
    uint64_t set_id;
    uint32_t id;
    if (leaf->column == FILTER_DATA && lookup->field(lookup->ctx, leaf->name, &id)) {
        for (unsigned t = 0; t < KEY_TYPES; t++)
            named->keys[t] = KEY_DATA(t, id);
        named->key_count = KEY_TYPES;
    } else if (leaf->column == FILTER_EVENT && lookup->event(lookup->ctx, leaf->name, &id)) {
        named->keys[0] = KEY_EVENT_COUNT(id);
        named->key_count = 1;
    } else if (fieldname_is_set(leaf->column) && lookup->set(lookup->ctx, leaf, &set_id)) {
        named->keys[0] = KEY_SET_ENTERED(set_id);
        named->key_count = 1;
    }
}

/* Events of ours are known before they happen. */
static bool is_known(struct str event)
{
    return fieldname_is_activity(event) || str_eq_c(event, "contact.subscribed") ||
           str_eq_c(event, "contact.unsubscribed");
}

static void note_leaf(const struct filter *node, void *ctx)
{
    struct advising *a = ctx;
    enum filter_column column = node->leaf.column;
    if (column != FILTER_DATA && !fieldname_is_set(column) &&
        (column != FILTER_EVENT || is_known(node->leaf.name)))
        return;
    a->named = arena_grow(a->work, a->named, a->named_count, &a->named_room, sizeof *a->named);
    struct named *named = &a->named[a->named_count++];
    *named = (struct named){.node = node};
    find_keys(&a->lookup, named);
}

static int bring(struct advising *a, const struct names *names, struct err_info *info)
{
    size_t field_count, count = 0;
    const struct catalog_name *fields = names_fields(names, &field_count);
    uint64_t *keys = arena_array(a->work, a->named_count * KEY_TYPES, sizeof *keys);
    for (size_t i = 0; i < a->named_count; i++) {
        for (unsigned k = 0; k < a->named[i].key_count; k++)
            keys[count++] = a->named[i].keys[k];
    }
    return snapshot_bring(&a->snapshot, keys, count,
                          rowvalues_paths_new(a->work, fields, field_count), info);
}

/* ---- what contacts have -------------------------------------------------------------------- */

/* Says in *ret, a bit for each, which of the leaf's columns somebody has a value in. */
static int find_held(struct advising *a, const struct named *named, unsigned *ret,
                     struct err_info *info)
{
    struct eval_column columns[KEY_TYPES];
    unsigned all = (1u << named->key_count) - 1;
    int err = 0;
    *ret = 0;
    for (uint32_t chunk = 0; !err && *ret != all && chunk < a->snapshot.chunk_count; chunk++) {
        err = snapshot_columns(&a->snapshot, named->keys, named->key_count, chunk, columns, info);
        for (unsigned k = 0; !err && k < named->key_count; k++) {
            struct bits present;
            if (*ret & HOLDS(k))
                continue;
            eval_presence(&columns[k], &present);
            *ret |= bits_none(&present) ? 0 : HOLDS(k);
        }
    }
    return err;
}

static bool has_date(const struct chunk *chunk, const struct chunk_column *column)
{
    struct chunk_strings strings;
    if (!column)
        return false;
    chunk_strings(chunk, column, &strings);
    for (uint32_t i = 0; strings.dates && i < strings.count; i++) {
        if (strings.dates[i] != CHUNK_NO_INSTANT)
            return true;
    }
    return false;
}

/* False only when no text under the path is a date; one that was overridden is not looked for. */
static int may_hold_date(struct advising *a, const struct named *named, bool *ret,
                         struct err_info *info)
{
    struct eval_column column;
    int err = 0;
    *ret = false;
    for (uint32_t chunk = 0; !err && !*ret && chunk < a->snapshot.chunk_count; chunk++) {
        err =
            snapshot_columns(&a->snapshot, &named->keys[KEY_TYPE_STRING], 1, chunk, &column, info);
        if (err)
            break;
        *ret = has_date(column.base, column.base_column);
        for (unsigned level = 0; level < column.level_count; level++)
            *ret |= has_date(column.levels[level], column.level_columns[level]);
    }
    return err;
}

/* ---- types --------------------------------------------------------------------------------- */

static unsigned type_of(const struct filter_value *value)
{
    switch (value->type) {
    case FILTER_VALUE_NUMBER:
        return HOLDS(KEY_TYPE_NUMBER);
    case FILTER_VALUE_BOOL:
        return HOLDS(KEY_TYPE_BOOL);
    case FILTER_VALUE_LIST:
        return HOLDS(KEY_TYPE_LIST);
    case FILTER_VALUE_STRING:
    case FILTER_VALUE_DAY:
    case FILTER_VALUE_INSTANT:
        break;
    }
    return HOLDS(KEY_TYPE_STRING);
}

/* The types that the (positive) operator can be true of, for a key that does not count as text. */
static unsigned types_of(const struct filter_leaf *leaf)
{
    unsigned types = 0;
    for (size_t i = 0; i < leaf->value_count; i++)
        types |= type_of(&leaf->values[i]);
    if (leaf->op == FILTER_EXISTS)
        return ~0u;
    if (leaf->op == FILTER_IN)
        return types | HOLDS(KEY_TYPE_LIST);
    if (leaf->op == FILTER_CONTAINS) /* a number is no part of a text, but an element */
        return (types & HOLDS(KEY_TYPE_STRING)) | HOLDS(KEY_TYPE_LIST);
    if (leaf->op == FILTER_IS_EMPTY)
        return HOLDS(KEY_TYPE_STRING) | HOLDS(KEY_TYPE_LIST);
    return types ? types : HOLDS(KEY_TYPE_STRING); /* windows: dates are texts */
}

/* True when it looks at dates alone. */
static bool wants_date(const struct filter_leaf *leaf)
{
    bool dated = leaf->value_count > 0;
    for (size_t i = 0; i < leaf->value_count; i++)
        dated &= leaf->values[i].type == FILTER_VALUE_DAY ||
                 leaf->values[i].type == FILTER_VALUE_INSTANT;
    return dated || leaf->op == FILTER_WITHIN || leaf->op == FILTER_OLDER_THAN ||
           leaf->op == FILTER_WITHIN_NEXT || leaf->op == FILTER_MORE_THAN_AHEAD ||
           leaf->op == FILTER_ANNIVERSARY_WITHIN_NEXT;
}

static const char *type_words(struct arena *arena, unsigned types)
{
    static const char *const words[KEY_TYPES] = {"texts", "numbers", "booleans", "lists",
                                                 "objects"};
    const char *all = "";
    for (unsigned t = 0; t < KEY_TYPES; t++) {
        if (types & HOLDS(t))
            all = arena_printf(arena, "%s%s%s", all, all[0] ? " and " : "", words[t]);
    }
    return all;
}

/* ---- telling ------------------------------------------------------------------------------- */

static void tell_mismatch(struct advising *a, const struct filter *node, const char *held,
                          const char *wanted)
{
    const struct filter_leaf *leaf = &node->leaf;
    struct str name = refusal_shown(a->work, leaf->name);
    warnings_add(a->list, WARNINGS_TYPE_MISMATCH, node->path,
                 "Contacts have %s under data." STR_FMT " now, and %s looks for %s: %s", held,
                 STR_ARG(name), operators_get(leaf->op, leaf->negated, leaf->column)->name, wanted,
                 leaf->negated && leaf->op != FILTER_IS_EMPTY ? "everybody who has a value matches"
                                                              : "nobody matches");
}

static int tell_types(struct advising *a, const struct named *named, unsigned held,
                      struct err_info *info)
{
    const struct filter_leaf *leaf = &named->node->leaf;
    unsigned types = types_of(leaf), scalars = held & SCALARS;
    bool mixed = (scalars & (scalars - 1)) != 0; /* two of them: the key counts as text */
    bool text = leaf->op == FILTER_EQUALS || leaf->op == FILTER_IN || leaf->op == FILTER_CONTAINS ||
                leaf->op == FILTER_STARTS_WITH || leaf->op == FILTER_ENDS_WITH;
    bool dates = true;
    int err = 0;
    if (mixed && text)
        return 0;
    if (!(types & held)) {
        tell_mismatch(a, named->node, type_words(a->work, held), type_words(a->work, types));
        return 0;
    }
    if (wants_date(leaf) && (types & held) == HOLDS(KEY_TYPE_STRING))
        err = may_hold_date(a, named, &dates, info);
    if (!err && !dates)
        tell_mismatch(a, named->node, "no dates", "dates");
    return err;
}

static int tell_named(struct advising *a, const struct named *named, struct err_info *info)
{
    const struct filter_leaf *leaf = &named->node->leaf;
    struct str name = refusal_shown(a->work, leaf->name);
    unsigned held;
    int err = find_held(a, named, &held, info);
    if (err)
        return err;
    if (held)
        return leaf->column == FILTER_DATA ? tell_types(a, named, held, info) : 0;
    warnings_add(a->list,
                 leaf->column == FILTER_EVENT ? WARNINGS_UNKNOWN_EVENT : WARNINGS_UNKNOWN_FIELD,
                 named->node->path, "No contact has %s" STR_FMT " now",
                 fieldname_prefix(leaf->column), STR_ARG(name));
    return 0;
}

static int tell_slug(struct db *db, struct advising *a, struct err_info *info)
{
    struct str other = {NULL, 0};
    int err = 0;
    if (a->slug.at)
        err = segslug_find(db, a->work, a->project_id, a->slug, &other, info);
    if (!err && other.at) {
        struct str shown = refusal_shown(a->work, other);
        warnings_add(a->list, WARNINGS_EQUAL_SLUG, STR("name"),
                     "The segment \"" STR_FMT "\" has the slug " STR_FMT
                     " too: entries and exits of both would have the same event names",
                     STR_ARG(shown), STR_ARG(a->slug));
    }
    return err;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static int give_body(struct db *db, void *ctx, struct err_info *info)
{
    struct advising *a = ctx;
    struct names *names;
    struct program *program;
    a->named_count = a->list->count = 0;
    int err = snapshot_open(db, a->work, a->project_id, &a->snapshot, info);
    if (!err)
        err = names_resolve(db, a->work, a->project_id, &a->filter, 1, &names, info);
    if (err)
        return err;
    const struct predicate_clock clock = {.now_ms = a->snapshot.now_ms};
    a->lookup = names_for_program(names);
    err = program_compile(a->work, a->filter, &clock, &a->lookup, &program, info);
    if (err)
        return err;
    logic_judge(a->list, a->filter, a->snapshot.now_ms);
    filter_each_leaf(a->filter, note_leaf, a);
    err = bring(a, names, info);
    for (size_t i = 0; !err && i < a->named_count; i++)
        err = tell_named(a, &a->named[i], info);
    return err ? err : tell_slug(db, a, info);
}

int advice_give(struct db *db, uint32_t project_id, const struct filter *filter, struct str slug,
                struct warnings *list, struct err_info *info)
{
    AUTO(arena) work = arena_new();
    struct advising *a = arena_alloc(work, sizeof *a);
    *a = (struct advising){
        .work = work, .project_id = project_id, .filter = filter, .slug = slug, .list = list};
    int err = db_tx(db, DB_READ, give_body, a, info);
    snapshot_report_damage(&a->snapshot);
    return err;
}
