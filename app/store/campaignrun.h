/*
 * The worker's part of a campaign: rows of `campaign_send`, one for each that is scheduled or being
 * sent. Leases as in store/bulkjob.h: all that a holder writes is a compare-and-set on his lease,
 * which a client that cancels or sends anew takes from him. Who receives it is settled once and
 * kept as bitmaps (`campaign_part`); messages are put in by ordinal, each batch in one transaction
 * with the place that it brings the campaign to.
 */
#ifndef MUSTER_STORE_CAMPAIGNRUN_H
#define MUSTER_STORE_CAMPAIGNRUN_H

#include "store/campaignsend.h"

struct campaignrun {
    uint32_t project_id;
    uint32_t campaign_id;
    enum campaignsend_stage stage;
    uint64_t next_ordinal; /* messages of those before it are in */
    int64_t lease_id;
    uint32_t tries; /* leases, this one included, since the last commit */
    int64_t now_ms; /* the job's clock when it was claimed */
};

/* The worker's lease and clock. */
struct campaignrun_clock {
    unsigned lease_ms;
    int64_t ahead_ms; /* what the job's clock is ahead of the database's: tests */
};

/*
 * Takes the campaign that is due for longest among those that nobody holds, of all projects.
 * Returns 1 with it, 0: there is none, or an err of the database.
 */
int campaignrun_claim(struct db *db, const struct campaignrun_clock *clock, struct campaignrun *ret,
                      struct err_info *info) MUST_CHECK;

/*
 * SCHEDULED, and due: SENDING from now on, which nobody can change any more. Returns 0,
 * ERR_CONFLICT when the lease is lost, or an err of the database.
 */
int campaignrun_start(struct db *db, struct campaignrun *run, unsigned lease_ms,
                      struct err_info *info) MUST_CHECK;

/* Who of one chunk receives it: bytes that the store does not look into. */
struct campaignrun_part {
    uint32_t chunk;
    struct str rows;
};

/* Whom a campaign goes to. */
struct campaignrun_roster {
    const struct campaignrun_part *parts;
    size_t count;
    uint64_t total; /* 0: it is over, SENT */
    int64_t at_ms;
    uint32_t segment_version; /* 0: none */
    struct str note;          /* at == NULL: none */
};

/* Stores the recipients. Returns 0 or as campaignrun_start. */
int campaignrun_resolved(struct db *db, struct campaignrun *run,
                         const struct campaignrun_roster *roster, unsigned lease_ms,
                         struct err_info *info) MUST_CHECK;

/*
 * The first part at or behind a chunk; its bytes stand in `arena`. Returns 1, 0: there is none, or
 * an err of the database.
 */
int campaignrun_part(struct db *db, struct arena *arena, const struct campaignrun *run,
                     uint32_t chunk, struct campaignrun_part *ret,
                     struct err_info *info) MUST_CHECK;

/*
 * In the open transaction: the messages of those before `next_ordinal` are in. Makes the lease
 * longer, and sets the write check. Returns 0, ERR_CONFLICT when the lease is lost, or an err of
 * db_exec. `run` stays as it is.
 */
int campaignrun_move(struct db *db, const struct campaignrun *run, uint64_t next_ordinal,
                     unsigned lease_ms, struct err_info *info) MUST_CHECK;

/* All messages are in: the parts go. Returns 0 or as campaignrun_start. */
int campaignrun_all_in(struct db *db, struct campaignrun *run, unsigned lease_ms,
                       struct err_info *info) MUST_CHECK;

/* Nothing of it is open any more: it is SENT. Returns 0 or as campaignrun_start. */
int campaignrun_sent(struct db *db, struct campaignrun *run, struct err_info *info) MUST_CHECK;

/* It cannot be sent: CANCELLED, with the reason as its note. Returns 0 or as campaignrun_start. */
int campaignrun_refuse(struct db *db, struct campaignrun *run, struct str note,
                       struct err_info *info) MUST_CHECK;

/*
 * Of a cancelled one: drops up to `max` messages that wait. ret_over: that were the last, and the
 * parts and the row went too. Returns 0 or as campaignrun_start.
 */
int campaignrun_drop(struct db *db, struct arena *arena, struct campaignrun *run, size_t max,
                     unsigned lease_ms, bool *ret_over, struct err_info *info) MUST_CHECK;

/*
 * Gives the lease back; the campaign is looked at again `delay_ms` from now. Returns 0 or an err of
 * the database.
 */
int campaignrun_release(struct db *db, const struct campaignrun *run, int64_t delay_ms,
                        struct err_info *info) MUST_CHECK;

/* Of all projects: those that only wait for their messages are due. Returns 0 or an err. */
int campaignrun_wake(struct db *db, struct err_info *info) MUST_CHECK;

#endif
