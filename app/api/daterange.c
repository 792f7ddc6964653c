#include "api/daterange.h"

#include "base/timeutil.h"
#include "store/seghistory.h"

int daterange_read(const struct api_request *req, const char *name, bool is_end,
                   int64_t fallback_ms, int64_t *ret_ms, struct err_info *info)
{
    struct str text = api_query(req, name);
    if (text.len == 0) {
        *ret_ms = fallback_ms;
        return 0;
    }
    switch (timeutil_parse(text, ret_ms)) {
    case TIMEUTIL_INSTANT:
        return 0;
    case TIMEUTIL_DAY:
        *ret_ms += is_end ? TIMEUTIL_DAY_MS - 1 : 0;
        return 0;
    case TIMEUTIL_NOT_DATE:
    case TIMEUTIL_BAD_DATE:
        break;
    }
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", name,
                      "%s must be a date such as 2026-01-31 or 2026-01-31T12:00:00Z", name);
}

int daterange_interval(const struct api_request *req, int64_t *ret_ms, struct err_info *info)
{
    struct str text = api_query(req, "interval");
    bool is_hour = str_eq_c(text, "hour");
    *ret_ms = is_hour ? SEGHISTORY_HOUR_MS : TIMEUTIL_DAY_MS;
    if (is_hour || text.at == NULL || str_eq_c(text, "day"))
        return 0;
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "interval", "interval must be hour or day");
}
