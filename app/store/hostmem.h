/*
 * Host memory: one file shared by all processes of a host (MUSTER_HOST_MEMORY), mapped. Holds the
 * ordinal blocks and the last createdAt given, per project, and how many requests each account made
 * in this minute. Losing it costs a gap, never an answer;
 * a database that is replaced by another one must get a fresh file.
 *
 * Locks are kernel file locks of the open file, one byte per project, so that a killed process
 * leaves none behind. They belong to the open file description: open it after fork.
 */
#ifndef MUSTER_STORE_HOSTMEM_H
#define MUSTER_STORE_HOSTMEM_H

#include <stdint.h>

#include "db/db.h"

#define HOSTMEM_TAKE_MAX 10000u

struct hostmem;

/*
 * Opens or makes the file (0600, of this user). Returns 0 or ERR_INTERNAL with a message that names
 * the path.
 */
int hostmem_open(const char *path, struct hostmem **ret, struct err_info *info) MUST_CHECK;
void hostmem_close(struct hostmem *memory);

/*
 * How many API keys were revoked through this host so far: who believes a key asks again when it
 * has grown. hostmem_revoked adds one, after the revocation is committed.
 */
uint64_t hostmem_revocations(const struct hostmem *memory);
void hostmem_revoked(struct hostmem *memory);

/* What an account's requests are counted as. */
enum hostmem_rate { HOSTMEM_GENERAL, HOSTMEM_SEND, HOSTMEM_RATES };

/*
 * Counts one request of an account in a minute (of the clock, since 1970) and returns how many that
 * makes on this host; hostmem_rate_used only looks. With more accounts than the file has room for
 * those that come last are not counted (0).
 */
uint32_t hostmem_rate_take(struct hostmem *memory, uint32_t account_id, enum hostmem_rate rate,
                           uint32_t minute);
uint32_t hostmem_rate_used(struct hostmem *memory, uint32_t account_id, enum hostmem_rate rate,
                           uint32_t minute);

/*
 * Takes `count` (1..HOSTMEM_TAKE_MAX) ordinals, not always consecutive, and one createdAt for a new
 * contact each. ordinals ascend; created_ms = max(now_ms, last one given on this host).
 * Reserves blocks from ordinal_block by an autocommit update on `reserve`, a handle of its own that
 * is in no transaction; block size 1, doubling to 1,024 when a block is used up within a second. A
 * block is given up after five seconds: that long, and no longer, may the order of ordinals of two
 * hosts differ from the order of their createdAt.
 * Returns 0, ERR_NOT_FOUND (no such project), ERR_INVAL (count), ERR_UNPROCESSABLE (the project's
 * 2^32 ordinals are used up), or an err of db_exec.
 */
int hostmem_take(struct hostmem *memory, struct db *reserve, uint32_t project_id, size_t count,
                 int64_t now_ms, uint32_t *ret_ordinals, int64_t *ret_created_ms,
                 struct err_info *info) MUST_CHECK;

#endif
