/* The list of segments and a segment's page. */
import { readFileSync } from "node:fs";
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const plan = (value) => ({ logic: "AND", groups: [{ filters: [{ field: "data.plan", operator: "equals", value }] }] });
const contact = (api, email, value) => api.post("/contacts", { email, data: { plan: value } });
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const tab = (page, name) => page.getByRole("tab", { name, exact: true });
const named = async (api, name) => (await api.get("/segments")).find((segment) => segment.name === name);

const focused = (locator) => locator.evaluate((element) => element === document.activeElement);

async function choose(page, segment, action) {
    await page.getByRole("button", { name: `Actions for ${segment}` }).click();
    await page.getByRole("menuitem", { name: action }).click();
}

test("the first page of a new project says what to do", async ({ page, go }) => {
    await go("/");
    await seen(page.getByRole("heading", { name: "No segments yet" }));
    await page.getByRole("link", { name: "New segment" }).last().click();
    await page.waitForURL("**/app/segments/new");
}, { project: "new" });

test("the list: counts move by themselves, search and order stand in the address", async ({ page, go, api, check }) => {
    await api.post("/segments", { name: "Free", condition: plan("free") });
    const team = await api.post("/segments", { name: "Team", condition: plan("team"), trackMembership: true });
    await api.post("/segments", { name: "Chosen", type: "STATIC" });
    await go("/segments");
    await says(row(page, "Team"), /Dynamic\s*Tracked\s*0/);
    await seen(row(page, "Team").getByRole("img", { name: "Team: from 0 to 0 in 30 days" }));
    await page.getByRole("button", { name: "Actions for Team" }).click();
    await contact(api, "ada@list.example", "team");
    await contact(api, "bob@list.example", "team");
    await says(row(page, "Team"), /Tracked\s*2/);
    await seen(page.getByRole("menuitem", { name: "Rename" })); // numbers that move close no menu
    await page.keyboard.press("Escape");
    await check("segments-list");

    await page.getByLabel("Search by name").fill("  tEa");
    await gone(page.getByRole("link", { name: "Free", exact: true }));
    await page.reload();
    await seen(row(page, "Team"));
    assert.equal(await page.getByRole("link", { name: "Chosen", exact: true }).count(), 0);
    await page.getByLabel("Search by name").fill("nobody");
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByLabel("Order").selectOption("size");
    await says(page.getByRole("row").nth(1), "Team");

    await page.setViewportSize({ width: 360, height: 740 });
    await seen(row(page, "Team"));
    await row(page, "Team").getByRole("link").click();
    await page.waitForURL(`**/app/segments/${team.id}`);
}, { project: "new" });

test("rename, snapshot and delete: refusals in the API's words, nothing typed is lost", async ({ page, go, api, check }) => {
    await contact(api, "ada@menu.example", "team");
    const team = await api.post("/segments", { name: "Team", condition: plan("team") });
    const user = await api.post("/segments", { name: "Of teams", condition: { logic: "AND", groups: [{ filters: [
        { field: `segment.${team.id}`, operator: "memberOfSegment" }] }] } });
    await go("/segments");

    await choose(page, "Team", "Rename");
    await page.getByLabel("Name", { exact: true }).fill(" ");
    await page.getByRole("button", { name: "Save" }).click();
    await says(page.getByRole("alert"), "Name");
    await page.getByLabel("Name", { exact: true }).fill("Big teams");
    await page.reload();
    await choose(page, "Team", "Rename");
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Big teams");
    await page.getByRole("button", { name: "Save" }).click();
    await seen(row(page, "Big teams"));

    await choose(page, "Big teams", "Delete");
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await says(page.getByRole("alert"), "the filter of 1 other segment(s) names it: \"Of teams\"");
    await check("segments-delete-refused");
    await page.keyboard.press("Escape");
    await until(() => focused(page.getByRole("button", { name: "Actions for Big teams" })), "the focus back at the menu");
    await choose(page, "Of teams", "Delete");
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await gone(row(page, "Of teams"));
    assert.equal((await api.raw("GET", `/segments/${user.id}`)).status, 404);

    await choose(page, "Big teams", "Take a snapshot");
    await page.getByLabel("Name", { exact: true }).fill("Teams of today");
    await page.getByRole("button", { name: "Take a snapshot" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "Teams of today" }));
    await seen(page.getByText("ada@menu.example"));
    assert.equal((await named(api, "Teams of today")).type, "STATIC");
}, { project: "new" });

test("members: any page, as a file, and why", async ({ page, go, api, check }) => {
    const { id, memberCount } = await named(api, "Paying in Europe");
    await go(`/segments/${id}`);
    await says(page.getByRole("region", { name: /^Contacts in Paying in Europe now/ }), memberCount.toLocaleString("en-GB"));

    await page.getByLabel("Page", { exact: true }).fill("2");
    const eleventh = (await api.get(`/segments/${id}/contacts?page=11&pageSize=100`)).data;
    await seen(page.getByRole("link", { name: eleventh[0].email }));
    const last = (await api.get(`/segments/${id}/contacts?page=20&pageSize=100`)).data[99];
    await page.getByRole("region", { name: "Members of Paying in Europe" }).evaluate((table) => table.scrollTo(0, table.scrollHeight));
    await seen(page.getByRole("link", { name: last.email }));

    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download CSV" }).click()]);
    assert.equal(file.suggestedFilename(), "paying-in-europe.csv");
    assert.equal(readFileSync(await file.path(), "utf8").trimEnd().split("\n").length, memberCount + 1);

    const why = page.getByRole("button", { name: `Why is ${last.email} in it?` });
    await why.click();
    const drawer = page.getByRole("dialog");
    await says(drawer, `${last.email} is in this segment`);
    await says(drawer, /data\.seats is at least 5/);
    await check("segment-explain");
    await page.keyboard.press("Escape");
    await gone(drawer);
    await until(() => focused(why), "the focus back at the button");
});

