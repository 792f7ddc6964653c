/*
 * Rows of `campaign`: what it says, whom it is for, and how far its sending is. Writing drafts:
 * store/campaignedit.h; sending and cancelling: store/campaignsend.h; the worker's part of it:
 * store/campaignrun.h.
 */
#ifndef MUSTER_STORE_CAMPAIGN_H
#define MUSTER_STORE_CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"

enum campaign_status {
    CAMPAIGN_DRAFT = 1,
    CAMPAIGN_SCHEDULED = 2,
    CAMPAIGN_SENDING = 3,
    CAMPAIGN_SENT = 4,
    CAMPAIGN_CANCELLED = 5
};

enum campaign_type { CAMPAIGN_TRANSACTIONAL = 1, CAMPAIGN_MARKETING = 2, CAMPAIGN_HEADLESS = 3 };

enum campaign_audience { CAMPAIGN_ALL = 1, CAMPAIGN_SEGMENT = 2, CAMPAIGN_FILTERED = 3 };

/* The word of a status: "DRAFT". */
const char *campaign_status_word(enum campaign_status status);

#define CAMPAIGN_EXCLUDED_MAX 10

/* Contacts: `recipients` is known once they were found; the others are told of by email events. */
struct campaign_counts {
    uint64_t recipients;
    uint64_t sent;
    uint64_t delivered;
    uint64_t opened;
    uint64_t clicked;
    uint64_t bounced;
    uint64_t complained;
    uint64_t unsubscribed;
};

/* One campaign as stored; optional texts have at == NULL when there is none. */
struct campaign {
    uint32_t campaign_id;
    struct uuid uuid;
    struct str name;
    struct str description;
    struct str subject;
    struct str body;
    struct str sender;
    struct str sender_name;
    struct str reply_to;
    enum campaign_type type;
    enum campaign_status status;
    enum campaign_audience audience;
    struct str audience_filter; /* Plunk text as given, for CAMPAIGN_FILTERED */
    bool has_segment;           /* for CAMPAIGN_SEGMENT, while the segment exists */
    struct uuid segment;
    uint32_t segment_id; /* its number; 0: none */
    /* PushMail's audiences: for CAMPAIGN_FILTERED with the filter that says the same; 0: none. */
    uint32_t list_id;
    uint32_t tag_id;
    struct uuid excluded[CAMPAIGN_EXCLUDED_MAX]; /* segments whose members get nothing */
    size_t excluded_count;
    uint32_t template_id;      /* number of a template; 0: none */
    int64_t sending_config_id; /* 0: none */
    int64_t scheduled_ms;      /* 0: none */
    struct campaign_counts counts;
    int64_t resolved_ms;      /* instant at which the recipients were found; 0: not yet */
    uint32_t segment_version; /* of its segment then; 0: none */
    struct str note;          /* what became of it, where the status does not say it all */
    int64_t sent_ms;          /* since when nothing of it is open; 0: not yet */
    int64_t write_id;         /* another one after each change of what it says */
    int64_t created_ms;
    int64_t updated_ms;
};

/* Returns 0, ERR_NOT_FOUND (CAMPAIGN_NOT_FOUND), or an err of db_query. */
int campaign_get(struct db *db, struct arena *arena, uint32_t project_id, const struct uuid *uuid,
                 struct campaign *ret, struct err_info *info) MUST_CHECK;

/* By number. Returns as campaign_get. */
int campaign_by_number(struct db *db, struct arena *arena, uint32_t project_id,
                       uint32_t campaign_id, struct campaign *ret,
                       struct err_info *info) MUST_CHECK;

enum campaign_sort { CAMPAIGN_BY_CREATED, CAMPAIGN_BY_UPDATED, CAMPAIGN_BY_NAME };

struct campaign_query {
    int status;        /* an enum campaign_status; 0: any */
    struct str search; /* part of name or subject, in any case; "": any */
    enum campaign_sort sort;
    bool ascending;
    uint64_t offset;
    uint64_t limit;
};

/* One page and the number of all that match, in one snapshot. Returns 0 or an err of db_tx. */
int campaign_list(struct db *db, struct arena *arena, uint32_t project_id,
                  const struct campaign_query *query, struct campaign **ret, size_t *ret_count,
                  uint64_t *ret_total, struct err_info *info) MUST_CHECK;

#endif
