/* Every page that App.tsx knows: what axe says in both themes, pictures, headings, sizes; empty projects; the database away. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { assert, gone, overflow, ROOT, seen, test, until } from "./lib.mjs";

const WIDTHS = [360, 768, 1440, 3840];
const TABS = 60; // through the frame, the page's head and into its lists
const routes = [...readFileSync(path.join(ROOT, "app/dashboard/src/App.tsx"), "utf8").matchAll(/\["(\/[^"]*)", page\(/g)].map((found) => found[1]);
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

/** What addresses need: one of everything. */
async function furnish(api) {
    const everything = await api.get("/segments");
    const dynamic = everything.find((one) => one.type === "DYNAMIC");
    const fixed = everything.find((one) => one.type === "STATIC");
    const contact = (await api.get("/contacts?limit=1")).data[0];
    const campaign = await api.post("/campaigns", {
        name: "Spring offer", subject: "Hello", body: "<p>Hi</p>", from: "me@firm.example", audienceType: "SEGMENT", segmentId: dynamic.id,
    });
    const workflow = await api.post("/workflows", { name: "Welcome", eventName: "signed_up" });
    const webhook = await api.post("/webhooks", { url: "http://127.0.0.1:9/hooks", events: ["segment.*.entry"], enabled: false });
    const form = new FormData();
    form.set("file", new Blob(["email,plan\nhedy@firm.example,team\nnobody,free\n"], { type: "text/csv" }), "people.csv");
    const job = await api.post("/contacts/import", form);
    const id = (answer) => answer.id ?? answer.data?.id ?? answer.jobId;
    return {
        dynamic: dynamic.id, fixed: fixed.id, contact: contact.id, campaign: id(campaign), workflow: id(workflow),
        webhook: id(webhook), job: job.jobId ?? job.data.jobId,
    };
}

/** The addresses to look at, by route. A route without one is a fault of this file. */
const addresses = (made) => ({
    "/": ["/"],
    "/segments": ["/segments"],
    "/segments/new": ["/segments/new"],
    "/segments/overlap": ["/segments/overlap", `/segments/overlap?ids=${made.dynamic},${made.fixed}`],
    "/segments/:id/edit": [`/segments/${made.dynamic}/edit`, `/segments/${made.fixed}/edit`],
    "/segments/:id": [`/segments/${made.dynamic}`, `/segments/${made.fixed}`],
    "/contacts": ["/contacts"],
    "/contacts/import": ["/contacts/import"],
    "/contacts/import/:jobId": [`/contacts/import/${made.job}`],
    "/contacts/:id": [`/contacts/${made.contact}`],
    "/events": ["/events"],
    "/campaigns": ["/campaigns"],
    "/campaigns/new": ["/campaigns/new"],
    "/campaigns/:id": [`/campaigns/${made.campaign}`],
    "/workflows": ["/workflows"],
    "/workflows/:id": [`/workflows/${made.workflow}`],
    "/webhooks": ["/webhooks"],
    "/webhooks/:id": [`/webhooks/${made.webhook}`],
    "/keys": ["/keys"],
    "/system": ["/system"],
});

const pictureName = (address) => address.replace(/^\//, "").replace(/\?.*/, "-chosen").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "one").replaceAll("/", "-") || "start";

/** Waits until the page has its heading, and nothing on it is still loading. */
async function settled(page) {
    await seen(page.getByRole("heading", { level: 1 }));
    await until(async () => (await page.locator("[role=status].loading:visible").count()) === 0, "the end of loading");
}

/** One h1, a title that says it, no heading level left out. */
async function headed(page, address) {
    const levels = await page.locator("h1:visible, h2:visible, h3:visible, h4:visible, h5:visible").evaluateAll(
        (found) => found.map((heading) => Number(heading.tagName[1])));
    const name = await page.getByRole("heading", { level: 1 }).innerText();
    assert.equal(levels.filter((level) => level === 1).length, 1, `${address}: one h1 (${levels})`);
    levels.forEach((level, i) => assert.ok(level <= (levels[i - 1] ?? 0) + 1, `${address}: headings ${levels}`));
    assert.ok((await page.title()).startsWith(name), `${address}: the title "${await page.title()}" begins with "${name}"`);
}

async function fits(visit, address) {
    const faults = [];
    for (const width of WIDTHS) {
        await visit.page.setViewportSize({ width, height: Math.min(width * 2, 900) });
        // Charts are drawn anew in the frame after.
        await until(async () => !await visit.page.evaluate(overflow), "a page as wide as its window")
            .catch(async () => faults.push(`${address} at ${width}: ${await visit.page.evaluate(overflow)}`));
        if (width === 360)
            await visit.shot(`${pictureName(address)}-360`);
    }
    await visit.page.setViewportSize({ width: 1280, height: 900 });
    return faults;
}

/** In the page: what has the focus, and whether that is seen (on it, on what it belongs to, or on the sign that stands for it). */
function focusNow() {
    const node = document.activeElement;
    if (!node || node === document.body)
        return null;
    const signs = [node, node.nextElementSibling, node.parentElement].filter(Boolean).map((one) => getComputedStyle(one));
    const box = node.getBoundingClientRect();
    const isDate = /^(date|time)/.test(node.type); // the browser marks a part of it
    return {
        name: `${node.tagName.toLowerCase()} "${(node.getAttribute("aria-label") || node.innerText || node.id || "").trim().slice(0, 40)}"`,
        isSeen: isDate || signs.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1),
        isInside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    };
}

