/*
 * Rows of `public_link`: what the links to the public pages of a project are signed with. A secret
 * is made when it is first asked for and never changes; the process remembers a few.
 */
#ifndef MUSTER_STORE_PUBLICLINK_H
#define MUSTER_STORE_PUBLICLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "db/db.h"

#define PUBLICLINK_SECRET_BYTES 32

struct publiclink_secret {
    uint8_t bytes[PUBLICLINK_SECRET_BYTES];
};

/* The secret of a project, made where there is none. Returns 0, ERR_NOT_FOUND (no such project) or
 * an err of the database. */
int publiclink_secret(struct db *db, uint32_t project_id, struct publiclink_secret *ret,
                      struct err_info *info) MUST_CHECK;

/* The same for checking a link: makes none. Returns 1 (found), 0 (none), or an err of the database.
 */
int publiclink_find(struct db *db, uint32_t project_id, struct publiclink_secret *ret,
                    struct err_info *info) MUST_CHECK;

/*
 * The project of a contact, among those whose switch plunkPublicIds is on: their contacts' ids do
 * as links. Returns 1 (found), 0, or an err of the database.
 */
int publiclink_bare_id(struct db *db, const struct uuid *contact, uint32_t *ret_project,
                       struct err_info *info) MUST_CHECK;

/* Sets that switch. Returns 0 or an err of the database. */
int publiclink_allow_bare_ids(struct db *db, uint32_t project_id, bool on,
                              struct err_info *info) MUST_CHECK;

#endif
