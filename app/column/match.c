#include "column/match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/limits.h"
#include "filter/fold.h"

static void set_bit(uint64_t *out, uint32_t slot)
{
    out[slot >> 6] |= UINT64_C(1) << (slot & 63);
}

static void clear(const struct chunk *chunk, uint64_t *out)
{
    memset(out, 0, chunk_words(chunk->rows) * sizeof *out);
}

/* ---- dictionaries -------------------------------------------------------------------------- */

/* Finds `text` among the sorted entries. Returns false when it is none of them. */
static bool find_entry(const struct chunk_strings *strings, struct str text, uint32_t *ret)
{
    uint32_t low = 0, high = strings->count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        int order = str_cmp(chunk_string_at(strings, mid), text);
        if (order == 0) {
            *ret = mid;
            return true;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return false;
}

/* EQUALS and IN by looking up the operands instead of the entries; dates by their instants. */
static void match_entries_equal(const struct program_node *node,
                                const struct chunk_strings *strings, uint8_t *match)
{
    const struct predicate *p = &node->predicate;
    const struct predicate_texts *texts = node->mixed ? &p->text_forms : &p->texts;
    uint32_t entry;
    for (size_t i = 0; i < texts->count; i++) {
        if (find_entry(strings, texts->items[i], &entry))
            match[entry + 1] = 1;
    }
    if (node->mixed || !p->range_count || !strings->dates)
        return;
    for (uint32_t i = 0; i < strings->count; i++)
        match[i + 1] |= predicate_instant(p, strings->dates[i]);
}

static void match_entries_each(const struct program_node *node, bool lists,
                               const struct chunk_strings *strings, uint8_t *match)
{
    const struct predicate *p = &node->predicate;
    for (uint32_t i = 0; i < strings->count; i++) {
        struct str text = chunk_string_at(strings, i);
        if (lists)
            match[i + 1] = predicate_list(p, text);
        else
            match[i + 1] = predicate_string(p, text, chunk_folded_at(strings, i),
                                            strings->dates ? strings->dates[i] : CHUNK_NO_INSTANT,
                                            node->mixed);
    }
}

/* A predicate is decided once per entry; then only codes are scanned. */
static void match_strings(const struct program_node *node, const struct chunk *chunk,
                          const struct chunk_column *column, uint64_t *out)
{
    const struct predicate *p = &node->predicate;
    enum filter_op op = p->leaf->op;
    bool lists = column->kind == CHUNK_LIST;
    struct chunk_strings strings;
    chunk_strings(chunk, column, &strings);
    uint8_t *match = arena_xmalloc((size_t)strings.count + 2);
    memset(match, 0, (size_t)strings.count + 2);
    struct str needle = node->mixed ? p->mixed_needle : p->needle;
    if (!lists && (op == FILTER_EQUALS || op == FILTER_IN))
        match_entries_equal(node, &strings, match);
    else if (!lists && op == FILTER_CONTAINS && needle.len)
        scan_search(strings.fold_offsets ? strings.fold_bytes : strings.bytes,
                    strings.fold_offsets ? strings.fold_offsets : strings.offsets, strings.count,
                    needle, match + 1);
    else
        match_entries_each(node, lists, &strings, match);
    scan_codes(strings.codes, strings.width, chunk->rows, match, strings.count, out);
    free(match);
}

/* ---- numbers and booleans ------------------------------------------------------------------ */

static void match_numbers(const struct program_node *node, const struct chunk *chunk,
                          const struct chunk_column *column, uint64_t *out)
{
    const struct predicate *p = &node->predicate;
    const double *values = chunk_numbers(chunk, column);
    if (p->leaf->op == FILTER_EXISTS)
        scan_numbers(values, chunk->rows, -INFINITY, INFINITY, out);
    else if (node->mixed) {
        clear(chunk, out);
        for (uint32_t i = 0; i < chunk->rows; i++) {
            if (!isnan(values[i]) && predicate_number(p, values[i], true))
                set_bit(out, i);
        }
    } else if (p->number_range)
        scan_numbers(values, chunk->rows, p->number_low, p->number_high, out);
    else
        scan_number_set(values, chunk->rows, p->numbers, p->number_count, out);
}

static void match_bools(const struct program_node *node, const struct chunk *chunk,
                        const struct chunk_column *column, uint64_t *out)
{
    uint32_t words = chunk_words(chunk->rows);
    const uint64_t *present = chunk_bools(chunk, column), *value = present + words;
    uint64_t if_true = predicate_bool(&node->predicate, true, node->mixed) ? ~UINT64_C(0) : 0;
    uint64_t if_false = predicate_bool(&node->predicate, false, node->mixed) ? ~UINT64_C(0) : 0;
    for (uint32_t w = 0; w < words; w++)
        out[w] = present[w] & ((value[w] & if_true) | (~value[w] & if_false));
}

static void match_instants(const struct program_node *node, const struct chunk *chunk,
                           const struct chunk_column *column, uint64_t *out)
{
    const struct predicate *p = &node->predicate;
    const int64_t *values = chunk_instants(chunk, column);
    if (!p->anniversary) {
        scan_instants(values, chunk->rows, p->ranges, p->range_count, out);
        return;
    }
    clear(chunk, out);
    for (uint32_t i = 0; i < chunk->rows; i++) {
        if (predicate_instant(p, values[i]))
            set_bit(out, i);
    }
}

/* ---- addresses ----------------------------------------------------------------------------- */

/* As many searches through all addresses cost less than judging each address. */
#define MAX_SEARCHES 4

/* Texts of EQUALS and IN in a hash table: an address list of 1,000 must not cost 1,000 looks. */
struct text_table {
    const struct predicate_texts *texts;
    uint32_t *slots; /* text + 1 */
    uint32_t mask;
};

static void table_init(struct text_table *table, const struct predicate_texts *texts)
{
    uint32_t size = 16;
    while (size < texts->count * 4)
        size *= 2;
    table->texts = texts;
    table->mask = size - 1;
    table->slots = arena_xmalloc(size * sizeof *table->slots);
    memset(table->slots, 0, size * sizeof *table->slots);
    for (size_t i = 0; i < texts->count; i++) {
        uint32_t at = (uint32_t)hash_fast(texts->items[i].at, texts->items[i].len) & table->mask;
        while (table->slots[at])
            at = (at + 1) & table->mask;
        table->slots[at] = (uint32_t)i + 1;
    }
}

static bool table_has(const struct text_table *table, struct str text)
{
    uint32_t at = (uint32_t)hash_fast(text.at, text.len) & table->mask;
    for (; table->slots[at]; at = (at + 1) & table->mask) {
        if (str_eq(table->texts->items[table->slots[at] - 1], text))
            return true;
    }
    return false;
}

static bool address_matches(const struct predicate *p, const struct text_table *table,
                            struct str folded)
{
    if (p->leaf->op == FILTER_EQUALS || p->leaf->op == FILTER_IN)
        return table_has(table, folded);
    return predicate_string(p, folded, folded, CHUNK_NO_INSTANT, false);
}

static void match_each_address(const struct predicate *p, const struct chunk *chunk,
                               const struct chunk_texts *texts, uint64_t *out)
{
    struct text_table table;
    struct buf folded;
    buf_init(&folded, 16 * LIMIT_EMAIL_BYTES);
    table_init(&table, &p->texts);
    for (uint32_t i = 0; i < chunk->rows; i++) {
        struct str text = chunk_text_at(texts, i);
        if (!text.at)
            continue;
        if (!texts->ascii) { /* stored addresses are lower-case only in their ASCII letters */
            buf_clear(&folded);
            fold_append(&folded, text);
            text = buf_str(&folded);
        }
        if (address_matches(p, &table, text))
            set_bit(out, i);
    }
    free(table.slots);
    buf_done(&folded);
}

/* Texts of which a matching address must contain one, or none when a search would not pay. */
static struct predicate_texts search_texts(const struct predicate *p)
{
    bool equals = p->leaf->op == FILTER_EQUALS || p->leaf->op == FILTER_IN;
    struct predicate_texts texts = p->needles;
    if (equals)
        texts = p->texts;
    if (texts.count > MAX_SEARCHES)
        texts.count = 0;
    for (size_t i = 0; i < texts.count; i++) {
        if (!texts.items[i].len)
            texts.count = 0;
    }
    return texts;
}

/* Looks for the texts in all addresses at once; what is found is then judged one by one. */
static void match_found_addresses(const struct predicate *p, const struct predicate_texts *wanted,
                                  const struct chunk *chunk, const struct chunk_texts *texts,
                                  uint64_t *out)
{
    uint8_t *found = arena_xmalloc((size_t)chunk->rows + 1);
    memset(found, 0, (size_t)chunk->rows + 1);
    for (size_t i = 0; i < wanted->count; i++) {
        /* What stands between addresses is in none. */
        if (!memchr(wanted->items[i].at, '\n', wanted->items[i].len))
            scan_search(texts->bytes, texts->offsets, chunk->rows, wanted->items[i], found);
    }
    for (uint32_t i = 0; p->leaf->op != FILTER_CONTAINS && i < chunk->rows; i++) {
        struct str address = chunk_text_at(texts, i);
        if (found[i])
            found[i] = predicate_string(p, address, address, CHUNK_NO_INSTANT, false);
    }
    scan_pack(found, chunk->rows, out);
    free(found);
}

static void match_addresses(const struct program_node *node, const struct chunk *chunk,
                            const struct chunk_column *column, uint64_t *out)
{
    const struct predicate *p = &node->predicate;
    struct chunk_texts texts;
    struct predicate_texts wanted = search_texts(p);
    chunk_texts(chunk, column, &texts);
    clear(chunk, out);
    if (texts.ascii && wanted.count)
        match_found_addresses(p, &wanted, chunk, &texts, out);
    else
        match_each_address(p, chunk, &texts, out);
}

/* ---- the two questions --------------------------------------------------------------------- */

void match_column(const struct program_node *node, const struct chunk *chunk,
                  const struct chunk_column *column, uint64_t *out)
{
    switch ((enum chunk_kind)column->kind) {
    case CHUNK_BITS: /* an object: it exists, and no other operator is true of it */
        if (node->predicate.leaf->op == FILTER_EXISTS)
            memcpy(out, chunk_bits(chunk, column), chunk_words(chunk->rows) * sizeof *out);
        else
            clear(chunk, out);
        break;
    case CHUNK_BOOL:
        match_bools(node, chunk, column, out);
        break;
    case CHUNK_CODE:
        scan_codes(chunk_codes(chunk, column), 1, chunk->rows, node->status_match, 4, out);
        break;
    case CHUNK_INSTANT:
        match_instants(node, chunk, column, out);
        break;
    case CHUNK_NUMBER:
        match_numbers(node, chunk, column, out);
        break;
    case CHUNK_TEXT:
        match_addresses(node, chunk, column, out);
        break;
    case CHUNK_STRING:
    case CHUNK_LIST:
        match_strings(node, chunk, column, out);
        break;
    case CHUNK_COUNT:
        occurrence_match_counts(&node->occurrence, chunk_counts(chunk, column), chunk->rows, out);
        break;
    case CHUNK_TIMES: /* several columns at once: occurrence_match */
    case CHUNK_VALUES:
        clear(chunk, out);
        break;
    }
}

static void codes_presence(const struct chunk *chunk, const struct chunk_column *column,
                           uint64_t *out)
{
    struct chunk_strings strings;
    chunk_strings(chunk, column, &strings);
    uint8_t *match = arena_xmalloc((size_t)strings.count + 2);
    memset(match, 1, (size_t)strings.count + 2);
    match[0] = 0;
    scan_codes(strings.codes, strings.width, chunk->rows, match, strings.count, out);
    free(match);
}

static void texts_presence(const struct chunk *chunk, const struct chunk_column *column,
                           uint64_t *out)
{
    struct chunk_texts texts;
    chunk_texts(chunk, column, &texts);
    clear(chunk, out);
    for (uint32_t i = 0; i < chunk->rows; i++) {
        if (texts.offsets[i] != texts.offsets[i + 1])
            set_bit(out, i);
    }
}

static void occurrences_presence(const struct chunk *chunk, const struct chunk_column *column,
                                 uint64_t *out)
{
    struct chunk_times times;
    struct chunk_values values;
    const uint32_t *offsets;
    if (column->kind == CHUNK_TIMES) {
        chunk_times(chunk, column, &times);
        offsets = times.offsets;
    } else {
        chunk_values(chunk, column, &values);
        offsets = values.offsets;
    }
    clear(chunk, out);
    for (uint32_t i = 0; i < chunk->rows; i++) {
        if (offsets[i] != offsets[i + 1])
            set_bit(out, i);
    }
}

void match_presence(const struct chunk *chunk, const struct chunk_column *column, uint64_t *out)
{
    static const uint8_t any_status[] = {0, 1, 1, 1, 1};
    static const struct scan_range any_instant = {INT64_MIN, INT64_MAX};
    switch ((enum chunk_kind)column->kind) {
    case CHUNK_BITS:
    case CHUNK_BOOL:
        memcpy(out, chunk_bits(chunk, column), chunk_words(chunk->rows) * sizeof *out);
        break;
    case CHUNK_CODE:
        scan_codes(chunk_codes(chunk, column), 1, chunk->rows, any_status, 4, out);
        break;
    case CHUNK_INSTANT:
        scan_instants(chunk_instants(chunk, column), chunk->rows, &any_instant, 1, out);
        break;
    case CHUNK_NUMBER:
        scan_numbers(chunk_numbers(chunk, column), chunk->rows, -INFINITY, INFINITY, out);
        break;
    case CHUNK_COUNT:
        clear(chunk, out);
        for (uint32_t i = 0; i < chunk->rows; i++) {
            if (chunk_counts(chunk, column)[i])
                set_bit(out, i);
        }
        break;
    case CHUNK_TEXT:
        texts_presence(chunk, column, out);
        break;
    case CHUNK_STRING:
    case CHUNK_LIST:
        codes_presence(chunk, column, out);
        break;
    case CHUNK_TIMES:
    case CHUNK_VALUES:
        occurrences_presence(chunk, column, out);
        break;
    }
}
