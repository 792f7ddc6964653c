#include "store/hostmem.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/sharedfile.h"
#include "base/timeutil.h"

#define MAGIC UINT64_C(0x314d454d5453554d) /* "MUSTMEM1": the last digit is the version */
#define SLOTS 4096u
#define BLOCK_MAX 1024u
#define BUSY_US INT64_C(1000000)
#define LIFE_US INT64_C(5000000)
#define ORDINAL_END (UINT64_C(1) << 32)

static const char SQL_RESERVE[] =
    "UPDATE ordinal_block SET next_ordinal = LAST_INSERT_ID(next_ordinal + ?) "
    "WHERE project_id = ?";
static const char SQL_RESERVED[] = "SELECT LAST_INSERT_ID()";

/* Written under the slot's lock only. A process may be killed between any two of the writes, so
 * their order matters: a block is empty while next >= end. */
struct slot {
    uint32_t project_id; /* 0: free; written last, never freed */
    uint32_t block_size; /* of the block that was reserved last */
    uint64_t next;       /* first ordinal that is not given out yet */
    uint64_t end;        /* one behind the block's last */
    int64_t created_ms;  /* last one given */
    int64_t reserved_us; /* monotonic */
    /* Another table, by account, whose entries only share the place with these. */
    uint64_t account_id;          /* 0: free; never freed */
    uint64_t used[HOSTMEM_RATES]; /* minute and count, 32 bits each; atomic */
};

struct layout {
    uint64_t magic;
    uint64_t revocations;
    uint64_t unused[6];
    struct slot slot[SLOTS];
};

/* Lock 0 is that of claiming slots, lock 1 + i that of slot i. */
struct hostmem {
    struct sharedfile file;
    struct layout *shared;
};

int hostmem_open(const char *path, struct hostmem **ret, struct err_info *info)
{
    struct sharedfile file;
    int err = sharedfile_open(path, sizeof(struct layout), MAGIC, "host memory", &file, info);
    if (err < 0)
        return ERR_INTERNAL;
    struct hostmem *memory = arena_xmalloc(sizeof(*memory));
    *memory = (struct hostmem){file, file.at};
    *ret = memory;
    return 0;
}

void hostmem_close(struct hostmem *memory)
{
    if (!memory)
        return;
    sharedfile_close(&memory->file);
    free(memory);
}

uint64_t hostmem_revocations(const struct hostmem *memory)
{
    return __atomic_load_n(&memory->shared->revocations, __ATOMIC_ACQUIRE);
}

void hostmem_revoked(struct hostmem *memory)
{
    (void)__atomic_add_fetch(&memory->shared->revocations, 1, __ATOMIC_ACQ_REL);
}

/* ---- requests of accounts ------------------------------------------------------------------ */

/* The account's entry, claimed when it has none; NULL when all are taken. */
static struct slot *rate_entry(struct layout *shared, uint32_t account_id)
{
    size_t start = hash_fast(&account_id, sizeof(account_id)) % SLOTS;
    for (size_t i = 0; i < SLOTS; i++) {
        struct slot *entry = &shared->slot[(start + i) % SLOTS];
        uint64_t holder = 0;
        if (__atomic_compare_exchange_n(&entry->account_id, &holder, account_id, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) ||
            holder == account_id)
            return entry;
    }
    return NULL;
}

/* The count of a word that may speak of another minute. */
static uint32_t count_in(uint64_t word, uint32_t minute)
{
    return word >> 32 == minute ? (uint32_t)word : 0;
}