/** Presses Tab through the page: the focus is always seen, and never lost on the way. */
async function tabThrough(page, address) {
    const faults = [];
    await page.evaluate(() => document.activeElement?.blur());
    for (let i = 0; i < TABS; i++) {
        await page.keyboard.press("Tab");
        const now = await page.evaluate(focusNow);
        if (!now)
            break; // behind the last one
        if (!now.isSeen || !now.isInside)
            faults.push(`${address}: Tab ${i + 1}: the focus on ${now.name} is ${now.isInside ? "not to be seen" : "off the screen"}`);
    }
    return faults;
}

/** Looks at one address; returns what is wrong, so that one fault does not hide the others. */
async function look(visit, address, prefix = "") {
    const faults = [];
    const attempt = async (step) => {
        await step().then((more) => faults.push(...(more ?? [])), (error) => faults.push(`${address}: ${error.message}`));
    };
    await visit.go(address);
    await attempt(() => settled(visit.page));
    await attempt(() => headed(visit.page, address));
    await attempt(() => visit.check(prefix + pictureName(address)));
    if (!prefix) {
        await attempt(() => tabThrough(visit.page, address));
        await attempt(() => fits(visit, address));
    }
    return faults;
}

let furnished = null;

for (const route of routes) {
    test(`${route}: axe, headings, sizes, pictures`, async (visit) => {
        furnished ??= furnish(visit.api);
        const chosen = addresses(await furnished)[route];
        assert.ok(chosen, `pages.mjs has no address for the route ${route}`);
        const faults = [];
        for (const address of chosen)
            faults.push(...await look(visit, address));
        assert.ok(!faults.length, faults.join("\n"));
    });
}

test("the first day: every list of an empty project says what to do next", async (visit) => {
    const faults = [];
    for (const route of routes.filter((one) => !one.includes(":"))) {
        faults.push(...await look(visit, route, "empty-"));
        const text = await visit.page.getByRole("main").innerText();
        if (/undefined|NaN|\[object/.test(text))
            faults.push(`${route}: ${text}`);
    }
    assert.ok(!faults.length, faults.join("\n"));
    for (const route of ["/segments", "/contacts", "/webhooks", "/campaigns"]) {
        await visit.go(route);
        await settled(visit.page);
        const ways = visit.page.getByRole("main").locator(".empty").locator("a, button");
        await until(async () => (await ways.count()) > 0, `${route} offers something to press while it is empty`);
    }
}, { project: "new" });

test("what is not there: each page says so in the API's words", async (visit) => {
    const faults = [];
    for (const route of routes.filter((one) => one.includes(":"))) {
        const address = route.replace(/:\w+/, UNKNOWN_ID);
        faults.push(...await look(visit, address, "unknown-"));
        if (!await visit.page.getByRole("main").getByText(/not found|no such|unknown/i).first().isVisible())
            faults.push(`${address} does not say that there is no such thing: ${await visit.page.getByRole("main").innerText()}`);
    }
    assert.ok(!faults.length, faults.join("\n"));
});

test("the database is away: the page says so, and comes back by itself", async ({ page, go, stack, api, allow, check }) => {
    allow(/^50[0-9] of /);
    const some = page.getByRole("main").getByText((await api.get("/segments"))[0].name, { exact: true });
    await go("/segments");
    await seen(some);
    stack.kill("mariadbd");
    try {
        await page.reload();
        const problem = page.getByRole("main").getByRole("alert");
        await seen(problem);
        await seen(problem.getByRole("button", { name: "Try again" }));
        await check("database-away");
    } finally {
        await stack.restart("mariadbd");
    }
    await seen(some);
    await gone(page.getByRole("main").getByRole("alert"));
}, { alone: true });
