/* What looks at something: the segments, campaigns and workflows whose filters name a field or an
 * event. */
#ifndef MUSTER_API_USAGE_H
#define MUSTER_API_USAGE_H

#include "api/api.h"
#include "filter/filter.h"
#include "store/campaignfilter.h"
#include "store/segment.h"
#include "store/workflow.h"

struct usage {
    struct segment *segments;
    size_t segment_count;
    struct campaignfilter *campaigns; /* those that may still be sent */
    size_t campaign_count;
    struct workflow *workflows; /* with such a condition */
    size_t workflow_count;
};

/*
 * Finds the filters with a leaf for which `looks` says yes; the result is in the request's arena.
 * Returns 0 or an err of the database.
 */
int usage_find(const struct api_request *req,
               bool (*looks)(const struct filter_leaf *leaf, struct str name), struct str name,
               struct usage *ret, struct err_info *info) MUST_CHECK;

/* Writes the members usedInSegments and usedInCampaigns, lists of {id, name}. */
void usage_write_segments(struct jsonwrite *w, const struct usage *usage);
void usage_write_campaigns(struct jsonwrite *w, const struct usage *usage);

/* The same of workflows, usedInWorkflows: only where there are some. */
void usage_write_workflows(struct jsonwrite *w, const struct usage *usage);

#endif
