#include "api/versions.h"

#include "api/audittrail.h"
#include "api/condition.h"
#include "api/jsonparts.h"
#include "api/paging.h"
#include "api/segmentparts.h"
#include "api/segments.h"
#include "audience/names.h"
#include "base/num.h"
#include "filter/dialect.h"
#include "filter/leafchanges.h"
#include "filter/plunkleaf.h"
#include "store/segversion.h"
#include "json/jsonread.h"

/* ---- the list ------------------------------------------------------------------------------ */

/* A page: read in one transaction, then printed. */
struct versions_page {
    const struct api_request *req;
    const struct paging *paging;
    struct segment segment;
    struct segversion *versions; /* of the page, and the one that stands behind it */
    size_t count;
    uint64_t total;
    /* Of the version at hand and the one before it, by turns: filters can be large. */
    struct arena *scratch[2];
    const struct filter *filters[2];
};

static int versions_read(struct db *db, void *ctx, struct err_info *info)
{
    struct versions_page *page = ctx;
    const struct api_request *req = page->req;
    int err = segments_find(req, &page->segment, info);
    return err < 0 ? err
                   : segversion_list(db, req->arena, req->project_id, page->segment.segment_id,
                                     page->paging->offset, (size_t)page->paging->page_size + 1,
                                     &page->versions, &page->count, &page->total, info);
}

static void versions_write_leaves(struct jsonwrite *w, struct arena *arena, const char *name,
                                  const struct filter *const *leaves, size_t count)
{
    jsonwrite_name(w, name);
    jsonwrite_list(w);
    for (size_t i = 0; i < count; i++) {
        struct jsonval leaf;
        plunkleaf_print(arena, &leaves[i]->leaf, &leaf);
        jsonwrite_value(w, &leaf);
    }
    jsonwrite_list_end(w);
}

/* Makes the tree of the i-th; behind the last there is none. */
static int versions_load(struct versions_page *page, size_t i, struct err_info *info)
{
    page->filters[i % 2] = NULL;
    if (i >= page->count) {
        return 0;
    }
    arena_reset(page->scratch[i % 2]);
    return names_load(page->scratch[i % 2], page->versions[i].filter, &page->filters[i % 2], info);
}

/* What changed since the version before: null when that one is not kept. */
static int versions_write_changes(struct jsonwrite *w, struct versions_page *page, size_t i,
                                  struct err_info *info)
{
    struct arena *arena = page->scratch[i % 2];
    uint32_t version = page->versions[i].version;
    bool is_known = i + 1 < page->count && page->versions[i + 1].version + 1 == version;
    struct leafchanges changes;
    int err = versions_load(page, i + 1, info);
    if (err < 0) {
        return err;
    }
    jsonwrite_name(w, "changes");
    if (!is_known && version > 1) {
        jsonwrite_null(w);
        return 0;
    }
    leafchanges_between(arena, page->filters[(i + 1) % 2], page->filters[i % 2], &changes);
    jsonwrite_object(w);
    versions_write_leaves(w, arena, "added", changes.added, changes.added_count);
    versions_write_leaves(w, arena, "removed", changes.removed, changes.removed_count);
    jsonwrite_object_end(w);
    return 0;
}

static void versions_write_key(struct jsonwrite *w, const struct segversion *version)
{
    jsonwrite_name(w, "changedBy");
    if (version->key_id.at == NULL) {
        jsonwrite_null(w);
        return;
    }
    jsonwrite_object(w);
    jsonparts_text(w, "id", version->key_id);
    jsonparts_text(w, "name", version->key_name);
    jsonwrite_object_end(w);
}

