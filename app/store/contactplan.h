/*
 * One write transaction on contacts, before it is written: the rows that it locked, what becomes of
 * them, and the events to record. The plan is made in memory and then written with as few
 * statements as there are kinds of rows.
 */
#ifndef MUSTER_STORE_CONTACTPLAN_H
#define MUSTER_STORE_CONTACTPLAN_H

#include "store/contactpublish.h"
#include "store/contactwrite.h"
#include "store/eventrows.h"

/* A contact in the plan. */
struct contactplan_row {
    struct contact contact; /* as it will be; of one that is only held: ordinal and email */
    struct contact before;  /* as it is stored, when `stored` */
    bool stored;            /* it has a row, which is locked or held */
    bool present;           /* stored, or made by the plan */
    bool changed;
    bool new_status;    /* its status changed */
    bool keeps_created; /* created_ms was given, the ordinal's is not for it */
};

/* Ordinals that were taken and not used yet: a body that runs again uses them again. */
struct contactplan_ordinals {
    uint32_t *at;
    int64_t *created_ms;
    size_t count;
};

/* Numbers of the two events of a subscription; 0: it cannot flip. */
struct contactplan_flips {
    uint32_t subscribed;
    uint32_t unsubscribed;
};

/* Finds them, and adds them where they are missing: outside a transaction. Returns 0 or an err. */
int contactplan_name_flips(struct db *db, struct arena *arena, uint32_t project_id,
                           struct contactplan_flips *ret, struct err_info *info) MUST_CHECK;

struct contactplan {
    struct db *db;
    struct arena *arena;
    uint32_t project_id;
    int64_t now_ms;
    bool held; /* contacts that are stored are only held */
    struct contactplan_flips flips;
    struct contactpublish publish;
    struct contactplan_row *rows; /* by address, ascending */
    size_t row_count;
    struct contactplan_row **made; /* in the order in which they were made */
    size_t made_count;
    struct eventrows_event *events;
    struct contactplan_row **event_rows; /* whom events[i] is about */
    size_t event_count;
    size_t event_room;
};

/*
 * Starts a plan in the open transaction: locks the contacts with these (normalised) addresses, in
 * any order and with repeats. may_hold: contacts that are there will only get events and nobody
 * looks at them; where nothing is published either they are not read (contactrows_lock_emails).
 * Returns 0, ERR_NOT_FOUND (no such project) or an err of db_query.
 */
int contactplan_begin(struct contactplan *plan, struct db *db, struct arena *arena,
                      uint32_t project_id, const struct str *emails, size_t count, bool may_hold,
                      struct err_info *info) MUST_CHECK;

/* The row of an address that the plan began with. Never NULL; perhaps not present. */
struct contactplan_row *contactplan_find(struct contactplan *plan, struct str email);

/*
 * Makes or changes the row's contact. Returns 0 with the outcome, or an err of contactchange_apply,
 * and then the plan is as before.
 */
int contactplan_apply(struct contactplan *plan, struct contactplan_row *row,
                      const struct contactchange *change, enum contactwrite_outcome *ret,
                      struct err_info *info) MUST_CHECK;

/* Adds an event on the row's contact; the ordinal is filled in when the plan is written. */
void contactplan_add_event(struct contactplan *plan, struct contactplan_row *row,
                           const struct eventrows_event *event);

/*
 * Writes everything: new contacts, changed ones, events, deliveries, marks, and the write check.
 * `ordinals` keeps what is taken for new contacts between runs. Returns 0; ERR_CONFLICT when
 * somebody else made one of the addresses meanwhile (ret_raced is then true) or has the new one; or
 * an err of the database.
 */
int contactplan_write(struct contactplan *plan, const struct contactwrite_handles *handles,
                      struct contactplan_ordinals *ordinals, bool *ret_raced,
                      struct err_info *info) MUST_CHECK;

#endif
