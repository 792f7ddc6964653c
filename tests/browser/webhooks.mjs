/* Webhooks, with a receiver that listens here. */
import { createServer } from "node:http";
import { assert, gone, says, seen, test, until } from "./lib.mjs";

/** A receiver: keeps what it gets, answers as `status` says. */
async function receiver() {
    const got = [];
    const self = { got, status: 200 };
    const server = createServer((request, response) => {
        let body = "";
        request.on("data", (piece) => {
            body += piece;
        });
        request.on("end", () => {
            got.push({ headers: request.headers, body });
            response.writeHead(self.status).end(self.status === 200 ? "taken" : "out of order");
        });
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    server.unref(); // a test that fails leaves it open
    self.url = `http://127.0.0.1:${server.address().port}/muster`;
    return self;
}

const row = (page, text) => page.getByRole("row").filter({ hasText: text });

test("a webhook is made, its secret is shown once, a test arrives and can be verified as the page says", async ({ page, go, check }) => {
    const target = await receiver();
    await go("/webhooks");
    await seen(page.getByRole("heading", { name: "No webhooks yet" }));
    await check("webhooks-empty");
    await page.getByRole("button", { name: "Create webhook" }).first().click();
    await page.getByLabel("Address (URL)").fill("ftp://wrong.example/");
    await page.getByLabel("Add an event").fill("segment.*.enter");
    await page.keyboard.press("Escape"); // the suggestions
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await says(page.locator(".field").filter({ has: page.getByLabel("Address (URL)") }), /URL/);
    await page.getByLabel("Address (URL)").fill(target.url);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await says(page.getByRole("dialog"), "segment.*.enter: Nothing that is published matches this pattern");
    await check("webhook-form");
    await page.reload();
    assert.equal(await page.getByLabel("Address (URL)").inputValue(), target.url, "what was typed is still there");
    await page.getByRole("button", { name: "Remove segment.*.enter" }).click();
    await page.getByLabel("Add an event").fill("contact.deleted");
    await until(async () => (await page.getByRole("listbox").getByRole("option").count()) === 1, "one suggestion");
    await page.getByRole("option", { name: /contact.deleted/ }).click();
    await page.getByLabel("Description").fill("CRM");
    await page.getByRole("button", { name: "Create", exact: true }).click();

    await seen(page.getByRole("heading", { name: "The secret of this webhook" }));
    const secret = await page.getByLabel("Secret", { exact: true }).innerText();
    assert.match(secret, /^whsec_/);
    await page.getByText("How a receiver verifies a message").first().click();
    const code = await page.getByRole("dialog").locator("pre").innerText();
    await check("webhook-secret");
    await page.getByRole("button", { name: "I have kept it" }).click();
    await seen(page.getByRole("heading", { level: 1, name: target.url }));
    await says(page.locator(".facts"), "contact.deleted");
    assert.ok(!(await page.content()).includes(secret), "the secret is gone from the page");

    await page.getByRole("button", { name: "Send a test" }).click();
    const drawer = page.getByRole("dialog");
    await says(drawer, "Status 200");
    await says(drawer, "taken");
    await says(drawer, "webhook.test");
    await check("webhook-message");
    const { isFromMuster } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const [message] = target.got;
    assert.equal(isFromMuster(secret, message.headers, message.body), true);
    assert.equal(isFromMuster(secret, message.headers, `${message.body} `), false);
}, { project: "new" });

test("a message that failed is looked at and tried again; the webhook is switched off, edited, deleted", async ({ page, go, api, check }) => {
    const target = await receiver();
    target.status = 500;
    const hook = await api.post("/webhooks", { url: target.url, events: ["contact.*"] });
    await api.post(`/webhooks/${hook.id}/test`);
    await go(`/webhooks/${hook.id}`);
    await until(() => target.got.length === 1, "the first attempt");
    await page.getByLabel("State").selectOption("failed");
    await page.getByRole("button", { name: "Open webhook.test" }).click();
    const drawer = page.getByRole("dialog");
    await says(drawer, "Status 500");
    await says(drawer, "out of order");
    target.status = 200;
    await page.getByRole("button", { name: "Try again now" }).click();
    await says(drawer, "Status 200");
    assert.equal(target.got[1].headers["webhook-id"], target.got[0].headers["webhook-id"]);
    await page.keyboard.press("Escape");
    await gone(drawer);
    await says(page.locator("main"), "No messages in this state");
    await page.getByLabel("State").selectOption("");
    await says(row(page, "webhook.test"), "Delivered");
    await check("webhook-page");

    await page.getByRole("switch", { name: "Send messages" }).click();
    await says(page.locator("main"), "No messages are sent: Disabled by request");
    await page.getByRole("switch", { name: "Send messages" }).click();
    await gone(page.getByText("No messages are sent"));
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Description").fill("For sales");
    await page.getByRole("button", { name: "Save" }).click();
    await says(page.locator(".facts"), "For sales");

    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Make a new secret" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Make a new secret" }).click();
    await says(page.getByLabel("Secret", { exact: true }), "whsec_");
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await seen(page.getByRole("heading", { name: "No webhooks yet" }));
}, { project: "new" });

test("entries of a segment are sent again after a sequence", async ({ page, go, api, check }) => {
    const target = await receiver();
    const segment = await api.post("/segments", {
        name: "Everybody", type: "DYNAMIC", trackMembership: true,
        condition: { logic: "AND", groups: [{ filters: [{ field: "email", operator: "contains", value: "@" }] }] },
    });
    await api.post(`/segments/${segment.id}/compute`); // who is in it from the first is not told
    await api.post("/contacts", { email: "lea@hooks.example" });
    const hook = await api.post("/webhooks", { url: target.url, events: ["segment.*"] });
    await until(async () => (await api.get(`/segments/${segment.id}/changes`)).data.length === 1, "the entry");
    await go(`/webhooks/${hook.id}`);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Send again…" }).click();
    await page.getByLabel("Segment", { exact: true }).selectOption(segment.id);
    await page.getByLabel("After sequence").fill("x");
    await page.getByRole("button", { name: "Send again…" }).click();
    await says(page.getByRole("dialog"), "Expected number, received string");
    await page.getByLabel("After sequence").fill("0");
    await check("webhook-replay");
    await page.getByRole("button", { name: "Send again…" }).click();
    await says(page.locator(".toaster"), "1 message to be sent again");
    await until(() => target.got.some((message) => message.headers["webhook-id"] && message.body.includes("lea@hooks.example")), "the entry, sent again");
    await page.goto("/app/webhooks");
    await says(row(page, target.url), "On");
    await check("webhooks");
}, { project: "new" });
