/*
 * What reports about messages come to: which are new, which are occurrences, and what is kept of
 * each. Pure: no I/O, no clock. The rules stand in store/emailwrite.h.
 */
#ifndef MUSTER_STORE_EMAILREPORT_H
#define MUSTER_STORE_EMAILREPORT_H

#include "store/contactplan.h"
#include "store/emailrows.h"
#include "store/emailtarget.h"
#include "store/emailwrite.h"

/* An item whose contact is known. */
struct emailreport {
    struct emailwrite_item *item;
    struct contactplan_row *contact;
    struct emailrows_row row;
    const struct emailtarget *campaign; /* NULL: none, or none that the project has */
    const struct emailtarget *sequence;
    const struct emailrows_stored *displaced; /* whose occurrence it takes over; NULL: nobody's */
};

/* All of one transaction, by (email_id, type, at_ms). */
struct emailreport_list {
    struct emailreport *at;
    size_t count;
    const struct emailrows_stored *stored; /* of the same messages: emailrows_find */
    size_t stored_count;
};

/* Puts them in order. */
void emailreport_sort(struct emailreport_list *list);

/* Leaves out what is stored or stands twice, and says so in the items. The list is in order. */
void emailreport_drop_known(struct emailreport_list *list);

/*
 * Decides whether at[i] is an occurrence, whose instant (row.event_ms) is set: has_event, a fresh
 * event id, and `displaced`.
 */
void emailreport_judge(const struct emailreport_list *list, size_t i);

/* What is told of it, as JSON text: the data of the report and of its occurrence. */
struct str emailreport_data(struct arena *arena, const struct emailreport *report);

#endif
