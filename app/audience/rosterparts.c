#include "audience/rosterparts.h"

#include "audience/roster.h"
#include "column/key.h"

#define AT_ONCE 1000

/* Brings the part that `next` is in, or the next one. Returns 1, 0 at the end, or an err. */
static int bring_part(struct rosterparts *walk, struct err_info *info)
{
    struct str packed;
    uint32_t wanted = (uint32_t)(walk->next / KEY_CHUNK_ROWS);
    int found = walk->read(walk->ctx, wanted, &walk->chunk, &packed, info);
    if (found <= 0)
        return found;
    if (!roster_unpack(packed, &walk->rows))
        return err_set(info, ERR_INTERNAL, NULL, "a stored part of a roster does not unpack");
    walk->has_part = true;
    if (walk->chunk == wanted)
        for (uint32_t row = 0; row < walk->next % KEY_CHUNK_ROWS; row++)
            bits_put(&walk->rows, row, false);
    return 1;
}

int rosterparts_next(struct rosterparts *walk, uint32_t *ret, uint32_t max, size_t *ret_count,
                     struct err_info *info)
{
    uint16_t rows[AT_ONCE];
    *ret_count = 0;
    while (*ret_count == 0) {
        int found = walk->has_part ? 1 : bring_part(walk, info);
        if (found <= 0)
            return found;
        *ret_count = bits_rows(&walk->rows, false, 0, max < AT_ONCE ? max : AT_ONCE, rows);
        if (*ret_count == 0) {
            walk->has_part = false;
            walk->next = ((uint64_t)walk->chunk + 1) * KEY_CHUNK_ROWS;
        }
    }
    for (size_t i = 0; i < *ret_count; i++)
        ret[i] = walk->chunk * KEY_CHUNK_ROWS + rows[i];
    return 1;
}

void rosterparts_done(struct rosterparts *walk, const uint32_t *ordinals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bits_put(&walk->rows, ordinals[i] % KEY_CHUNK_ROWS, false);
    if (count > 0)
        walk->next = (uint64_t)ordinals[count - 1] + 1;
}
