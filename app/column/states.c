#include "column/states.h"

#include "base/timeutil.h"
#include "column/bounds.h"
#include "column/chunk.h"
#include "column/occurrence.h"
#include "column/predicate.h"
#include "filter/fieldname.h"
#include "filter/fold.h"
#include "json/jsonwrite.h"

#define STATES_MAX 8192

enum state_kind {
    STATE_ABSENT, /* no value, no occurrence, no member */
    STATE_OBJECT,
    STATE_BOOL,
    STATE_NUMBER,
    STATE_TEXT,       /* one that leaves name */
    STATE_OTHER_TEXT, /* none of those, and no date: what stands behind `text` up to the next */
    STATE_OTHER_DATE, /* none of those, and a date from `ms` up to the next */
    STATE_LIST,
    STATE_OTHER_LIST,
    STATE_STATUS,
    STATE_INSTANT,
    STATE_EVENT,
    STATE_MEMBER
};

struct state {
    enum state_kind kind;
    bool mixed; /* the key counts as text */
    bool boolean;
    struct str text, folded;
    int64_t ms;
    double number;
    unsigned status; /* 1 subscribed … 4 complained */
    uint64_t count, count_high;
    int64_t first, last;
};

/* A leaf without its negation. */
struct test {
    struct filter_leaf leaf;
    struct predicate predicate;
    struct occurrence_test occurrence;
    bool complement; /* of the occurrence test */
    bool is_void;
    uint8_t *truths; /* by state */
};

struct states {
    struct arena *arena;
    const struct filter_leaf *const *leaves;
    int64_t now_ms;
    bool occurrence;
    size_t *test_of;
    struct test *tests;
    size_t test_count;
    struct state *items;
    size_t count, room;
    bool too_many;
    bool clocked;
};

/* ---- tests --------------------------------------------------------------------------------- */

static bool same_test(const struct filter_leaf *a, const struct filter_leaf *b)
{
    struct filter x = {.kind = FILTER_LEAF, .leaf = *a};
    struct filter y = {.kind = FILTER_LEAF, .leaf = *b};
    return filter_equal(&x, &y);
}

static size_t add_test(struct states *s, const struct filter_leaf *leaf, bool is_void)
{
    const struct predicate_clock clock = {.now_ms = s->now_ms};
    struct filter_leaf positive = *leaf;
    if (leaf->op != FILTER_IS_EMPTY) /* notEmpty is a predicate of its own */
        positive.negated = false;
    for (size_t i = 0; i < s->test_count; i++) {
        if (same_test(&s->tests[i].leaf, &positive))
            return i;
    }
    struct test *test = &s->tests[s->test_count];
    test->leaf = positive;
    test->is_void = is_void;
    if (leaf->op != FILTER_MEMBER)
        predicate_init(&test->predicate, s->arena, &test->leaf, &clock);
    if (leaf->column == FILTER_EVENT)
        occurrence_init(&test->occurrence, s->arena, &test->leaf, &clock, &test->complement);
    return s->test_count++;
}

/* ---- states -------------------------------------------------------------------------------- */

static struct state *add_state(struct states *s, enum state_kind kind, bool mixed)
{
    static struct state spare;
    if (s->count == STATES_MAX) {
        s->too_many = true;
        return &spare;
    }
    s->items = arena_grow(s->arena, s->items, s->count, &s->room, sizeof *s->items);
    struct state *state = &s->items[s->count++];
    *state = (struct state){.kind = kind, .mixed = mixed, .ms = CHUNK_NO_INSTANT};
    return state;
}

static bool is_ordering(enum filter_op op)
{
    return op == FILTER_GREATER || op == FILTER_GREATER_EQ || op == FILTER_LESS ||
           op == FILTER_LESS_EQ || op == FILTER_BETWEEN;
}

static bool orders_texts(const struct filter_leaf *leaf)
{
    return is_ordering(leaf->op) && leaf->values[0].type == FILTER_VALUE_STRING;
}

/* The text that comes next in order; no operand holds a NUL. */
static struct str text_behind(struct arena *arena, struct str text)
{
    return (struct str){arena_copy(arena, text.at, text.len), text.len + 1};
}

