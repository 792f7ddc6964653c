/*
 * Rows of `message`: one for each message that is to go out, of a campaign, a step of a workflow or
 * sequence, or /v1/send. Whoever makes one does so in the transaction of what it follows from; the
 * key (source, source_id, execution_id, step, ordinal) is unique, so that nothing is put in twice.
 * A sender outside claims them (store/messageclaim.h) and reports by email events
 * (store/messagereport.h).
 */
#ifndef MUSTER_STORE_MESSAGE_H
#define MUSTER_STORE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

/* What made a message: numbers of message.source, and the order in which senders get them, so that
 * a password mail does not wait behind a campaign. */
enum message_source {
    MESSAGE_OF_SEND = 1,
    MESSAGE_OF_WORKFLOW = 2,
    MESSAGE_OF_SEQUENCE = 3,
    MESSAGE_OF_CAMPAIGN = 4
};

/* Numbers of message.state. SENT: a report came. DROPPED: it will not go out, see the reason. */
enum message_state {
    MESSAGE_WAITING = 1,
    MESSAGE_CLAIMED = 2,
    MESSAGE_SENT = 3,
    MESSAGE_DROPPED = 4
};

/* Why a message was dropped: numbers of message.reason. */
enum message_reason {
    MESSAGE_UNSUBSCRIBED = 1,
    MESSAGE_BOUNCED = 2,    /* the contact's status is bounced */
    MESSAGE_COMPLAINED = 3, /* the contact's status is complained */
    MESSAGE_SUPPRESSED = 4, /* a suppression rule is about its address */
    MESSAGE_DELETED = 5,    /* the contact is gone */
    MESSAGE_CANCELLED = 6,  /* what it is of was cancelled or deleted */
    MESSAGE_NO_CONTENT = 7, /* its template is gone, or it comes out too long */
    MESSAGE_UNREPORTED = 8  /* claimed MESSAGE_CLAIMS_MAX times, and never a report */
};
#define MESSAGE_REASONS 9 /* one more than the last */

/* The word of a reason: "unsubscribed" …; never NULL. */
const char *message_reason_name(enum message_reason reason);

/* A message that nobody ever reports is handed out so often, then it is dropped: its sender may
 * well send it each time. */
#define MESSAGE_CLAIMS_MAX 10

/*
 * One message to put in. Texts are borrowed; at == NULL: not given. What is not given comes at
 * claim time from the template, of a campaign from the campaign (or its template).
 */
struct message_new {
    enum message_source source;
    uint32_t source_id;    /* number of the workflow, sequence or campaign; 0 of MESSAGE_OF_SEND */
    uint64_t execution_id; /* of a campaign 0; of MESSAGE_OF_SEND a random number */
    /*
     * Which of the execution's messages: the number of the step in the order in which the execution
     * took steps, from 0, and not the step's place in the definition (a loop comes to one step more
     * than once, and each time is a message). Of a campaign 0.
     */
    uint32_t step;
    uint32_t ordinal;     /* of the contact */
    uint32_t template_id; /* number of the template; 0: none. Of a campaign 0. */
    struct str subject;
    struct str body;
    struct str sender; /* address in From */
    struct str sender_name;
    struct str reply_to;
    struct str headers; /* JSON object of strings */
    struct str data;    /* JSON object: {{key}} finds these before the contact's */
    struct str event;   /* JSON object: {{event.key}} */
    struct uuid uuid;   /* set by message_add: the public id, which is the emailId of reports */
};

/*
 * Puts messages in, in the open DB_WRITE transaction, ready to be claimed when it commits. Those
 * that are there already are left as they are (their uuid is then not that of the row). now_ms is
 * the caller's clock (the executor's may be ahead of the database's): it is what message_last_ms
 * tells. The contacts are not checked: claims do. Any count; best in the order of ordinals. No
 * write check is set. Returns 0; ERR_UNPROCESSABLE for texts of more than 4 MiB; or an err of the
 * database.
 */
int message_add(struct db *db, struct arena *arena, uint32_t project_id,
                struct message_new *messages, size_t count, int64_t now_ms,
                struct err_info *info) MUST_CHECK;

/* Makes a message that was put in the write check of the open transaction (db_set_write_check). */
void message_set_check(struct db *db, uint32_t project_id, const struct uuid *uuid);

/*
 * In the open transaction: drops up to `max` messages of a campaign (workflow, sequence) that are
 * waiting or whose lease is over, as MESSAGE_CANCELLED. ret_count: how many; fewer than max: none
 * is left that can be claimed. Those under a lease are with a sender: they stay until it reports or
 * the lease ends (a claim drops messages of a cancelled or deleted campaign by itself, so that
 * nothing goes out between the cancellation and the last call of this). Returns 0 or an err of the
 * database.
 */
int message_cancel(struct db *db, struct arena *arena, uint32_t project_id,
                   enum message_source source, uint32_t source_id, size_t max, size_t *ret_count,
                   struct err_info *info) MUST_CHECK;

/*
 * Whether something of a campaign (workflow, sequence) is waiting or claimed. Costs a look at an
 * index, over the open messages of that kind of source only. Returns 0 or an err of db_query.
 */
int message_is_open(struct db *db, uint32_t project_id, enum message_source source,
                    uint32_t source_id, bool *ret, struct err_info *info) MUST_CHECK;

/* How many messages of a source are in which state. */
struct message_counts {
    uint64_t waiting;
    uint64_t claimed;
    uint64_t sent;
    uint64_t dropped;
    uint64_t dropped_for[MESSAGE_REASONS]; /* by enum message_reason; they add up to dropped */
};

/* Counts them all: of 250,000 some 100 ms. Returns 0 or an err of db_query. */
int message_count(struct db *db, uint32_t project_id, enum message_source source,
                  uint32_t source_id, struct message_counts *ret, struct err_info *info) MUST_CHECK;

/*
 * When each of the contacts (distinct ordinals) got its last message of a kind of source, dropped
 * ones not counted: ret_ms[i] of ordinals[i], INT64_MIN when never. By the clock given to
 * message_add. For site.sendFrequencyCapDays. Returns 0 or an err of db_query.
 */
int message_last_ms(struct db *db, struct arena *arena, uint32_t project_id,
                    enum message_source source, const uint32_t *ordinals, size_t count,
                    int64_t *ret_ms, struct err_info *info) MUST_CHECK;

#endif
