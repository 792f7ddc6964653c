/* What stands in a message: its own texts before the campaign's, those before the template's. */
#include "flow/letter.h"
#include "unit.h"

static struct template template;
static struct contact contact;

static void setup(void)
{
    template = (struct template){.subject = STR("T {{data.n}}"),
                                 .body = STR("<p>{{x ?? none}} {{event.y}}</p>"),
                                 .sender = STR("t@example.com"),
                                 .sender_name = STR("Template")};
    contact = (struct contact){.email = STR("a@example.com"),
                               .status = CONTACT_SUBSCRIBED,
                               .data = STR("{\"n\":5,\"x\":\"of contact\"}")};
}

static int make(const struct messageclaim *claim, struct letter *ret)
{
    const struct render_vars urls = {.unsubscribe_url = STR("https://u")};
    struct err_info info = {0};
    setup();
    return letter_make(unit_arena, claim, &urls, ret, &info);
}

START_TEST(test_template)
{
    struct messageclaim claim = {.source = MESSAGE_OF_WORKFLOW,
                                 .contact = &contact,
                                 .template = &template,
                                 .content = STR("{\"event\":{\"y\":\"<b>\"},\"from\":\"s@b.c\"}")};
    struct letter letter;
    ck_assert_int_eq(make(&claim, &letter), 0);
    unit_str_eq(letter.subject, "T 5");
    unit_str_eq(letter.body, "<p>of contact &lt;b&gt;</p>");
    unit_str_eq(letter.sender, "s@b.c");
    unit_str_eq(letter.sender_name, "Template");
    ck_assert_ptr_null(letter.reply_to.at);
    ck_assert_ptr_null(letter.headers);
}
END_TEST

START_TEST(test_own)
{
    struct messageclaim claim = {
        .source = MESSAGE_OF_SEND,
        .contact = &contact,
        .template = &template,
        .content =
            STR("{\"subject\":\"Own {{x}}\",\"data\":{\"x\":\"own\"},\"replyTo\":\"r@b.c\\r\\n\","
                "\"from\":\" s@b.c\\r\\n\","
                "\"headers\":{\"X-A\":\"{{x}}\\n\"}}")};
    struct letter letter;
    ck_assert_int_eq(make(&claim, &letter), 0);
    unit_str_eq(letter.subject, "Own own");
    unit_str_eq(letter.body, "<p>own </p>");
    unit_str_eq(letter.reply_to, "r@b.c"); /* a line end there would end the headers */
    unit_str_eq(letter.sender, "s@b.c");
    unit_str_eq(jsonval_get(letter.headers, "X-A")->string, "own ");
}
END_TEST

START_TEST(test_campaign)
{
    struct messageclaim_origin origin = {
        .source = MESSAGE_OF_CAMPAIGN,
        .is_there = true,
        .campaign = {.subject = STR("Campaign"), .body = STR(""), .sender = STR("")}};
    struct messageclaim claim = {.source = MESSAGE_OF_CAMPAIGN,
                                 .contact = &contact,
                                 .origin = &origin,
                                 .template = &template};
    struct letter letter;
    ck_assert_int_eq(make(&claim, &letter), 0);
    unit_str_eq(letter.subject, "Campaign");
    unit_str_eq(letter.body, "<p>of contact </p>");
    unit_str_eq(letter.sender, "t@example.com");
}
END_TEST

START_TEST(test_nothing_in_it)
{
    struct messageclaim claim = {.source = MESSAGE_OF_SEND, .contact = &contact};
    struct letter letter;
    ck_assert_int_eq(make(&claim, &letter), ERR_UNPROCESSABLE);
    claim.template = &template;
    claim.content = STR("{"); /* damaged: only this one is lost */
    ck_assert_int_eq(make(&claim, &letter), ERR_UNPROCESSABLE);
}
END_TEST

int main(void)
{
    const struct unit_case cases[] = {
        {test_template, 0}, {test_own, 0}, {test_campaign, 0}, {test_nothing_in_it, 0}};
    return UNIT_RUN("letter", cases);
}
