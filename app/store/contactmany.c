#include "store/contactmany.h"

#include "store/contactplan.h"

struct many {
    struct arena *arena;
    const struct contactmany *batch;
    struct contactplan_flips flips;
    struct contactmany_counts counts;
};

/* Locks who is there, and begins a plan with them. */
static int begin(struct contactplan *plan, const struct many *many, struct db *db,
                 struct err_info *info)
{
    const struct contactmany *batch = many->batch;
    struct contactrows_moment moment;
    *plan = (struct contactplan){
        .db = db, .arena = many->arena, .project_id = batch->project_id, .flips = many->flips};
    struct contact *contacts = arena_array(many->arena, batch->count, sizeof *contacts);
    int err = contactrows_moment(db, batch->project_id, &moment, info);
    if (err == 0) {
        err = contact_lock_ordinals(db, many->arena, batch->project_id, batch->ordinals,
                                    batch->count, contacts, &plan->row_count, info);
    }
    if (err < 0) {
        return err;
    }
    plan->now_ms = moment.now_ms;
    plan->rows = arena_array(many->arena, plan->row_count, sizeof *plan->rows);
    for (size_t i = 0; i < plan->row_count; i++) {
        plan->rows[i] = (struct contactplan_row){
            .contact = contacts[i], .before = contacts[i], .stored = true, .present = true};
    }
    return contactpublish_begin(&plan->publish, db, many->arena, batch->project_id, &moment, info);
}

static int apply(struct contactplan *plan, struct many *many, struct err_info *info)
{
    const struct contactmany *batch = many->batch;
    many->counts = (struct contactmany_counts){0};
    for (size_t i = 0; i < plan->row_count; i++) {
        struct contactplan_row *row = &plan->rows[i];
        struct contactchange change = {.subscribe = CONTACTCHANGE_KEEP};
        enum contactwrite_outcome outcome = CONTACTWRITE_UNCHANGED;
        int err = batch->change(many->arena, &row->contact, &change, batch->ctx, info);
        if (err == 0) {
            err = contactplan_apply(plan, row, &change, &outcome, info);
        }
        if (err < 0) {
            return err;
        }
        many->counts.changed += outcome == CONTACTWRITE_UPDATED ? 1 : 0;
        many->counts.unchanged += outcome == CONTACTWRITE_UPDATED ? 0 : 1;
    }
    return 0;
}

static int change_body(struct db *db, void *ctx, struct err_info *info)
{
    struct many *many = ctx;
    struct contactplan plan;
    struct contactplan_ordinals none = {0};
    bool raced;
    int err = begin(&plan, many, db, info);
    if (err == 0) {
        err = apply(&plan, many, info);
    }
    if (err == 0) {
        err = contactplan_write(&plan, NULL, &none, &raced, info);
    }
    return err == 0 && many->batch->also != NULL
               ? many->batch->also(db, &many->counts, many->batch->ctx, info)
               : err;
}

int contactmany_change(struct db *db, struct arena *arena, const struct contactmany *batch,
                       struct contactmany_counts *ret, struct err_info *info)
{
    struct many many = {.arena = arena, .batch = batch};
    int err = batch->may_flip
                  ? contactplan_name_flips(db, arena, batch->project_id, &many.flips, info)
                  : 0;
    if (err == 0) {
        err = db_tx(db, DB_WRITE, change_body, &many, info);
    }
    if (err == 0) {
        *ret = many.counts;
    }
    return err;
}
