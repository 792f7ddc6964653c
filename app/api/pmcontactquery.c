#include "api/pmcontactquery.h"

#include <inttypes.h>

#include "api/pushmail.h"
#include "base/limits.h"
#include "store/contact.h"
#include "store/list.h"
#include "store/segment.h"
#include "store/tag.h"

#define LEAVES 5

/* The tree under way. */
struct pmcontactquery {
    struct filter all;
    struct filter *children[LEAVES];
    struct filter leaves[LEAVES];
    struct filter_value values[LEAVES];
};

static struct filter_leaf *add_leaf(struct pmcontactquery *query, enum filter_column column,
                                    enum filter_op op)
{
    size_t at = query->all.child_count++;
    query->children[at] = &query->leaves[at];
    query->leaves[at].kind = FILTER_LEAF;
    query->leaves[at].leaf = (struct filter_leaf){.column = column, .op = op};
    return &query->leaves[at].leaf;
}

static void add_text(struct pmcontactquery *query, enum filter_column column, enum filter_op op,
                     struct str text)
{
    struct filter_leaf *leaf = add_leaf(query, column, op);
    struct filter_value *value = &query->values[query->all.child_count - 1];
    *value = (struct filter_value){.type = FILTER_VALUE_STRING, .string = text};
    leaf->values = value;
    leaf->value_count = 1;
}

static int read_q(const struct api_request *req, struct pmcontactquery *query,
                  struct err_info *info)
{
    struct str q = api_query(req, "q");
    if (q.len > LIMIT_FILTER_STRING_BYTES)
        return err_set_at(info, ERR_INVAL, NULL, "q", "q must be at most %d bytes",
                          LIMIT_FILTER_STRING_BYTES);
    if (q.len > 0)
        add_text(query, FILTER_EMAIL, FILTER_CONTAINS, q);
    return 0;
}

static int read_status(const struct api_request *req, struct pmcontactquery *query,
                       struct err_info *info)
{
    struct str status = api_query(req, "status");
    if (status.len == 0)
        return 0;
    for (int word = CONTACT_SUBSCRIBED; word <= CONTACT_COMPLAINED; word++) {
        if (str_eq_c(status, contact_status_name((enum contact_status)word))) {
            add_text(query, FILTER_STATUS, FILTER_EQUALS, status);
            return 0;
        }
    }
    return err_set_at(info, ERR_INVAL, NULL, "status",
                      "status must be subscribed, unsubscribed, bounced or complained");
}

/* The value of either name; at == NULL when neither is there. */
static struct str either(const struct api_request *req, const char *name, const char *other)
{
    struct str value = api_query(req, name);
    return value.len > 0 ? value : api_query(req, other);
}

static bool is_number(const struct api_request *req, struct str text, uint32_t *ret_n)
{
    struct jsonval value = jsonval_of_str(text);
    return pushmail_number(req, &value, ret_n);
}

static struct str id_text(const struct api_request *req, uint32_t n)
{
    return str_from(arena_printf(req->arena, "%" PRIu64, pushmail_id(req, n)));
}

static int read_list(const struct api_request *req, struct pmcontactquery *query,
                     struct err_info *info)
{
    uint32_t n = 0;
    struct list list;
    struct str given = either(req, "list", "listId");
    if (given.len == 0)
        return 0;
    if (!is_number(req, given, &n))
        return err_set(info, ERR_NOT_FOUND, NULL, "List not found");
    int err = list_get(req->db, req->arena, req->project_id, n, &list, info);
    if (err == 0)
        add_leaf(query, FILTER_LIST, FILTER_MEMBER)->name = id_text(req, n);
    return err;
}

/* By name, else by id: a tag may be called 7. */
static int find_tag(const struct api_request *req, struct str name, struct str id, struct tag *ret,
                    struct err_info *info)
{
    uint32_t n = 0;
    int err = ERR_NOT_FOUND;
    if (name.len > 0)
        err = tag_find(req->db, req->arena, req->project_id, name, ret, info);
    if (err != ERR_NOT_FOUND)
        return err;
    if (!is_number(req, name.len > 0 ? name : id, &n))
        return err_set(info, ERR_NOT_FOUND, NULL, "Tag not found");
    return tag_get(req->db, req->arena, req->project_id, n, ret, info);
}

static int read_tag(const struct api_request *req, struct pmcontactquery *query,
                    struct err_info *info)
{
    struct tag tag;
    struct str name = api_query(req, "tag"), id = api_query(req, "tagId");
    if (name.len == 0 && id.len == 0)
        return 0;
    int err = find_tag(req, name, id, &tag, info);
    if (err == 0)
        add_leaf(query, FILTER_TAG, FILTER_MEMBER)->name = id_text(req, tag.tag_id);
    return err;
}

static int read_segment(const struct api_request *req, struct pmcontactquery *query,
                        struct err_info *info)
{
    uint32_t n = 0;
    struct segment segment;
    struct str given = either(req, "segment", "segmentId");
    if (given.len == 0)
        return 0;
    if (!is_number(req, given, &n))
        return err_set(info, ERR_NOT_FOUND, NULL, "Segment not found");
    int err = segment_by_number(req->db, req->arena, req->project_id, n, &segment, info);
    if (err < 0)
        return err;
    char *uuid = arena_alloc(req->arena, 37);
    uuid_format(&segment.uuid, uuid);
    add_leaf(query, FILTER_SEGMENT, FILTER_MEMBER)->name = str_from(uuid);
    return 0;
}

int pmcontactquery_read(const struct api_request *req, const struct filter **ret,
                        struct err_info *info)
{
    struct pmcontactquery *query = arena_alloc(req->arena, sizeof(*query));
    *query = (struct pmcontactquery){.all = {.kind = FILTER_ALL}};
    query->all.children = query->children;
    int err = read_q(req, query, info);
    if (err == 0)
        err = read_status(req, query, info);
    if (err == 0)
        err = read_list(req, query, info);
    if (err == 0)
        err = read_tag(req, query, info);
    if (err == 0)
        err = read_segment(req, query, info);
    if (err == 0)
        *ret = query->all.child_count > 0 ? &query->all : NULL;
    return err;
}
