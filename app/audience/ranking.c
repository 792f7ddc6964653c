#include "audience/ranking.h"

#include <stdlib.h>
#include <string.h>

uint64_t ranking_text_key(struct str text)
{
    unsigned char head[8] = {0};
    uint64_t key;
    memcpy(head, text.at, text.len < 8 ? text.len : 8);
    memcpy(&key, head, sizeof key);
    return __builtin_bswap64(key);
}

static int compare_texts(const char *a, const char *b)
{
    while (*a == *b && *a != '\n') {
        a++;
        b++;
    }
    unsigned char x = *a == '\n' ? 0 : (unsigned char)*a;
    unsigned char y = *b == '\n' ? 0 : (unsigned char)*b;
    return x < y ? -1 : x > y;
}

/* Inline, because choosing a page out of a million asks it some millions of times. */
static inline int compare(const struct ranking_item *a, const struct ranking_item *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    int order = a->text ? compare_texts(a->text, b->text) : 0;
    if (order)
        return order;
    return a->ordinal < b->ordinal ? -1 : a->ordinal > b->ordinal;
}

int ranking_compare(const struct ranking_item *a, const struct ranking_item *b)
{
    return compare(a, b);
}

static inline bool is_before(const struct ranking_item *a, const struct ranking_item *b,
                             bool descending)
{
    return descending ? compare(b, a) < 0 : compare(a, b) < 0;
}

static int ascending_order(const void *a, const void *b)
{
    return compare(a, b);
}

static int descending_order(const void *a, const void *b)
{
    return compare(b, a);
}

static void sort(struct ranking_item *items, size_t count, bool descending)
{
    qsort(items, count, sizeof *items, descending ? descending_order : ascending_order);
}

static void swap(struct ranking_item *a, struct ranking_item *b)
{
    struct ranking_item keep = *a;
    *a = *b;
    *b = keep;
}

/* Median of three as pivot: the input is often sorted one way or the other already. */
static struct ranking_item pivot_of(const struct ranking_item *items, size_t low, size_t high,
                                    bool descending)
{
    const struct ranking_item *a = &items[low], *b = &items[low + (high - low) / 2],
                              *c = &items[high - 1];
    if (is_before(b, a, descending)) {
        const struct ranking_item *keep = a;
        a = b;
        b = keep;
    }
    if (is_before(c, b, descending))
        b = is_before(c, a, descending) ? a : c;
    return *b;
}

/* Hoare's selection: afterwards the item that belongs at `k` is there, smaller ones before it. */
static void select_at(struct ranking_item *items, size_t count, size_t k, bool descending)
{
    size_t low = 0, high = count; /* [low, high) holds the k-th */
    while (high - low > 16) {
        struct ranking_item pivot = pivot_of(items, low, high, descending);
        size_t i = low, j = high - 1;
        for (;;) {
            while (is_before(&items[i], &pivot, descending))
                i++;
            while (is_before(&pivot, &items[j], descending))
                j--;
            if (i >= j)
                break;
            swap(&items[i++], &items[j--]);
        }
        if (k <= j)
            high = j + 1;
        else
            low = j + 1;
    }
    sort(items + low, high - low, descending);
}

void ranking_select(struct ranking_item *items, size_t count, bool descending, size_t skip,
                    size_t take)
{
    if (skip >= count || !take)
        return;
    if (take > count - skip)
        take = count - skip;
    if (skip)
        select_at(items, count, skip, descending);
    if (skip + take < count)
        select_at(items + skip, count - skip, take, descending);
    sort(items + skip, take, descending);
}
