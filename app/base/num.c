#include "base/num.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Writes value (> 0) in the e form with the fewest digits that read back. 15 digits are tried
 * first: where fewer suffice, they are those 15 without the zeros at the end. That does not hold
 * below DBL_MIN, where a double has fewer digits than that.
 */
static void shortest_e_form(double value, char *text, size_t size)
{
    for (int precision = value < DBL_MIN ? 1 : DBL_DIG; precision < DBL_DECIMAL_DIG; precision++) {
        snprintf(text, size, "%.*e", precision - 1, value);
        if (strtod(text, NULL) == value)
            return;
        /* Above a power of two doubles lie half as dense as below it: where the nearest 16 digits
         * read back as the neighbour below, the next ones up may still be ours. */
        char *last = text + strcspn(text, "e") - 1;
        if (precision == DBL_DIG + 1 && *last < '9') {
            ++*last;
            if (strtod(text, NULL) == value)
                return;
        }
    }
    snprintf(text, size, "%.*e", DBL_DECIMAL_DIG - 1, value);
}

/* Shortest decimal digits that read back as `value` (> 0), and n with value = 0.digits × 10^n. */
static int shortest_digits(double value, char *out, int *ret_n)
{
    char text[40];
    shortest_e_form(value, text, sizeof text);
    size_t exponent = strcspn(text, "e");
    int count = 0;
    for (size_t i = 0; i < exponent; i++) {
        if (text[i] != '.')
            out[count++] = text[i];
    }
    while (count > 1 && out[count - 1] == '0')
        count--;
    out[count] = '\0';
    *ret_n = (int)strtol(text + exponent + 1, NULL, 10) + 1;
    return count;
}

/* Whole numbers that a double holds exactly take the short way. */
static size_t format_whole(double value, char out[32])
{
    return (size_t)snprintf(out, 32, "%lld", (long long)value);
}

size_t num_format(double value, char out[32])
{
    char d[32];
    int n;
    if (value == 0)
        return (size_t)snprintf(out, 32, "0");
    if (fabs(value) < 9007199254740992.0 && value == floor(value))
        return format_whole(value, out);
    const char *sign = value < 0 ? "-" : "";
    int k = shortest_digits(fabs(value), d, &n);
    if (k <= n && n <= 21)
        return (size_t)snprintf(out, 32, "%s%s%.*s", sign, d, n - k, "000000000000000000000");
    if (0 < n && n <= 21)
        return (size_t)snprintf(out, 32, "%s%.*s.%s", sign, n, d, d + n);
    if (-6 < n && n <= 0)
        return (size_t)snprintf(out, 32, "%s0.%.*s%s", sign, -n, "000000", d);
    int e = n - 1;
    if (k == 1)
        return (size_t)snprintf(out, 32, "%s%se%+d", sign, d, e);
    return (size_t)snprintf(out, 32, "%s%c.%se%+d", sign, d[0], d + 1, e);
}

/* Steps over [0-9]+. Returns false when there is none. */
static bool skip_digits(const char **at)
{
    const char *start = *at;
    while (**at >= '0' && **at <= '9')
        ++*at;
    return *at > start;
}

/* RFC 8259 §6; strtod alone would also take blanks, "+1", "01", "1.", "0x1", "inf" and "nan". */
static bool is_json_number(const char *at)
{
    if (*at == '-')
        at++;
    const char *whole = at;
    if (!skip_digits(&at) || (*whole == '0' && at - whole > 1))
        return false;
    if (*at == '.') {
        at++;
        if (!skip_digits(&at))
            return false;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        if (*at == '+' || *at == '-')
            at++;
        if (!skip_digits(&at))
            return false;
    }
    return *at == '\0';
}

bool num_parse(struct str text, double *ret)
{
    char copy[NUM_TEXT_BYTES + 1];
    if (text.len > NUM_TEXT_BYTES)
        return false;
    memcpy(copy, text.at ? text.at : "", text.len);
    copy[text.len] = '\0';
    if (strlen(copy) != text.len || !is_json_number(copy))
        return false;
    double value = strtod(copy, NULL);
    if (!isfinite(value))
        return false;
    *ret = value;
    return true;
}

bool num_parse_u64(struct str text, uint64_t max, uint64_t *ret)
{
    uint64_t value = 0;
    if (!text.len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text.at[i] - '0');
        if (value > (max - digit) / 10 || digit > max)
            return false;
        value = value * 10 + digit;
    }
    *ret = value;
    return true;
}
