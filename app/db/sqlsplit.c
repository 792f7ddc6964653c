#include "db/sqlsplit.h"

static bool is_skipped(struct str line)
{
    return line.len == 0 || str_starts(line, STR("--"));
}

bool sqlsplit_next(struct str *rest, struct str *ret)
{
    struct str statement = {NULL, 0};
    while (rest->len > 0) {
        struct str after;
        struct str line = str_trim(str_split(*rest, '\n', &after));
        *rest = after;
        if (is_skipped(line))
            continue;
        if (!statement.at)
            statement.at = line.at;
        statement.len = (size_t)(line.at + line.len - statement.at);
        if (str_ends(line, STR(";"))) {
            statement.len--;
            break;
        }
    }
    *ret = statement;
    return statement.at != NULL;
}
