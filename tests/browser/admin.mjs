/* Campaigns, workflows, keys, the audit log and the system page, as who runs a project uses them. */
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const row = (page, text) => page.getByRole("row").filter({ hasText: text });
const field = (page, label) => page.locator(".field").filter({ has: page.getByLabel(label, { exact: true }) });
const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page, text) => page.locator(".page-title .badge").filter({ hasText: text });

/** Three contacts, of whom one does not want mail, and a segment of two of them. */
async function people(api) {
    for (const [email, subscribed] of [["ada@example.com", true], ["bob@example.com", true], ["cid@example.com", false]])
        await api.post("/contacts", { email, subscribed, data: { plan: email === "bob@example.com" ? "free" : "team" } });
    return api.post("/segments", {
        name: "Teams", type: "DYNAMIC",
        condition: { logic: "AND", groups: [{ filters: [{ field: "data.plan", operator: "equals", value: "team" }] }] },
    });
}

const message = { subject: "Hello", body: "<p>Hi</p>", from: "me@example.com" };

test("a campaign is written, its audience is counted, it is sent and its result is seen", async ({ page, go, api, check }) => {
    await people(api);
    await go("/campaigns");
    await seen(page.getByRole("heading", { name: "No campaigns yet" }));
    await page.getByRole("link", { name: "New campaign" }).first().click();
    await page.getByLabel("Name", { exact: true }).fill("Spring");
    await button(page, "Save as a draft").click();
    await says(field(page, "Subject"), "subject is required");
    await page.getByLabel("Subject").fill("Hello");
    await page.getByLabel("Body (HTML)").fill("<p>Hi {{email}}</p>");
    await page.getByLabel("From", { exact: true }).fill("nobody");
    await button(page, "Save as a draft").click();
    await says(field(page, "From"), /email/i);
    await page.getByLabel("From", { exact: true }).fill("me@example.com");
    await says(page.locator(".campaign-total"), "2 contacts would get it");
    await page.getByRole("radio", { name: "A segment" }).check();
    await button(page, "Save as a draft").click();
    await says(field(page, "Segment"), "Segment ID is required");
    await page.getByLabel("Segment", { exact: true }).selectOption("Teams");
    await says(page.locator(".campaign-total"), "1 contact would get it");
    await says(page.locator(".campaign-bar").filter({ hasText: "Not subscribed" }), "1");
    await page.reload();
    assert.equal(await page.getByLabel("Subject").inputValue(), "Hello", "what was typed is still there");
    await check("campaign-new");
    await button(page, "Save as a draft").click();
    await seen(status(page, "Draft"));

    await page.getByLabel("Subject").fill("Hello again");
    await seen(page.getByText("There are changes that are not saved."));
    assert.equal(await button(page, "Send…").getAttribute("aria-disabled"), "true", "what is not saved is not sent");
    await button(page, "Save").click();
    await gone(page.getByText("There are changes that are not saved."));
    await button(page, "Send…").click();
    await says(page.getByRole("dialog"), "1 contact would get it");
    await button(page, "Send now").click();
    await seen(status(page, "Sending"));
    const [mail] = await until(async () => {
        const { messages } = await api.post("/v1/outbox/claim", { limit: 10, leaseSeconds: 60 });
        return messages.length && messages;
    }, "the message for the sender");
    assert.equal(mail.subject, "Hello again");
    const event = (type) => ({ email: mail.to, emailId: mail.id, type, timestamp: new Date().toISOString() });
    await api.post("/v1/email-events", { events: ["sent", "delivered", "opened"].map(event) });
    const { data: [{ id }] } = await api.get("/campaigns");
    await until(async () => (await api.get(`/campaigns/${id}`)).data.status === "SENT", "SENT");
    await page.reload(); // sooner than it asks again by itself
    await seen(status(page, "Sent"));
    await says(page.locator(".campaign-tile").filter({ hasText: "Opened" }), "1 100%");
    await check("campaign-result");
}, { project: "new" });

test("a campaign is scheduled, moved and cancelled", async ({ page, go, api, check }) => {
    await people(api);
    const { data: { id } } = await api.post("/campaigns", { name: "Later", ...message, audienceType: "ALL" });
    await go(`/campaigns/${id}`);
    await button(page, "Send…").click();
    await page.getByLabel("Send at").fill("2020-01-01T10:00");
    await button(page, "Schedule").click();
    await says(field(page, "Send at"), "scheduledFor must be in the future");
    await page.getByLabel("Send at").fill("2099-01-01T10:00");
    await button(page, "Schedule").click();
    await seen(status(page, "Scheduled"));
    await says(page.locator(".notice"), /1 Jan 2099/);
    await page.getByLabel("Name", { exact: true }).fill("Much later");
    await button(page, "Save").click();
    await seen(page.getByRole("heading", { level: 1, name: "Much later" }));
    await button(page, "Move or send…").click();
    assert.equal(await page.getByLabel("Send at").inputValue(), "2099-01-01T10:00", "where it stands");
    await page.getByLabel("Send at").fill("2099-02-01T10:00");
    await button(page, "Schedule").click();
    await says(page.locator(".notice"), /1 Feb 2099/);
    await check("campaign-scheduled");
    await button(page, "Cancel the campaign").click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the campaign" }).click();
    await seen(status(page, "Cancelled"));
    await button(page, "Duplicate").click();
    await seen(page.getByRole("heading", { level: 1, name: "Much later (Copy)" }));
}, { project: "new" });

