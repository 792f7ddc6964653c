#ifndef MUSTER_BASE_ALONE_H
#define MUSTER_BASE_ALONE_H
#include <stddef.h>
size_t alone_size(void);
#endif
