#include "store/publiclink.h"

#include "store/sqlvalue.h"

#define KNOWN 64

/* Secrets never change: those that are given out are remembered for as long as the process lives.
 */
static struct known {
    uint32_t project_id;
    struct publiclink_secret secret;
} known[KNOWN];

int publiclink_find(struct db *db, uint32_t project_id, struct publiclink_secret *ret,
                    struct err_info *info)
{
    static const char sql[] =
        "SELECT link.secret FROM public_link AS link JOIN project ON project.project_id ="
        " link.project_id AND project.deleted_ms IS NULL WHERE link.project_id = ?";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(DB_I64(project_id)), &rows, info);
    if (found <= 0) {
        return found;
    }
    struct str secret = db_bytes(rows, 0);
    if (secret.len != PUBLICLINK_SECRET_BYTES) {
        return err_set(info, ERR_INTERNAL, NULL, "the secret of public links is damaged");
    }
    memcpy(ret->bytes, secret.at, PUBLICLINK_SECRET_BYTES);
    return 1;
}

/* Where another was faster, his secret stays. */
static int make(struct db *db, uint32_t project_id, struct err_info *info)
{
    static const char sql[] = "INSERT IGNORE INTO public_link (project_id, secret) VALUES (?, ?)";
    uint8_t secret[PUBLICLINK_SECRET_BYTES];
    uuid_random(secret, sizeof secret);
    return db_exec(db, sql, DB_PARAMS(DB_I64(project_id), DB_BYTES(secret, sizeof secret)), NULL,
                   info);
}

static int find_or_make(struct db *db, uint32_t project_id, struct publiclink_secret *ret,
                        struct err_info *info)
{
    int found = publiclink_find(db, project_id, ret, info);
    if (found == 0) {
        found = make(db, project_id, info);
        if (found == 0) {
            found = publiclink_find(db, project_id, ret, info);
        }
        if (found == 0) {
            return err_set(info, ERR_NOT_FOUND, NULL, "project %u is not there", project_id);
        }
    }
    return found < 0 ? found : 0;
}

int publiclink_secret(struct db *db, uint32_t project_id, struct publiclink_secret *ret,
                      struct err_info *info)
{
    struct known *place = &known[project_id % KNOWN];
    if (place->project_id != project_id) {
        struct publiclink_secret secret;
        int err = find_or_make(db, project_id, &secret, info);
        if (err < 0) {
            return err;
        }
        *place = (struct known){project_id, secret};
    }
    *ret = place->secret;
    return 0;
}

int publiclink_bare_id(struct db *db, const struct uuid *contact, uint32_t *ret_project,
                       struct err_info *info)
{
    /* Goes over all projects that have the switch on: few, and one look-up in an index each. */
    static const char sql[] =
        "SELECT link.project_id FROM public_link AS link JOIN contact FORCE INDEX (uuid)"
        " ON contact.project_id = link.project_id AND contact.uuid = ?"
        " JOIN project ON project.project_id = link.project_id AND project.deleted_ms IS NULL"
        " WHERE link.bare_ids = 1 LIMIT 1";
    AUTO(db_rows) rows = NULL;
    int found = db_one(db, sql, DB_PARAMS(sqlvalue_of_uuid(contact)), &rows, info);
    if (found > 0) {
        *ret_project = (uint32_t)db_i64(rows, 0);
    }
    return found;
}

int publiclink_allow_bare_ids(struct db *db, uint32_t project_id, bool on, struct err_info *info)
{
    static const char sql[] = "UPDATE public_link SET bare_ids = ? WHERE project_id = ?";
    int err = make(db, project_id, info);
    return err < 0 ? err : db_exec(db, sql, DB_PARAMS(DB_I64(on), DB_I64(project_id)), NULL, info);
}
