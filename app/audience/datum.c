#include "audience/datum.h"

#include "base/timeutil.h"

static struct jsonval instant(struct arena *arena, int64_t ms)
{
    char *text = arena_array(arena, 25, 1);
    timeutil_format(ms, text);
    return jsonval_of_str(str_from(text));
}

/* The value under a dotted path; NULL when there is none. */
static const struct jsonval *value_at(const struct jsonval *data, struct str path)
{
    while (data && path.len) {
        size_t len = 0;
        while (len < path.len && path.at[len] != '.')
            len++;
        data = jsonval_get_str(data, (struct str){path.at, len});
        len += len < path.len;
        path = (struct str){path.at + len, path.len - len};
    }
    return data;
}

static bool cell_of(const struct reasons *reasons, uint64_t key, struct chunk_cell *ret)
{
    const struct chunk_column *column = chunk_find(reasons->row, key);
    return column && chunk_cell(reasons->row, column, 0, ret);
}

static void set_instant(struct arena *arena, struct jsonval *object, const char *name, bool given,
                        int64_t ms)
{
    struct jsonval *value = jsonval_add(object, name);
    if (given)
        *value = instant(arena, ms);
}

/* By the roll-up. */
static void all_occurrences(const struct reasons *reasons, struct arena *arena, uint32_t name_id,
                            struct jsonval *ret)
{
    struct chunk_cell count = {0}, first = {0}, last = {0};
    bool any = cell_of(reasons, KEY_EVENT_COUNT(name_id), &count);
    bool timed = any && cell_of(reasons, KEY_EVENT_FIRST(name_id), &first) &&
                 cell_of(reasons, KEY_EVENT_LAST(name_id), &last);
    jsonval_object(arena, 3, ret);
    *jsonval_add(ret, "count") = jsonval_of_number(any ? count.code : 0);
    set_instant(arena, ret, "first", timed, first.ms);
    set_instant(arena, ret, "last", timed, last.ms);
}

/* The occurrences that fulfil the conditions, in the window of a count those in it; and the one
 * with which such a count stands or falls. */
static void some_occurrences(const struct reasons *reasons, struct arena *arena,
                             const struct forecast_node *leaf, struct jsonval *ret)
{
    const struct program_node *node = leaf->program->root;
    const struct occurrence_test *test = &node->occurrence;
    const struct eval_column *columns = forecast_columns(arena, leaf->program, reasons->row);
    struct occurrence_columns at;
    struct chunk_times times;
    int64_t *ms = NULL;
    uint32_t count = 0, first = 0;
    at.values = arena_array(arena, test->where_count, sizeof(const struct chunk_column *));
    if (eval_occurrences(node, columns, 0, &at)) {
        chunk_times(at.chunk, at.times, &times);
        ms = arena_array(arena, times.total, sizeof *ms);
        count = occurrence_list(test, &at, 0, ms);
    }
    bool window = leaf->filter->leaf.has_window;
    while (window && first < count && ms[first] < test->since_ms)
        first++;
    uint32_t left = count - first;
    jsonval_object(arena, 4, ret);
    *jsonval_add(ret, "count") = jsonval_of_number(left);
    set_instant(arena, ret, "first", left, left ? ms[first] : 0);
    set_instant(arena, ret, "last", left, left ? ms[count - 1] : 0);
    if (!window)
        return;
    uint64_t nth = left > test->high ? test->high + 1 : test->low;
    set_instant(arena, ret, "decides", nth && nth <= left,
                nth && nth <= left ? ms[count - nth] : 0);
}

static void occurrences(const struct reasons *reasons, struct arena *arena,
                        const struct forecast_node *leaf, struct jsonval *ret)
{
    const struct program *program = leaf->program;
    if (program->root->kind == PROGRAM_OCCURRENCES)
        some_occurrences(reasons, arena, leaf, ret);
    else
        all_occurrences(reasons, arena,
                        program->column_count > 1 ? (uint32_t)program->columns[1] : 0, ret);
}

/* A tag, a list, a campaign, a sequence, a segment. */
static void membership(const struct reasons *reasons, struct arena *arena,
                       const struct forecast_node *leaf, struct jsonval *ret)
{
    struct chunk_cell entered = {0};
    bool is_static = leaf->program && leaf->program->column_count > 1 &&
                     cell_of(reasons, leaf->program->columns[1], &entered);
    bool member = leaf->inside ? leaf->inside->result : is_static;
    jsonval_object(arena, 2, ret);
    *jsonval_add(ret, "member") = jsonval_of_bool(member);
    set_instant(arena, ret, "enteredAt", is_static, entered.ms);
}

void datum_of(const struct reasons *reasons, struct arena *arena, const struct forecast_node *leaf,
              struct jsonval *ret)
{
    const struct contact *contact = &reasons->contact;
    const struct jsonval *value;
    *ret = (struct jsonval){.type = JSONVAL_NULL};
    switch (leaf->filter->leaf.column) {
    case FILTER_EMAIL:
        *ret = jsonval_of_str(contact->email);
        break;
    case FILTER_SUBSCRIBED:
        *ret = jsonval_of_bool(contact->status == CONTACT_SUBSCRIBED);
        break;
    case FILTER_STATUS:
        *ret = jsonval_of_str(str_from(contact_status_name(contact->status)));
        break;
    case FILTER_CREATED_AT:
        *ret = instant(arena, contact->created_ms);
        break;
    case FILTER_UPDATED_AT:
        *ret = instant(arena, contact->updated_ms);
        break;
    case FILTER_SUBSCRIBED_AT:
        if (contact->subscribed_ms != INT64_MIN)
            *ret = instant(arena, contact->subscribed_ms);
        break;
    case FILTER_DATA:
        value = value_at(reasons->data, leaf->filter->leaf.name);
        if (value)
            *ret = *value;
        break;
    case FILTER_EVENT:
        occurrences(reasons, arena, leaf, ret);
        break;
    case FILTER_SEGMENT:
    case FILTER_TAG:
    case FILTER_LIST:
    case FILTER_CAMPAIGN:
    case FILTER_SEQUENCE:
        membership(reasons, arena, leaf, ret);
        break;
    }
}
