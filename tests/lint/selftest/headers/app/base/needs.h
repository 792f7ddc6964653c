#ifndef MUSTER_BASE_NEEDS_H
#define MUSTER_BASE_NEEDS_H
size_t needs_size(void);
#endif
