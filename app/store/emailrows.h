/*
 * The statements of a write of reports (store/emailwrite.h). Inside its DB_WRITE transaction only,
 * which holds the contacts' rows.
 */
#ifndef MUSTER_STORE_EMAILROWS_H
#define MUSTER_STORE_EMAILROWS_H

#include "base/uuid.h"
#include "store/emailevent.h"

/* One report to store. Text is borrowed. */
struct emailrows_row {
    enum emailevent_type type;
    struct str email_id;
    int64_t at_ms;
    uint32_t ordinal;
    uint32_t sequence_id; /* 0: none */
    bool has_event;       /* it is an occurrence: */
    struct uuid event;
    int64_t event_ms;
    struct str data;
};

/* One that is stored. */
struct emailrows_stored {
    uint32_t number;
    struct emailrows_row row; /* without data; email_id in the arena */
};

/* All that is stored of these (distinct) messages, by (email_id, type, at_ms). Returns 0 or an err
 * of db_query. */
int emailrows_find(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct str *email_ids, size_t count, struct emailrows_stored **ret,
                   size_t *ret_count, struct err_info *info) MUST_CHECK;

/* The order of emailrows_find. */
int emailrows_compare(const struct emailrows_row *a, const struct emailrows_row *b);

/* What tells that an emailrows_insert was committed. */
struct emailrows_check {
    uint32_t number;
    int64_t write_id;
};

/*
 * Stores reports, numbered from here on. Returns 0; ERR_CONFLICT when another transaction has
 * stored one of them meanwhile; or an err of the database.
 */
int emailrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct emailrows_row *rows, size_t count, int64_t created_ms,
                     struct emailrows_check *ret_check, struct err_info *info) MUST_CHECK;

/* Makes it the write check of the open transaction (db_set_write_check). */
void emailrows_set_check(struct db *db, uint32_t project_id, const struct emailrows_check *check);

/*
 * The occurrence is another report's now, which is stored already and came late: takes this one's
 * out of the log, and counts anew what the contact did under that name. Returns 0 or an err of the
 * database.
 */
int emailrows_displace(struct db *db, uint32_t project_id, const struct emailrows_stored *old,
                       uint32_t name_id, struct err_info *info) MUST_CHECK;

#endif
