/*
 * A project as PushMail's site: what it says of itself beside its name, and its end. Sites are
 * known by account and site_index.
 */
#ifndef MUSTER_STORE_SITESETTINGS_H
#define MUSTER_STORE_SITESETTINGS_H

#include "store/project.h"

struct sitesettings {
    struct project project;
    struct str domain;           /* at == NULL: none, as all texts here */
    struct str auto_bcc;         /* address that gets a copy of each message */
    bool has_cap;                /* else there is no cap */
    uint32_t frequency_cap_days; /* between two messages of sequences to one contact */
    struct str company_name;
    struct str physical_address;
    int64_t updated_ms;
};

/* One site. Returns 0, ERR_NOT_FOUND ("Site not found") or an err of the database. */
int sitesettings_get(struct db *db, struct arena *arena, uint32_t account_id, uint32_t site_index,
                     struct sitesettings *ret, struct err_info *info) MUST_CHECK;

/* All of the account, by number, in the arena. Returns 0 or an err of the database. */
int sitesettings_list(struct db *db, struct arena *arena, uint32_t account_id,
                      struct sitesettings **ret, size_t *ret_count,
                      struct err_info *info) MUST_CHECK;

/*
 * Makes a project of the account with these settings; project.name is its name, the rest of
 * `project` and updated_ms are filled in. Returns 0, ERR_INVAL (name) or an err of the database.
 */
int sitesettings_create(struct db *db, uint32_t account_id, struct sitesettings *site,
                        struct err_info *info) MUST_CHECK;

/*
 * Stores all settings, the name included, of a site that was read before; updated_ms is filled in.
 * Returns 0, ERR_INVAL (name), ERR_NOT_FOUND or an err of the database.
 */
int sitesettings_update(struct db *db, struct sitesettings *site, struct err_info *info) MUST_CHECK;

/*
 * Ends a site: it and its keys are gone for everybody at once, its rows go by projectpurge_run.
 * Returns 0; ERR_NOT_FOUND; ERR_CONFLICT when something was sent for it; or an err of the database.
 * The caller tells the host (hostmem_revoked).
 */
int sitesettings_delete(struct db *db, uint32_t account_id, uint32_t site_index,
                        struct err_info *info) MUST_CHECK;

#endif