uint32_t hostmem_rate_take(struct hostmem *memory, uint32_t account_id, enum hostmem_rate rate,
                           uint32_t minute)
{
    struct slot *entry = rate_entry(memory->shared, account_id);
    if (!entry)
        return 0;
    uint64_t before = __atomic_load_n(&entry->used[rate], __ATOMIC_ACQUIRE), after;
    do {
        uint32_t count = count_in(before, minute);
        after = (uint64_t)minute << 32 | (count < UINT32_MAX ? count + 1 : count);
    } while (!__atomic_compare_exchange_n(&entry->used[rate], &before, after, false,
                                          __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
    return (uint32_t)after;
}

uint32_t hostmem_rate_used(struct hostmem *memory, uint32_t account_id, enum hostmem_rate rate,
                           uint32_t minute)
{
    const struct slot *entry = rate_entry(memory->shared, account_id);
    return entry ? count_in(__atomic_load_n(&entry->used[rate], __ATOMIC_ACQUIRE), minute) : 0;
}

/* ---- ordinals ------------------------------------------------------------------------------ */

/* Index of the project's slot, or of the first free one behind its place, or SLOTS when full. */
static size_t probe(const struct layout *shared, uint32_t project_id)
{
    size_t start = hash_fast(&project_id, sizeof(project_id)) % SLOTS;
    for (size_t i = 0; i < SLOTS; i++) {
        size_t at = (start + i) % SLOTS;
        uint32_t holder = __atomic_load_n(&shared->slot[at].project_id, __ATOMIC_ACQUIRE);
        if (holder == project_id || holder == 0)
            return at;
    }
    return SLOTS;
}

/* Finds or claims the project's slot; SLOTS when there is none to be had. */
static size_t find_slot(struct hostmem *memory, uint32_t project_id)
{
    struct slot *slots = memory->shared->slot;
    size_t at = probe(memory->shared, project_id);
    if (at == SLOTS || slots[at].project_id == project_id)
        return at;
    if (!sharedfile_lock(&memory->file, 0))
        return SLOTS;
    at = probe(memory->shared, project_id);
    if (at < SLOTS)
        __atomic_store_n(&slots[at].project_id, project_id, __ATOMIC_RELEASE);
    sharedfile_unlock(&memory->file, 0);
    return at;
}

static int reserve_once(struct db *reserve, uint32_t project_id, uint64_t size, uint64_t *ret_end,
                        struct err_info *info)
{
    uint64_t matched = 0;
    int err =
        db_exec(reserve, SQL_RESERVE, DB_PARAMS(DB_U64(size), DB_I64(project_id)), &matched, info);
    if (err)
        return err;
    if (matched == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "project %u has no ordinals", project_id);
    AUTO(db_rows) rows = NULL;
    int found = db_one(reserve, SQL_RESERVED, DB_NO_PARAMS, &rows, info);
    if (found < 0)
        return found;
    *ret_end = found ? (uint64_t)db_i64(rows, 0) : 0;
    return 0;
}

/* Reserves `size` ordinals; ret_end is one behind the last. */
static int reserve_block(struct db *reserve, uint32_t project_id, uint64_t size, uint64_t *ret_end,
                         struct err_info *info)
{
    uint64_t end = 0;
    /* 0: the connection was made anew between the two statements. That block is a gap now. */
    for (int attempt = 0; end == 0 && attempt < 2; attempt++) {
        int err = reserve_once(reserve, project_id, size, &end, info);
        if (err)
            return err;
    }
    if (end == 0)
        return err_set(info, ERR_UNAVAILABLE, NULL, "the database connection does not last");
    if (end > ORDINAL_END || end < size)
        return err_set(info, ERR_UNPROCESSABLE, NULL, "project %u has used up its ordinals",
                       project_id);
    *ret_end = end;
    return 0;
}

static uint32_t next_block_size(const struct slot *slot, int64_t now_us)
{
    if (slot->block_size == 0 || now_us - slot->reserved_us > BUSY_US)
        return 1;
    return slot->block_size < BLOCK_MAX ? slot->block_size * 2 : BLOCK_MAX;
}

/* Makes the slot's empty block a fresh one with room for at least `needed`. */
static int refill(struct slot *slot, struct db *reserve, uint32_t project_id, size_t needed,
                  struct err_info *info)
{
    int64_t now_us = timeutil_mono_us();
    uint32_t block_size = next_block_size(slot, now_us);
    uint64_t size = block_size > needed ? block_size : needed;
    uint64_t end = 0;
    int err = reserve_block(reserve, project_id, size, &end, info);
    if (err)
        return err;
    slot->block_size = block_size;
    slot->reserved_us = timeutil_mono_us();
    /* next first: with the old end in front of it the block is still empty. */
    __atomic_store_n(&slot->next, end - size, __ATOMIC_RELEASE);
    __atomic_store_n(&slot->end, end, __ATOMIC_RELEASE);
    return 0;
}

/* Gives up a block that has lived too long. A monotonic clock that ran backwards: a reboot. */
static void drop_if_old(struct slot *slot)
{
    int64_t age_us = timeutil_mono_us() - slot->reserved_us;
    if (age_us > LIFE_US || age_us < 0)
        __atomic_store_n(&slot->next, slot->end, __ATOMIC_RELEASE);
}

/* Takes what the block has, up to `count`; returns how many. */
static size_t take_from_block(struct slot *slot, size_t count, uint32_t *ret_ordinals)
{
    size_t taken = 0;
    while (taken < count && slot->next + taken < slot->end) {
        ret_ordinals[taken] = (uint32_t)(slot->next + taken);
        taken++;
    }
    __atomic_store_n(&slot->next, slot->next + taken, __ATOMIC_RELEASE);
    return taken;
}

static int take_locked(struct slot *slot, struct db *reserve, uint32_t project_id, size_t count,
                       int64_t now_ms, uint32_t *ret_ordinals, int64_t *ret_created_ms,
                       struct err_info *info)
{
    drop_if_old(slot);
    size_t taken = take_from_block(slot, count, ret_ordinals);
    if (taken < count) {
        int err = refill(slot, reserve, project_id, count - taken, info);
        if (err)
            return err;
        take_from_block(slot, count - taken, ret_ordinals + taken);
    }
    if (now_ms > slot->created_ms)
        slot->created_ms = now_ms;
    for (size_t i = 0; i < count; i++)
        ret_created_ms[i] = slot->created_ms;
    return 0;
}

/* More projects than slots: reserves exactly what is asked, and forgets it. */
static int take_directly(struct db *reserve, uint32_t project_id, size_t count, int64_t now_ms,
                         uint32_t *ret_ordinals, int64_t *ret_created_ms, struct err_info *info)
{
    uint64_t end = 0;
    int err = reserve_block(reserve, project_id, count, &end, info);
    for (size_t i = 0; !err && i < count; i++) {
        ret_ordinals[i] = (uint32_t)(end - count + i);
        ret_created_ms[i] = now_ms;
    }
    return err;
}

int hostmem_take(struct hostmem *memory, struct db *reserve, uint32_t project_id, size_t count,
                 int64_t now_ms, uint32_t *ret_ordinals, int64_t *ret_created_ms,
                 struct err_info *info)
{
    if (count == 0 || count > HOSTMEM_TAKE_MAX || project_id == 0)
        return err_set(info, ERR_INVAL, NULL, "ordinals are taken 1 to %u at a time",
                       HOSTMEM_TAKE_MAX);
    size_t at = find_slot(memory, project_id);
    if (at == SLOTS || !sharedfile_lock(&memory->file, at + 1))
        return take_directly(reserve, project_id, count, now_ms, ret_ordinals, ret_created_ms,
                             info);
    int err = take_locked(&memory->shared->slot[at], reserve, project_id, count, now_ms,
                          ret_ordinals, ret_created_ms, info);
    sharedfile_unlock(&memory->file, at + 1);
    return err;
}
