/*
 * Keys: what a part, a set and a column are called in `dirty`, `base_chunk` and `delta_chunk`.
 *
 * A *part* is what one write can change on its own: the contact row, one event name, one set. Marks
 * and deltas are by part. A *column* belongs to exactly one part; its key carries the part's
 * number.
 *
 *   part      kind(8) · id(56)      1 contact row · 2 event name · 3 set
 *   set       kind(8) · id(32)      1 static segment · 2 tag · 3 list · 4 campaign received
 *                                   5 sequence completed
 *   column    as a part; of the contact row kind 16+type with the field's id; of an event's
 *             occurrences kind 35, or kind 36 with property(24) · name(32)
 */
#ifndef MUSTER_COLUMN_KEY_H
#define MUSTER_COLUMN_KEY_H

#include <stdbool.h>
#include <stdint.h>

#define KEY_CHUNK_ROWS 65536u

#define KEY_KIND(kind) ((uint64_t)(kind) << 56)
#define KEY_KIND_OF(key) ((unsigned)((key) >> 56))
#define KEY_ID_OF(key) ((key) & ((UINT64_C(1) << 56) - 1))

/* Parts. */
#define KEY_PART_CONTACT KEY_KIND(1)
#define KEY_PART_EVENT(name_id) (KEY_KIND(2) | (uint64_t)(name_id))
#define KEY_PART_SET(set_id) (KEY_KIND(3) | (uint64_t)(set_id))

/* Sets. */
#define KEY_SET_SEGMENT(segment_id) ((UINT64_C(1) << 40) | (uint64_t)(segment_id))
#define KEY_SET_TAG(tag_id) ((UINT64_C(2) << 40) | (uint64_t)(tag_id))
#define KEY_SET_LIST(list_id) ((UINT64_C(3) << 40) | (uint64_t)(list_id))
#define KEY_SET_CAMPAIGN(campaign_id) ((UINT64_C(4) << 40) | (uint64_t)(campaign_id))
#define KEY_SET_SEQUENCE(sequence_id) ((UINT64_C(5) << 40) | (uint64_t)(sequence_id))
#define KEY_SET_KIND_OF(set_id) ((unsigned)((set_id) >> 40))

/* Columns of the contact row. */
#define KEY_EXISTS KEY_KIND(8)
#define KEY_EMAIL KEY_KIND(9)
#define KEY_STATUS KEY_KIND(10)
#define KEY_CREATED KEY_KIND(11)
#define KEY_UPDATED KEY_KIND(12)
#define KEY_SUBSCRIBED_AT KEY_KIND(13)

/* data.<path>: one column for each type that is stored under the path. */
enum key_type { KEY_TYPE_STRING, KEY_TYPE_NUMBER, KEY_TYPE_BOOL, KEY_TYPE_LIST, KEY_TYPE_OBJECT };
#define KEY_TYPES 5
#define KEY_DATA(type, field_id) (KEY_KIND(16 + (unsigned)(type)) | (uint64_t)(field_id))

/* Columns of an event part. */
#define KEY_EVENT_COUNT(name_id) (KEY_KIND(32) | (uint64_t)(name_id))
#define KEY_EVENT_FIRST(name_id) (KEY_KIND(33) | (uint64_t)(name_id))
#define KEY_EVENT_LAST(name_id) (KEY_KIND(34) | (uint64_t)(name_id))

/*
 * Its occurrences one by one, which are kept only for the events that some filter looks at so
 * (store/occurrence.h): their times, and what they hold under a property.
 */
#define KEY_EVENT_TIMES(name_id) (KEY_KIND(35) | (uint64_t)(name_id))
#define KEY_EVENT_VALUES(name_id, property_id)                                                     \
    (KEY_KIND(36) | ((uint64_t)(property_id) << 32) | (uint64_t)(name_id))
#define KEY_PROPERTY_MAX ((UINT32_C(1) << 24) - 1)

/* True for the two kinds above. */
static inline bool key_is_occurrences(uint64_t column_key)
{
    return KEY_KIND_OF(column_key) == 35 || KEY_KIND_OF(column_key) == 36;
}

/* The column of a set part: when each member entered; membership is its presence. */
#define KEY_SET_ENTERED(set_id) (KEY_KIND(48) | (uint64_t)(set_id))

/* The part that a column belongs to; a part's own key gives itself. */
static inline uint64_t key_part(uint64_t column_key)
{
    unsigned kind = KEY_KIND_OF(column_key);
    if (kind < 8)
        return column_key; /* a part, or the group that has its key */
    if (kind >= 48)
        return KEY_PART_SET(KEY_ID_OF(column_key));
    if (kind >= 32)
        return KEY_PART_EVENT((uint32_t)column_key);
    return KEY_PART_CONTACT;
}

/*
 * The key under which base_chunk stores a column: columns of the contact row have a base chunk each
 * (a merge writes only those that changed), the columns of an event or a set share one, but for
 * those of its occurrences, which are large and share another. A part's own key gives itself.
 */
static inline uint64_t key_group(uint64_t column_key)
{
    uint64_t part = key_part(column_key);
    if (key_is_occurrences(column_key))
        return KEY_EVENT_TIMES((uint32_t)column_key);
    return part == KEY_PART_CONTACT ? column_key : part;
}

#endif
