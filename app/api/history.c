#include "api/history.h"

#include "api/daterange.h"
#include "api/historypoints.h"
#include "api/segments.h"
#include "base/limits.h"

#define DEFAULT_MS (30 * TIMEUTIL_DAY_MS)

/* ---- what is asked for --------------------------------------------------------------------- */

static int read_date(const struct api_request *req, const char *name, int64_t fallback_ms,
                     int64_t *ret_ms, struct err_info *info)
{
    struct str text = api_query(req, name);
    enum timeutil_date kind = text.at ? timeutil_parse(text, ret_ms) : TIMEUTIL_NOT_DATE;
    if (text.at == NULL)
        *ret_ms = fallback_ms;
    if (text.at == NULL || kind == TIMEUTIL_DAY || kind == TIMEUTIL_INSTANT)
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", name,
                      "%s must be a day such as 2026-01-31 or an instant such as"
                      " 2026-01-31T12:00:00Z",
                      name);
}

static int check_range(const struct historypoints_range *range, int64_t from_ms, int64_t to_ms,
                       struct err_info *info)
{
    if (from_ms > to_ms)
        return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "from", "from must not be after to");
    if ((range->to_ms - range->from_ms) / range->step_ms < LIMIT_HISTORY_POINTS)
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "from",
                      "from to to can be at most %d %s; ask for a shorter time%s",
                      LIMIT_HISTORY_POINTS, range->step_ms == SEGHISTORY_HOUR_MS ? "hours" : "days",
                      range->step_ms == SEGHISTORY_HOUR_MS ? ", or for interval=day" : "");
}

/* Nothing is known of the time after now: the range ends there at the latest. */
static int read_range(const struct api_request *req, struct historypoints_range *ret,
                      struct err_info *info)
{
    int64_t now_ms, from_ms = 0, to_ms = 0, step_ms = 0;
    int err = db_now_ms(req->db, &now_ms, info);
    if (err == 0)
        err = daterange_interval(req, &step_ms, info);
    if (err == 0)
        err = read_date(req, "to", now_ms, &to_ms, info);
    int64_t end_ms = to_ms < now_ms ? to_ms : now_ms;
    if (err == 0)
        err = read_date(req, "from", end_ms - DEFAULT_MS, &from_ms, info);
    if (err < 0)
        return err;
    *ret = (struct historypoints_range){.from_ms = historypoints_start(from_ms, step_ms),
                                        .to_ms = historypoints_start(end_ms, step_ms),
                                        .step_ms = step_ms};
    return check_range(ret, from_ms, to_ms, info);
}

/* ---- the answer ---------------------------------------------------------------------------- */

static void write_moved(struct jsonwrite *w, const char *name, bool told, uint64_t count)
{
    jsonwrite_name(w, name);
    if (told)
        jsonwrite_i64(w, (int64_t)count);
    else
        jsonwrite_null(w);
}

static void write_count(struct jsonwrite *w, const char *name,
                        const struct historypoints_count *count)
{
    jsonwrite_name(w, name);
    if (!count->known) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    jsonwrite_name(w, "at");
    jsonwrite_time(w, count->at_ms);
    jsonwrite_name(w, "count");
    jsonwrite_i64(w, (int64_t)count->count);
    jsonwrite_object_end(w);
}

static void write_growth(struct jsonwrite *w, const struct historypoints *history)
{
    jsonwrite_name(w, "growth");
    jsonwrite_object(w);
    write_count(w, "from", &history->before);
    write_count(w, "to", &history->after);
    jsonwrite_name(w, "change");
    if (history->before.known && history->after.known)
        jsonwrite_i64(w, (int64_t)history->after.count - (int64_t)history->before.count);
    else
        jsonwrite_null(w);
    jsonwrite_object_end(w);
}

static void write_history(struct jsonwrite *w, const struct historypoints *history)
{
    jsonwrite_object(w);
    jsonwrite_name(w, "points");
    jsonwrite_list(w);
    for (size_t i = 0; i < history->count; i++) {
        const struct historypoints_point *point = &history->points[i];
        jsonwrite_object(w);
        jsonwrite_name(w, "at");
        jsonwrite_time(w, point->at_ms);
        jsonwrite_name(w, "count");
        jsonwrite_i64(w, (int64_t)point->count);
        write_moved(w, "entered", point->told, point->entered);
        write_moved(w, "left", point->told, point->left);
        jsonwrite_object_end(w);
    }
    jsonwrite_list_end(w);
    write_growth(w, history);
    jsonwrite_object_end(w);
}

int history_get(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct historypoints_range range;
    struct seghistory_row *rows;
    struct historypoints history;
    size_t count;
    int err = segments_find(req, &segment, info);
    if (err == 0)
        err = read_range(req, &range, info);
    if (err == 0)
        err = seghistory_list(req->db, req->arena, req->project_id, segment.segment_id,
                              range.from_ms, range.to_ms + range.step_ms - 1, &rows, &count, info);
    if (err < 0)
        return err;
    historypoints_make(req->arena, rows, count, &range, &history);
    api_begin(res, 200);
    write_history(&res->json, &history);
    return 0;
}
