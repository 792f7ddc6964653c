#include "column/scan.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Sanitizers cannot instrument the resolvers that target_clones needs. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define SCAN_CLONES __attribute__((target_clones("avx2", "default"), optimize("O3")))
#else
#define SCAN_CLONES
#endif

/* 64 bytes of 0 or 1 into one word. */
#ifdef __SSE2__
static inline uint64_t pack64(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i part = _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i));
        int mask = _mm_movemask_epi8(_mm_cmpgt_epi8(part, _mm_setzero_si128()));
        word |= (uint64_t)(uint32_t)mask << (16 * i);
    }
    return word;
}
#else
/* Each multiplication gathers eight bytes in its top byte. */
static inline uint64_t pack64(const uint8_t *bytes)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, 8);
        word |= (eight * UINT64_C(0x0102040810204080) >> 56) << (8 * i);
    }
    return word;
}
#endif

void scan_pack(const uint8_t *bytes, uint32_t rows, uint64_t *out)
{
    uint32_t whole = rows / 64;
    for (uint32_t w = 0; w < whole; w++)
        out[w] = pack64(bytes + 64 * (size_t)w);
    if (rows % 64) {
        uint8_t tail[64] = {0};
        memcpy(tail, bytes + 64 * (size_t)whole, rows % 64);
        out[whole] = pack64(tail);
    }
}

/*
 * Puts EXPR (0 or 1, over the value `v`) of all rows into bits, 64 at a time. A macro, because a
 * call through a pointer would keep the loop from being vectorised; so would a 32-bit row number,
 * which may wrap.
 */
#define SCAN_BLOCKS(values, EXPR)                                                                  \
    do {                                                                                           \
        uint8_t block[64];                                                                         \
        size_t base = 0;                                                                           \
        for (; base + 64 <= rows; base += 64) {                                                    \
            const __typeof__(*(values)) *at = (values) + base;                                     \
            for (size_t k = 0; k < 64; k++) {                                                      \
                __typeof__(*(values)) v = at[k];                                                   \
                block[k] = (uint8_t)(EXPR);                                                        \
            }                                                                                      \
            out[base / 64] = pack64(block);                                                        \
        }                                                                                          \
        if (base < rows) {                                                                         \
            memset(block, 0, sizeof block);                                                        \
            for (size_t i = base; i < rows; i++) {                                                 \
                __typeof__(*(values)) v = (values)[i];                                             \
                block[i - base] = (uint8_t)(EXPR);                                                 \
            }                                                                                      \
            out[base / 64] = pack64(block);                                                        \
        }                                                                                          \
    } while (0)

SCAN_CLONES
static void instants_in(const int64_t *values, uint32_t rows, int64_t low, int64_t high,
                        uint64_t *out)
{
    SCAN_BLOCKS(values, (v >= low) & (v <= high));
}

void scan_instants(const int64_t *values, uint32_t rows, const struct scan_range *ranges,
                   size_t range_count, uint64_t *out)
{
    uint32_t words = (rows + 63) / 64;
    uint64_t one[1024] = {0};
    memset(out, 0, words * sizeof *out);
    for (size_t r = 0; r < range_count; r++) {
        int64_t low = ranges[r].low == INT64_MIN ? INT64_MIN + 1 : ranges[r].low;
        if (low > ranges[r].high)
            continue;
        instants_in(values, rows, low, ranges[r].high, one);
        for (uint32_t w = 0; w < words; w++)
            out[w] |= one[w];
    }
}

SCAN_CLONES
void scan_numbers(const double *values, uint32_t rows, double low, double high, uint64_t *out)
{
    SCAN_BLOCKS(values, (v >= low) & (v <= high));
}

void scan_number_set(const double *values, uint32_t rows, const double *set, size_t count,
                     uint64_t *out)
{
    uint32_t words = (rows + 63) / 64;
    uint64_t one[1024] = {0};
    memset(out, 0, words * sizeof *out);
    for (size_t s = 0; s < count; s++) {
        scan_numbers(values, rows, set[s], set[s], one);
        for (uint32_t w = 0; w < words; w++)
            out[w] |= one[w];
    }
}

SCAN_CLONES
static void codes8_in(const uint8_t *codes, uint32_t rows, uint8_t low, uint8_t high, uint64_t *out)
{
    SCAN_BLOCKS(codes, (v >= low) & (v <= high));
}

SCAN_CLONES
static void codes16_in(const uint16_t *codes, uint32_t rows, uint16_t low, uint16_t high,
                       uint64_t *out)
{
    SCAN_BLOCKS(codes, (v >= low) & (v <= high));
}

