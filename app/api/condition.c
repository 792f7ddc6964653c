#include "api/condition.h"

#include "audience/audience.h"
#include "base/limits.h"
#include "base/timeutil.h"
#include "filter/check.h"
#include "filter/dialect.h"
#include "filter/plunk.h"
#include "json/jsonread.h"

/* ---- what it names ------------------------------------------------------------------------- */

struct condition_names {
    struct segref_segment *segments;
    struct segref_event *events;
    struct segref_names *names;
};

/* The slug in "segment.<slug>.entry" or ".exit"; "" for any other event. */
static struct str condition_slug(struct str event)
{
    struct str head = STR("segment.");
    struct str tail = str_ends(event, STR(".exit")) ? STR(".exit") : STR(".entry");
    if (!str_starts(event, head) || !str_ends(event, tail) || event.len < head.len + tail.len) {
        return (struct str){NULL, 0};
    }
    return (struct str){event.at + head.len, event.len - head.len - tail.len};
}

static void condition_name_leaf(const struct filter *leaf, void *ctx)
{
    struct condition_names *found = ctx;
    struct segref_names *names = found->names;
    struct uuid uuid;
    if (leaf->leaf.column == FILTER_SEGMENT && names->segment_count < LIMIT_FILTER_LEAVES &&
        uuid_parse(leaf->leaf.name, &uuid)) {
        found->segments[names->segment_count++] = (struct segref_segment){uuid, leaf->path};
    }
    if (leaf->leaf.column == FILTER_EVENT && names->event_count < LIMIT_FILTER_LEAVES) {
        struct str slug = condition_slug(leaf->leaf.name);
        if (slug.len > 0) {
            found->events[names->event_count++] = (struct segref_event){slug, leaf->path};
        }
    }
}

static void condition_collect(struct arena *arena, const struct filter *filter,
                              struct segref_names *ret)
{
    struct condition_names found = {
        .segments = arena_array(arena, LIMIT_FILTER_LEAVES, sizeof(*found.segments)),
        .events = arena_array(arena, LIMIT_FILTER_LEAVES, sizeof(*found.events)),
        .names = ret,
    };
    ret->segments = found.segments;
    ret->events = found.events;
    filter_each_leaf(filter, condition_name_leaf, &found);
}

/* ---- reading ------------------------------------------------------------------------------- */

static int condition_print(struct arena *arena, const struct jsonval *value, struct str *ret,
                           struct err_info *info)
{
    struct buf out;
    struct jsonwrite w;
    buf_init(&out, LIMIT_RESPONSE_BYTES);
    jsonwrite_init(&w, &out);
    jsonwrite_value(&w, value);
    bool ok = jsonwrite_ok(&w);
    if (ok) {
        *ret = str_copy(arena, buf_str(&out));
    }
    buf_done(&out);
    return ok ? 0 : err_set(info, ERR_INTERNAL, NULL, "a parsed condition could not be printed");
}

static enum dialect condition_dialect(enum segment_dialect dialect)
{
    switch (dialect) {
    case SEGMENT_PUSHMAIL:
        return DIALECT_PUSHMAIL;
    case SEGMENT_MAILPANDA:
        return DIALECT_MAILPANDA;
    case SEGMENT_PLUNK:
        break;
    }
    return DIALECT_PLUNK;
}

int condition_read(struct arena *arena, enum segment_dialect dialect, const struct jsonval *value,
                   const char *path, struct condition *ret, struct err_info *info)
{
    static const struct jsonval absent = {.type = JSONVAL_NULL};
    struct condition result = {.filter = NULL};
    const struct jsonval *given = value != NULL ? value : &absent;
    int err = condition_print(arena, given, &result.source, info);
    if (err == 0) {
        err = check_size(result.source.len, path, info);
    }
    if (err == 0) {
        err = dialect_parse(arena, condition_dialect(dialect), given, path, &result.filter, info);
    }
    if (err == 0) {
        err = condition_print(arena, plunk_print(arena, result.filter), &result.canonical, info);
    }
    if (err < 0) {
        return err;
    }
    condition_collect(arena, result.filter, &result.names);
    *ret = result;
    return 0;
}

/* ---- writing ------------------------------------------------------------------------------- */

/* A stored filter that another dialect wrote. */
static int condition_write_tree(struct jsonwrite *w, struct arena *arena, struct str canonical,
                                enum dialect wanted, struct err_info *info)
{
    struct notes notes = {.arena = arena};
    const struct jsonval *json = NULL;
    const struct filter *tree = NULL;
    int err = jsonread_parse(arena, canonical, &json, info);
    if (err == 0) {
        err = plunk_parse(arena, json, "condition", &tree, info);
    }
    if (err < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "a stored filter does not read back");
    }
    const struct jsonval *native = dialect_print(arena, wanted, tree, &notes);
    jsonwrite_value(w, native != NULL ? native : dialect_empty(arena, wanted));
    if (native == NULL) {
        jsonwrite_name(w, "x-muster");
        jsonwrite_raw(w, canonical);
    }
    return 0;
}

/* A static segment has no filter: where there is a word for that it is null, elsewhere it is what
 * cannot be said. */
static void condition_write_none(struct jsonwrite *w, struct arena *arena,
                                 enum segment_dialect wanted)
{
    if (wanted != SEGMENT_PLUNK) {
        jsonwrite_value(w, dialect_empty(arena, condition_dialect(wanted)));
        jsonwrite_name(w, "x-muster");
    }
    jsonwrite_null(w);
}

int condition_write(struct jsonwrite *w, struct arena *arena, const char *name,
                    const struct segment *segment, enum segment_dialect wanted,
                    struct err_info *info)
{
    jsonwrite_name(w, name);
    if (segment->source.at == NULL) {
        condition_write_none(w, arena, wanted);
        return 0;
    }
    if (segment->dialect == wanted) {
        jsonwrite_raw(w, segment->source);
        return 0;
    }
    if (wanted == SEGMENT_PLUNK) {
        jsonwrite_raw(w, segment->filter);
        return 0;
    }
    return condition_write_tree(w, arena, segment->filter, condition_dialect(wanted), info);
}

int condition_at(struct str text, int64_t *ret_ms, struct err_info *info)
{
    if (text.at == NULL) {
        *ret_ms = AUDIENCE_AT_NOW;
        return 0;
    }
    enum timeutil_date kind = timeutil_parse(text, ret_ms);
    if (kind == TIMEUTIL_DAY || kind == TIMEUTIL_INSTANT) {
        return 0;
    }
    return err_set_at(info, ERR_INVAL, "BAD_REQUEST", "at",
                      "at must be an instant such as 2026-01-31T12:00:00Z");
}
