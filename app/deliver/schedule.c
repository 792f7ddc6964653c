#include "deliver/schedule.h"

#include "base/macros.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define RETRY_AFTER_MAX_S (24 * 3600)
#define JITTER_SHARE 5 /* a fifth */

/* Before the first attempt, before the second, and so on. */
static const int64_t steps_ms[] = {
    0,           5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
    5 * HOUR_MS, 10 * HOUR_MS,  14 * HOUR_MS,  20 * HOUR_MS,   24 * HOUR_MS,
};
_Static_assert(ARRAY_LEN(steps_ms) == SCHEDULE_ATTEMPTS, "one step for each attempt");

int64_t schedule_delay_ms(unsigned attempts, uint32_t random)
{
    int64_t step = steps_ms[attempts < SCHEDULE_ATTEMPTS ? attempts : SCHEDULE_ATTEMPTS - 1];
    int64_t most = step / JITTER_SHARE;
    return step - most + (int64_t)((uint64_t)(2 * most) * random / UINT32_MAX);
}

struct schedule_next schedule_next(const struct schedule_outcome *outcome, uint32_t random)
{
    int status = outcome->status;
    struct schedule_next next = {
        .gone = status == 410,
        .busy = status == 429 || status == 502 || status == 504,
    };
    if (status >= 200 && status <= 299) {
        next.fate = SCHEDULE_DELIVERED;
    } else if (next.gone || outcome->attempts >= SCHEDULE_ATTEMPTS) {
        next.fate = SCHEDULE_DEAD;
    } else {
        int64_t asked_s = outcome->retry_after_s;
        int64_t asked_ms = (asked_s < RETRY_AFTER_MAX_S ? asked_s : RETRY_AFTER_MAX_S) * SECOND_MS;
        next.fate = SCHEDULE_AGAIN;
        next.delay_ms = schedule_delay_ms(outcome->attempts, random);
        if (next.delay_ms < asked_ms)
            next.delay_ms = asked_ms;
    }
    return next;
}