static void add_text_states(struct states *s, const struct bounds *b, bool mixed)
{
    bool ordered = false, dated = b->time_count > 1;
    for (size_t i = 0; i < s->test_count; i++) {
        ordered |= orders_texts(&s->tests[i].leaf);
        dated |= s->tests[i].predicate.anniversary;
    }
    for (size_t i = 0; i < b->text_count; i++) {
        struct state *state = add_state(s, STATE_TEXT, mixed);
        state->text = b->texts[i];
        state->folded = fold_text(s->arena, b->texts[i]);
        if (timeutil_parse(b->texts[i], &state->ms) < TIMEUTIL_DAY)
            state->ms = CHUNK_NO_INSTANT;
        if (!ordered && i + 1 < b->text_count)
            continue;
        state = add_state(s, STATE_OTHER_TEXT, mixed);
        state->text = state->folded = text_behind(s->arena, b->texts[i]);
    }
    for (size_t i = 0; dated && i < b->time_count; i++) {
        struct state *state = add_state(s, STATE_OTHER_DATE, mixed);
        state->text = state->folded = text_behind(s->arena, b->texts[b->text_count - 1]);
        state->ms = b->times[i];
    }
}

static void add_list_states(struct states *s)
{
    add_state(s, STATE_LIST, false)->text = STR("[]");
    add_state(s, STATE_OTHER_LIST, false)->text = STR("[null]"); /* which no operand is */
    for (size_t i = 0; i < s->test_count; i++) {
        const struct filter_leaf *leaf = &s->tests[i].leaf;
        struct buf out;
        struct jsonwrite w;
        if (!leaf->value_count || leaf->values[0].type != FILTER_VALUE_LIST)
            continue;
        buf_init(&out, SIZE_MAX / 2);
        jsonwrite_init(&w, &out);
        jsonwrite_value(&w, leaf->values[0].list);
        add_state(s, STATE_LIST, false)->text = str_copy(s->arena, buf_str(&out));
        buf_done(&out);
    }
}

static void add_data_states(struct states *s, const struct bounds *b)
{
    (void)add_state(s, STATE_ABSENT, false);
    (void)add_state(s, STATE_OBJECT, false);
    add_list_states(s);
    for (int mixed = 0; mixed <= (s->occurrence ? 0 : 1); mixed++) {
        (void)add_state(s, STATE_BOOL, mixed);
        add_state(s, STATE_BOOL, mixed)->boolean = true;
        for (size_t i = 0; i < b->number_count; i++)
            add_state(s, STATE_NUMBER, mixed)->number = b->numbers[i];
        add_text_states(s, b, mixed);
    }
}

static void add_instant_states(struct states *s, const struct bounds *b)
{
    if (s->leaves[0]->column == FILTER_SUBSCRIBED_AT)
        (void)add_state(s, STATE_ABSENT, false);
    for (size_t i = 0; i < b->time_count; i++)
        add_state(s, STATE_INSTANT, false)->ms = b->times[i];
}

