/* Contacts: the list, what is done to many at once, and one of them. */
import { readFileSync } from "node:fs";
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const rows = (page) => page.getByRole("region", { name: "Contacts" }).locator("tbody tr");
const emails = (page) => page.locator("tbody a").allInnerTexts();
const value = (page, name) => page.getByLabel(`Value of ${name}`, { exact: true });
const byPlan = (plan) => ({ logic: "AND", groups: [{ filters: [{ field: "data.plan", operator: "equals", value: plan }] }] });

/** `count` people, p000@crowd.example and on, the oldest first. */
function crowd(api, count) {
    const contacts = Array.from({ length: count }, (_, i) => ({
        email: `p${String(i).padStart(3, "0")}@crowd.example`, data: { plan: i % 2 ? "team" : "free", seats: i },
    }));
    return api.post("/contacts/batch", { contacts });
}

async function save(page, press) {
    const saving = page.waitForEvent("download");
    await press();
    const file = await saving;
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
}

test("everybody is found, in any order, page by page and back, and a link finds the same", async ({ page, go, api, check }) => {
    await crowd(api, 120);
    await go("/contacts");
    await seen(page.getByText("120 contacts"));
    await page.getByLabel("Order").selectOption({ label: "Address A–Z" });
    await until(async () => (await emails(page))[0] === "p000@crowd.example");
    await page.getByRole("button", { name: "Next" }).click();
    await until(async () => (await emails(page))[0] === "p050@crowd.example");
    await page.reload();
    await until(async () => (await emails(page))[0] === "p050@crowd.example");
    await page.getByRole("button", { name: "Next" }).click();
    await until(async () => (await emails(page)).length === 20);
    await page.getByRole("button", { name: "Previous" }).click();
    await until(async () => (await emails(page))[0] === "p050@crowd.example");
    await page.getByRole("button", { name: "Previous" }).click();
    await until(async () => (await emails(page))[0] === "p000@crowd.example");
    assert.equal(await page.getByRole("button", { name: "Previous" }).getAttribute("aria-disabled"), "true");

    await page.getByLabel("Search addresses").fill("P07");
    await seen(page.getByText("10 contacts"));
    await page.getByLabel("Subscription").selectOption({ label: "Not subscribed" });
    await seen(page.getByRole("heading", { name: "Nobody matches" }));
    await page.getByRole("button", { name: "Show everybody" }).click();
    await seen(page.getByText("120 contacts"));
    assert.equal(await page.getByLabel("Search addresses").inputValue(), "");

    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: /Add rule/ }).click();
    await page.getByRole("combobox", { name: "Field" }).fill("plan");
    await page.getByRole("option", { name: "plan text" }).click();
    await page.keyboard.type("team");
    await seen(page.getByRole("dialog").getByText("60 contacts"));
    await page.reload(); // what was built and not applied is kept
    await page.getByRole("button", { name: "Filter", exact: true }).click();
    await seen(page.getByRole("dialog").getByText("60 contacts"));
    await page.getByRole("button", { name: "Apply" }).click();
    await seen(page.getByRole("button", { name: "Filter (1)" }));
    await seen(page.getByText("60 contacts"));
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("checkbox", { name: "seats" }).uncheck();
    await page.getByRole("button", { name: "Apply" }).click();
    await gone(page.getByRole("columnheader", { name: "seats" }));
    await seen(page.getByRole("columnheader", { name: "plan" }));
    const file = await save(page, () => page.getByRole("button", { name: "Download CSV" }).click());
    assert.equal(file.text.trim().split("\n").length, 61);
    await page.getByRole("link", { name: "Save as segment" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "New segment" }));
    await page.goBack();
    await page.getByRole("button", { name: "Clear filter" }).click();
    await seen(page.getByText("120 contacts"));

    await go(`/contacts?filter=${encodeURIComponent("{\"logic\":\"AND\",\"groups\":[]}")}`);
    await seen(page.getByText("Condition must have at least one group"));
    await go("/contacts?filter=nonsense");
    await seen(page.getByText("filter must be a condition as JSON"));
}, { project: "new" });

