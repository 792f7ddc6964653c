#include "store/apikey.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/timeutil.h"
#include "store/keyscope.h"
#include "store/sqlvalue.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
#define BASE 62u

static const struct {
    enum apikey_kind kind;
    const char *prefix;
    const char *name;
} kinds[] = {
    {APIKEY_SECRET, "sk_", "secret"},
    {APIKEY_PUBLIC, "pk_", "public"},
    {APIKEY_ACCOUNT, "pm_live_", "account"},
    {APIKEY_SESSION, "ses_", "session"},
};

const char *apikey_kind_name(enum apikey_kind kind)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "?";
}

static bool is_base62(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] == '\0' || !strchr(alphabet, s.at[i]))
            return false;
    return true;
}

/* Uniform: bytes from 248 on, which would favour the first letters, are thrown away. */
static void random_base62(char *out, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint8_t byte;
        uuid_random(&byte, 1);
        if (byte < 4 * BASE)
            out[i++] = alphabet[byte % BASE];
    }
}

static void checksum(struct str text, char out[APIKEY_CHECK_CHARS])
{
    uint32_t crc = hash_crc32(text.at, text.len);
    for (size_t i = APIKEY_CHECK_CHARS; i-- > 0; crc /= BASE)
        out[i] = alphabet[crc % BASE];
}

void apikey_generate(enum apikey_kind kind, char out[APIKEY_TEXT_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == kind)
            len = (size_t)snprintf(out, APIKEY_TEXT_MAX, "%s", kinds[i].prefix);
    random_base62(out + len, APIKEY_ID_CHARS);
    len += APIKEY_ID_CHARS;
    out[len++] = '_';
    random_base62(out + len, APIKEY_SECRET_CHARS);
    len += APIKEY_SECRET_CHARS;
    checksum((struct str){out, len}, out + len);
    out[len + APIKEY_CHECK_CHARS] = '\0';
}

/* What stands behind the prefix; at == NULL when there is none of ours. */
static struct str behind_prefix(struct str text, enum apikey_kind *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct str prefix = str_from(kinds[i].prefix);
        if (!str_starts(text, prefix))
            continue;
        *ret = kinds[i].kind;
        return (struct str){text.at + prefix.len, text.len - prefix.len};
    }
    return (struct str){NULL, 0};
}

bool apikey_parse(struct str text, struct apikey_text *ret)
{
    const size_t body_len = APIKEY_ID_CHARS + 1 + APIKEY_SECRET_CHARS + APIKEY_CHECK_CHARS;
    struct apikey_text parsed;
    char check[APIKEY_CHECK_CHARS];
    struct str body = behind_prefix(text, &parsed.kind);
    if (!body.at || body.len != body_len || body.at[APIKEY_ID_CHARS] != '_')
        return false;
    struct str id = {body.at, APIKEY_ID_CHARS};
    struct str secret = {body.at + APIKEY_ID_CHARS + 1, APIKEY_SECRET_CHARS};
    if (!is_base62(id) || !is_base62(secret))
        return false;
    checksum((struct str){text.at, text.len - APIKEY_CHECK_CHARS}, check);
    if (memcmp(check, text.at + text.len - APIKEY_CHECK_CHARS, APIKEY_CHECK_CHARS) != 0)
        return false;
    memcpy(parsed.key_id, id.at, id.len);
    parsed.key_id[id.len] = '\0';
    hash_sha256(secret.at, secret.len, parsed.secret_sha256);
    *ret = parsed;
    return true;
}

/* ---- making -------------------------------------------------------------------------------- */

int apikey_insert_here(struct db *db, const struct apikey_new *key, const char *text,
                       struct err_info *info)
{
    struct apikey_text parsed;
    char scopes[KEYSCOPE_TEXT_MAX];
    if (!apikey_parse(str_from(text), &parsed))
        return err_set(info, ERR_INTERNAL, NULL, "a fresh key does not parse");
    keyscope_print(key->scopes, ",", scopes);
    struct str id = str_from(parsed.key_id);
    int err = db_exec(db,
                      "INSERT INTO api_key (key_id, account_id, project_id, kind, name, "
                      "secret_sha256, scopes, created_ms, expires_ms, parent_key_id) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                      DB_PARAMS(DB_STR(id), DB_I64(key->account_id),
                                key->project_id ? DB_I64(key->project_id) : DB_NULL,
                                DB_I64(key->kind), DB_STR(key->name),
                                DB_BYTES(parsed.secret_sha256, sizeof(parsed.secret_sha256)),
                                DB_STR(str_from(scopes)), DB_I64(timeutil_wall_ms()),
                                key->expires_ms ? DB_I64(key->expires_ms) : DB_NULL,
                                sqlvalue_of_text(key->parent_key_id)),
                      NULL, info);
    if (err == 0)
        db_set_write_check(db, "SELECT 1 FROM api_key WHERE key_id = ? FOR UPDATE",
                           DB_PARAMS(DB_STR(id)));
    return err;
}

