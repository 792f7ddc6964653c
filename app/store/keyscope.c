#include "store/keyscope.h"

#include <stdio.h>

static const struct {
    unsigned scope;
    const char *word;
} scope_words[] = {
    {KEYSCOPE_READ, "read"},
    {KEYSCOPE_WRITE, "write"},
    {KEYSCOPE_ADMIN, "admin"},
    {KEYSCOPE_ALL, "*"},
};

unsigned keyscope_of_word(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(scope_words); i++)
        if (str_eq_c(word, scope_words[i].word))
            return scope_words[i].scope;
    return 0;
}

const char *keyscope_word(unsigned scope)
{
    for (size_t i = 0; i < ARRAY_LEN(scope_words); i++)
        if (scope_words[i].scope == scope)
            return scope_words[i].word;
    return "?";
}

bool keyscope_parse(struct str text, unsigned *ret)
{
    unsigned scopes = 0;
    struct str rest = text;
    while (rest.at) {
        unsigned scope = keyscope_of_word(str_trim(str_split(rest, ',', &rest)));
        if (scope == 0)
            return false;
        scopes |= scope;
    }
    *ret = scopes;
    return scopes != 0;
}

void keyscope_print(unsigned scopes, const char *between, char out[KEYSCOPE_TEXT_MAX])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(scope_words) && len < KEYSCOPE_TEXT_MAX; i++)
        if (scopes & scope_words[i].scope)
            len += (size_t)snprintf(out + len, KEYSCOPE_TEXT_MAX - len, "%s%s", len ? between : "",
                                    scope_words[i].word);
}

bool keyscope_allows(unsigned scopes, unsigned needed)
{
    unsigned enough = KEYSCOPE_ALL | needed;
    if (needed == KEYSCOPE_READ)
        enough |= KEYSCOPE_WRITE;
    return (scopes & enough) != 0;
}

bool keyscope_covers(unsigned scopes, unsigned asked)
{
    for (size_t i = 0; i < ARRAY_LEN(scope_words); i++)
        if ((asked & scope_words[i].scope) && !keyscope_allows(scopes, scope_words[i].scope))
            return false;
    return true;
}
