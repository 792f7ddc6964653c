#include "flow/cron.h"

#include "base/num.h"
#include "base/timeutil.h"

#define MINUTE_MS INT64_C(60000)
/* 29 February of a given weekday comes at the latest after 40 years, where a century is no leap
 * year. */
#define DAYS_MAX (41 * 366)

enum field { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS };

static const struct {
    const char *name;
    unsigned first, last;
    const char *words; /* three letters each, from `first` on */
} fields[FIELDS] = {
    {"minute", 0, 59, ""},
    {"hour", 0, 23, ""},
    {"day of the month", 1, 31, ""},
    {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    {"day of the week", 0, 7, "SUNMONTUEWEDTHUFRISAT"},
};

static const struct {
    const char *word, *text;
} shorts[] = {{"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
              {"@weekly", "0 0 * * 0"},  {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
              {"@annually", "0 0 1 1 *"}};

/* Which values each field allows, one bit each. */
struct cron {
    uint64_t allowed[FIELDS];
    bool any_day, any_weekday; /* the field begins with `*` */
};

static bool read_word(enum field field, struct str text, unsigned *ret)
{
    const char *words = fields[field].words;
    char upper[3];
    if (text.len != sizeof upper)
        return false;
    for (unsigned i = 0; i < sizeof upper; i++)
        upper[i] = (char)(text.at[i] >= 'a' && text.at[i] <= 'z' ? text.at[i] - 32 : text.at[i]);
    for (unsigned i = 0; words[i] != '\0'; i += sizeof upper) {
        if (memcmp(words + i, upper, sizeof upper) == 0) {
            *ret = fields[field].first + i / (unsigned)sizeof upper;
            return true;
        }
    }
    return false;
}

static bool read_number(enum field field, struct str text, unsigned *ret)
{
    uint64_t number;
    if (read_word(field, text, ret))
        return true;
    if (!num_parse_u64(text, fields[field].last, &number) || number < fields[field].first)
        return false;
    *ret = (unsigned)number;
    return true;
}

/* One of the list: what is before the step, and the step. */
static bool read_item(enum field field, struct str item, uint64_t *allowed)
{
    struct str step_text, to_text;
    struct str range = str_split(item, '/', &step_text);
    unsigned from = fields[field].first, to = fields[field].last;
    uint64_t step = 1;
    if (step_text.at != NULL && (!num_parse_u64(step_text, 59, &step) || step == 0))
        return false;
    if (!str_eq_c(range, "*")) {
        struct str from_text = str_split(range, '-', &to_text);
        if (!read_number(field, from_text, &from))
            return false;
        /* "5/15" is from 5 on. */
        if (to_text.at == NULL && step_text.at == NULL)
            to = from;
        if (to_text.at != NULL && !read_number(field, to_text, &to))
            return false;
    }
    for (unsigned value = from; value <= to; value += (unsigned)step)
        *allowed |= UINT64_C(1) << value;
    return from <= to;
}

static bool read_field(enum field field, struct str text, uint64_t *allowed)
{
    struct str rest = text;
    while (rest.at != NULL) {
        struct str item = str_split(rest, ',', &rest);
        if (!read_item(field, item, allowed))
            return false;
    }
    return true;
}

/* The next run of what is no blank; empty at the end. */
static struct str next_part(struct str *rest)
{
    *rest = str_trim(*rest);
    size_t len = 0;
    while (len < rest->len && rest->at[len] != ' ' && rest->at[len] != '\t')
        len++;
    struct str part = {rest->at, len};
    *rest = (struct str){rest->at + len, rest->len - len};
    return part;
}

static int wrong_count(struct err_info *info)
{
    return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                   "must have five fields: minute, hour, day of the month, month, day of the week "
                   "(\"0 9 * * 1-5\"), or be one of @hourly @daily @weekly @monthly @yearly");
}

static int read_text(struct str text, struct cron *ret, struct err_info *info)
{
    struct str rest = text;
    *ret = (struct cron){.allowed = {0}};
    for (size_t i = 0; i < ARRAY_LEN(shorts); i++)
        if (str_eq_c(str_trim(text), shorts[i].word))
            rest = str_from(shorts[i].text);
    struct str parts[FIELDS];
    for (enum field field = 0; field < FIELDS; field++)
        parts[field] = next_part(&rest);
    if (parts[FIELDS - 1].len == 0 || next_part(&rest).len > 0)
        return wrong_count(info);
    for (enum field field = 0; field < FIELDS; field++) {
        if (!read_field(field, parts[field], &ret->allowed[field]))
            return err_set(
                info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                "must have a %s that is *, a number %u-%u, a range a-b, a step */n, or a list of "
                "these",
                fields[field].name, fields[field].first, fields[field].last);
    }
    ret->any_day = parts[DAY].at[0] == '*';
    ret->any_weekday = parts[WEEKDAY].at[0] == '*';
    ret->allowed[WEEKDAY] |= ret->allowed[WEEKDAY] >> 7; /* 7 is Sunday as well */
    return 0;
}

static bool allows(const struct cron *cron, enum field field, unsigned value)
{
    return cron->allowed[field] >> value & 1;
}

static bool allows_day(const struct cron *cron, int64_t day_ms)
{
    int year, month, day;
    timeutil_civil(day_ms, &year, &month, &day);
    /* 1970 began on a Thursday. */
    int64_t days = day_ms / TIMEUTIL_DAY_MS + 4;
    bool by_day = allows(cron, DAY, (unsigned)day);
    bool by_weekday = allows(cron, WEEKDAY, (unsigned)((days % 7 + 7) % 7));
    if (!allows(cron, MONTH, (unsigned)month))
        return false;
    return cron->any_day || cron->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

/* The first allowed minute of a day from `minute` of it on; -1: none. */
static int minute_of_day(const struct cron *cron, int minute)
{
    for (int at = minute; at < 24 * 60; at++)
        if (allows(cron, HOUR, (unsigned)at / 60) && allows(cron, MINUTE, (unsigned)at % 60))
            return at;
    return -1;
}

static int64_t next_run(const struct cron *cron, int64_t after_ms)
{
    /* Down to the day, before 1970 too. */
    int64_t rest = after_ms % TIMEUTIL_DAY_MS;
    int64_t day_ms = after_ms - rest - (rest < 0 ? TIMEUTIL_DAY_MS : 0);
    int minute = (int)((after_ms - day_ms) / MINUTE_MS) + 1;
    for (unsigned i = 0; i < DAYS_MAX; i++) {
        int at = allows_day(cron, day_ms) ? minute_of_day(cron, minute) : -1;
        if (at >= 0)
            return day_ms + at * MINUTE_MS;
        day_ms += TIMEUTIL_DAY_MS;
        minute = 0;
    }
    return CRON_NEVER;
}

int cron_check(struct str text, struct err_info *info)
{
    struct cron cron;
    int err = read_text(text, &cron, info);
    if (err == 0 && next_run(&cron, 0) == CRON_NEVER)
        err = err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                      "must name a time that comes: no such day is in these months");
    return err;
}

int64_t cron_next(struct str text, int64_t after_ms)
{
    struct cron cron;
    struct err_info ignored = {0};
    return read_text(text, &cron, &ignored) < 0 ? CRON_NEVER : next_run(&cron, after_ms);
}
