#include "store/session.h"

#include <string.h>

#include "base/timeutil.h"
#include "store/audit.h"

/* One that begins: the key to be, and where it comes from. */
struct beginning {
    struct apikey_new key;
    struct arena *arena;
    const struct logintoken_text *token; /* NULL: of a key */
    struct session *session;
};

static int link_is_over(struct err_info *info)
{
    return err_set_at(info, ERR_DENIED, "INVALID_LOGIN_TOKEN", "loginToken",
                      "This sign-in link was used already or has expired; make a new one with "
                      "`muster login-link`");
}

static int take_token(struct db *db, struct beginning *b, struct err_info *info)
{
    struct logintoken found;
    int taken = logintoken_take_here(db, b->arena, b->token, &found, info);
    if (taken <= 0)
        return taken < 0 ? taken : link_is_over(info);
    b->key.account_id = found.account_id;
    b->key.name = found.name;
    b->key.scopes = found.scopes;
    return 0;
}

static int begin_body(struct db *db, void *ctx, struct err_info *info)
{
    struct beginning *b = ctx;
    struct str id = str_from(b->session->key_id);
    struct audit_actor actor = {.key_id = b->key.parent_key_id.at ? b->key.parent_key_id : id};
    const struct audit_act act = {
        .action = "session.created", .object_type = "session", .object_id = id};
    int err = b->token ? take_token(db, b, info) : 0;
    if (err == 0)
        err = apikey_insert_here(db, &b->key, b->session->key, info);
    if (err == 0)
        err = audit_note(db, b->key.account_id, b->key.project_id, &actor, &act, info);
    return err;
}

static int begin(struct db *db, struct beginning *b, struct err_info *info)
{
    struct apikey_text parsed;
    struct session *session = b->session;
    apikey_generate(APIKEY_SESSION, session->key);
    if (!apikey_parse(str_from(session->key), &parsed))
        return err_set(info, ERR_INTERNAL, NULL, "a fresh key does not parse");
    memcpy(session->key_id, parsed.key_id, sizeof(session->key_id));
    b->key.kind = APIKEY_SESSION;
    b->key.expires_ms = timeutil_wall_ms() + SESSION_MS;
    int err = db_tx(db, DB_WRITE, begin_body, b, info);
    session->project_id = b->key.project_id;
    session->name = b->key.name;
    session->scopes = b->key.scopes;
    session->expires_ms = b->key.expires_ms;
    return err;
}

int session_of_key(struct db *db, const struct apikey *key, uint32_t project_id,
                   struct session *ret, struct err_info *info)
{
    struct beginning b = {.key = {.account_id = key->account_id,
                                  .project_id = project_id,
                                  .name = key->name,
                                  .scopes = key->scopes,
                                  .parent_key_id = key->key_id},
                          .session = ret};
    return begin(db, &b, info);
}

int session_of_link(struct db *db, struct arena *arena, struct str token, struct session *ret,
                    struct err_info *info)
{
    struct logintoken_text parsed;
    struct beginning b = {.arena = arena, .token = &parsed, .session = ret};
    if (!logintoken_parse(arena, token, &parsed))
        return link_is_over(info);
    b.key.project_id = parsed.project_id;
    return begin(db, &b, info);
}

int session_sweep(struct db *db, int64_t before_ms, unsigned max_rows, struct err_info *info)
{
    /* The worker's: over all projects; only sessions have an end. */
    static const char sql[] =
        "DELETE FROM api_key WHERE expires_ms < ? AND project_id IS NOT NULL LIMIT ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(before_ms), DB_I64(max_rows)), NULL, info);
}
