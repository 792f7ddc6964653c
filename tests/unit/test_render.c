/* Variables in text: what is one, what it stands for, and how its value is put in. */
#include "flow/render.h"
#include "unit.h"
#include "json/jsonread.h"

static const char data_json[] =
    "{\"firstName\":\"Ann <b>\",\"age\":41,\"vip\":true,\"none\":null,\"blank\":\"\","
    "\"address\":{\"city\":\"Rome & co\"},\"a.b\":\"dotted\",\"tags\":[\"x\",1],"
    "\"both\":\"contact\"}";
static const char own_json[] = "{\"both\":\"own\",\"code\":\"a\\r\\nBcc: x\"}";
static const char event_json[] = "{\"plan\":\"pro\",\"order\":{\"id\":7}}";

static const struct jsonval *parse(const char *text)
{
    const struct jsonval *ret = NULL;
    struct err_info info = {0};
    ck_assert_int_eq(jsonread_parse(unit_arena, str_from(text), &ret, &info), 0);
    return ret;
}

static struct render_vars vars(void)
{
    return (struct render_vars){.id = STR("id-1"),
                                .email = STR("ann@example.com"),
                                .status = STR("subscribed"),
                                .subscribed = true,
                                .data = parse(data_json),
                                .own = parse(own_json),
                                .event = parse(event_json),
                                .unsubscribe_url = STR("https://x/u?a=1&b=2")};
}

static const struct {
    enum render_mode mode;
    const char *text;
    const char *expected;
} renders[] = {
    {RENDER_PLAIN, "", ""},
    {RENDER_PLAIN, "no variables { } }} {", "no variables { } }} {"},
    {RENDER_PLAIN, "{{email}}", "ann@example.com"},
    {RENDER_PLAIN, "a{{ email }}b{{id}}c", "aann@example.combid-1c"},
    {RENDER_PLAIN, "{{firstName}}", "Ann <b>"},
    {RENDER_PLAIN, "{{data.firstName}}", "Ann <b>"},
    {RENDER_PLAIN, "{{age}} {{vip}} {{subscribed}}", "41 true true"},
    {RENDER_PLAIN, "{{address.city}}", "Rome & co"},
    {RENDER_PLAIN, "{{a.b}}", "dotted"},
    {RENDER_PLAIN, "{{address}} {{tags}}", "{\"city\":\"Rome & co\"} [\"x\",1]"},
    {RENDER_PLAIN, "{{both}} {{data.both}}", "own own"},
    {RENDER_PLAIN, "{{event.plan}} {{event.order.id}} {{event.none}}", "pro 7 "},
    /* What is unknown, null or empty is the fallback. */
    {RENDER_PLAIN, "[{{unknown}}]", "[]"},
    {RENDER_PLAIN, "[{{none}}] [{{blank}}]", "[] []"},
    {RENDER_PLAIN, "{{unknown ?? friend}}", "friend"},
    {RENDER_PLAIN, "{{unknown ?? \"dear friend\"}}", "dear friend"},
    {RENDER_PLAIN, "{{unknown ?? 'it''s'}}", "it''s"},
    {RENDER_PLAIN, "{{none ?? a}}{{blank ?? b}}{{firstName ?? c}}", "abAnn <b>"},
    {RENDER_PLAIN, "{{unknown ?? }}", ""},
    {RENDER_PLAIN, "{{unknown ?? a ?? b}}", "a ?? b"},
    {RENDER_PLAIN, "{{unknown ?? \"}}", "\""},
    /* What is none stays. */
    {RENDER_PLAIN, "{{}} {{ }} {email} {{email} {{email", "{{}} {{ }} {email} {{email} {{email"},
    {RENDER_PLAIN, "{{#if a}}{{/if}}{{!x}}", "{{#if a}}{{/if}}{{!x}}"},
    {RENDER_PLAIN, "{{a {{email}}", "{{a ann@example.com"},
    {RENDER_PLAIN, "{ {{email}}", "{ ann@example.com"},
    {RENDER_PLAIN, "{{{email}}", "{ann@example.com"},
    {RENDER_PLAIN, "{{email}}}", "ann@example.com}"},
    {RENDER_PLAIN, "{{{{email}}}}", "{ann@example.com}"},
    /* In HTML. */
    {RENDER_HTML, "<p>{{firstName}}</p>", "<p>Ann &lt;b&gt;</p>"},
    {RENDER_HTML, "{{{firstName}}}", "Ann <b>"},
    {RENDER_HTML, "{{{ firstName }}} {{{unknown ?? <i>}}}", "Ann <b> <i>"},
    {RENDER_HTML, "{{unknown ?? R&D \"'}}", "R&amp;D &quot;&#39;"},
    {RENDER_HTML, "{{tags}}", "[&quot;x&quot;,1]"},
    {RENDER_HTML, "<a href=\"{{unsubscribeUrl}}\">", "<a href=\"https://x/u?a=1&amp;b=2\">"},
    /* In headers no value begins a line. */
    {RENDER_HEADER, "{{code}}", "a  Bcc: x"},
    {RENDER_HEADER, "{{{code}}}", "a  Bcc: x"},
    {RENDER_HEADER, "Hi\n{{firstName}}\r\n", "Hi Ann <b>  "},
    /* In URLs. */
    {RENDER_URL, "https://h/{{email}}?q={{address.city}}",
     "https://h/ann%40example.com?q=Rome%20%26%20co"},
    {RENDER_URL, "{{{address.city}}}", "Rome & co"},
};

