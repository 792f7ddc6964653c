/*
 * A file of fixed size that the processes of a host share by mapping it, with kernel locks, so that
 * a killed process leaves none behind. Locks belong to the open file description: open it after
 * fork.
 */
#ifndef MUSTER_BASE_SHAREDFILE_H
#define MUSTER_BASE_SHAREDFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct sharedfile {
    int fd;
    void *at; /* `bytes` bytes, zero in a new file but for the first eight: the magic number */
    size_t bytes;
};

/*
 * Opens or makes the file (0600, of this user) with room for all its bytes. `magic` names content
 * and version; `what` names the file in messages. Returns 0; ERR_CONFLICT when it is a file of ours
 * with another size or magic; ERR_INTERNAL when it cannot be used. Messages name the path.
 */
int sharedfile_open(const char *path, size_t bytes, uint64_t magic, const char *what,
                    struct sharedfile *ret, struct err_info *info) MUST_CHECK;

/* A zeroed struct is allowed. */
void sharedfile_close(struct sharedfile *file);

/* Waits for the lock number `lock`, which the file's size does not limit; 0 is held by whoever is
 * opening the file, too. Returns false when the kernel refuses. */
bool sharedfile_lock(const struct sharedfile *file, size_t lock);
void sharedfile_unlock(const struct sharedfile *file, size_t lock);

#endif