struct creation {
    const struct apikey_new *key;
    const struct audit_actor *actor;
    char text[APIKEY_TEXT_MAX];
    struct apikey_text parsed;
};

static int create_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct creation *c = ctx;
    struct buf summary;
    buf_init(&summary, AUDIT_SUMMARY_CHARS);
    const struct audit_act act = {.action = "key.created",
                                  .object_type = "key",
                                  .object_id = str_from(c->parsed.key_id),
                                  .summary = audit_name_summary(&summary, c->key->name)};
    int err = apikey_insert_here(db, c->key, c->text, info);
    if (err == 0)
        err = audit_note(db, c->key->account_id, c->key->project_id, c->actor, &act, info);
    buf_done(&summary);
    return err;
}

int apikey_create(struct db *db, const struct apikey_new *key, const struct audit_actor *actor,
                  char out[APIKEY_TEXT_MAX], struct err_info *info)
{
    struct creation c = {.key = key, .actor = actor};
    apikey_generate(key->kind, c.text);
    if (!apikey_parse(str_from(c.text), &c.parsed))
        return err_set(info, ERR_INTERNAL, NULL, "a fresh key does not parse");
    int err = db_tx(db, DB_WRITE, create_body, &c, info);
    if (err == 0)
        memcpy(out, c.text, sizeof(c.text));
    return err;
}

/* ---- finding ------------------------------------------------------------------------------- */

/* A key that was found good is believed for this long without asking again, so that a busy one
 * costs no statement. */
#define BELIEVED_US INT64_C(1000000)
#define BELIEVED_SLOTS 64u

struct believed {
    struct apikey_text text;
    struct apikey_found found;
    int64_t until_us; /* monotonic */
    uint64_t revocations;
};

/* The slot where this key would stand, whoever is in it. */
static struct believed *believed_slot(const char *key_id)
{
    static struct believed slots[BELIEVED_SLOTS];
    return &slots[hash_fast(key_id, strlen(key_id)) % BELIEVED_SLOTS];
}

static bool is_believed(const struct believed *slot, const struct apikey_text *text,
                        uint64_t revocations)
{
    return timeutil_mono_us() < slot->until_us && slot->revocations == revocations &&
           strcmp(slot->text.key_id, text->key_id) == 0 && slot->text.kind == text->kind &&
           hash_equal(slot->text.secret_sha256, text->secret_sha256, sizeof(text->secret_sha256));
}

static int is_invalid(struct err_info *info)
{
    return err_set(info, ERR_DENIED, NULL, "Invalid API key");
}

/* What a row of find_stored means, its secret apart. */
static void read_found(const struct db_rows *rows, struct apikey_found *ret)
{
    *ret = (struct apikey_found){.account_id = (uint32_t)db_i64(rows, 0),
                                 .project_id = (uint32_t)db_i64(rows, 1),
                                 .last_used_ms = db_i64(rows, 3),
                                 .site_index = (uint32_t)db_i64(rows, 7),
                                 .expires_ms = db_i64(rows, 9)};
    if (db_bytes(rows, 2).len == sizeof(ret->project_uuid.bytes))
        memcpy(ret->project_uuid.bytes, db_bytes(rows, 2).at, sizeof(ret->project_uuid.bytes));
    if (!keyscope_parse(db_bytes(rows, 8), &ret->scopes))
        ret->scopes = 0; /* words of a newer version: nothing is allowed */
}

