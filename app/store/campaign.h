/*
 * Rows of `campaign`. What this server does with a campaign so far: keep its draft, know its
 * audience, and with it which segments it uses.
 */
#ifndef MUSTER_STORE_CAMPAIGN_H
#define MUSTER_STORE_CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/uuid.h"
#include "db/db.h"
#include "store/segref.h"

enum campaign_status {
    CAMPAIGN_DRAFT = 1,
    CAMPAIGN_SCHEDULED = 2,
    CAMPAIGN_SENDING = 3,
    CAMPAIGN_SENT = 4,
    CAMPAIGN_CANCELLED = 5
};

enum campaign_type { CAMPAIGN_TRANSACTIONAL = 1, CAMPAIGN_MARKETING = 2, CAMPAIGN_HEADLESS = 3 };

enum campaign_audience { CAMPAIGN_ALL = 1, CAMPAIGN_SEGMENT = 2, CAMPAIGN_FILTERED = 3 };

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
    int64_t template_id;       /* 0: none */
    int64_t sending_config_id; /* 0: none */
    int64_t scheduled_ms;      /* 0: none */
    int64_t created_ms;
    int64_t updated_ms;
};

/*
 * Stores a new draft: everything of `draft` but id, status and times. Its segment is named by its
 * id, or by its number alone (has_segment false); `names` is what audience_filter names. `ret` is
 * what was stored. Returns 0; ERR_NOT_FOUND "Segment not found", "List not found", "Tag not found";
 * ERR_INVAL "Referenced segment not found: <id>"; or an err of the database.
 */
int campaign_create(struct db *db, struct arena *arena, uint32_t project_id,
                    const struct campaign *draft, const struct segref_names *names,
                    struct campaign *ret, struct err_info *info) MUST_CHECK;

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

/*
 * Deletes a campaign that is not being sent; who received it is noted for member_sweep. Returns 0;
 * ERR_NOT_FOUND (CAMPAIGN_NOT_FOUND); ERR_CONFLICT while it is SENDING; or an err of the database.
 */
int campaign_delete(struct db *db, uint32_t project_id, const struct uuid *uuid,
                    struct err_info *info) MUST_CHECK;

#endif
