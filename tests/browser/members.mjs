/* Static segments, what segments share, and who uses one. */
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const people = async (api, ...names) => {
    const contacts = names.map((name) => ({ email: `${name}@members.example` }));
    await api.post("/contacts/batch", { contacts });
};
const staticOf = (api, name) => api.post("/segments", { name, type: "STATIC" });
const memberEmails = async (api, id) => (await api.get(`/segments/${id}/contacts?pageSize=100`)).data.map((contact) => contact.email).sort();
const chip = (page, email) => page.getByRole("list", { name: "Chosen" }).getByRole("listitem").filter({ hasText: email });
const outcome = (page, email) => page.getByRole("row").filter({ hasText: email });

test("members are searched for, chosen and added; who is in stands greyed out", async ({ page, go, api, check }) => {
    await people(api, "ada", "adam", "grace");
    const { id } = await staticOf(api, "Launch");
    await api.post(`/segments/${id}/members`, { emails: ["ada@members.example"] });
    await go(`/segments/${id}`);
    const find = page.getByLabel("Find a contact");
    await find.fill("ada");
    const present = page.getByRole("option", { name: /^ada@/ });
    await says(present, "already in");
    assert.equal(await present.getAttribute("aria-disabled"), "true");
    await page.getByRole("option", { name: /^adam@/ }).click();
    await seen(chip(page, "adam@"));
    // By the keyboard, and an address that is nobody's yet.
    await find.fill("new@members.example");
    await says(page.getByRole("option", { name: /^new@/ }), "no contact yet");
    await find.press("ArrowDown");
    await find.press("Enter");
    await says(chip(page, "new@"), "no such contact");
    await says(page.locator("main"), "1 to add · 1 unknown");
    await check("members-chosen");

    await page.reload(); // what was chosen is kept
    await seen(chip(page, "adam@"));
    await page.getByLabel(/Create missing/).check();
    await page.getByRole("button", { name: "Add 2 members" }).click();
    await says(outcome(page, "new@members.example"), "created and added");
    await seen(page.getByRole("link", { name: "adam@members.example" }));
    assert.deepEqual(await memberEmails(api, id), ["ada@members.example", "adam@members.example", "new@members.example"]);
}, { project: "new" });

test("a pasted list is told what became of each address", async ({ page, go, api, check }) => {
    await people(api, "hedy", "alan", "kay");
    const { id } = await staticOf(api, "Fair");
    await api.post(`/segments/${id}/members`, { emails: ["kay@members.example"] });
    await go(`/segments/${id}`);
    await page.getByRole("button", { name: "Paste a list" }).click();
    await page.getByLabel("Addresses").fill("no one here\n\"Lamarr, Hedy\" <Hedy@members.example>; alan@members.example\tkay@members.example, gone@members.example");
    await page.getByRole("button", { name: "Check them" }).click();
    await says(page.locator("main"), "2 to add · 1 already in · 2 unknown");
    await page.getByRole("button", { name: "Remove alan@members.example from the chosen" }).click();
    await gone(chip(page, "alan@"));
    await page.getByRole("button", { name: "Add 1 member" }).click();
    await says(page.getByRole("region", { name: "What became of them" }), "1 added · 1 already in · 2 not found");
    await says(outcome(page, "no one here"), "not found");
    await check("members-outcome");
    assert.deepEqual(await memberEmails(api, id), ["hedy@members.example", "kay@members.example"]);
}, { project: "new" });

test("a member is removed, and put back", async ({ page, go, api }) => {
    await people(api, "ada", "grace");
    const { id } = await staticOf(api, "Mistakes");
    await api.post(`/segments/${id}/members`, { emails: ["ada@members.example", "grace@members.example"] });
    await go(`/segments/${id}`);
    await page.getByRole("button", { name: "Remove ada@members.example from the segment" }).click();
    const back = page.getByRole("button", { name: "Put back" });
    await seen(back);
    await until(() => back.evaluate((button) => button === document.activeElement), "the focus where the button went");
    assert.deepEqual(await memberEmails(api, id), ["grace@members.example"]);
    await page.keyboard.press("Enter");
    await gone(back);
    await until(async () => (await memberEmails(api, id)).length === 2, "both in it");
}, { project: "new" });

