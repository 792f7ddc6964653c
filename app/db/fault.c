#include "db/fault.h"

#ifdef MUSTER_FAULTS

#include <stdint.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/str.h"

static struct {
    bool is_read; /* the environment was looked at */
    uint64_t left;
    struct fault what;
} armed;

void fault_arm(unsigned n, unsigned code, bool after)
{
    armed.is_read = true;
    armed.left = n;
    armed.what = (struct fault){after ? FAULT_AFTER : FAULT_BEFORE, code};
}

static void read_environment(void)
{
    armed.is_read = true;
    struct str when;
    struct str code = {0};
    struct str count = str_split(str_from(getenv("MUSTER_DB_FAULT")), ':', &code);
    code = str_split(code, ':', &when);
    uint64_t n;
    uint64_t number;
    if (num_parse_u64(count, UINT32_MAX, &n) && num_parse_u64(code, 65535, &number))
        fault_arm((unsigned)n, (unsigned)number, str_eq_c(when, "after"));
}

struct fault fault_next(void)
{
    if (!armed.is_read)
        read_environment();
    if (armed.left == 0 || --armed.left > 0)
        return (struct fault){FAULT_NEVER, 0};
    return armed.what;
}

#endif
