#include "audience/question.h"

int question_init(struct question *q, struct snapshot *snapshot, const struct filter *filter,
                  int64_t at_ms, const uint64_t *extra, size_t extra_count, struct err_info *info)
{
    *q = (struct question){.snapshot = snapshot};
    int err = panel_open(snapshot, &filter, 1, at_ms, extra, extra_count, &q->panel, info);
    if (err)
        return err;
    q->names = q->panel->names;
    q->program = q->panel->ones[0].program;
    q->columns = q->panel->columns;
    q->keys = q->panel->keys;
    q->key_count = q->panel->key_count;
    return 0;
}

int question_other_time(struct question *q, const struct filter *filter, int64_t at_ms,
                        struct eval **ret, struct err_info *info)
{
    return panel_other_time(q->panel, filter, at_ms, ret, info);
}

void question_done(struct question *q)
{
    panel_done(q->panel);
    q->panel = NULL;
}

int question_chunk(struct question *q, uint32_t chunk, struct err_info *info)
{
    return panel_bring(q->panel, chunk, info);
}

void question_answer(struct question *q, struct bits *ret)
{
    eval_run(q->panel->ones[0].eval, q->columns, ret);
}

const struct eval_column *question_extra(const struct question *q, size_t i)
{
    return panel_extra(q->panel, i);
}