static int find_stored(struct db *db, const struct apikey_text *text, struct apikey_found *ret,
                       struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    uint8_t stored[32] = {0};
    int found =
        db_one(db,
               "SELECT k.account_id, k.project_id, p.uuid, k.last_used_ms, k.secret_sha256, "
               "k.kind, k.revoked_ms, p.site_index, k.scopes, k.expires_ms, parent.revoked_ms "
               "FROM api_key k LEFT JOIN project p ON p.project_id = k.project_id "
               "LEFT JOIN api_key parent ON parent.key_id = k.parent_key_id WHERE k.key_id = ?",
               DB_PARAMS(DB_STR(str_from(text->key_id))), &rows, info);
    if (found < 0)
        return found;
    bool live = found == 1 && db_is_null(rows, 6) && db_is_null(rows, 10) &&
                db_i64(rows, 5) == (int64_t)text->kind && db_bytes(rows, 4).len == sizeof(stored);
    if (found == 1 && db_bytes(rows, 4).len == sizeof(stored))
        memcpy(stored, db_bytes(rows, 4).at, sizeof(stored));
    bool same = hash_equal(stored, text->secret_sha256, sizeof(stored));
    if (!live || !same)
        return is_invalid(info);
    read_found(rows, ret);
    return 0;
}

int apikey_find(struct db *db, const struct apikey_text *text, uint64_t revocations,
                struct apikey_found *ret, struct err_info *info)
{
    struct believed *slot = believed_slot(text->key_id);
    int64_t asked_us = timeutil_mono_us();
    if (!is_believed(slot, text, revocations)) {
        struct apikey_found found;
        int err = find_stored(db, text, &found, info);
        if (err < 0)
            return err;
        *slot = (struct believed){*text, found, asked_us + BELIEVED_US, revocations};
    }
    if (slot->found.expires_ms && slot->found.expires_ms <= timeutil_wall_ms())
        return is_invalid(info);
    *ret = slot->found;
    return 0;
}

int apikey_touch(struct db *db, const char *key_id, int64_t now_ms, struct err_info *info)
{
    struct believed *slot = believed_slot(key_id);
    int err = db_exec(db,
                      "UPDATE api_key SET last_used_ms = ? WHERE key_id = ? AND "
                      "(last_used_ms IS NULL OR last_used_ms < ?)",
                      DB_PARAMS(DB_I64(now_ms), DB_STR(str_from(key_id)), DB_I64(now_ms - 60000)),
                      NULL, info);
    if (err == 0 && strcmp(slot->text.key_id, key_id) == 0)
        slot->found.last_used_ms = now_ms;
    return err;
}

/* ---- lists --------------------------------------------------------------------------------- */

#define KEY_COLUMNS                                                                                \
    "k.key_id, k.kind, k.account_id, k.project_id, k.name, k.created_ms, k.last_used_ms, "         \
    "k.revoked_ms, k.number, k.scopes, k.expires_ms"

static void from_row(struct arena *arena, const struct db_rows *rows, struct apikey *ret)
{
    *ret = (struct apikey){.key_id = str_copy(arena, db_bytes(rows, 0)),
                           .kind = (enum apikey_kind)db_i64(rows, 1),
                           .account_id = (uint32_t)db_i64(rows, 2),
                           .project_id = (uint32_t)db_i64(rows, 3),
                           .name = str_copy(arena, db_bytes(rows, 4)),
                           .created_ms = db_i64(rows, 5),
                           .last_used_ms = db_i64(rows, 6),
                           .revoked_ms = db_i64(rows, 7),
                           .number = (uint32_t)db_i64(rows, 8),
                           .expires_ms = db_i64(rows, 10)};
    if (!keyscope_parse(db_bytes(rows, 9), &ret->scopes))
        ret->scopes = 0;
}

static int read_list(struct arena *arena, struct db_rows *rows, struct apikey **ret,
                     size_t *ret_count, struct err_info *info)
{
    struct apikey *list = NULL;
    size_t count = 0, room = 0;
    int more;
    while ((more = db_next(rows, info)) == 1) {
        list = arena_grow(arena, list, count, &room, sizeof(*list));
        from_row(arena, rows, &list[count++]);
    }
    *ret = list;
    *ret_count = count;
    return more;
}

int apikey_list(struct db *db, struct arena *arena, uint32_t account_id, struct apikey **ret,
                size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int err = db_query(db,
                       "SELECT " KEY_COLUMNS " FROM api_key k WHERE ? IN (0, k.account_id) "
                       "AND k.kind <> ? ORDER BY k.created_ms, k.key_id",
                       DB_PARAMS(DB_I64(account_id), DB_I64(APIKEY_SESSION)), false, &rows, info);
    return err < 0 ? err : read_list(arena, rows, ret, ret_count, info);
}

