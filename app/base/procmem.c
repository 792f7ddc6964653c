#include "base/procmem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/str.h"

struct procmem procmem_now(void)
{
    char line[256];
    uint64_t pages[3]; /* total, resident, shared: proc(5), statm */
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return (struct procmem){0};
    struct str rest = str_from(fgets(line, sizeof line, file));
    fclose(file);
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        if (!num_parse_u64(str_split(rest, ' ', &rest), UINT64_MAX / 2, &pages[i]))
            return (struct procmem){0};
    }
    uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t shared = pages[2] < pages[1] ? pages[2] : pages[1];
    return (struct procmem){pages[1] * page_bytes, (pages[1] - shared) * page_bytes};
}
