/* Words for what a leaf may not say. */
#include "filter/refusal.h"

#include "base/num.h"

#define REFUSAL_SHOWN_BYTES 80 /* a few of these fit into one err_item.message */

size_t refusal_shown_bytes(struct str text)
{
    size_t len = REFUSAL_SHOWN_BYTES;

    if (text.len <= REFUSAL_SHOWN_BYTES)
        return text.len;
    while (len > 0 && ((unsigned char)text.at[len] & 0xc0) == 0x80)
        len--;
    return len;
}

struct str refusal_shown(struct arena *arena, struct str text)
{
    size_t len = refusal_shown_bytes(text);

    if (len == text.len)
        return text;
    return str_from(arena_printf(arena, "%.*s...", (int)len, text.at));
}

int refusal_operand(const struct refusal *r, const char *right, const char *given)
{
    struct str operator_name = refusal_shown(r->arena, r->operator_name);
    struct str field = refusal_shown(r->arena, r->field);

    return err_set_at(r->info, ERR_INVAL, "BAD_REQUEST", r->path,
                      "Operator \"" STR_FMT "\" on " STR_FMT " takes %s, got %s",
                      STR_ARG(operator_name), STR_ARG(field), right, given);
}

int refusal_misfit(const struct refusal *r, const char *right)
{
    struct str operator_name = refusal_shown(r->arena, r->operator_name);
    struct str field = refusal_shown(r->arena, r->field);

    return err_set_at(r->info, ERR_INVAL, "BAD_REQUEST", r->path,
                      "Operator \"" STR_FMT "\" does not fit the field \"" STR_FMT "\"; %s",
                      STR_ARG(operator_name), STR_ARG(field), right);
}

int refusal_type(const struct refusal *r, const char *right, const struct jsonval *given)
{
    static const char *const words[] = {
        [JSONVAL_NULL] = "null",       [JSONVAL_BOOL] = "a boolean", [JSONVAL_NUMBER] = "a number",
        [JSONVAL_STRING] = "a string", [JSONVAL_LIST] = "a list",    [JSONVAL_OBJECT] = "an object",
    };

    return refusal_operand(r, right, words[given->type]);
}

int refusal_text(const struct refusal *r, const char *right, struct str given)
{
    struct str shown = refusal_shown(r->arena, given);

    return refusal_operand(r, right, arena_printf(r->arena, "\"" STR_FMT "\"", STR_ARG(shown)));
}

int refusal_number(const struct refusal *r, const char *right, double given)
{
    char text[32];

    (void)num_format(given, text);
    return refusal_operand(r, right, text);
}
