/*
 * Questions about who is in: every answer is exact at one snapshot of the database, whatever mix of
 * base, delta and dirty rows it took. Each call opens its own read transaction.
 */
#ifndef MUSTER_AUDIENCE_AUDIENCE_H
#define MUSTER_AUDIENCE_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "db/db.h"
#include "filter/filter.h"
#include "store/contact.h"

#define AUDIENCE_AT_NOW INT64_MIN

enum audience_order {
    AUDIENCE_NEWEST, /* createdAt descending (ordinal descending) */
    AUDIENCE_OLDEST,
    AUDIENCE_EMAIL_ASC,
    AUDIENCE_EMAIL_DESC,
    AUDIENCE_ENTERED /* enteredAt descending, then newest; `set_id` must be given */
};

struct audience_query {
    uint32_t project_id;
    const struct filter *filter; /* NULL: everybody (or everybody in set_id) */
    uint64_t set_id;             /* 0: none; else only members of that set (KEY_SET_…) */
    int64_t at_ms; /* AUDIENCE_AT_NOW, or an instant ≥ now: a past one is ERR_INVAL */
    enum audience_order order;
    uint64_t offset;   /* contacts to skip */
    bool has_after;    /* start behind this contact instead (cursor) */
    struct uuid after; /* unknown: ERR_INVAL */
    size_t limit;      /* contacts to return; 0: count only */
    bool skip_total;   /* cursor pages do not need it; total is then 0 */
};

struct audience_page {
    uint64_t total;
    struct contact *contacts; /* in the arena */
    size_t count;
    bool has_more; /* somebody follows the last one */
    int64_t at_ms; /* the instant it was evaluated at */
};

/*
 * Evaluates and reads one page. Segments that the filter names are resolved in the same snapshot;
 * one that the project does not have is ERR_INVAL "Referenced segment not found: <id>".
 * Returns 0, ERR_INVAL, ERR_UNAVAILABLE, ERR_INTERNAL, or ERR_SLOW as question_init.
 */
int audience_page(struct db *db, struct arena *arena, const struct audience_query *query,
                  struct audience_page *ret, struct err_info *info) MUST_CHECK;

/*
 * The instant that a question is about: `at_ms`, or `now_ms` (the snapshot's) for AUDIENCE_AT_NOW.
 * Returns 0, or ERR_INVAL at field "at" when it lies before now_ms.
 */
int audience_instant(int64_t at_ms, int64_t now_ms, int64_t *ret, struct err_info *info) MUST_CHECK;

#endif
