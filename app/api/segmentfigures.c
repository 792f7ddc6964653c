#include "api/segmentfigures.h"

#include "api/historypoints.h"
#include "audience/panel.h"
#include "audience/tally.h"
#include "store/segment.h"

#define DAYS_DEFAULT 30
#define DAYS_MAX 366

struct ids {
    struct uuid at[PANEL_MAX]; /* distinct */
    size_t count;
};

static bool is_given(const struct ids *ids, const struct uuid *uuid)
{
    for (size_t i = 0; i < ids->count; i++) {
        if (uuid_eq(&ids->at[i], uuid))
            return true;
    }
    return false;
}

static int read_ids(const struct api_request *req, struct ids *ret, struct err_info *info)
{
    struct str rest = api_query(req, "ids");
    ret->count = 0;
    if (rest.len == 0)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "ids",
                          "ids is required: ids of segments with commas between them");
    while (rest.at != NULL) {
        struct uuid uuid;
        struct str text = str_trim(str_split(rest, ',', &rest));
        if (!uuid_parse(text, &uuid))
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "ids",
                              "ids must be UUIDs with commas between them; \"" STR_FMT "\" is none",
                              text.len < 40 ? (int)text.len : 40, text.at);
        if (is_given(ret, &uuid))
            continue;
        if (ret->count == PANEL_MAX)
            return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "ids", "ids can be at most %d",
                              PANEL_MAX);
        ret->at[ret->count++] = uuid;
    }
    return 0;
}

static void name_of(struct jsonwrite *w, const struct uuid *uuid)
{
    char text[37];
    uuid_format(uuid, text);
    jsonwrite_name(w, text);
}

/* ---- counts -------------------------------------------------------------------------------- */

static void write_tallies(struct jsonwrite *w, const struct tally *tallies, size_t count)
{
    jsonwrite_name(w, "data");
    jsonwrite_object(w);
    for (size_t i = 0; i < count; i++) {
        if (!tallies[i].is_there)
            continue;
        name_of(w, &tallies[i].segment);
        jsonwrite_object(w);
        jsonwrite_name(w, "memberCount");
        if (tallies[i].is_counted)
            jsonwrite_i64(w, (int64_t)tallies[i].count);
        else
            jsonwrite_null(w);
        jsonwrite_object_end(w);
    }
    jsonwrite_object_end(w);
}

int segmentfigures_counts(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct ids ids;
    struct tally tallies[PANEL_MAX];
    int64_t at_ms;
    int err = read_ids(req, &ids, info);
    if (err < 0)
        return err;
    for (size_t i = 0; i < ids.count; i++)
        tallies[i] = (struct tally){.segment = ids.at[i]};
    err = tally_take(req->db, req->arena, req->project_id, tallies, ids.count, &at_ms, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "at");
    jsonwrite_time(&res->json, at_ms);
    write_tallies(&res->json, tallies, ids.count);
    jsonwrite_object_end(&res->json);
    return 0;
}

/* ---- history ------------------------------------------------------------------------------- */

static void write_points(struct jsonwrite *w, const struct historypoints *history)
{
    jsonwrite_list(w);
    for (size_t i = 0; i < history->count; i++) {
        jsonwrite_object(w);
        jsonwrite_name(w, "at");
        jsonwrite_time(w, history->points[i].at_ms);
        jsonwrite_name(w, "count");
        jsonwrite_i64(w, (int64_t)history->points[i].count);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
}

static int write_histories(const struct api_request *req, struct jsonwrite *w,
                           const struct segment_target *segments, size_t count,
                           const struct historypoints_range *range, struct err_info *info)
{
    struct seghistory_row *rows;
    struct historypoints history;
    size_t row_count;
    for (size_t i = 0; i < count; i++) {
        int err = seghistory_list(req->db, req->arena, req->project_id, segments[i].segment_id,
                                  range->from_ms, range->to_ms + range->step_ms - 1, &rows,
                                  &row_count, info);
        if (err < 0)
            return err;
        historypoints_make(req->arena, rows, row_count, range, &history);
        name_of(w, &segments[i].uuid);
        write_points(w, &history);
    }
    return 0;
}

/* Days up to today. */
static int read_range(const struct api_request *req, struct historypoints_range *ret,
                      struct err_info *info)
{
    int64_t now_ms = 0;
    uint64_t days;
    int err = api_query_count(req, "days", DAYS_DEFAULT, DAYS_MAX, false, &days, info);
    if (err == 0)
        err = db_now_ms(req->db, &now_ms, info);
    if (err < 0)
        return err;
    ret->step_ms = TIMEUTIL_DAY_MS;
    ret->to_ms = historypoints_start(now_ms, TIMEUTIL_DAY_MS);
    ret->from_ms = ret->to_ms - ((int64_t)days - 1) * TIMEUTIL_DAY_MS;
    return 0;
}

int segmentfigures_history(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct ids ids;
    struct historypoints_range range;
    struct segment_target segments[PANEL_MAX];
    size_t count;
    int err = read_ids(req, &ids, info);
    if (err == 0)
        err = read_range(req, &range, info);
    if (err == 0)
        err = segment_resolve(req->db, req->arena, req->project_id, ids.at, ids.count, segments,
                              &count, info);
    if (err < 0)
        return err;
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    jsonwrite_object(&res->json);
    err = write_histories(req, &res->json, segments, count, &range, info);
    jsonwrite_object_end(&res->json);
    jsonwrite_object_end(&res->json);
    return err;
}