START_TEST(test_render)
{
    struct render_vars all = vars();
    struct err_info info = {0};
    struct str ret;
    ck_assert_int_eq(
        render_text(unit_arena, str_from(renders[_i].text), &all, renders[_i].mode, &ret, &info),
        0);
    unit_str_eq(ret, renders[_i].expected);
}
END_TEST

START_TEST(test_without_data)
{
    struct render_vars none = {.email = STR("a@b.c")};
    struct err_info info = {0};
    struct str ret;
    ck_assert_int_eq(render_text(unit_arena, STR("{{email}}{{x}}{{event.y}}{{id}}{{data.z}}"),
                                 &none, RENDER_HTML, &ret, &info),
                     0);
    unit_str_eq(ret, "a@b.c");
}
END_TEST

START_TEST(test_contact)
{
    struct render_vars ret = {0};
    struct err_info info = {0};
    struct contact contact = {
        .email = STR("a@b.c"), .status = CONTACT_BOUNCED, .data = STR("{\"x\":1}")};
    ck_assert_int_eq(render_contact(unit_arena, &contact, &ret, &info), 0);
    unit_str_eq(ret.id, "00000000-0000-0000-0000-000000000000");
    unit_str_eq(ret.status, "bounced");
    ck_assert(!ret.subscribed);
    ck_assert_ptr_nonnull(jsonval_get(ret.data, "x"));
    contact.data = STR("{");
    ck_assert_int_eq(render_contact(unit_arena, &contact, &ret, &info), ERR_INTERNAL);
}
END_TEST

START_TEST(test_too_long)
{
    static const char variable[] = "{{big}}";
    size_t count = 200;
    struct jsonval data;
    struct err_info info = {0};
    struct str ret;
    char *big = arena_alloc(unit_arena, 32 * 1024);
    char *text = arena_alloc(unit_arena, count * (sizeof variable - 1));
    memset(big, 'x', 32 * 1024);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * (sizeof variable - 1), variable, sizeof variable - 1);
    }
    jsonval_object(unit_arena, 1, &data);
    *jsonval_add(&data, "big") = jsonval_of_str((struct str){big, 32 * 1024});
    struct render_vars of_data = {.data = &data};
    ck_assert_int_eq(render_text(unit_arena, (struct str){text, count * (sizeof variable - 1)},
                                 &of_data, RENDER_PLAIN, &ret, &info),
                     ERR_UNPROCESSABLE);
}
END_TEST

START_TEST(test_has_variable)
{
    ck_assert(render_has_variable(STR("a {{b}} c")));
    ck_assert(render_has_variable(STR("{{{b}}}")));
    ck_assert(!render_has_variable(STR("a {b} {{}} {{#c}} {{ d")));
    ck_assert(!render_has_variable(STR("")));
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {test_render, ARRAY_LEN(renders)},
        {test_without_data, 0},
        {test_contact, 0},
        {test_too_long, 0},
        {test_has_variable, 0},
    };
    return UNIT_RUN("render", cases);
}
