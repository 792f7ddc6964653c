/*
 * Reach: who of an audience gets a message. An audience is everybody, a filter or a segment; of
 * those who match, each is left out for the first of these reasons that holds: is not subscribed
 * and the message is none that reaches all, is suppressed by a rule, is in an excluded segment.
 */
#ifndef MUSTER_AUDIENCE_REACH_H
#define MUSTER_AUDIENCE_REACH_H

#include "audience/roster.h"
#include "store/campaign.h"

#define REACH_EXCLUDED_MAX 10

struct reach_query {
    uint32_t project_id;
    const struct filter *filter; /* NULL, and no segment: everybody */
    const struct uuid *segment;  /* instead of a filter; NULL: none */
    const struct uuid *excluded; /* segments; repeats are allowed */
    size_t excluded_count;       /* at most REACH_EXCLUDED_MAX */
    enum campaign_type type;     /* MARKETING and HEADLESS go to the subscribed only */
    int64_t ahead_ms;            /* evaluate so much after the database's clock: tests */
};

/* matched - unsubscribed - suppressed - excluded = recipients.total */
struct reach {
    struct roster recipients;
    uint32_t segment_version; /* of the query's segment; 0: none */
    uint64_t matched;
    uint64_t unsubscribed;
    uint64_t suppressed;
    uint64_t excluded;
};

/*
 * Evaluates the audience now, in one snapshot, with the suppression rules of that moment. The
 * recipients' bitmaps stand in `arena`, the work in memory of its own. Returns 0; ERR_NOT_FOUND
 * "Segment not found" for a segment of the query that the project does not have; ERR_INVAL
 * "Referenced segment not found: <id>" for one that the filter names; or another err of panel_open
 * or the database.
 */
int reach_take(struct db *db, struct arena *arena, const struct reach_query *query,
               struct reach *ret, struct err_info *info) MUST_CHECK;

#endif
