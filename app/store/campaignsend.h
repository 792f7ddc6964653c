/*
 * Sending a campaign as a client asks for it: now, later, or not any more. What is left to do then
 * stands in `campaign_send`, for the worker: store/campaignrun.h. Whoever changes a status locks
 * the campaign's row first.
 */
#ifndef MUSTER_STORE_CAMPAIGNSEND_H
#define MUSTER_STORE_CAMPAIGNSEND_H

#include "store/campaign.h"

/* Numbers of campaign_send.stage, in their order. */
enum campaignsend_stage {
    CAMPAIGNSEND_SCHEDULED = 1, /* until its time has come */
    CAMPAIGNSEND_RESOLVE = 2,   /* its recipients are to be found */
    CAMPAIGNSEND_PUT_IN = 3,    /* their messages are to be put in */
    CAMPAIGNSEND_HAND_OUT = 4,  /* until none of them is open */
    CAMPAIGNSEND_DROP = 5       /* it was cancelled: those that wait are to be dropped */
};

/* What decides about a change of a campaign. */
struct campaignsend_row {
    uint32_t campaign_id;
    enum campaign_status status;
    int64_t write_id;
    int64_t updated_ms;
};

/*
 * Locks a campaign for the rest of the open transaction. Returns 0, ERR_NOT_FOUND
 * (CAMPAIGN_NOT_FOUND), or an err of the database.
 */
int campaignsend_lock(struct db *db, uint32_t project_id, const struct uuid *uuid,
                      struct campaignsend_row *ret, struct err_info *info) MUST_CHECK;

/* How a campaign is to be sent. */
struct campaignsend_order {
    int64_t at_ms;             /* an instant ahead; 0: now */
    bool needs_config;         /* PushMail: without a sending configuration it is refused */
    int64_t sending_config_id; /* 0: the one that it has */
};

/*
 * Sends a draft or scheduled campaign, or puts it down for later; one that is SCHEDULED already
 * gets the new time. `ret` is what is stored then. Returns 0; ERR_NOT_FOUND (CAMPAIGN_NOT_FOUND);
 * ERR_INVAL that says what is missing, or names the status that forbids it; or an err of the
 * database.
 */
int campaignsend_ask(struct db *db, struct arena *arena, uint32_t project_id,
                     const struct uuid *uuid, const struct campaignsend_order *order,
                     struct campaign *ret, struct err_info *info) MUST_CHECK;

/*
 * Cancels one that is SCHEDULED or SENDING: what no sender has yet does not go out. `ret` is what
 * is stored then. Returns 0; ERR_NOT_FOUND; ERR_INVAL that names the status; or an err of the
 * database.
 */
int campaignsend_cancel(struct db *db, struct arena *arena, uint32_t project_id,
                        const struct uuid *uuid, struct campaign *ret,
                        struct err_info *info) MUST_CHECK;

/*
 * In the open transaction, which holds the campaign's row: the worker has nothing to do for it any
 * more. Returns 0 or an err of the database.
 */
int campaignsend_forget(struct db *db, uint32_t project_id, uint32_t campaign_id,
                        struct err_info *info) MUST_CHECK;

#endif