test("why somebody is not in it, and when the clock will change that", async ({ page, go, api }) => {
    const segment = await api.post("/segments", { name: "Was here", condition: { logic: "AND", groups: [{ filters: [
        { field: "event.visited", operator: "triggeredWithin", value: 3, unit: "days" }] }] } });
    await api.post("/v1/track", { email: "ada@why.example", event: "visited" });
    await contact(api, "bob@why.example", "team");
    await go(`/segments/${segment.id}`);
    const search = page.getByLabel("Why is somebody in it, or not?");
    await search.fill("bob@");
    await page.getByRole("option", { name: "bob@why.example" }).click();
    await says(page.getByRole("dialog"), /is not in this segment[^]*Time alone changes nothing[^]*never/);
    await page.getByRole("button", { name: "Close" }).click();
    await search.fill("ada@");
    await page.getByRole("option", { name: "ada@why.example" }).click();
    await says(page.getByRole("dialog"), /Leaves in 3 days if nothing happens[^]*once, last/);
    const later = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 16);
    await page.getByLabel("At another time").fill(later);
    await says(page.getByRole("dialog"), "is not in this segment");
    await page.getByLabel("At another time").fill("2001-01-01T00:00");
    await says(page.getByRole("alert"), "at must not lie in the past");
}, { project: "new" });

test("tracking: entries and exits are seen as they happen, with history and webhooks", async ({ page, go, api, check }) => {
    await contact(api, "ada@track.example", "team");
    const { id } = await api.post("/segments", { name: "Team", condition: plan("team") });
    const webhook = await api.post("/webhooks", { url: "https://example.com/hooks", events: ["segment.team.*"], enabled: false });
    await go(`/segments/${id}?tab=changes`);
    await page.getByRole("button", { name: "Start tracking" }).click();
    await page.getByRole("button", { name: "Compute now" }).click();
    const feed = page.getByRole("region", { name: "Changes" });
    await says(feed, /1\s+entered\s+ada@track\.example\s+was in at the first run/);
    await contact(api, "bob@track.example", "team");
    await contact(api, "ada@track.example", "free");
    await says(feed, /entered\s+bob@track\.example\s+data changed/);
    await says(feed, /left\s+ada@track\.example/);
    await check("segment-changes");

    await tab(page, "History").click();
    await seen(page.getByRole("heading", { name: "Entries / Exits" }));
    await page.getByRole("radio", { name: "7 days" }).check();
    await page.getByLabel("A point for each").selectOption("hour");
    await page.reload();
    assert.equal(await page.getByLabel("A point for each").inputValue(), "hour");
    await says(page.getByRole("status").filter({ hasText: "Change:" }), "to 1");
    await check("segment-history");

    await tab(page, "Webhooks").click();
    await seen(page.getByRole("link", { name: webhook.url }));
    await says(page.getByRole("tabpanel"), "segment.team.*");

}, { project: "new" });

test("versions: what changed in words, who differs, and back again", async ({ page, go, api, check }) => {
    await contact(api, "ada@version.example", "team");
    await contact(api, "bob@version.example", "free");
    const { id } = await api.post("/segments", { name: "Plans", condition: plan("team") });
    await api.post("/segments", { name: "Others", condition: plan("free") });
    await api.patch(`/segments/${id}`, { condition: plan("free") });
    await go(`/segments/${id}`);
    await tab(page, "Versions").click();
    const versions = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: /^Version/ }) });
    await says(versions.first(), /Removed:\s+data\.plan is “team”[^]*Added:\s+data\.plan is “free”/);
    await versions.nth(1).getByRole("button", { name: "Who differs?" }).click();
    await says(versions.nth(1), /1 would enter\s+ada@version\.example[^]*1 would leave\s+bob@version\.example/);
    await check("segment-versions");
    await versions.nth(1).getByRole("button", { name: "Restore" }).click();
    await says(page.getByRole("dialog"), "1 would enter");
    await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
    await says(versions.first(), "Version 3");
    assert.deepEqual((await api.get(`/segments/${id}`)).condition, plan("team"));

    await tab(page, "Overlap").click();
    await page.getByLabel("Segment to compare with").click();
    await page.getByRole("option", { name: "Others" }).click();
    await page.getByRole("button", { name: "Show the overlap" }).click();
    await page.waitForURL(`**/app/segments/overlap?ids=${id}*`);
}, { project: "new" });

test("five hundred segments: only what is seen is drawn and counted", async ({ page, go, api }) => {
    await Promise.all(Array.from({ length: 20 }, async (_, part) => {
        for (let i = 0; i < 25; i++)
            await api.post("/segments", { name: `Number ${part * 25 + i}`, type: "STATIC" });
    }));
    const asked = [];
    page.on("request", (request) => request.url().includes("/segments/counts") && asked.push(request.url()));
    await go("/segments?order=name");
    await says(page.getByRole("status"), "500 segments");
    const table = page.getByRole("region", { name: "Segments" });
    assert.ok(await table.getByRole("row").count() < 60, "only some rows are drawn");
    await table.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await says(row(page, "Number 99"), "Static");
    await until(() => asked.length > 1, "counts of what is seen now");
    assert.ok(asked.every((url) => new URL(url).searchParams.get("ids").split(",").length <= 100));
}, { project: "new" });
