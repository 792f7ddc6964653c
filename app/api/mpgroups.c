#include "api/mpgroups.h"

#include <stdlib.h>

#include "api/bodytext.h"
#include "api/pushmail.h"
#include "base/limits.h"
#include "column/key.h"
#include "store/list.h"
#include "store/member.h"

static int mpgroups_compare(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static int mpgroups_read_one(const struct api_request *req, const struct jsonval *value,
                             uint32_t *ret, struct err_info *info)
{
    struct list list;
    uint64_t id;
    int err = ERR_NOT_FOUND;
    if (!pushmail_integer(value, &id)) {
        return bodytext_refuse(info, "groupIds", "invalid_type",
                               "groupIds must hold whole numbers only");
    }
    if (pushmail_number(req, value, ret)) {
        err = list_get(req->db, req->arena, req->project_id, *ret, &list, info);
    }
    return err == ERR_NOT_FOUND ? err_set(info, err, "RESOURCE_NOT_FOUND", "Group not found: %llu",
                                          (unsigned long long)id)
                                : err;
}

int mpgroups_read(const struct api_request *req, struct mpgroups *ret, struct err_info *info)
{
    const struct jsonval *list;
    *ret = (struct mpgroups){.project_id = req->project_id, .arena = req->arena};
    int err = api_body_list(req->json, "groupIds", &list, info);
    if (err < 0 || list == NULL) {
        return err;
    }
    if (list->count > LIMIT_CONTACT_GROUPS) {
        return bodytext_refuse(info, "groupIds", "too_big", "groupIds can hold at most %d ids",
                               LIMIT_CONTACT_GROUPS);
    }
    ret->given = true;
    ret->list_ids = arena_array(req->arena, list->count, sizeof(*ret->list_ids));
    for (size_t i = 0; i < list->count; i++) {
        err = mpgroups_read_one(req, &list->items[i], &ret->list_ids[i], info);
        if (err < 0) {
            return err;
        }
    }
    if (list->count > 0) {
        qsort(ret->list_ids, list->count, sizeof(*ret->list_ids), mpgroups_compare);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (ret->count == 0 || ret->list_ids[i] != ret->list_ids[ret->count - 1]) {
            ret->list_ids[ret->count++] = ret->list_ids[i];
        }
    }
    return 0;
}

int mpgroups_join(struct db *db, void *ctx, struct err_info *info)
{
    const struct mpgroups *groups = ctx;
    if (groups->item->outcome != CONTACTWRITE_CREATED) {
        return 0;
    }
    for (size_t i = 0; i < groups->count; i++) {
        int err = member_add_here(db, groups->arena, groups->project_id,
                                  KEY_SET_LIST(groups->list_ids[i]),
                                  &groups->item->contact->ordinal, 1, NULL, info);
        if (err < 0) {
            return err;
        }
    }
    return 0;
}

static bool mpgroups_has(const struct mpgroups *groups, uint32_t list_id)
{
    return groups->count > 0 && bsearch(&list_id, groups->list_ids, groups->count, sizeof(list_id),
                                        mpgroups_compare) != NULL;
}

int mpgroups_set(const struct api_request *req, const struct mpgroups *groups, uint32_t ordinal,
                 struct err_info *info)
{
    struct list_of_contact *old;
    size_t old_count;
    if (!groups->given) {
        return 0;
    }
    int err =
        list_of_contacts(req->db, req->arena, req->project_id, &ordinal, 1, &old, &old_count, info);
    for (size_t i = 0; err == 0 && i < old_count; i++) {
        uint64_t removed;
        if (!mpgroups_has(groups, old[i].list_id)) {
            err = member_remove(req->db, req->arena, req->project_id, KEY_SET_LIST(old[i].list_id),
                                &ordinal, 1, &removed, info);
        }
    }
    for (size_t i = 0; err == 0 && i < groups->count; i++) {
        err = member_add(req->db, req->arena, req->project_id, KEY_SET_LIST(groups->list_ids[i]),
                         &ordinal, 1, NULL, info);
    }
    return err;
}
