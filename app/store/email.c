#include "store/email.h"

#include "base/limits.h"

static bool domain_ok(struct str domain)
{
    if (domain.len == 0 || domain.at[0] == '.' || domain.at[domain.len - 1] == '.') {
        return false;
    }
    for (size_t i = 1; i < domain.len; i++) {
        if (domain.at[i] == '.' && domain.at[i - 1] == '.') {
            return false;
        }
    }
    return true;
}

bool email_normalise(struct arena *arena, struct str given, struct str *ret)
{
    struct str address = str_trim(given);
    if (address.len == 0 || address.len > LIMIT_EMAIL_BYTES || str_has_control(address) ||
        memchr(address.at, ' ', address.len) != NULL) {
        return false;
    }
    struct str domain;
    struct str local = str_split(address, '@', &domain);
    if (local.len == 0 || domain.at == NULL || !domain_ok(domain) ||
        memchr(domain.at, '@', domain.len) != NULL) {
        return false;
    }
    *ret = str_lower_ascii(arena, address);
    return true;
}
