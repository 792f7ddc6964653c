/*
 * The statements of a contact write: reading rows locked, and storing them. Inside a DB_WRITE
 * transaction only; what the rows shall say is store/contactchange.h's.
 */
#ifndef MUSTER_STORE_CONTACTROWS_H
#define MUSTER_STORE_CONTACTROWS_H

#include "store/contact.h"

/*
 * Reads the contacts with these addresses (distinct, ascending) and locks their rows in that order;
 * `found` is called for each, the contact's text standing in `arena`. ret_now_ms is the database's
 * clock. Returns 0 or an err of db_query.
 */
int contactrows_lock_emails(struct db *db, struct arena *arena, uint32_t project_id,
                            const struct str *emails, size_t count,
                            void (*found)(const struct contact *contact, void *ctx), void *ctx,
                            int64_t *ret_now_ms, struct err_info *info) MUST_CHECK;

/* The same for one contact by id. Returns 0, ERR_NOT_FOUND, or an err of db_query. */
int contactrows_lock_uuid(struct db *db, struct arena *arena, uint32_t project_id,
                          const struct uuid *uuid, struct contact *ret, int64_t *ret_now_ms,
                          struct err_info *info) MUST_CHECK;

/*
 * Stores new contacts. Returns 0; ERR_CONFLICT when another transaction has made one of the
 * addresses meanwhile; or an err of db_exec.
 */
int contactrows_insert(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info) MUST_CHECK;

/*
 * Stores changed contacts, whose rows are locked; of several, not the addresses. Returns 0;
 * ERR_CONFLICT when a new address belongs to another contact; or an err of db_exec.
 */
int contactrows_update(struct db *db, struct arena *arena, uint32_t project_id,
                       const struct contact *const *contacts, size_t count, int64_t write_id,
                       struct err_info *info) MUST_CHECK;

/* Whether the project lets public keys subscribe contacts again. Returns 0 or an err of db_query.
 */
int contactrows_public_resubscribe(struct db *db, uint32_t project_id, bool *ret,
                                   struct err_info *info) MUST_CHECK;

#endif
