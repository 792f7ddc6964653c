#include "store/importcell.h"

#include <strings.h>

#include "base/num.h"

#define DIGITS_MAX 15
#define EXACT_POWER_MAX 22 /* 10^22 is the largest power of ten that is a double */

struct str importcell_plain(struct str cell)
{
    if (cell.len >= 2 && cell.at[0] == '\'' && memchr("=+-@\t\r", cell.at[1], 6) != NULL) {
        return (struct str){cell.at + 1, cell.len - 1};
    }
    return cell;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Both the digits as an integer and the power of ten are exact, so their quotient is rounded once:
 * it is the double nearest to the text. */
static double quotient(uint64_t digits, unsigned decimals)
{
    double power = 1;
    for (unsigned i = 0; i < decimals; i++) {
        power *= 10;
    }
    return (double)digits / power;
}

static bool read_number(struct str cell, double *ret)
{
    size_t at = cell.at[0] == '-';
    uint64_t digits = 0;
    unsigned significant = 0;
    unsigned decimals = 0;
    bool has_point = false;
    if (at == cell.len || !is_digit(cell.at[at]) ||
        (cell.at[at] == '0' && at + 1 < cell.len && cell.at[at + 1] != '.')) {
        return false;
    }
    for (; at < cell.len; at++) {
        if (cell.at[at] == '.' && !has_point && at + 1 < cell.len) {
            has_point = true;
            continue;
        }
        if (!is_digit(cell.at[at])) {
            return false;
        }
        digits = digits * 10 + (uint64_t)(cell.at[at] - '0');
        significant += digits > 0;
        decimals += has_point;
        if (significant > DIGITS_MAX) {
            return false;
        }
    }
    if (decimals > EXACT_POWER_MAX) {
        return num_parse(cell, ret);
    }
    *ret = quotient(digits, decimals);
    *ret = cell.at[0] == '-' ? -*ret : *ret;
    return true;
}

static bool is_word(struct str cell, const char *word)
{
    return cell.len == strlen(word) && strncasecmp(cell.at, word, cell.len) == 0;
}

bool importcell_value(struct str cell, struct jsonval *ret)
{
    double number;
    if (cell.len == 0) {
        return false;
    }
    if (read_number(cell, &number)) {
        *ret = jsonval_of_number(number);
    } else if (is_word(cell, "true") || is_word(cell, "false")) {
        *ret = jsonval_of_bool(is_word(cell, "true"));
    } else {
        *ret = jsonval_of_str(cell);
    }
    return true;
}

bool importcell_yes_no(struct str cell, bool *ret)
{
    bool yes = is_word(cell, "true") || is_word(cell, "yes");
    if (!yes && !is_word(cell, "false") && !is_word(cell, "no")) {
        return false;
    }
    *ret = yes;
    return true;
}
