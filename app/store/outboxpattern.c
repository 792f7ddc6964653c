#include "store/outboxpattern.h"

#include "base/limits.h"

/* What is published, a slug standing as "*": both sides of a comparison may have it. */
static const char *const outboxpattern_published[] = {
    "segment.*.entry", "segment.*.exit",     "contact.created",      "contact.updated",
    "contact.deleted", "contact.subscribed", "contact.unsubscribed", "import.completed",
};

static bool outboxpattern_is_star(struct str part)
{
    return str_eq_c(part, "*");
}

/* Part by part. `any_slug`: a "*" in `type` is a slug that could be anything. */
static bool outboxpattern_glob(struct str pattern, struct str type, bool any_slug)
{
    for (;;) {
        struct str more;
        struct str more_type;
        struct str part = str_split(pattern, '.', &more);
        struct str of_type = str_split(type, '.', &more_type);
        bool is_last = more.at == NULL;
        bool is_slug = any_slug && outboxpattern_is_star(of_type);
        if (is_last && part.len > 0 && part.at[part.len - 1] == '*') {
            struct str prefix = {part.at, part.len - 1};
            return prefix.len == 0 || is_slug || str_starts(of_type, prefix);
        }
        if (!outboxpattern_is_star(part) && !is_slug && !str_eq(part, of_type)) {
            return false;
        }
        if (is_last || more_type.at == NULL) {
            return is_last && more_type.at == NULL;
        }
        pattern = more;
        type = more_type;
    }
}

bool outboxpattern_wants(struct str pattern, struct str type, bool is_custom)
{
    return is_custom ? str_eq(pattern, type) : outboxpattern_glob(pattern, type, false);
}

/* Whether it is written as a pattern: some part is "*", or it ends with one. */
static bool outboxpattern_is_pattern(struct str pattern)
{
    struct str rest = pattern;
    while (rest.at != NULL) {
        if (outboxpattern_is_star(str_split(rest, '.', &rest))) {
            return true;
        }
    }
    return pattern.len > 0 && pattern.at[pattern.len - 1] == '*';
}

int outboxpattern_check(struct str pattern, const char *field, struct err_info *info)
{
    static const char *code = "VALIDATION_ERROR";
    if (pattern.len == 0) {
        return err_set_at(info, ERR_UNPROCESSABLE, code, field,
                          "An event name must not be empty; leave \"events\" out for"
                          " [\"segment.*\"]");
    }
    if (pattern.len > LIMIT_EVENT_TYPE_BYTES) {
        return err_set_at(info, ERR_UNPROCESSABLE, code, field,
                          "An event name has at most %d bytes", LIMIT_EVENT_TYPE_BYTES);
    }
    if (str_has_control(pattern)) {
        return err_set_at(info, ERR_UNPROCESSABLE, code, field,
                          "An event name must not contain control characters");
    }
    if (!outboxpattern_is_pattern(pattern)) {
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(outboxpattern_published); i++) {
        if (outboxpattern_glob(pattern, str_from(outboxpattern_published[i]), true)) {
            return 0;
        }
    }
    return err_set_at(info, ERR_UNPROCESSABLE, code, field,
                      "Nothing that is published matches this pattern: there are"
                      " segment.<slug>.entry, segment.<slug>.exit,"
                      " contact.created|updated|deleted|subscribed|unsubscribed and"
                      " import.completed; a custom event must be named literally");
}