test("what two, three and four segments share, and a region kept as a segment", async ({ page, go, api, check }) => {
    await people(api, "a", "b", "c", "ab", "abc");
    const make = async (name, ...members) => {
        const { id } = await staticOf(api, name);
        await api.post(`/segments/${id}/members`, { emails: members.map((member) => `${member}@members.example`) });
        return id;
    };
    const ids = [await make("Alpha", "a", "ab", "abc"), await make("Beta", "b", "ab", "abc"), await make("Gamma", "c", "abc"), await make("Delta", "c")];
    await go(`/segments/overlap?ids=${ids[0]}`);
    await seen(page.getByRole("heading", { name: "Choose two segments" }));
    await page.getByLabel("Add a segment").fill("Bet");
    await page.getByRole("option", { name: /Beta/ }).click();
    const region = (name) => page.getByRole("button", { name, exact: true });
    await seen(region("In A and B: 2"));
    await seen(page.getByRole("img", { name: /Circles for Alpha, Beta/ }));
    await region("Only in A: 1").click();
    await seen(page.getByRole("link", { name: "a@members.example", exact: true }));
    await page.getByRole("button", { name: "Save as a segment" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("");
    await dialog.getByRole("button", { name: "Save" }).click();
    await says(dialog.getByRole("alert"), /name/i);
    await dialog.getByLabel("Name").fill("Alpha alone");
    await dialog.getByRole("button", { name: "Save" }).click();
    await says(page.locator("main"), "Saved as Alpha alone");
    const made = (await api.get("/segments")).find((segment) => segment.name === "Alpha alone");
    assert.deepEqual(await memberEmails(api, made.id), ["a@members.example"]);

    await go(`/segments/overlap?ids=${ids.slice(0, 3)}&region=7`);
    await seen(region("In A, B and C: 1"));
    await says(page.getByRole("region", { name: "Chosen region" }), "abc@members.example");
    await check("overlap-three");
    await go(`/segments/overlap?ids=${ids}`);
    await seen(region("In C and D, not in A or B: 1"));
    await check("overlap-four");
}, { project: "new" });

test("who uses a segment, and what it is built from", async ({ page, go, api, check }) => {
    const condition = (field) => ({ logic: "AND", groups: [{ filters: [{ field, operator: "memberOfSegment" }] }] });
    const base = await staticOf(api, "Base");
    const middle = await api.post("/segments", { name: "Middle", condition: condition(`segment.${base.id}`), trackMembership: true });
    await api.post("/segments", { name: "Top", condition: condition(`segment.${middle.id}`) });
    await api.post("/campaigns", { name: "News", subject: "News", body: "<p>x</p>", from: "a@members.example", audienceType: "SEGMENT", segmentId: middle.id });
    await api.post("/workflows", { name: "Welcome", eventName: `segment.${middle.slug}.entry` });
    await api.post("/webhooks", { url: "http://127.0.0.1:9/hook", events: ["segment.*.exit"] });
    await go(`/segments/${middle.id}?tab=usage`);
    const users = page.getByRole("region", { name: "Used by" });
    for (const [name, what] of [["Top", "Segment"], ["News", "Campaign · draft"], ["Welcome", "Workflow · starts on entry"], ["http://127.0.0.1:9/hook", "segment.*.exit"]])
        await says(users.getByRole("listitem").filter({ hasText: name }), what);
    await says(page.locator("main"), "It cannot be deleted while others need it.");
    await check("usage");
    await page.getByRole("region", { name: "Built from" }).getByRole("link", { name: "Base" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "Base" }));
}, { project: "new" });