int apikey_list_of_project(struct db *db, struct arena *arena, uint32_t project_id,
                           struct apikey **ret, size_t *ret_count, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int err =
        db_query(db,
                 "SELECT " KEY_COLUMNS " FROM api_key k "
                 "LEFT JOIN api_key parent ON parent.key_id = k.parent_key_id "
                 "WHERE k.project_id = ? AND k.revoked_ms IS NULL "
                 "AND parent.revoked_ms IS NULL AND (k.expires_ms IS NULL OR k.expires_ms > ?)"
                 " ORDER BY k.created_ms DESC, k.key_id",
                 DB_PARAMS(DB_I64(project_id), DB_I64(timeutil_wall_ms())), false, &rows, info);
    return err < 0 ? err : read_list(arena, rows, ret, ret_count, info);
}

int apikey_get(struct db *db, struct arena *arena, uint32_t account_id, struct str key_id,
               struct apikey *ret, struct err_info *info)
{
    AUTO(db_rows) rows = NULL;
    int found = db_one(db,
                       "SELECT " KEY_COLUMNS " FROM api_key k "
                       "WHERE k.account_id = ? AND k.key_id = ? AND k.revoked_ms IS NULL",
                       DB_PARAMS(DB_I64(account_id), DB_STR(key_id)), &rows, info);
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "no key has the id " STR_FMT, STR_ARG(key_id));
    if (found < 0)
        return found;
    from_row(arena, rows, ret);
    return 0;
}

void apikey_prefix(const struct apikey *key, char out[APIKEY_TEXT_MAX])
{
    const size_t shown = 8;
    size_t len = key->key_id.len < shown ? key->key_id.len : shown;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == key->kind)
            (void)snprintf(out, APIKEY_TEXT_MAX, "%s%.*s", kinds[i].prefix, (int)len,
                           key->key_id.at);
}

/* ---- the end ------------------------------------------------------------------------------- */

struct revocation {
    struct str key_id;
    const struct audit_actor *actor;
    const char *action;
    int64_t now_ms;
};

/* The key of the row that revoke_body locked, noted and ended. */
static int revoke_row(struct db *db, const struct revocation *r, const struct db_rows *row,
                      struct err_info *info)
{
    struct buf summary;
    buf_init(&summary, AUDIT_SUMMARY_CHARS);
    const struct audit_act act = {.action = r->action,
                                  .object_type =
                                      db_i64(row, 2) == APIKEY_SESSION ? "session" : "key",
                                  .object_id = r->key_id,
                                  .summary = audit_name_summary(&summary, db_bytes(row, 4))};
    int err = db_exec(db, "UPDATE api_key SET revoked_ms = ? WHERE key_id = ?",
                      DB_PARAMS(DB_I64(r->now_ms), DB_STR(r->key_id)), NULL, info);
    if (err == 0)
        err = audit_note(db, (uint32_t)db_i64(row, 0), (uint32_t)db_i64(row, 1), r->actor, &act,
                         info);
    buf_done(&summary);
    return err;
}

static int revoke_body(struct db *db, void *ctx, struct err_info *info)
{
    const struct revocation *r = ctx;
    AUTO(db_rows) rows = NULL;
    int found = db_one(db,
                       "SELECT account_id, project_id, kind, revoked_ms, name FROM api_key "
                       "WHERE key_id = ? FOR UPDATE",
                       DB_PARAMS(DB_STR(r->key_id)), &rows, info);
    if (found == 0)
        return err_set(info, ERR_NOT_FOUND, NULL, "no key has the id " STR_FMT, STR_ARG(r->key_id));
    if (found < 0 || !db_is_null(rows, 3))
        return found < 0 ? found : 0;
    int err = revoke_row(db, r, rows, info);
    db_set_write_check(db, "SELECT 1 FROM api_key WHERE key_id = ? AND revoked_ms = ? FOR UPDATE",
                       DB_PARAMS(DB_STR(r->key_id), DB_I64(r->now_ms)));
    return err;
}

int apikey_revoke(struct db *db, struct str key_id, const struct audit_actor *actor,
                  const char *action, struct err_info *info)
{
    struct revocation r = {key_id, actor, action, timeutil_wall_ms()};
    return db_tx(db, DB_WRITE, revoke_body, &r, info);
}
