#include "api/overlap.h"

#include "api/bodytext.h"
#include "api/jsonparts.h"
#include "audience/intersect.h"

#define SEGMENT_IDS "segmentIds"

struct overlap {
    struct uuid uuids[REGIONS_SETS_MAX];
    size_t count;
    uint64_t *counts; /* by region */
};

/* ---- reading ------------------------------------------------------------------------------- */

static bool is_given(const struct overlap *overlap, const struct uuid *uuid)
{
    for (size_t i = 0; i < overlap->count; i++) {
        if (uuid_eq(&overlap->uuids[i], uuid)) {
            return true;
        }
    }
    return false;
}

/* A text that is no id is one that nothing has, as in a path. */
static int take_ids(const struct jsonval *list, struct overlap *ret, struct err_info *info)
{
    for (size_t i = 0; i < list->count; i++) {
        struct uuid uuid;
        if (!uuid_parse(list->items[i].string, &uuid)) {
            return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Segment not found");
        }
        if (is_given(ret, &uuid)) {
            return err_set_at(
                info, ERR_INVAL, "BAD_REQUEST", SEGMENT_IDS,
                SEGMENT_IDS " must be distinct: " SEGMENT_IDS ".%zu repeats an earlier one", i);
        }
        ret->uuids[ret->count++] = uuid;
    }
    return 0;
}

static int read_ids(const struct api_request *req, struct overlap *ret, struct err_info *info)
{
    const struct jsonval *list = NULL;
    int err = api_body_list(req->json, SEGMENT_IDS, &list, info);
    if (err == 0 && (list == NULL || list->count < 2 || list->count > REGIONS_SETS_MAX)) {
        err =
            err_set_at(info, ERR_INVAL, "BAD_REQUEST", SEGMENT_IDS,
                       SEGMENT_IDS " must be a list of 2 to %d ids of segments", REGIONS_SETS_MAX);
    }
    if (err == 0) {
        err = bodytext_check_strings(list, SEGMENT_IDS, info);
    }
    return err < 0 ? err : take_ids(list, ret, info);
}

/* ---- printing ------------------------------------------------------------------------------ */

static void write_sizes(struct jsonwrite *w, const struct overlap *overlap)
{
    jsonwrite_name(w, "sizes");
    jsonwrite_list(w);
    for (size_t i = 0; i < overlap->count; i++) {
        uint64_t size = 0;
        for (uint32_t region = 1; region >> overlap->count == 0; region++) {
            size += (region >> i & 1) != 0 ? overlap->counts[region] : 0;
        }
        jsonwrite_object(w);
        jsonparts_id(w, "id", &overlap->uuids[i]);
        jsonwrite_name(w, "count");
        jsonwrite_i64(w, (int64_t)size);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

static void write_region(struct jsonwrite *w, const struct overlap *overlap, uint32_t region)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "in");
    jsonwrite_list(w);
    for (size_t i = 0; i < overlap->count; i++) {
        if ((region >> i & 1) != 0) {
            char text[37];
            uuid_format(&overlap->uuids[i], text);
            jsonwrite_c(w, text);
        }
    }
    jsonwrite_list_end(w);
    jsonwrite_name(w, "count");
    jsonwrite_i64(w, (int64_t)overlap->counts[region]);
    jsonwrite_object_end(w);
}

/* The next choice of as many of `count` places in the order of writing; false: that was the last.
 */
static bool next_choice(size_t *places, size_t size, size_t count)
{
    size_t at = size;
    while (at > 0 && places[at - 1] == count - size + (at - 1)) {
        at--;
    }
    if (at == 0) {
        return false;
    }
    places[at - 1]++;
    for (size_t i = at; i < size; i++) {
        places[i] = places[i - 1] + 1;
    }
    return true;
}

/* By the number of segments, then in the order in which they were given. */
static void write_regions(struct jsonwrite *w, const struct overlap *overlap)
{
    jsonwrite_name(w, "regions");
    jsonwrite_list(w);
    for (size_t size = 1; size <= overlap->count; size++) {
        size_t places[REGIONS_SETS_MAX] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
        do {
            uint32_t region = 0;
            for (size_t i = 0; i < size; i++) {
                region |= UINT32_C(1) << places[i];
            }
            write_region(w, overlap, region);
        } while (next_choice(places, size, overlap->count));
    }
    jsonwrite_list_end(w);
}

int overlap_compute(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct overlap overlap = {.count = 0};
    uint64_t total = 0;
    int err = read_ids(req, &overlap, info);
    if (err == 0) {
        err = intersect_take(req->db, req->arena, req->project_id, overlap.uuids, overlap.count,
                             &overlap.counts, info);
    }
    if (err < 0) {
        return err;
    }
    for (uint32_t region = 1; region >> overlap.count == 0; region++) {
        total += overlap.counts[region];
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "total");
    jsonwrite_i64(&res->json, (int64_t)total);
    write_sizes(&res->json, &overlap);
    write_regions(&res->json, &overlap);
    jsonwrite_object_end(&res->json);
    return 0;
}
