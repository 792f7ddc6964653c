#include "store/importtarget.h"

#include "store/segment.h"
#include "store/tag.h"

int importtarget_read(struct db *db, struct arena *arena, const struct importjob *job,
                      struct importtarget *ret, struct err_info *info)
{
    struct err_info gone = {0};
    struct segment segment;
    struct tag tag;
    int err = 0;
    *ret = (struct importtarget){.has_segment = false};
    if (job->input.segment_id != 0) {
        err = segment_by_number(db, arena, job->project_id, job->input.segment_id, &segment, &gone);
        ret->has_segment = err == 0;
        ret->segment = err == 0 ? segment.uuid : ret->segment;
    }
    if ((err == 0 || err == ERR_NOT_FOUND) && job->input.tag_id != 0) {
        err = tag_get(db, arena, job->project_id, job->input.tag_id, &tag, &gone);
        ret->tag = err == 0 ? tag.name : ret->tag;
    }
    if (err == 0 || err == ERR_NOT_FOUND) {
        return 0;
    }
    *info = gone;
    return err;
}
