#include "api/contactstream.h"

#include "api/routes.h"
#include "audience/roster.h"

#define ROWS_AT_ONCE 256           /* a row has at most some 100 KiB */
#define PIECE_BYTES (256 * 1024)   /* about what one call gives */
#define SCRATCH_BYTES (512 * 1024) /* emptied above it */

struct contactstream {
    struct db *db;
    uint32_t project_id;
    struct contactstream_writer writer;
    struct roster roster;
    struct roster_walk walk;
    struct arena *scratch; /* of the call at hand */
    struct buf *out;       /* of the call at hand */
    bool begun;            /* a row was written */
};

static void add_row(const struct contact *contact, void *ctx)
{
    struct contactstream *stream = ctx;
    if (stream->begun && stream->writer.between != NULL) {
        buf_add_c(stream->out, stream->writer.between);
    }
    stream->begun = true;
    stream->writer.row(stream->out, contact, stream->scratch, stream->writer.ctx);
    if (arena_used_bytes(stream->scratch) > SCRATCH_BYTES) {
        arena_reset(stream->scratch);
    }
}

/* api_more */
static int more_rows(struct api_response *res, void *ctx, struct err_info *info)
{
    struct contactstream *stream = ctx;
    AUTO(arena) scratch = arena_new();
    uint32_t ordinals[ROWS_AT_ONCE];
    stream->scratch = scratch;
    stream->out = &res->body;
    while (res->body.len < PIECE_BYTES) {
        size_t count = roster_next(&stream->walk, ordinals, ROWS_AT_ONCE);
        if (count == 0) {
            if (stream->writer.tail != NULL) {
                stream->writer.tail(&res->body, stream->writer.ctx);
            }
            return 0;
        }
        int err =
            contact_visit(stream->db, stream->project_id, ordinals, count, add_row, stream, info);
        if (err < 0) {
            return err;
        }
    }
    return 1;
}

int contactstream_answer(struct api_request *req, struct api_response *res,
                         const struct audience_query *query,
                         const struct contactstream_writer *writer, struct err_info *info)
{
    struct contactstream *stream = arena_alloc(req->arena, sizeof *stream);
    db_set_deadline_ms(req->db, ROUTE_BULK_MS);
    int err = roster_take(req->db, req->arena, query, &stream->roster, info);
    if (err < 0) {
        return err;
    }
    stream->db = req->db;
    stream->project_id = query->project_id;
    stream->writer = *writer;
    stream->walk = (struct roster_walk){.roster = &stream->roster,
                                        .oldest_first = query->order == AUDIENCE_OLDEST};
    api_no_content(res);
    res->status = 200;
    res->content_type = writer->content_type;
    if (writer->file_name != NULL) {
        api_header(res, "Content-Disposition", "attachment; filename=\"%s\"", writer->file_name);
    }
    if (writer->head != NULL) {
        writer->head(&res->body, writer->ctx);
    }
    res->more = more_rows;
    res->more_ctx = stream;
    return 0;
}
