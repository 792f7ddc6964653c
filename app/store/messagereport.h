/*
 * Reports about our own messages: email events whose emailId is a message's id. The first one ends
 * the message's way (nobody gets it again), and the first of each type counts for its campaign.
 * Inside the transaction of store/emailwrite.c only.
 */
#ifndef MUSTER_STORE_MESSAGEREPORT_H
#define MUSTER_STORE_MESSAGEREPORT_H

#include "store/emailevent.h"
#include "store/message.h"

/* A message that is told of. */
struct messagereport {
    struct uuid uuid;
    enum message_source source;
    uint32_t source_id;
    uint32_t ordinal; /* its contact, whatever address that has by now */
    bool has_template;
    struct uuid template_uuid;
    unsigned told; /* what this transaction tells, as message.reported */
};

/*
 * The messages that these ids are of: ret[i] of email_ids[i], one and the same for equal ids; NULL:
 * it is none of ours. Returns 0 or an err of db_query.
 */
int messagereport_find(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct str *email_ids, size_t count, struct messagereport **ret,
                       struct err_info *info) MUST_CHECK;

/* Notes a report that is stored. A soft bounce is word of a message, but counts as nothing. */
void messagereport_tell(struct messagereport *report, enum emailevent_type type, bool is_soft);

/* Writes what was told; NULL elements and repeats are allowed. Returns 0 or an err of the database.
 */
int messagereport_write(struct db *db, struct arena *arena, uint32_t project_id,
                        struct messagereport *const *reports, size_t count,
                        struct err_info *info) MUST_CHECK;

#endif
