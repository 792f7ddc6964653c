#include "store/logintoken.h"

#include <string.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/timeutil.h"
#include "base/uuid.h"
#include "store/keyscope.h"
#include "store/sqlvalue.h"

#define PROJECT_BYTES 4
#define TOKEN_BYTES (PROJECT_BYTES + LOGINTOKEN_RANDOM_BYTES)

/* ---- text: base64url without padding ------------------------------------------------------- */

const char *logintoken_print(struct arena *arena, uint32_t project_id,
                             const uint8_t random[LOGINTOKEN_RANDOM_BYTES])
{
    uint8_t bytes[TOKEN_BYTES];
    for (unsigned i = 0; i < PROJECT_BYTES; i++)
        bytes[i] = (uint8_t)(project_id >> (24 - 8 * i));
    memcpy(bytes + PROJECT_BYTES, random, LOGINTOKEN_RANDOM_BYTES);
    struct str plain = base64_encode(arena, bytes, sizeof(bytes));
    char *text = arena_copy(arena, plain.at, LOGINTOKEN_CHARS);
    for (size_t i = 0; i < LOGINTOKEN_CHARS; i++)
        text[i] = (char)(text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i]);
    return text;
}

bool logintoken_parse(struct arena *arena, struct str text, struct logintoken_text *ret)
{
    char plain[LOGINTOKEN_CHARS + 1];
    struct str bytes;
    if (text.len != LOGINTOKEN_CHARS || memchr(text.at, '+', text.len) ||
        memchr(text.at, '/', text.len))
        return false;
    for (size_t i = 0; i < LOGINTOKEN_CHARS; i++)
        plain[i] = (char)(text.at[i] == '-' ? '+' : text.at[i] == '_' ? '/' : text.at[i]);
    plain[LOGINTOKEN_CHARS] = '=';
    if (!base64_decode(arena, (struct str){plain, sizeof(plain)}, &bytes) ||
        bytes.len != TOKEN_BYTES)
        return false;
    ret->project_id = 0;
    for (unsigned i = 0; i < PROJECT_BYTES; i++)
        ret->project_id = ret->project_id << 8 | (uint8_t)bytes.at[i];
    hash_sha256(bytes.at + PROJECT_BYTES, LOGINTOKEN_RANDOM_BYTES, ret->sha256);
    return true;
}

/* ---- rows ---------------------------------------------------------------------------------- */

int logintoken_create(struct db *db, struct arena *arena, uint32_t project_id, struct str name,
                      unsigned scopes, const char **ret_text, struct err_info *info)
{
    static const char sql[] = "INSERT INTO login_token (project_id, token_sha256, name, scopes, "
                              "expires_ms) VALUES (?, ?, ?, ?, ?)";
    uint8_t random[LOGINTOKEN_RANDOM_BYTES], sha256[32];
    char words[KEYSCOPE_TEXT_MAX];
    uuid_random(random, sizeof(random));
    hash_sha256(random, sizeof(random), sha256);
    keyscope_print(scopes, ",", words);
    *ret_text = logintoken_print(arena, project_id, random);
    return db_exec(db, sql,
                   DB_PARAMS(DB_I64(project_id), DB_BYTES(sha256, sizeof(sha256)), DB_STR(name),
                             DB_STR(str_from(words)), DB_I64(timeutil_wall_ms() + LOGINTOKEN_MS)),
                   NULL, info);
}

int logintoken_take_here(struct db *db, struct arena *arena, const struct logintoken_text *token,
                         struct logintoken *ret, struct err_info *info)
{
    static const char sql[] =
        "SELECT p.account_id, t.name, t.scopes FROM login_token t JOIN project p "
        "ON p.project_id = t.project_id AND p.deleted_ms IS NULL "
        "WHERE t.project_id = ? AND t.token_sha256 = ? AND t.expires_ms > ?";
    static const char take_sql[] =
        "DELETE FROM login_token WHERE project_id = ? AND token_sha256 = ?";
    AUTO(db_rows) rows = NULL;
    struct db_param sha256 = DB_BYTES(token->sha256, sizeof(token->sha256));
    uint64_t deleted = 0;
    int found =
        db_one(db, sql, DB_PARAMS(DB_I64(token->project_id), sha256, DB_I64(timeutil_wall_ms())),
               &rows, info);
    if (found <= 0)
        return found;
    *ret = (struct logintoken){.account_id = (uint32_t)db_i64(rows, 0),
                               .name = sqlvalue_text(arena, rows, 1)};
    if (!keyscope_parse(db_bytes(rows, 2), &ret->scopes))
        return err_set(info, ERR_INTERNAL, NULL, "a login token has no scopes");
    int err = db_exec(db, take_sql, DB_PARAMS(DB_I64(token->project_id), sha256), &deleted, info);
    return err < 0 ? err : deleted == 1;
}

int logintoken_sweep(struct db *db, unsigned max_rows, struct err_info *info)
{
    /* The worker's: over all projects. project_id leads the primary key. */
    static const char sql[] = "DELETE FROM login_token WHERE expires_ms <= ? LIMIT ?";
    return db_exec(db, sql, DB_PARAMS(DB_I64(timeutil_wall_ms()), DB_I64(max_rows)), NULL, info);
}