static int versions_write(struct jsonwrite *w, struct versions_page *page, size_t i,
                          struct err_info *info)
{
    const struct segversion *version = &page->versions[i];
    const struct segment then = {.kind = SEGMENT_DYNAMIC,
                                 .dialect = (enum segment_dialect)version->dialect,
                                 .filter = version->filter,
                                 .source = version->source};
    jsonwrite_object(w);
    jsonwrite_name(w, "version");
    jsonwrite_i64(w, version->version);
    jsonwrite_name(w, "current");
    jsonwrite_bool(w, version->version == page->segment.version);
    int err = condition_write(w, page->req->arena, "condition", &then, SEGMENT_PLUNK, info);
    if (err < 0) {
        return err;
    }
    jsonwrite_name(w, "dialect");
    jsonwrite_c(w, dialect_words[then.dialect - SEGMENT_PLUNK]);
    jsonwrite_name(w, "changedAt");
    jsonwrite_time(w, version->changed_ms);
    versions_write_key(w, version);
    err = versions_write_changes(w, page, i, info);
    jsonwrite_object_end(w);
    return err;
}

static int versions_write_all(struct jsonwrite *w, struct versions_page *page,
                              struct err_info *info)
{
    AUTO(arena) even = arena_new();
    AUTO(arena) odd = arena_new();
    page->scratch[0] = even;
    page->scratch[1] = odd;
    jsonwrite_list(w);
    int err = versions_load(page, 0, info);
    for (size_t i = 0; i < page->count && i < page->paging->page_size && err == 0; i++) {
        err = versions_write(w, page, i, info);
    }
    jsonwrite_list_end(w);
    return err;
}

int versions_list(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct paging paging;
    struct versions_page page = {.req = req, .paging = &paging};
    int err = paging_read(req, &paging, info);
    if (err == 0) {
        err = db_tx(req->db, DB_READ, versions_read, &page, info);
    }
    if (err < 0) {
        return err;
    }
    api_begin(res, 200);
    jsonwrite_object(&res->json);
    jsonwrite_name(&res->json, "data");
    err = versions_write_all(&res->json, &page, info);
    paging_write(&res->json, &paging, page.total);
    jsonwrite_object_end(&res->json);
    return err;
}

/* ---- restoring ----------------------------------------------------------------------------- */

static int versions_find(const struct api_request *req, const struct segment *segment,
                         struct segversion *ret, struct err_info *info)
{
    uint64_t number;
    if (!num_parse_u64(req->path_args[1], UINT32_MAX, &number)) {
        return err_set(info, ERR_NOT_FOUND, "RESOURCE_NOT_FOUND", "Version not found");
    }
    return segversion_get(req->db, req->arena, req->project_id, segment->segment_id,
                          (uint32_t)number, ret, info);
}

/* As if the old filter were sent again: what it names may be gone, or name the segment by now. */
static int versions_send_again(const struct api_request *req, const struct segversion *version,
                               struct segment *segment, struct err_info *info)
{
    struct segment_input input = {.kind = SEGMENT_DYNAMIC};
    const struct jsonval *source = NULL;
    if (jsonread_parse(req->arena, version->source, &source, info) < 0) {
        return err_set(info, ERR_INTERNAL, NULL, "a stored filter is no JSON");
    }
    int err = segmentparts_take_filter(req, (enum segment_dialect)version->dialect, source,
                                       "condition", &input, info);
    return err < 0 ? err
                   : segment_update(req->db, req->arena, req->project_id, &segment->uuid,
                                    SEGMENT_SET_FILTER, &input, segment, info);
}

int versions_restore(struct api_request *req, struct api_response *res, struct err_info *info)
{
    struct segment segment;
    struct segversion version;
    int err = segments_find(req, &segment, info);
    if (err == 0) {
        err = versions_find(req, &segment, &version, info);
    }
    bool is_current = err == 0 && version.version == segment.version;
    if (err == 0) {
        err = is_current ? segmentparts_count(req, &segment, info)
                         : versions_send_again(req, &version, &segment, info);
    }
    if (err == 0 && !is_current) {
        audittrail_add(req, res, "segment.restored", "segment", &segment.uuid, segment.name);
    }
    return err < 0 ? err : segments_answer(req, res, 200, &segment, info);
}