test("a workflow says in the API's words why it cannot be on; on, it takes somebody in and lets him out", async ({ page, go, api, check }) => {
    const segment = await people(api);
    const flow = await api.post("/workflows", { name: "Care", eventName: `segment.${segment.slug}.entry` });
    const step = (type, name, config) => api.post(`/workflows/${flow.id}/steps`, { type, name, position: { x: 0, y: 0 }, config });
    const rest = await step("DELAY", "Rest", { amount: 2, unit: "days" });
    await go("/workflows");
    await says(row(page, "Care"), "when somebody enters “Teams”");
    await page.getByRole("link", { name: "Care" }).click();
    await says(page.getByRole("region", { name: "Who enters" }), /Who enters the segment Teams · 2 contacts in it now/);
    const isOn = page.getByRole("switch", { name: "On" });
    await isOn.click();
    await says(page.getByRole("alert"), 'No transition leads from the trigger to "Rest"');
    assert.equal(await isOn.isChecked(), false, "it stays off");
    await api.post(`/workflows/${flow.id}/transitions`, { fromStepId: flow.steps[0].id, toStepId: rest.id });
    await isOn.click();
    await seen(status(page, "On"));
    await button(page, "Put somebody in…").click();
    await page.getByLabel("Contact", { exact: true }).fill("bob");
    await page.getByRole("option", { name: "bob@example.com" }).click();
    await button(page, "Put in").click();
    await seen(row(page, "bob@example.com"));
    await says(page.getByRole("region", { name: "Steps", exact: true }), /2 days/);
    await check("workflow");
    await button(page, "Log of bob@example.com").click();
    await says(page.getByRole("dialog"), /Rest\s+is here/);
    await button(page, "Take out").click();
    await says(page.getByRole("dialog"), "Cancelled");
    await page.keyboard.press("Escape");
    await page.getByRole("combobox", { name: "State" }).selectOption("Waiting");
    await seen(page.getByRole("heading", { name: "Nobody" }));
    assert.match(page.url(), /status=WAITING/, "the choice stands in the address");
}, { project: "new" });

test("a key is shown once, does what it may, is revoked, and all that is in the audit log", async ({ page, go, check, stack, url }) => {
    await go("/keys");
    await button(page, "New key").click();
    await page.getByRole("dialog").getByRole("button", { name: "New key" }).click();
    await says(field(page, "Name"), /name/);
    await page.getByLabel("Name", { exact: true }).fill("Reports");
    await page.getByLabel("Read and write").uncheck();
    await page.getByRole("dialog").getByRole("button", { name: "New key" }).click();
    const text = await page.getByLabel("Key", { exact: true }).inputValue();
    assert.match(text, /^sk_/);
    await check("key-shown");
    await button(page, "I have kept it").click();
    await says(row(page, "Reports"), /Secret.*Read\b/s);
    assert.ok(!(await page.content()).includes(text), "the text is gone from the page");

    const answer = await fetch(`${url}/session`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key: text }) });
    assert.equal(answer.status, 200);
    const reader = await page.context().newPage();
    await reader.goto(`${stack.url}/app/icon.svg`);
    await reader.evaluate((kept) => sessionStorage.setItem("muster.session", kept), JSON.stringify(await answer.json()));
    await reader.goto("/app/keys");
    await says(reader.getByRole("alert"), 'This key lacks the scope "admin"; it has: read');
    await reader.goto("/app/campaigns/new");
    await reader.getByLabel("Name", { exact: true }).fill("Mine");
    await button(reader, "Save as a draft").click();
    await says(reader.getByRole("alert"), 'This key lacks the scope "write"; it has: read');
    await reader.goto("/app/system");
    await seen(reader.getByRole("heading", { name: "What waits" }));
    assert.equal(await reader.getByRole("heading", { name: "Jobs of the worker" }).count(), 0, "the server is the administrator's");

    await button(page, "Revoke Reports").click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await gone(row(page, /Reports.*Secret/));
    await reader.reload();
    await seen(reader.getByText("Your session has ended."));
    await page.getByRole("tab", { name: "Audit log" }).click();
    await says(row(page, "Revoked a key"), "Reports");
    await seen(row(page, "Made a key").filter({ hasText: "Reports" }));
    await check("audit");
}, { project: "new" });

test("the system page tells versions, what waits and the limits, and asks again by itself", async ({ page, go, check }) => {
    await go("/system");
    await says(page.getByRole("region", { name: "Versions" }).first(), /MariaDB/);
    await says(row(page, "Messages to be sent"), /fine|late/);
    await says(page.getByRole("row", { name: /^fold/ }), "writes changes into the columns");
    await says(page.getByRole("region", { name: "Limits" }).first(), "Rules of a filter");
    await check("system");
    await page.waitForResponse((response) => response.url().endsWith("/system") && response.ok());
});
