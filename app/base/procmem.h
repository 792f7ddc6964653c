/* The memory of this process, as the kernel counts it. */
#ifndef MUSTER_BASE_PROCMEM_H
#define MUSTER_BASE_PROCMEM_H

#include <stdint.h>

struct procmem {
    uint64_t resident_bytes;
    uint64_t private_bytes; /* without what is shared: mapped chunks and programs */
};

/* All zero where /proc is not there. */
struct procmem procmem_now(void);

#endif
