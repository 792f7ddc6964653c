/*
 * The statements of a contact write: reading rows locked, and storing them. Inside a DB_WRITE
 * transaction only; what the rows shall say is store/contactchange.h's.
 */
#ifndef MUSTER_STORE_CONTACTROWS_H
#define MUSTER_STORE_CONTACTROWS_H

#include "store/contact.h"

/* What a write learns of its moment along with the rows, so that it costs no round trip. */
struct contactrows_moment {
    int64_t now_ms;           /* the database's clock */
    uint64_t webhook_version; /* of the project: see outbox_open */
    uint64_t flows_version;   /* of the project: see flowevent_open */
};

/* The moment alone. Returns 0, ERR_NOT_FOUND (no such project), or an err of db_query. */
int contactrows_moment(struct db *db, uint32_t project_id, struct contactrows_moment *ret,
                       struct err_info *info) MUST_CHECK;

/*
 * Reads the contact with this address, locks its row, and calls `found` for it when there is one;
 * its text stands in `arena`. Returns 0, ERR_NOT_FOUND (no such project), or an err of db_query.
 */
int contactrows_lock_email(struct db *db, struct arena *arena, uint32_t project_id,
                           struct str email,
                           void (*found)(const struct contact *contact, void *ctx), void *ctx,
                           struct contactrows_moment *ret, struct err_info *info) MUST_CHECK;

/*
 * The same for many addresses (distinct, ascending), which are locked in that order. With `hold`
 * the contacts are only held: nobody writes them by address meanwhile, gives them another one or
 * erases them (contactrows_lock_erased keeps it so), and of them only ordinal and email are read.
 * That costs half. Returns 0 or an err of db_query.
 */
int contactrows_lock_emails(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct str *emails, size_t count, bool hold,
                            void (*found)(const struct contact *contact, void *ctx), void *ctx,
                            struct err_info *info) MUST_CHECK;

/* The same for one contact by id. Returns 0, ERR_NOT_FOUND, or an err of db_query. */
int contactrows_lock_uuid(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct uuid *uuid, struct contact *ret,
                          struct contactrows_moment *ret_moment, struct err_info *info) MUST_CHECK;

/*
 * Waits until nobody holds the contacts with these (distinct, ascending) addresses, whose rows are
 * locked, and keeps others from holding them: before anything of them is erased. Returns 0 or an
 * err of db_query.
 */
int contactrows_lock_erased(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct str *emails, size_t count,
                            struct err_info *info) MUST_CHECK;

/*
 * Stores new contacts. Returns 0; ERR_CONFLICT when another transaction has made one of the
 * addresses meanwhile; or an err of db_exec.
 */
int contactrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info) MUST_CHECK;

/*
 * Stores one changed contact, whose row is locked. Returns 0; ERR_CONFLICT when its new address
 * belongs to another contact; or an err of db_exec.
 */
int contactrows_update_one(struct db *db, uint32_t project_id, const struct contact *contact,
                           int64_t write_id, struct err_info *info) MUST_CHECK;

/*
 * Stores many changed contacts, whose rows are locked: all but the addresses. Returns 0 or an err
 * of db_exec.
 */
int contactrows_update(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info) MUST_CHECK;

/* The same where only data changed, at now_ms: faster. */
int contactrows_update_data(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct contact *const *contacts, size_t count, int64_t now_ms,
                            int64_t write_id, struct err_info *info) MUST_CHECK;

/* Whether the project lets public keys subscribe contacts again. Returns 0 or an err of db_query.
 */
int contactrows_public_resubscribe(struct db *db, uint32_t project_id, bool *ret,
                                   struct err_info *info) MUST_CHECK;

#endif
