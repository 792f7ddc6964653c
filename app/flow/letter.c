#include "flow/letter.h"

#include "json/jsonread.h"

/* Where texts come from, in this order. */
struct letter_sources {
    const struct jsonval *own; /* of message.content; NULL: none */
    const struct campaign *campaign;
    const struct template *template;
};

static struct str letter_own(const struct letter_sources *sources, const char *name)
{
    const struct jsonval *value = jsonval_get(sources->own, name);
    return value != NULL && value->type == JSONVAL_STRING ? value->string : (struct str){NULL, 0};
}

/* The first that has anything in it. */
static struct str letter_first(struct str own, struct str of_campaign, struct str of_template)
{
    return own.len > 0 ? own : of_campaign.len > 0 ? of_campaign : of_template;
}

/* Of addresses, which are no texts of variables. A line end behind one, as old rows may have it,
 * would end the headers of the mail. */
static struct str letter_address(struct str own, struct str of_campaign, struct str of_template)
{
    return str_trim(letter_first(own, of_campaign, of_template));
}

static struct letter letter_texts(const struct letter_sources *sources)
{
    static const struct campaign no_campaign;
    static const struct template no_template;
    const struct campaign *c = sources->campaign != NULL ? sources->campaign : &no_campaign;
    const struct template *t = sources->template != NULL ? sources->template : &no_template;
    return (struct letter){
        .subject = letter_first(letter_own(sources, "subject"), c->subject, t->subject),
        .body = letter_first(letter_own(sources, "body"), c->body, t->body),
        .sender = letter_address(letter_own(sources, "from"), c->sender, t->sender),
        .sender_name =
            letter_first(letter_own(sources, "fromName"), c->sender_name, t->sender_name),
        .reply_to = letter_address(letter_own(sources, "replyTo"), c->reply_to, t->reply_to),
    };
}

static int letter_headers(struct arena *arena, const struct jsonval *given,
                          const struct render_vars *vars, struct letter *ret, struct err_info *info)
{
    if (given == NULL || given->type != JSONVAL_OBJECT || given->count == 0) {
        return 0;
    }
    struct jsonval *headers = arena_alloc(arena, sizeof *headers);
    jsonval_object(arena, given->count, headers);
    for (size_t i = 0; i < given->count; i++) {
        struct str value;
        int err = render_text(arena, given->items[i].string, vars, RENDER_HEADER, &value, info);
        if (err < 0) {
            return err;
        }
        *jsonval_add(headers, given->names[i].at) = jsonval_of_str(value);
    }
    ret->headers = headers;
    return 0;
}

/* In place; what is not there stays so. */
static int letter_render(struct arena *arena, const struct render_vars *vars, enum render_mode mode,
                         struct str *text, struct err_info *info)
{
    return text->at == NULL ? 0 : render_text(arena, *text, vars, mode, text, info);
}

static int letter_fill(struct arena *arena, const struct jsonval *own,
                       const struct render_vars *vars, struct letter *ret, struct err_info *info)
{
    int err = letter_render(arena, vars, RENDER_HEADER, &ret->subject, info);
    if (err == 0) {
        err = letter_render(arena, vars, RENDER_HTML, &ret->body, info);
    }
    if (err == 0) {
        err = letter_render(arena, vars, RENDER_HEADER, &ret->sender_name, info);
    }
    return err < 0 ? err : letter_headers(arena, jsonval_get(own, "headers"), vars, ret, info);
}

int letter_make(struct arena *arena, const struct messageclaim *claim,
                const struct render_vars *urls, struct letter *ret, struct err_info *info)
{
    struct render_vars vars = *urls;
    struct letter_sources sources = {.template = claim->template};
    bool is_of_campaign = claim->source == MESSAGE_OF_CAMPAIGN && claim->origin != NULL;
    sources.campaign = is_of_campaign ? &claim->origin->campaign : NULL;
    int err = render_contact(arena, claim->contact, &vars, info);
    if (err == 0 && claim->content.at != NULL) {
        err = jsonread_parse(arena, claim->content, &sources.own, info);
    }
    if (err < 0) { /* one that does not read back must not keep back all behind it */
        return err_set(info, ERR_UNPROCESSABLE, NULL, "What is stored of the message is no JSON");
    }
    vars.own = jsonval_get(sources.own, "data");
    vars.event = jsonval_get(sources.own, "event");
    *ret = letter_texts(&sources);
    if (ret->subject.len == 0 && ret->body.len == 0) {
        return err_set(info, ERR_UNPROCESSABLE, "VALIDATION_ERROR",
                       "The message has neither a subject nor a body");
    }
    return letter_fill(arena, sources.own, &vars, ret, info);
}
