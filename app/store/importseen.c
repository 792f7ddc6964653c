#include "store/importseen.h"

#include <stdlib.h>

#include "base/hash.h"

#define FIRST_SLOTS 4096u

/* Open addressing, at most half full; 0 is a free slot. */
struct importseen {
    uint64_t *slots;
    size_t mask;
    size_t count;
};

static uint64_t *new_slots(size_t count)
{
    uint64_t *slots = arena_xmalloc(count * sizeof *slots);
    memset(slots, 0, count * sizeof *slots);
    return slots;
}

struct importseen *importseen_new(void)
{
    struct importseen *seen = arena_xmalloc(sizeof *seen);
    *seen = (struct importseen){.slots = new_slots(FIRST_SLOTS), .mask = FIRST_SLOTS - 1};
    return seen;
}

void importseen_free(struct importseen *seen)
{
    if (seen != NULL) {
        free(seen->slots);
        free(seen);
    }
}

/* The hash's slot, or the free one where it belongs. */
static uint64_t *slot_of(const struct importseen *seen, uint64_t hash)
{
    size_t at = hash & seen->mask;
    while (seen->slots[at] != 0 && seen->slots[at] != hash) {
        at = (at + 1) & seen->mask;
    }
    return &seen->slots[at];
}

static uint64_t hash_of(struct str email)
{
    uint64_t hash = hash_fast(email.at, email.len);
    return hash == 0 ? 1 : hash;
}

bool importseen_has(const struct importseen *seen, struct str email)
{
    return *slot_of(seen, hash_of(email)) != 0;
}

static void grow(struct importseen *seen)
{
    struct importseen old = *seen;
    size_t count = (old.mask + 1) * 2;
    seen->slots = new_slots(count);
    seen->mask = count - 1;
    for (size_t i = 0; i <= old.mask; i++) {
        if (old.slots[i] != 0) {
            *slot_of(seen, old.slots[i]) = old.slots[i];
        }
    }
    free(old.slots);
}

void importseen_add(struct importseen *seen, struct str email)
{
    uint64_t hash = hash_of(email);
    uint64_t *slot = slot_of(seen, hash);
    if (*slot != 0 || seen->count == IMPORTSEEN_MAX) {
        return;
    }
    *slot = hash;
    if (++seen->count > seen->mask / 2) {
        grow(seen);
    }
}
