/* Rows of the `contact` table: reading them. Writing: store/contactwrite.h. */
#ifndef MUSTER_STORE_CONTACT_H
#define MUSTER_STORE_CONTACT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

enum contact_status {
    CONTACT_SUBSCRIBED = 1,
    CONTACT_UNSUBSCRIBED = 2,
    CONTACT_BOUNCED = 3,
    CONTACT_COMPLAINED = 4
};

/* One contact as stored. Text lives in the arena it was read into. */
struct contact {
    uint32_t ordinal;
    struct uuid uuid;
    struct str email;
    enum contact_status status;
    struct str data; /* JSON object text; at == NULL when the contact has no data */
    int64_t created_ms;
    int64_t updated_ms;
    int64_t subscribed_ms; /* INT64_MIN: never subscribed */
};

/* The columns that contact_from_row reads, in its order; a statement may select more behind them.
 */
#define CONTACT_COLUMNS "ordinal, uuid, email, status, data, created_ms, updated_ms, subscribed_ms"

/* Copies the current row of a SELECT that begins with CONTACT_COLUMNS into `arena`. */
void contact_from_row(struct arena *arena, const struct db_rows *rows, struct contact *ret);

/* By id or address. Returns 0 (found), ERR_NOT_FOUND, or an err of db_query. */
int contact_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                struct contact *ret, struct err_info *info) MUST_CHECK;
int contact_by_email(struct db *db, struct arena *arena, uint32_t project_id, struct str email,
                     struct contact *ret, struct err_info *info) MUST_CHECK;

/* Contacts by ordinal, in the order asked; missing ones are left out. ret has room for `count`. */
int contact_by_ordinals(struct db *db, struct arena *arena, uint32_t project_id,
                        const uint32_t *ordinals, size_t count, struct contact *ret,
                        size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * Calls `visitor` for each of these contacts, in the order given, which must be strictly ascending
 * or strictly descending; missing ones are left out. The contact and its text are valid until it
 * returns, and it must not use `db`.
 * Memory does not grow with `count`. Returns 0 or an err of db_query.
 */
int contact_visit(struct db *db, uint32_t project_id, const uint32_t *ordinals, size_t count,
                  void (*visitor)(const struct contact *contact, void *ctx), void *ctx,
                  struct err_info *info) MUST_CHECK;

/*
 * The newest state of contacts by (ascending, distinct) ordinal, whatever the transaction's
 * snapshot says, locked in that order until it ends; missing ones are left out. ret has room for
 * `count`.
 */
int contact_lock_ordinals(struct db *db, struct arena *arena, uint32_t project_id,
                          const uint32_t *ordinals, size_t count, struct contact *ret,
                          size_t *ret_count, struct err_info *info) MUST_CHECK;

/* Contacts by (lower-case, trimmed, distinct) address, in no order; unknown ones are left out. */
int contact_by_emails(struct db *db, struct arena *arena, uint32_t project_id,
                      const struct str *emails, size_t count, struct contact *ret,
                      size_t *ret_count, struct err_info *info) MUST_CHECK;

/*
 * The ordinals of contacts by id, in no order, each as often as its id is given or less often;
 * unknown ids are left out. ret has room for `count`. Returns 0 or an err of db_query.
 */
int contact_ordinals(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *uuids, size_t count, uint32_t *ret, size_t *ret_count,
                     struct err_info *info) MUST_CHECK;

/* The word of a status: "subscribed" …; never NULL. */
const char *contact_status_name(enum contact_status status);

#endif