static void codes_match(const void *codes, uint32_t width, uint32_t rows, const uint8_t *match,
                        uint32_t top, uint64_t *out)
{
    const uint8_t *c8 = codes;
    const uint16_t *c16 = codes;
    const uint32_t *c32 = codes;
    if (width == 1)
        SCAN_BLOCKS(c8, v <= top && match[v]);
    else if (width == 2)
        SCAN_BLOCKS(c16, v <= top && match[v]);
    else
        SCAN_BLOCKS(c32, v <= top && match[v]);
}

void scan_codes(const void *code_bytes, uint32_t width, uint32_t rows, const uint8_t *match,
                uint32_t codes, uint64_t *out)
{
    /* Codes follow the order of the entries, so what matches is often one run of codes. */
    uint32_t low = 0, high = codes, inside = 0;
    while (low <= codes && !match[low])
        low++;
    if (low > codes) {
        memset(out, 0, (rows + 63) / 64 * sizeof *out);
        return;
    }
    while (!match[high])
        high--;
    for (uint32_t c = low; c <= high; c++)
        inside += match[c];
    bool one_run = inside == high - low + 1;
    if (one_run && width == 1)
        codes8_in(code_bytes, rows, (uint8_t)low, (uint8_t)high, out);
    else if (one_run && width == 2)
        codes16_in(code_bytes, rows, (uint16_t)low, (uint16_t)high, out);
    else
        codes_match(code_bytes, width, rows, match, codes, out);
}

/* ---- substring search ---------------------------------------------------------------------- */

/* Letters from common to rare in addresses and words; everything else counts as rare. */
static unsigned commonness(unsigned char byte)
{
    static const char common_first[] = "eaoinrs.tlcm@hdugpybkfwvjzxq0123456789";
    const char *at = byte ? strchr(common_first, byte) : NULL;
    return at ? (unsigned)(sizeof common_first - (size_t)(at - common_first)) : 0;
}

/* The two rarest places of the needle (equal when it has one byte). */
static void rare_places(struct str needle, size_t *ret_first, size_t *ret_second)
{
    size_t first = 0, second = needle.len - 1;
    for (size_t i = 0; i < needle.len; i++) {
        if (commonness((unsigned char)needle.at[i]) < commonness((unsigned char)needle.at[first]))
            first = i;
    }
    if (second == first)
        second = 0;
    for (size_t i = 0; i < needle.len; i++) {
        if (i != first &&
            commonness((unsigned char)needle.at[i]) < commonness((unsigned char)needle.at[second]))
            second = i;
    }
    *ret_first = first;
    *ret_second = second;
}

/* Word of the 64 places from `a` and `b` on where both bytes stand. */
SCAN_CLONES
static uint64_t candidates64(const uint8_t *a, uint8_t byte_a, const uint8_t *b, uint8_t byte_b)
{
    uint8_t block[64];
    for (unsigned k = 0; k < 64; k++)
        block[k] = (uint8_t)((a[k] == byte_a) & (b[k] == byte_b));
    return pack64(block);
}

/* Looks at one candidate place; marks the text it lies in. */
static void mark_if_found(const char *bytes, const uint32_t *offsets, uint32_t at,
                          struct str needle, uint32_t *text, uint8_t *match)
{
    while (offsets[*text + 1] <= at)
        ++*text;
    if (!match[*text] && at + needle.len <= offsets[*text + 1] &&
        memcmp(bytes + at, needle.at, needle.len) == 0)
        match[*text] = 1;
}

void scan_search(const char *bytes, const uint32_t *offsets, uint32_t count, struct str needle,
                 uint8_t *match)
{
    size_t total = count ? offsets[count] : 0, first, second, at = 0;
    if (total < needle.len)
        return;
    size_t starts = total - needle.len + 1;
    uint32_t text = 0;
    rare_places(needle, &first, &second);
    const uint8_t *raw = (const uint8_t *)bytes;
    uint8_t byte_a = (uint8_t)needle.at[first], byte_b = (uint8_t)needle.at[second];
    for (; at + 64 <= starts; at += 64) {
        uint64_t word = candidates64(raw + at + first, byte_a, raw + at + second, byte_b);
        for (; word; word &= word - 1)
            mark_if_found(bytes, offsets, (uint32_t)(at + (unsigned)__builtin_ctzll(word)), needle,
                          &text, match);
    }
    for (; at < starts; at++)
        mark_if_found(bytes, offsets, (uint32_t)at, needle, &text, match);
}
