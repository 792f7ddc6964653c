#include "deliver/signature.h"

#include <inttypes.h>

#include "base/base64.h"
#include "base/hash.h"

/* "<id>.<timestamp>.<body>" */
static struct str signed_text(struct arena *arena, struct str id, int64_t timestamp_s,
                              struct str body)
{
    const char *prefix = arena_printf(arena, STR_FMT ".%" PRId64 ".", STR_ARG(id), timestamp_s);
    size_t prefix_len = strlen(prefix);
    char *text = arena_raw(arena, prefix_len + body.len, 1);
    memcpy(text, prefix, prefix_len);
    if (body.len)
        memcpy(text + prefix_len, body.at, body.len);
    return (struct str){text, prefix_len + body.len};
}

const char *signature_header(struct arena *arena, const struct str *secrets, size_t count,
                             struct str id, int64_t timestamp_s, struct str body)
{
    struct str text = signed_text(arena, id, timestamp_s, body);
    const char *header = "";
    for (size_t i = 0; i < count; i++) {
        uint8_t code[32];
        hash_hmac_sha256(secrets[i].at, secrets[i].len, text.at, text.len, code);
        struct str signature = base64_encode(arena, code, sizeof code);
        header = arena_printf(arena, "%s%sv1," STR_FMT, header, i ? " " : "", STR_ARG(signature));
    }
    return header;
}
