#include "column/bounds.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

void bounds_add_time(struct bounds *b, int64_t ms)
{
    b->times = arena_grow(b->arena, b->times, b->time_count, &b->time_room, sizeof *b->times);
    b->times[b->time_count++] = ms;
}

static void add_number(struct bounds *b, double number)
{
    if (!(number >= -DBL_MAX && number <= DBL_MAX))
        return;
    b->numbers =
        arena_grow(b->arena, b->numbers, b->number_count, &b->number_room, sizeof *b->numbers);
    b->numbers[b->number_count++] = number;
}

static void add_text(struct bounds *b, struct str text)
{
    b->texts = arena_grow(b->arena, b->texts, b->text_count, &b->text_room, sizeof *b->texts);
    b->texts[b->text_count++] = text;
}

static void add_texts(struct bounds *b, const struct predicate_texts *texts)
{
    double number;
    for (size_t i = 0; i < texts->count; i++) {
        add_text(b, texts->items[i]);
        if (!num_parse(texts->items[i], &number))
            continue;
        add_number(b, number); /* under the mixed rule a text can be the text of a number */
        add_number(b, nextafter(number, INFINITY));
    }
}

static void add_ranges(struct bounds *b, const struct predicate *p)
{
    for (size_t i = 0; i < p->range_count; i++) {
        if (p->ranges[i].low > BOUNDS_EARLIEST)
            bounds_add_time(b, p->ranges[i].low);
        if (p->ranges[i].high < INT64_MAX)
            bounds_add_time(b, p->ranges[i].high + 1);
    }
}

void bounds_add_predicate(struct bounds *b, const struct predicate *p)
{
    const struct filter_leaf *leaf = p->leaf;
    add_ranges(b, p);
    add_texts(b, &p->texts);
    if (!p->folds)
        add_texts(b, &p->text_forms);
    for (size_t i = 0; i < p->number_count; i++) {
        add_number(b, p->numbers[i]);
        add_number(b, nextafter(p->numbers[i], INFINITY));
    }
    if (p->number_range) {
        add_number(b, p->number_low);
        add_number(b, nextafter(p->number_high, INFINITY));
    }
    for (size_t i = 0; i < leaf->value_count && !predicate_is_text_operator(leaf->op); i++) {
        if (leaf->values[i].type == FILTER_VALUE_STRING)
            add_text(b, leaf->values[i].string);
    }
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int compare_texts(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

size_t bounds_sort_unique(void *items, size_t count, size_t size,
                          int (*compare)(const void *, const void *))
{
    char *at = items;
    size_t kept = 0;
    qsort(items, count, size, compare);
    for (size_t i = 0; i < count; i++) {
        if (kept && compare(at + (kept - 1) * size, at + i * size) == 0)
            continue;
        memmove(at + kept * size, at + i * size, size);
        kept++;
    }
    return kept;
}

void bounds_init(struct bounds *b, struct arena *arena)
{
    *b = (struct bounds){.arena = arena};
    bounds_add_time(b, BOUNDS_EARLIEST);
    add_number(b, -DBL_MAX);
    add_text(b, STR(""));
}

void bounds_sort(struct bounds *b)
{
    b->time_count = bounds_sort_unique(b->times, b->time_count, sizeof *b->times, compare_times);
    b->number_count =
        bounds_sort_unique(b->numbers, b->number_count, sizeof *b->numbers, compare_numbers);
    b->text_count = bounds_sort_unique(b->texts, b->text_count, sizeof *b->texts, compare_texts);
}