test("many at once: some by hand, and all that match but some", async ({ page, go, api, check }) => {
    await crowd(api, 120);
    await go("/contacts?order=oldest");
    await page.getByLabel("Choose p000@crowd.example").check();
    await page.getByLabel("Choose p002@crowd.example").check();
    await page.getByRole("button", { name: "Choose none" }).click();
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY"); // the focus stays in the page
    await page.getByLabel("Choose p000@crowd.example").check();
    await page.getByLabel("Choose p002@crowd.example").check();
    await seen(page.getByText("2 contacts chosen"));
    await check("contacts-chosen");
    await page.getByRole("group", { name: /chosen/ }).getByRole("button", { name: "Unsubscribe" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Unsubscribe" }).click();
    await seen(page.getByText("Unsubscribed: 2"));
    await until(() => page.evaluate(() => document.activeElement.tagName !== "BODY"), "the focus");
    await says(rows(page).first(), "Unsubscribed");
    assert.equal((await api.get("/contacts?subscribed=false")).total, 2);

    await page.getByLabel("Search addresses").fill("p01");
    await seen(page.getByText("10 contacts"));
    await until(async () => (await rows(page).count()) === 10);
    await page.getByLabel("Choose all on this page").check();
    await page.getByLabel("Choose p015@crowd.example").uncheck();
    await page.getByRole("button", { name: "Choose all 10 that match" }).click();
    await page.getByLabel("Choose p019@crowd.example").uncheck();
    await seen(page.getByText("9 contacts chosen"));
    await page.getByRole("group", { name: /chosen/ }).getByRole("button", { name: "Erase" }).click();
    const erase = page.getByRole("dialog").getByRole("button", { name: "Erase" });
    assert.equal(await erase.getAttribute("aria-disabled"), "true");
    await page.getByLabel("Type 9 to confirm").fill("9");
    await erase.click();
    await seen(page.getByText("Erased: 9"));
    await until(async () => (await emails(page)).join() === "p019@crowd.example");
    await page.reload();
    await seen(page.getByText("Erased: 9"));
    assert.equal((await api.get("/contacts")).total, 111);
}, { project: "new" });

test("one is added by hand; what is wrong stands at its field, and nothing typed is lost", async ({ page, go, api, check }) => {
    await go("/contacts");
    await seen(page.getByRole("heading", { name: "No contacts yet" }));
    await page.getByRole("button", { name: "Add contact" }).last().click();
    await page.getByLabel("Email").fill("hedy");
    await page.getByRole("button", { name: "Add field" }).click();
    await page.keyboard.type("plan");
    await value(page, "plan").fill("team");
    await page.getByRole("button", { name: "Add field" }).click();
    await page.keyboard.type("seats");
    await page.getByLabel("Type of seats").selectOption({ label: "Number" });
    await value(page, "seats").fill("many");
    const add = page.getByRole("dialog").getByRole("button", { name: "Add contact" });
    await add.click();
    await seen(page.getByText("A number is needed here"));
    await check("contacts-add");
    await page.reload();
    await page.getByRole("button", { name: "Add contact" }).first().click();
    assert.equal(await value(page, "seats").inputValue(), "many");
    await value(page, "seats").fill("40");
    await add.click();
    await says(page.getByRole("dialog"), "Invalid email address");
    assert.equal(await page.getByLabel("Email").getAttribute("aria-invalid"), "true");
    await page.getByLabel("Email").fill("Hedy@Firm.example");
    await add.click();
    await seen(page.getByRole("heading", { level: 1, name: "hedy@firm.example" }));
    assert.deepEqual((await api.get("/contacts?search=hedy")).data[0].data, { plan: "team", seats: 40 });

    await go("/contacts");
    await page.getByRole("button", { name: "Add contact" }).first().click();
    await page.getByLabel("Email").fill("hedy@firm.example");
    await seen(page.getByText("There is a contact with this address"));
    await page.getByRole("button", { name: "Open it" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "hedy@firm.example" }));
}, { project: "new" });

test("data are edited field by field and as JSON; only what was touched is sent", async ({ page, go, api, check }) => {
    const ada = await api.post("/contacts", {
        email: "ada@data.example",
        data: { plan: "team", seats: 12, vip: true, trialEndsAt: "2027-01-31", seenAt: "2026-07-21T15:19:33.986Z", colours: ["red"], address: { city: "Wien" } },
    });
    await go(`/contacts/${ada.id}`);
    await value(page, "seats").fill("13");
    await page.getByLabel("Name of field 1").fill("tier");
    await value(page, "vip").selectOption({ label: "No" });
    await value(page, "trialEndsAt").fill("2027-02-28");
    await value(page, "colours").fill("red\ngreen blue");
    await page.getByRole("button", { name: "Remove address" }).click();
    await api.patch(`/contacts/${ada.id}`, { data: { seats: 99, meanwhile: 1 } });
    await page.reload();
    await seen(page.getByText("Changed elsewhere since you began: seats, meanwhile"));
    await check("contacts-data");
    await page.getByRole("button", { name: "Save data" }).click();
    await seen(page.getByText("Data saved"));
    assert.deepEqual((await api.get(`/contacts/${ada.id}`)).data, {
        seats: 13, vip: false, trialEndsAt: "2027-02-28", seenAt: "2026-07-21T15:19:33.986Z", colours: ["red", "green blue"], meanwhile: 1, tier: "team",
    });

    await page.getByLabel("Name of field 2").fill("seats");
    await page.getByRole("radio", { name: "JSON" }).click();
    await seen(page.getByText("Another field has this name"));
    await page.getByRole("button", { name: "Discard changes" }).click();
    await page.getByRole("radio", { name: "JSON" }).check();
    const json = page.getByRole("textbox", { name: "JSON" });
    await json.fill("{\"seats\": 1,");
    await seen(page.getByText(/This is not JSON yet/));
    await json.fill("{\"seats\": 1, \"nested\": {\"a.b\": 1}}");
    await page.getByRole("button", { name: "Save data" }).click();
    await seen(page.getByText("Data keys must not contain a dot; nest objects instead"));
    await json.fill("{\"seats\": 1}");
    await page.getByRole("button", { name: "Save data" }).click();
    await until(async () => JSON.stringify((await api.get(`/contacts/${ada.id}`)).data) === "{\"seats\":1}");
}, { project: "new" });

test("a profile: subscription, address, what happened, segments and why", async ({ page, go, api, check }) => {
    const condition = byPlan("team");
    await api.post("/contacts", { email: "other@firm.example" });
    const segment = await api.post("/segments", { name: "Teams", condition, trackMembership: true });
    await api.post("/segments", { name: "Frees", condition: byPlan("free") });
    const bob = await api.post("/contacts", { email: "bob@firm.example", data: { plan: "team" } });
    await api.post("/v1/track", { email: "bob@firm.example", event: "purchase", data: { amount: { value: 120, persistent: false } } });
    await api.post(`/segments/${segment.id}/compute`);
    await go(`/contacts/${bob.id}`);
    await page.getByRole("switch", { name: "Subscribed" }).click();
    await until(async () => (await api.get(`/contacts/${bob.id}`)).subscribed === false);
    await seen(page.getByRole("heading", { level: 1 }).locator("..").getByText("Unsubscribed"));
    await seen(page.getByRole("button", { name: "Copy Manage" }));

    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Change address" }).click();
    await page.getByLabel("Email").fill("other@firm.example");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await says(page.getByRole("dialog"), "Contact with this email already exists");
    await page.getByLabel("Email").fill("robert@firm.example");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await seen(page.getByRole("heading", { level: 1, name: "robert@firm.example" }));

    await page.getByRole("tab", { name: "Timeline" }).click();
    await seen(page.getByText("Entered Teams"));
    await seen(page.getByText("contact.unsubscribed"));
    assert.equal(await page.getByRole("row", { name: /segment\.teams\.entry/ }).count(), 0);
    await page.getByRole("button", { name: "amount: 120" }).click();
    await says(page.getByRole("dialog", { name: "purchase" }), "120");
    await page.keyboard.press("Escape");
    await page.getByLabel("Show").selectOption({ label: "Entries and exits" });
    await gone(page.getByText("contact.unsubscribed"));
    await check("contact-timeline");

    await page.getByRole("tab", { name: "Segments" }).click();
    await says(page.getByRole("row", { name: /Teams/ }), "In");
    await says(page.getByRole("row", { name: /Frees/ }), "Not in");
    await check("contact-segments");
    await page.getByRole("button", { name: "Why Teams?" }).click();
    await seen(page.getByRole("dialog"));
    await page.keyboard.press("Escape");
    await page.getByRole("checkbox", { name: "Only segments with this contact" }).check();
    await gone(page.getByRole("row", { name: /Frees/ }));
}, { project: "new" });

test("a person is handed over as a file, and erased when the address is typed", async ({ page, go, api, check }) => {
    const eve = await api.post("/contacts", { email: "eve@firm.example", data: { plan: "free" } });
    await go(`/contacts/${eve.id}`);
    const file = await save(page, () => page.getByRole("button", { name: "Export" }).click());
    assert.equal(file.name, "eve@firm.example.json");
    assert.equal(JSON.parse(file.text).contact.id, eve.id);
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Erase" }).click();
    await page.getByLabel("Type eve@firm.example to confirm").fill("eve@firm.example");
    await check("contact-erase");
    await page.getByRole("dialog").getByRole("button", { name: "Erase" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "Contacts" }));
    assert.equal((await api.get("/contacts?search=eve@firm.example")).total, 0);
    await page.goBack();
    await seen(page.getByText("Contact not found"));
}, { project: "new" });
