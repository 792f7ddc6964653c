/*
 * The chunk cache: the bytes of chunks as files that all processes of a host map, named by what
 * they hold: DIR / instance / project / content hash. Nothing but speed depends on it: a file that
 * is missing or damaged is made anew from the database, and where none can be written the bytes
 * stay in memory for the request. A file is written aside and renamed, by readers of committed rows
 * only.
 */
#ifndef MUSTER_AUDIENCE_CHUNKCACHE_H
#define MUSTER_AUDIENCE_CHUNKCACHE_H

#include <stdint.h>

#include "base/arena.h"
#include "column/chunk.h"
#include "db/db.h"
#include "store/chunkstore.h"

#define CHUNKCACHE_MAX_MAPPINGS 8192

/*
 * Sets the directory for this process (made 0700 when missing; one that is not ours or open to
 * others is not used). NULL: no files. Returns 0, or ERR_INTERNAL with a message: the cache is then
 * off, and everything works.
 */
int chunkcache_configure(const char *dir, struct err_info *info);

/*
 * The chunk of a directory entry, opened. Valid until the next chunkcache_trim, or as long as
 * `arena` where no file could be written. Returns 0; ERR_CORRUPT when the stored bytes do not match
 * their hash or do not open; or an err of the database.
 */
int chunkcache_get(struct db *db, struct arena *arena, uint32_t project_id,
                   const struct chunkstore_entry *entry, struct chunk *ret,
                   struct err_info *info) MUST_CHECK;

/* Lets go of the least recently used mappings above the maximum. Between requests only. */
void chunkcache_trim(void);

/* Deletes files by age of last use until they fit into max_bytes. For the worker. Returns how many
 * were deleted. */
uint64_t chunkcache_evict(uint64_t max_bytes);

/*
 * Deletes the files of a project that no stored chunk has had for min_age_s seconds: they may hold
 * what was erased. For the worker. Returns 0 or an err of the database.
 */
int chunkcache_sweep(struct db *db, uint32_t project_id, int64_t min_age_s, uint64_t *ret_deleted,
                     struct err_info *info) MUST_CHECK;

struct chunkcache_stats {
    uint64_t hits;  /* mapped already */
    uint64_t maps;  /* found as a file */
    uint64_t loads; /* read from the database */
};
struct chunkcache_stats chunkcache_stats(void);

#endif