static int compare_counts(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Numbers of occurrences from which on some test says something else; two is always one. */
static uint64_t *count_bounds(struct states *s, size_t *ret_count)
{
    uint64_t *counts = arena_array(s->arena, 2 * s->test_count + 2, sizeof *counts);
    size_t count = 0;
    counts[count++] = 1;
    counts[count++] = 2;
    for (size_t i = 0; i < s->test_count; i++) {
        const struct occurrence_test *test = &s->tests[i].occurrence;
        if (test->kind != OCCURRENCE_COUNT)
            continue;
        if (test->low > 1 && test->low < UINT64_MAX)
            counts[count++] = test->low;
        if (test->high < UINT64_MAX)
            counts[count++] = test->high + 1;
    }
    *ret_count = bounds_sort_unique(counts, count, sizeof *counts, compare_counts);
    return counts;
}

static void add_occurrences(struct states *s, uint64_t count, uint64_t high, const struct bounds *b)
{
    for (size_t first = 0; first < b->time_count && b->times[first] <= s->now_ms; first++) {
        for (size_t last = first; last < b->time_count && b->times[last] <= s->now_ms; last++) {
            if (high == 1 && first != last)
                break;
            struct state *state = add_state(s, STATE_EVENT, false);
            state->count = count;
            state->count_high = high;
            state->first = b->times[first];
            state->last = b->times[last];
        }
    }
}

static void add_event_states(struct states *s, const struct bounds *b)
{
    size_t count = 0;
    uint64_t *counts = count_bounds(s, &count);
    (void)add_state(s, STATE_ABSENT, false);
    for (size_t i = 0; i < count && !s->too_many; i++)
        add_occurrences(s, counts[i], i + 1 < count ? counts[i + 1] - 1 : UINT64_MAX, b);
}

static void find_bounds(struct states *s, struct bounds *ret)
{
    bounds_init(ret, s->arena);
    for (size_t i = 0; i < s->test_count; i++) {
        const struct test *test = &s->tests[i];
        bounds_add_predicate(ret, &test->predicate);
        if (test->leaf.column == FILTER_EVENT && test->occurrence.since_ms > BOUNDS_EARLIEST)
            bounds_add_time(ret, test->occurrence.since_ms);
    }
    bounds_sort(ret);
}

static void add_status_states(struct states *s)
{
    for (unsigned status = 1; status < 5; status++)
        add_state(s, STATE_STATUS, false)->status = status;
}

static void add_states(struct states *s)
{
    struct bounds b;
    enum filter_column column = s->leaves[0]->column;
    if (column == FILTER_SUBSCRIBED || column == FILTER_STATUS) {
        add_status_states(s);
        return;
    }
    if (column == FILTER_SEGMENT || fieldname_is_set(column)) {
        (void)add_state(s, STATE_ABSENT, false);
        (void)add_state(s, STATE_MEMBER, false);
        return;
    }
    find_bounds(s, &b);
    if (column == FILTER_EMAIL)
        add_text_states(s, &b, false);
    else if (column == FILTER_DATA)
        add_data_states(s, &b);
    else if (column == FILTER_EVENT)
        add_event_states(s, &b);
    else
        add_instant_states(s, &b);
}

/* ---- truth --------------------------------------------------------------------------------- */

static enum states_truth truth(bool holds)
{
    return holds ? STATES_YES : STATES_NO;
}

static enum states_truth text_truth(const struct test *test, const struct state *state)
{
    const struct predicate *p = &test->predicate;
    enum filter_op op = test->leaf.op;
    struct str needle = state->mixed ? p->mixed_needle : p->needle;
    if (state->kind != STATE_TEXT && predicate_is_text_operator(op) && needle.len)
        return STATES_OPEN; /* EQUALS and IN have no needle */
    if (state->kind == STATE_OTHER_DATE && (p->anniversary || orders_texts(&test->leaf)))
        return STATES_OPEN;
    return truth(predicate_string(p, state->text, state->folded, state->ms, state->mixed));
}

static enum states_truth number_truth(const struct test *test, const struct state *state)
{
    const struct predicate *p = &test->predicate;
    if (state->mixed && predicate_is_text_operator(test->leaf.op) && p->mixed_needle.len)
        return STATES_OPEN;
    return truth(predicate_number(p, state->number, state->mixed));
}

static enum states_truth list_truth(const struct test *test, const struct state *state)
{
    enum filter_op op = test->leaf.op;
    if (state->kind == STATE_OTHER_LIST && (op == FILTER_IN || op == FILTER_CONTAINS))
        return STATES_OPEN;
    return truth(predicate_list(&test->predicate, state->text));
}

static bool status_holds(const struct filter_leaf *leaf, unsigned status)
{
    static const char *const words[] = {"", "subscribed", "unsubscribed", "bounced", "complained"};
    if (leaf->column == FILTER_SUBSCRIBED)
        return (status == 1) == leaf->values[0].boolean;
    for (size_t i = 0; i < leaf->value_count; i++) {
        if (str_eq_c(leaf->values[i].string, words[status]))
            return true;
    }
    return false;
}

/* A test that looks at occurrences one by one, of which the state knows how many, first and last.
 * What is false of no occurrence at all is so of those that do not count. */
static enum states_truth occurrences_truth(const struct test *test, const struct state *state)
{
    const struct occurrence_test *o = &test->occurrence;
    bool reaches = state->last >= o->since_ms;
    if (o->kind == OCCURRENCE_LAST_BEFORE || o->kind == OCCURRENCE_FIRST_BEFORE)
        reaches = state->first < o->since_ms;
    bool enough = o->low < UINT64_MAX && o->low <= state->count_high;
    if (!reaches || test->is_void || (o->kind == OCCURRENCE_COUNT && !enough))
        return truth(test->complement);
    if (o->kind == OCCURRENCE_COUNT && !test->leaf.where_count && o->low == 1 &&
        o->high == UINT64_MAX)
        return truth(!test->complement);
    return STATES_OPEN;
}

static enum states_truth event_truth(const struct test *test, const struct state *state)
{
    const struct occurrence_test *o = &test->occurrence;
    enum filter_op op = test->leaf.op;
    if (occurrence_is_needed(&test->leaf))
        return occurrences_truth(test, state);
    if (op == FILTER_COUNT_AT_LEAST || op == FILTER_COUNT_AT_MOST || op == FILTER_COUNT_EQUALS)
        return truth((o->low <= state->count && state->count <= o->high) != test->complement);
    bool by_first = op == FILTER_FIRST_TRIGGERED_WITHIN || op == FILTER_FIRST_TRIGGERED_OLDER_THAN;
    return truth(predicate_instant(&test->predicate, by_first ? state->first : state->last));
}

static enum states_truth test_truth(const struct test *test, const struct state *state)
{
    switch (state->kind) {
    case STATE_ABSENT:
        return truth(test->leaf.column == FILTER_EVENT && test->complement);
    case STATE_OBJECT:
        return truth(test->leaf.op == FILTER_EXISTS);
    case STATE_BOOL:
        return truth(predicate_bool(&test->predicate, state->boolean, state->mixed));
    case STATE_NUMBER:
        return number_truth(test, state);
    case STATE_TEXT:
    case STATE_OTHER_TEXT:
    case STATE_OTHER_DATE:
        return text_truth(test, state);
    case STATE_LIST:
    case STATE_OTHER_LIST:
        return list_truth(test, state);
    case STATE_STATUS:
        return truth(status_holds(&test->leaf, state->status));
    case STATE_INSTANT:
        return test->predicate.anniversary ? STATES_OPEN
                                           : truth(predicate_instant(&test->predicate, state->ms));
    case STATE_EVENT:
        return event_truth(test, state);
    case STATE_MEMBER:
        return STATES_YES;
    }
    return STATES_OPEN;
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void find_clocked(struct states *s)
{
    bool moves = false, fixed = false;
    for (size_t i = 0; i < s->test_count; i++) {
        const struct filter_leaf *leaf = &s->tests[i].leaf;
        moves |= predicate_moves(leaf->op);
        for (size_t v = 0; v < leaf->value_count; v++)
            fixed |= leaf->values[v].type == FILTER_VALUE_DAY ||
                     leaf->values[v].type == FILTER_VALUE_INSTANT;
    }
    s->clocked = moves && fixed && s->leaves[0]->column != FILTER_EVENT;
}

struct states *states_new(struct arena *arena, const struct filter_leaf *const *leaves,
                          const bool *voids, size_t count, int64_t now_ms, bool occurrence)
{
    struct states *s = arena_alloc(arena, sizeof *s);
    *s = (struct states){
        .arena = arena, .leaves = leaves, .now_ms = now_ms, .occurrence = occurrence};
    s->test_of = arena_array(arena, count, sizeof *s->test_of);
    s->tests = arena_array(arena, count, sizeof *s->tests);
    for (size_t i = 0; i < count; i++)
        s->test_of[i] = add_test(s, leaves[i], voids[i]);
    find_clocked(s);
    add_states(s);
    if (s->too_many)
        s->count = 0;
    for (size_t t = 0; t < s->test_count; t++) {
        struct test *test = &s->tests[t];
        test->truths = arena_array(arena, s->count, 1);
        for (size_t i = 0; i < s->count; i++)
            test->truths[i] = (uint8_t)test_truth(test, &s->items[i]);
    }
    return s;
}

size_t states_count(const struct states *s)
{
    return s->count;
}

size_t states_test_count(const struct states *s)
{
    return s->test_count;
}

size_t states_test(const struct states *s, size_t leaf)
{
    return s->test_of[leaf];
}

bool states_is_open(const struct states *s, size_t test, size_t state)
{
    return s->tests[test].truths[state] == STATES_OPEN;
}

bool states_is_clocked(const struct states *s)
{
    return s->clocked;
}

/* True for operators whose negation is the plain complement, "has no value" included. */
static bool is_complemented(const struct filter_leaf *leaf)
{
    return leaf->op == FILTER_EXISTS || leaf->op == FILTER_MEMBER || leaf->column == FILTER_EVENT;
}

enum states_truth states_leaf(const struct states *s, size_t leaf, size_t state)
{
    const struct filter_leaf *given = s->leaves[leaf];
    enum states_truth found = (enum states_truth)s->tests[s->test_of[leaf]].truths[state];
    if (s->items[state].kind == STATE_ABSENT && !is_complemented(given))
        return STATES_NO;
    if (!given->negated || given->op == FILTER_IS_EMPTY || found == STATES_OPEN)
        return found;
    return found == STATES_YES ? STATES_NO : STATES_YES;
}
