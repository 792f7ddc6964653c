/*
 * Storing reports about messages (http-api §4.5, §4.7): the reports, the occurrences that they are,
 * what they make of the contact's status, and who received a campaign or completed a sequence; all
 * in one transaction.
 *
 * What counts: each sent, delivered, hard bounce and complaint; of openings and clicks the earliest
 * of each message and contact, also when that is told late: the occurrence then moves. A soft
 * bounce and an unsubscription are no occurrences (the latter is told by contact.unsubscribed).
 * Received is a campaign by whoever anything but a bounce is told of; completed a sequence as
 * store/emailtarget.h says.
 *
 * A report about a message of ours (store/message.h) is one of its contact, whatever address the
 * item names, and of its campaign or sequence; who completed one of our sequences is said by its
 * enrolment.
 */
#ifndef MUSTER_STORE_EMAILWRITE_H
#define MUSTER_STORE_EMAILWRITE_H

#include "base/uuid.h"
#include "store/emailevent.h"
#include "store/messagereport.h"

enum emailwrite_outcome {
    EMAILWRITE_FAILED, /* see `problem`; nothing of the item is stored */
    EMAILWRITE_STORED,
    EMAILWRITE_DUPLICATE /* it is stored already, or stands earlier in the batch */
};

/* One report. Texts are borrowed; at == NULL: not told. */
struct emailwrite_item {
    struct str email;    /* of the contact, normalised; at == NULL: `contact` names it */
    struct uuid contact; /* its id */
    enum emailevent_type type;
    struct str email_id; /* of the message: 1 to EMAILEVENT_ID_CHARS characters */
    int64_t at_ms;       /* when it happened */
    bool is_soft;        /* a bounce that may not be the last word */
    struct str campaign; /* a UUID, a public integer, or a name of the sender's own */
    struct str sequence;
    struct str url;
    struct str reason;
    struct str subject;
    struct str ip_address;
    struct str user_agent;
    /* Why it cannot be stored; the caller may set it, the item is then passed over. */
    int problem_err;
    struct err_info *problem;        /* in the arena; set with problem_err */
    enum emailwrite_outcome outcome; /* set by the write */
    struct messagereport *message;   /* set by the write: our own message that it is about; NULL */
};

#define EMAILWRITE_MAX 1000 /* items of one batch */

struct emailwrite_batch {
    uint32_t project_id;
    uint32_t site_index; /* of the project in its account */
    struct emailwrite_item *items;
    size_t count;
};

/*
 * Stores them. An item fails alone (problem): CONTACT_NOT_FOUND, or a time more than 5 minutes
 * ahead (up to there it counts as now). Returns 0 or an err of the database.
 */
int emailwrite_run(struct db *db, struct arena *arena, const struct emailwrite_batch *batch,
                   struct err_info *info) MUST_CHECK;

/* Says that an item cannot be stored, and why; `info` is copied. */
void emailwrite_fail(struct arena *arena, struct emailwrite_item *item, int err,
                     const struct err_info *info);

#endif
