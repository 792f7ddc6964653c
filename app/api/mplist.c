#include "api/mplist.h"

#include "api/jsonparts.h"
#include "api/mpparts.h"
#include "api/routes.h"
#include "audience/roster.h"
#include "store/list.h"

#define MPLIST_ROWS 256 /* a row has at most some 100 KiB */

struct mplist {
    const struct api_request *req;
    struct roster roster;
    struct roster_walk walk;
    bool begun; /* a row was written */
};

/* What one piece of the answer is made of. */
struct mplist_piece {
    struct arena *arena;
    struct contact contacts[MPLIST_ROWS];
    size_t count;
    struct list_of_contact *groups;
    size_t group_count;
};

static int mplist_read(const struct mplist *list, const uint32_t *ordinals, size_t count,
                       struct mplist_piece *piece, struct err_info *info)
{
    const struct api_request *req = list->req;
    int err = contact_by_ordinals(req->db, piece->arena, req->project_id, ordinals, count,
                                  piece->contacts, &piece->count, info);
    return err < 0 ? err
                   : list_of_contacts(req->db, piece->arena, req->project_id, ordinals, count,
                                      &piece->groups, &piece->group_count, info);
}

/* The names of a contact's groups, with commas between; the groups stand by ascending ordinal. */
static struct str mplist_groups(struct mplist_piece *piece, uint32_t ordinal)
{
    const char *names = "";
    size_t low = 0;
    size_t high = piece->group_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (piece->groups[middle].ordinal < ordinal) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i < piece->group_count && piece->groups[i].ordinal == ordinal; i++) {
        names = arena_printf(piece->arena, "%s%s" STR_FMT, names, i == low ? "" : ",",
                             STR_ARG(piece->groups[i].name));
    }
    return str_from(names);
}

static void mplist_write(struct buf *out, const struct mplist *list, struct mplist_piece *piece,
                         const struct contact *contact)
{
    struct mpparts_contact shown;
    struct jsonwrite w;
    mpparts_read(list->req, piece->arena, contact, &shown);
    jsonwrite_init(&w, out);
    jsonwrite_object(&w);
    mpparts_write(&w, &shown);
    jsonparts_text(&w, "notes", shown.notes);
    jsonwrite_name(&w, "status");
    jsonwrite_c(&w, shown.status);
    jsonwrite_name(&w, "created_at");
    jsonwrite_time(&w, contact->created_ms);
    jsonparts_text(&w, "group_names", mplist_groups(piece, contact->ordinal));
    jsonwrite_object_end(&w);
}

/* api_more */
static int mplist_more(struct api_response *res, void *ctx, struct err_info *info)
{
    struct mplist *list = ctx;
    AUTO(arena) arena = arena_new();
    uint32_t ordinals[MPLIST_ROWS];
    size_t count = roster_next(&list->walk, ordinals, MPLIST_ROWS);
    if (count == 0) {
        buf_add_c(&res->body, "]}");
        return 0;
    }
    struct mplist_piece *piece = arena_alloc(arena, sizeof(*piece));
    piece->arena = arena;
    int err = mplist_read(list, ordinals, count, piece, info);
    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < piece->count; i++) {
        if (list->begun) {
            buf_add_char(&res->body, ',');
        }
        list->begun = true;
        mplist_write(&res->body, list, piece, &piece->contacts[i]);
    }
    return 1;
}

int mplist_answer(struct api_request *req, struct api_response *res,
                  const struct audience_query *query, struct err_info *info)
{
    struct mplist *list = arena_alloc(req->arena, sizeof(*list));
    db_set_deadline_ms(req->db, ROUTE_BULK_MS);
    int err = roster_take(req->db, req->arena, query, &list->roster, info);
    if (err < 0) {
        return err;
    }
    list->req = req;
    list->walk = (struct roster_walk){.roster = &list->roster};
    api_no_content(res);
    res->status = 200;
    res->content_type = "application/json";
    buf_add_c(&res->body, "{\"contacts\":[");
    res->more = mplist_more;
    res->more_ctx = list;
    return 0;
}
