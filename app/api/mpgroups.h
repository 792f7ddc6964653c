/* The groups of a MailPanda contact: `groupIds` of a body. A group is a list. */
#ifndef MUSTER_API_MPGROUPS_H
#define MUSTER_API_MPGROUPS_H

#include "api/api.h"
#include "store/contactwrite.h"

struct mpgroups {
    bool given;
    uint32_t project_id;
    struct arena *arena;
    uint32_t *list_ids; /* ascending, distinct */
    size_t count;
    const struct contactwrite_item *item; /* for mpgroups_join: whose contact joins */
};

/*
 * Reads groupIds. Returns 0; ERR_UNPROCESSABLE for what is no list of whole numbers; ERR_NOT_FOUND
 * "Group not found: <id>" for one that is not there; or an err of the database.
 */
int mpgroups_read(const struct api_request *req, struct mpgroups *ret,
                  struct err_info *info) MUST_CHECK;

/*
 * contactwrite_batch.also with a struct mpgroups: puts the contact that the item made into the
 * groups. Returns 0, or an err of member_add_here.
 */
int mpgroups_join(struct db *db, void *ctx, struct err_info *info) MUST_CHECK;

/*
 * Makes these the groups of a contact, and no others; nothing when they were not given. Returns 0,
 * or an err of the database.
 */
int mpgroups_set(const struct api_request *req, const struct mpgroups *groups, uint32_t ordinal,
                 struct err_info *info) MUST_CHECK;

#endif
