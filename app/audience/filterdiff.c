#include "audience/filterdiff.h"

#include "audience/audience.h"
#include "audience/names.h"
#include "audience/panel.h"
#include "store/seggraph.h"
#include "store/segment.h"

enum { FILTERDIFF_OLD, FILTERDIFF_NEW, FILTERDIFF_FILTERS };

/* Ordinals that are shown of one side, newest first. */
struct filterdiff_sample {
    uint32_t *ordinals;
    size_t count;
};

/* One filterdiff_ask on its way through its transaction. */
struct filterdiff_run {
    const struct filterdiff_query *query;
    struct arena *arena;
    struct filterdiff *diff;
    struct snapshot snapshot;
    struct panel *panel;
    struct filterdiff_sample entering;
    struct filterdiff_sample leaving;
};

/* ---- preparing ----------------------------------------------------------------------------- */

static int filterdiff_open(struct filterdiff_run *run, struct db *db, struct err_info *info)
{
    const struct filterdiff_query *query = run->query;
    const struct filter *filters[FILTERDIFF_FILTERS] = {[FILTERDIFF_NEW] = query->filter};
    struct segment segment;
    int64_t at_ms;
    int err = snapshot_open(db, run->arena, query->project_id, &run->snapshot, info);
    if (err == 0)
        err = segment_get(db, run->arena, query->project_id, &query->segment, &segment, info);
    if (err == 0 && segment.kind == SEGMENT_STATIC)
        err = err_set(info, ERR_INVAL, "BAD_REQUEST", "Only DYNAMIC segments have a condition");
    if (err == 0)
        err = audience_instant(query->at_ms, run->snapshot.now_ms, &at_ms, info);
    if (err == 0)
        err = names_load(run->arena, segment.filter, &filters[FILTERDIFF_OLD], info);
    if (err == 0)
        err = panel_open(&run->snapshot, filters, FILTERDIFF_FILTERS, at_ms, NULL, 0, &run->panel,
                         info);
    return err < 0 ? err
                   : seggraph_check_planned(db, run->arena, query->project_id, segment.segment_id,
                                            query->names, info);
}

/* ---- comparing ----------------------------------------------------------------------------- */

/* Counts those of a chunk, and takes the newest for the sample; chunks come newest first. */
static void filterdiff_take(const struct filterdiff_run *run, uint32_t chunk,
                            const struct bits *who, struct filterdiff_side *side,
                            struct filterdiff_sample *sample)
{
    uint32_t count = bits_count(who);
    side->count += count;
    if (count == 0 || sample->count == run->query->limit)
        return;
    uint32_t need = (uint32_t)(run->query->limit - sample->count);
    uint16_t *rows = arena_array(run->arena, need, sizeof *rows);
    uint32_t got = bits_rows(who, true, 0, need, rows);
    for (uint32_t i = 0; i < got; i++)
        sample->ordinals[sample->count++] = chunk * KEY_CHUNK_ROWS + rows[i];
}

static int filterdiff_compare(struct filterdiff_run *run, struct err_info *info)
{
    struct bits is[FILTERDIFF_FILTERS], part;
    for (uint32_t chunk = run->snapshot.chunk_count; chunk-- > 0;) {
        int err = panel_chunk(run->panel, chunk, is, info);
        if (err < 0)
            return err;
        bits_copy(&part, &is[FILTERDIFF_NEW]);
        bits_andnot(&part, &is[FILTERDIFF_OLD]);
        filterdiff_take(run, chunk, &part, &run->diff->entering, &run->entering);
        bits_copy(&part, &is[FILTERDIFF_OLD]);
        bits_andnot(&part, &is[FILTERDIFF_NEW]);
        filterdiff_take(run, chunk, &part, &run->diff->leaving, &run->leaving);
        bits_and(&is[FILTERDIFF_OLD], &is[FILTERDIFF_NEW]);
        run->diff->staying += bits_count(&is[FILTERDIFF_OLD]);
    }
    return 0;
}

/* Reads both samples at once: those who enter, then those who leave. */
static int filterdiff_show(struct filterdiff_run *run, struct db *db, struct err_info *info)
{
    size_t asked = run->entering.count + run->leaving.count, found = 0, split = 0;
    uint32_t *ordinals = arena_array(run->arena, asked, sizeof *ordinals);
    struct contact *contacts = arena_array(run->arena, asked, sizeof *contacts);
    size_t next = 0;
    for (size_t i = 0; i < run->entering.count; i++)
        ordinals[next++] = run->entering.ordinals[i];
    for (size_t i = 0; i < run->leaving.count; i++)
        ordinals[next++] = run->leaving.ordinals[i];
    int err = asked == 0 ? 0
                         : contact_by_ordinals(db, run->arena, run->query->project_id, ordinals,
                                               asked, contacts, &found, info);
    if (err < 0)
        return err;
    for (size_t i = 0; i < run->entering.count && split < found; i++)
        split += contacts[split].ordinal == run->entering.ordinals[i];
    run->diff->entering.contacts = contacts;
    run->diff->entering.contact_count = split;
    run->diff->leaving.contacts = contacts + split;
    run->diff->leaving.contact_count = found - split;
    return 0;
}

/* ---- the transaction ----------------------------------------------------------------------- */

static int filterdiff_body(struct db *db, void *ctx, struct err_info *info)
{
    struct filterdiff_run *run = ctx;
    size_t limit = run->query->limit;
    panel_done(run->panel);
    run->panel = NULL;
    *run->diff = (struct filterdiff){.staying = 0};
    run->entering = (struct filterdiff_sample){arena_array(run->arena, limit, sizeof(uint32_t)), 0};
    run->leaving = (struct filterdiff_sample){arena_array(run->arena, limit, sizeof(uint32_t)), 0};
    int err = filterdiff_open(run, db, info);
    if (err == 0)
        err = filterdiff_compare(run, info);
    return err < 0 ? err : filterdiff_show(run, db, info);
}

int filterdiff_ask(struct db *db, struct arena *arena, const struct filterdiff_query *query,
                   struct filterdiff *ret, struct err_info *info)
{
    struct filterdiff_run *run = arena_alloc(arena, sizeof *run);
    *run = (struct filterdiff_run){.query = query, .arena = arena, .diff = ret};
    int err = db_tx(db, DB_READ, filterdiff_body, run, info);
    panel_done(run->panel);
    snapshot_report_damage(&run->snapshot);
    return err;
}
