/*
 * Accounts and projects. A PushMail site is a project; site_index numbers them in their account.
 * One that was deleted (store/sitesettings.h) is found by nothing here.
 */
#ifndef MUSTER_STORE_PROJECT_H
#define MUSTER_STORE_PROJECT_H

#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

struct project {
    uint32_t project_id;
    uint32_t account_id;
    uint32_t site_index; /* 0-based within the account */
    struct uuid uuid;
    struct str name;
    int64_t created_ms;
};

/*
 * Makes a project with its state rows, in `account_id` or, with 0, in a new account of the same
 * name. `name`: 1..200 characters. Returns 0; ERR_INVAL (name); ERR_NOT_FOUND (account); or an err
 * of the database. ret->name is borrowed from `name`.
 */
int project_create(struct db *db, struct str name, uint32_t account_id, struct project *ret,
                   struct err_info *info) MUST_CHECK;

/*
 * The steps of project_create, for who writes more in the same transaction: project_begin fills
 * what needs no database and judges the name; project_insert_here stores it in the open DB_WRITE
 * transaction, in a new account when account_id is 0, and sets the write check. Errors as
 * project_create.
 */
int project_begin(struct str name, uint32_t account_id, struct project *ret,
                  struct err_info *info) MUST_CHECK;
int project_insert_here(struct db *db, struct project *project, struct err_info *info) MUST_CHECK;

/* Trims a name and judges it. Returns 0 or ERR_INVAL. */
int project_check_name(struct str *name, struct err_info *info) MUST_CHECK;

/* All projects by id, in the arena. */
int project_list(struct db *db, struct arena *arena, struct project **ret, size_t *ret_count,
                 struct err_info *info) MUST_CHECK;

/* The same, of one account. */
int project_list_of_account(struct db *db, struct arena *arena, uint32_t account_id,
                            struct project **ret, size_t *ret_count,
                            struct err_info *info) MUST_CHECK;

/* By number or UUID text. Returns 0, ERR_NOT_FOUND or an err of the database. */
int project_find(struct db *db, struct arena *arena, struct str number_or_uuid, struct project *ret,
                 struct err_info *info) MUST_CHECK;

/* The project that is number site_index of an account. Returns 0, ERR_NOT_FOUND or an err of the
 * database. */
int project_by_site(struct db *db, struct arena *arena, uint32_t account_id, uint32_t site_index,
                    struct project *ret, struct err_info *info) MUST_CHECK;

/* The account's first project. Returns 0, ERR_NOT_FOUND or an err of the database. */
int project_first(struct db *db, struct arena *arena, uint32_t account_id, struct project *ret,
                  struct err_info *info) MUST_CHECK;

/*
 * The one project of an account. Returns 0, ERR_INVAL when there are several (a siteId is needed),
 * ERR_NOT_FOUND when there is none, or an err of the database.
 */
int project_of_account(struct db *db, struct arena *arena, uint32_t account_id, struct project *ret,
                       struct err_info *info) MUST_CHECK;

#endif
