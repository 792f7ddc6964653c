#include "base/num.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Shortest decimal digits that read back as `value` (> 0), and n with value = 0.digits × 10^n. */
static int shortest_digits(double value, char *out, int *ret_n)
{
    char text[40];
    for (int precision = 1;; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (precision == 17 || strtod(text, NULL) == value)
            break;
    }
    char *exponent = strchr(text, 'e');
    int count = 0;
    for (char *p = text; p < exponent; p++) {
        if (*p != '.')
            out[count++] = *p;
    }
    while (count > 1 && out[count - 1] == '0')
        count--;
    out[count] = '\0';
    *ret_n = (int)strtol(exponent + 1, NULL, 10) + 1;
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

bool num_parse(struct str text, double *ret)
{
    char copy[512];
    char *end;
    if (!text.len || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    if (copy[0] != '-' && (copy[0] < '0' || copy[0] > '9'))
        return false; /* strtod would take blanks, +, inf and nan */
    for (size_t i = 0; i < text.len; i++) {
        if (!strchr("0123456789+-.eE", copy[i]))
            return false; /* and hexadecimal */
    }
    double value = strtod(copy, &end);
    if (*end || !isfinite(value))
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
