#include "audience/roster.h"

#include "audience/question.h"
#include "column/key.h"

#define ROWS_AT_ONCE 1024

struct taking {
    const struct audience_query *query;
    struct arena *work;
    struct arena *arena;
    struct snapshot snapshot;
    struct question question;
    struct roster *roster;
};

static int evaluate_chunk(struct taking *t, uint32_t chunk, struct err_info *info)
{
    struct roster *roster = t->roster;
    struct bits matched;
    int err = question_chunk(&t->question, chunk, info);
    if (err)
        return err;
    question_answer(&t->question, &matched);
    if (t->query->set_id) {
        struct bits members;
        eval_presence(question_extra(&t->question, 0), &members);
        bits_and(&matched, &members);
    }
    if (bits_none(&matched))
        return 0;
    roster->chunks[chunk] = arena_raw(t->arena, 1, sizeof matched);
    bits_copy(roster->chunks[chunk], &matched);
    roster->total += bits_count(&matched);
    return 0;
}

static int take_body(struct db *db, void *ctx, struct err_info *info)
{
    struct taking *t = ctx;
    const struct audience_query *query = t->query;
    uint64_t members = query->set_id ? KEY_SET_ENTERED(query->set_id) : 0;
    question_done(&t->question);
    *t->roster = (struct roster){0};
    int err = snapshot_open(db, t->work, query->project_id, &t->snapshot, info);
    if (err)
        return err;
    err = audience_instant(query->at_ms, t->snapshot.now_ms, &t->roster->at_ms, info);
    if (err)
        return err;
    err = question_init(&t->question, &t->snapshot, query->filter, t->roster->at_ms, &members,
                        members ? 1 : 0, info);
    if (err)
        return err;
    t->roster->chunk_count = t->snapshot.chunk_count; /* with the dirty rows */
    t->roster->chunks = arena_array(t->arena, t->roster->chunk_count, sizeof(*t->roster->chunks));
    for (uint32_t chunk = 0; !err && chunk < t->roster->chunk_count; chunk++)
        err = evaluate_chunk(t, chunk, info);
    return err;
}

int roster_take(struct db *db, struct arena *arena, const struct audience_query *query,
                struct roster *ret, struct err_info *info)
{
    AUTO(arena) work = arena_new();
    struct taking *t = arena_alloc(work, sizeof *t);
    *t = (struct taking){.query = query, .work = work, .arena = arena, .roster = ret};
    int err = db_tx(db, DB_READ, take_body, t, info);
    question_done(&t->question);
    snapshot_report_damage(&t->snapshot);
    return err;
}

/* The chunk that the walk is in. */
static uint32_t chunk_at(const struct roster_walk *walk)
{
    return walk->oldest_first ? walk->chunk : walk->roster->chunk_count - 1 - walk->chunk;
}

size_t roster_next(struct roster_walk *walk, uint32_t *ret, size_t max)
{
    uint16_t rows[ROWS_AT_ONCE];
    size_t count = 0;
    while (count < max && walk->chunk < walk->roster->chunk_count) {
        uint32_t chunk = chunk_at(walk);
        const struct bits *matched = walk->roster->chunks[chunk];
        uint32_t want = max - count < ROWS_AT_ONCE ? (uint32_t)(max - count) : ROWS_AT_ONCE;
        uint32_t got = matched ? bits_rows(matched, !walk->oldest_first, walk->row, want, rows) : 0;
        for (uint32_t i = 0; i < got; i++)
            ret[count++] = chunk * KEY_CHUNK_ROWS + rows[i];
        walk->row += got;
        if (got < want) {
            walk->chunk++;
            walk->row = 0;
        }
    }
    return count;
}

/* ---- stored -------------------------------------------------------------------------------- */

#define LIST_MAX (sizeof(struct bits) / 2 - 1) /* rows that a list is shorter with */

static struct str pack_list(struct arena *arena, const struct bits *rows, uint32_t count)
{
    uint16_t *at = arena_array(arena, count, sizeof *at);
    uint8_t *bytes = arena_array(arena, count, 2);
    uint32_t got = bits_rows(rows, false, 0, count, at);
    for (uint32_t i = 0; i < got; i++) {
        bytes[2 * i] = (uint8_t)(at[i] & 0xff);
        bytes[2 * i + 1] = (uint8_t)(at[i] >> 8);
    }
    return (struct str){(const char *)bytes, (size_t)got * 2};
}

struct str roster_pack(struct arena *arena, const struct bits *rows)
{
    uint32_t count = bits_count(rows);
    if (count <= LIST_MAX)
        return pack_list(arena, rows, count);
    uint8_t *bytes = arena_raw(arena, sizeof(struct bits), 1);
    for (size_t i = 0; i < sizeof(struct bits); i++)
        bytes[i] = (uint8_t)(rows->words[i / 8] >> (i % 8 * 8));
    return (struct str){(const char *)bytes, sizeof(struct bits)};
}

bool roster_unpack(struct str packed, struct bits *ret)
{
    const uint8_t *bytes = (const uint8_t *)packed.at;
    bits_clear(ret);
    if (packed.len > sizeof(struct bits) || packed.len % 2 != 0)
        return false;
    if (packed.len == sizeof(struct bits)) {
        for (size_t i = 0; i < packed.len; i++)
            ret->words[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
        return true;
    }
    for (size_t i = 0; i < packed.len; i += 2)
        bits_set(ret, (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8);
    return true;
}
