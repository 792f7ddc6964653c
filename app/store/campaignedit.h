/* Writing what a campaign says, while it may still be changed: drafts, and scheduled ones. */
#ifndef MUSTER_STORE_CAMPAIGNEDIT_H
#define MUSTER_STORE_CAMPAIGNEDIT_H

#include "store/campaign.h"
#include "store/segref.h"

/*
 * Stores a new draft: everything of `draft` that a client can say. Its segment is named by its id,
 * or by its number alone (has_segment false); `names` is what audience_filter names. `ret` is what
 * was stored. Returns 0; ERR_NOT_FOUND "Segment not found" (also of an excluded one), "List not
 * found", "Tag not found", "Template not found"; ERR_INVAL "Referenced segment not found: <id>"; or
 * an err of the database.
 */
int campaignedit_create(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct campaign *draft, const struct segref_names *names,
                        struct campaign *ret, struct err_info *info) MUST_CHECK;

/*
 * Stores the same of a campaign that was read before and changed by the caller; its schedule stays.
 * `ret` is what was stored. Returns 0; as campaignedit_create; ERR_NOT_FOUND (CAMPAIGN_NOT_FOUND);
 * ERR_INVAL that names its status when it can be changed no more; ERR_CONFLICT when somebody else
 * changed it since it was read; or an err of the database.
 */
int campaignedit_update(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct campaign *changed, const struct segref_names *names,
                        struct campaign *ret, struct err_info *info) MUST_CHECK;

/*
 * Deletes a campaign that is not being sent; who received it is noted for member_sweep. Returns 0;
 * ERR_NOT_FOUND (CAMPAIGN_NOT_FOUND); ERR_CONFLICT while it is SENDING; or an err of the database.
 */
int campaignedit_delete(struct db *db, uint32_t project_id, const struct uuid *uuid,
                        struct err_info *info) MUST_CHECK;

#endif
