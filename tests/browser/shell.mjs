/* The frame of the page: signing in and out, the keyboard, what nginx says with it, and how much it is. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const BUNDLE_BYTES = 350 * 1024;
const POLICY = ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"];
const visitor = { signedIn: false };

const keyField = (page) => page.getByLabel("API key");
const signInButton = (page) => page.getByRole("button", { name: "Sign in" });
const segments = (page) => page.getByRole("heading", { level: 1, name: "Segments" });
const kept = (page) => page.evaluate(() => ({ session: { ...sessionStorage }, local: { ...localStorage }, cookie: document.cookie }));

async function signInByKey(page, key) {
    await keyField(page).fill(key);
    await signInButton(page).click();
}

test("a key is exchanged for a session, and only that is kept", async ({ page, go, check, stack }) => {
    await go("/");
    await seen(keyField(page));
    assert.equal(await page.title(), "Sign in to Muster");
    assert.ok(await keyField(page).evaluate((field) => field === document.activeElement), "the key can be typed at once");
    await check("sign-in");
    await signInByKey(page, ` ${stack.api.key} `);
    await seen(segments(page));
    const { session, local, cookie } = await kept(page);
    assert.deepEqual(Object.keys(session), ["muster.session"]);
    assert.match(JSON.parse(session["muster.session"]).key, /^ses_/);
    assert.ok(!JSON.stringify({ session, local, cookie }).includes(stack.api.key), "the secret key is kept nowhere");
    assert.deepEqual([local, cookie], [{}, ""]);
    await page.reload();
    await seen(segments(page));
}, visitor);

test("keys that cannot sign in are refused at the field, in the API's words", async ({ page, go, stack, check }) => {
    await go("/contacts");
    for (const [key, words] of [
        [stack.env.MUSTER_REVOKED_KEY, "Invalid API key"],
        ["nonsense", "Invalid API key"],
        [stack.env.MUSTER_PUBLIC_KEY, "public key"],
    ]) {
        await signInByKey(page, key);
        const field = keyField(page);
        await until(async () => (await field.getAttribute("aria-invalid")) === "true", "the field is marked");
        const described = (await field.getAttribute("aria-describedby")).split(" ").map((id) => `[id="${id}"]`).join(",");
        await until(async () => (await page.locator(described).allInnerTexts()).join(" ").includes(words), `"${words}" at the field`);
        assert.equal(await field.inputValue(), key, "what was typed stays");
    }
    await check("sign-in-refused");
    await signInByKey(page, "");
    await until(async () => (await page.getByRole("alert").count()) > 0, "an empty key is refused in words");
    await signInByKey(page, stack.api.key);
    await seen(page.getByRole("heading", { level: 1, name: "Contacts" }));
}, visitor);

test("the one-time link signs in once", async ({ page, stack, context }) => {
    const link = await stack.muster("login-link", "--project", stack.env.MUSTER_PROJECT_ID, "--url", stack.url);
    assert.match(link, /\/app\/#login=[\w-]{27}$/);
    await page.goto(link);
    await seen(segments(page));
    assert.equal(await page.evaluate(() => location.hash), "", "the token is not left in the address");
    const second = await context.newPage();
    await second.goto(link);
    await says(second.getByRole("alert"), "used already or has expired");
    await seen(keyField(second));
    assert.deepEqual(Object.keys((await kept(second)).session), []);
}, visitor);

test("signing out revokes the session and leaves nothing behind", async ({ page, go, stack }) => {
    await go("/contacts?search=ada");
    await page.getByRole("link", { name: "Segments", exact: true }).click();
    await seen(segments(page));
    const { key } = JSON.parse((await kept(page)).session["muster.session"]);
    const ask = () => fetch(`${stack.url}/session`, { headers: { Authorization: `Bearer ${key}` } });
    assert.equal((await ask()).status, 200);
    await page.getByRole("button", { name: "Sign out" }).click();
    await says(page.getByRole("main"), "You are signed out");
    assert.equal((await ask()).status, 401, "the key is dead");
    assert.deepEqual((await kept(page)).session, {});
    await page.goBack();
    await seen(keyField(page));
});

test("a session that ends asks for a key and goes on where one was, with what was typed", async ({ page, go, stack, check }) => {
    await go("/segments/new");
    const name = page.getByRole("textbox", { name: /^Name/ });
    await name.fill("Half a segment");
    const { key } = JSON.parse((await kept(page)).session["muster.session"]);
    await fetch(`${stack.url}/session`, { method: "DELETE", headers: { Authorization: `Bearer ${key}` } });
    await name.pressSequentially(", and more");
    await page.getByRole("link", { name: "Contacts" }).click();
    await says(page.getByRole("main"), "Your session has ended");
    await check("sign-in-expired");
    await signInByKey(page, stack.api.key);
    await seen(page.getByRole("heading", { level: 1, name: "Contacts" }));
    await page.goBack();
    await until(async () => (await name.inputValue()) === "Half a segment, and more", "what was typed is there again");
    await page.reload();
    await until(async () => (await name.inputValue()) === "Half a segment, and more", "and after a reload");
});

test("by keyboard: the skip link, the navigation, sign-out", async ({ page, go }) => {
    const focused = () => page.evaluate(() => document.activeElement?.innerText || document.activeElement?.getAttribute("aria-label"));
    const ring = () => page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    await go("/contacts");
    await seen(page.getByRole("heading", { level: 1, name: "Contacts" }));
    await page.evaluate(() => document.activeElement?.blur());
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the content");
    assert.equal(await ring(), "solid", "the focus is seen");
    await page.keyboard.press("Enter");
    await until(() => page.evaluate(() => document.activeElement?.id === "content"), "the focus is in the content");
    await page.keyboard.press("Shift+Tab"); // back into the navigation
    for (let i = 0; i < 20 && (await focused()) !== "Events"; i++)
        await page.keyboard.press("Shift+Tab");
    assert.equal(await focused(), "Events");
    assert.equal(await ring(), "solid");
    await page.keyboard.press("Enter");
    await seen(page.getByRole("heading", { level: 1, name: "Events" }));
    await until(async () => (await focused()) === "Events" && page.evaluate(() => document.activeElement?.tagName === "H1"),
                "the new page has the focus at its heading");
    assert.equal(await page.getByRole("navigation", { name: "Main" }).locator("[aria-current=page]").innerText(), "Events");
});

test("what opens: menus and dialogs by keyboard give the focus back, lists of suggestions pass axe", async ({ page, go, axe }) => {
    const more = page.getByRole("row", { name: /Champions/ }).getByRole("button", { name: /Champions/ });
    const isFocused = (locator) => locator.evaluate((node) => node === document.activeElement);
    await go("/segments");
    await seen(more);
    await more.press("Enter");
    await seen(page.getByRole("menuitem", { name: "Delete" }));
    assert.deepEqual(await axe(), []);
    await page.keyboard.press("Escape");
    await until(() => isFocused(more), "the focus is on the menu's button again");
    await more.press("Enter");
    await page.getByRole("menuitem", { name: "Delete" }).press("Enter");
    const dialog = page.getByRole("dialog");
    await seen(dialog);
    await until(() => dialog.evaluate((node) => node.contains(document.activeElement)), "the focus is in the dialog");
    for (let i = 0; i < 6; i++)
        await page.keyboard.press("Tab");
    assert.ok(await dialog.evaluate((node) => node.contains(document.activeElement)), "and stays there");
    await page.keyboard.press("Escape");
    await gone(dialog);
    await until(() => isFocused(more), "the focus is where the dialog was asked for");

    await go("/segments/new");
    await page.getByRole("button", { name: "Add rule" }).first().click();
    const field = page.getByRole("combobox", { name: "Field" });
    await field.fill("plan");
    await seen(page.getByRole("option", { name: "plan" }));
    assert.deepEqual(await axe(), []);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await until(async () => (await field.inputValue()) === "plan", "chosen by keyboard");
    const value = page.getByRole("combobox", { name: "Value" });
    await value.fill("no such value");
    await seen(page.getByText("Nothing found"));
    assert.deepEqual(await axe(), [], "an empty list of suggestions");
});

test("colours: as the system, or chosen and kept", async ({ page, go }) => {
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await go("/segments");
    await seen(segments(page));
    const light = await ground();
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await until(async () => (await ground()) !== light && ground(), "the system's dark theme");
    await page.getByLabel("Colours").selectOption("Light");
    assert.equal(await ground(), light);
    await page.reload();
    await seen(segments(page));
    assert.equal(await ground(), light, "the choice survives a reload");
    await page.getByLabel("Colours").selectOption("As the system");
    assert.equal(await ground(), dark);
});

test("on a telephone the navigation is behind a button", async ({ page, go, check }) => {
    await go("/segments");
    await seen(segments(page));
    const contacts = page.getByRole("link", { name: "Contacts", exact: true });
    await gone(contacts);
    const menu = page.getByRole("button", { name: "Menu", exact: true });
    await menu.click();
    assert.equal(await menu.getAttribute("aria-expanded"), "true");
    await check("menu-open-360");
    await contacts.click();
    await seen(page.getByRole("heading", { level: 1, name: "Contacts" }));
    await gone(contacts);
}, { viewport: { width: 360, height: 740 } });

test("an address that is no page says so, within the frame", async ({ page, go, check }) => {
    await go("/no/such/page");
    await says(page.getByRole("main"), "There is no such page");
    await check("no-such-page");
    await page.getByRole("main").getByRole("link", { name: "Segments" }).click();
    await seen(segments(page));
});

test("nginx: redirects, the history's addresses, strict headers", async ({ stack }) => {
    const ask = (to, how = {}) => fetch(stack.url + to, { redirect: "manual", ...how });
    assert.equal(new URL((await ask("/")).headers.get("location"), stack.url).pathname, "/app/");
    assert.equal(new URL((await ask("/app")).headers.get("location"), stack.url).pathname, "/app/");
    const index = await (await ask("/app/")).text();
    for (const to of ["/app/segments", "/app/segments/5e600001-3b1f-4c64-8a70-19d0c2f40001/edit?tab=x", "/app/contacts/import"]) {
        const answer = await ask(to);
        assert.equal(answer.status, 200);
        assert.equal(await answer.text(), index, `${to} is the page`);
        const policy = answer.headers.get("content-security-policy") ?? "";
        for (const directive of POLICY)
            assert.ok(policy.includes(directive), `${directive} in "${policy}"`);
        assert.ok(!/unsafe|https?:|\*|data:/.test(policy), policy);
        assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
        assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
        assert.match(answer.headers.get("cache-control"), /no-cache|no-store/);
    }
    for (const to of ["/appetite", "/segments/new/edit/nothing", "/static/x", "/app/assets/gone-12345678.js"])
        assert.equal((await ask(to)).status, 404, `${to} is nothing`);
    assert.ok(!/<script(?![^>]*\bsrc=)|<style|\bon\w+=/.test(index), "no inline script or style in the page");
    assert.ok(!/(src|href)="(https?:)?\/\//.test(index), "nothing from another host");
    const script = await ask(/src="([^"]+)"/.exec(index)[1], { headers: { "Accept-Encoding": "gzip" } });
    assert.match(script.headers.get("content-type"), /javascript/);
    assert.equal(script.headers.get("content-encoding"), "gzip");
    assert.match(script.headers.get("cache-control"), /immutable/);
}, visitor);

test("the whole page is 350 KB gzipped at most", async ({ stack }) => {
    const served = JSON.parse(readFileSync(path.join(stack.directory, "settings.json"), "utf8")).dashboard;
    const files = readdirSync(path.join(served, "app"), { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const sizes = files.map((file) => [gzipSync(readFileSync(path.join(file.parentPath ?? file.path, file.name)), { level: 6 }).length, file.name]);
    const total = sizes.reduce((sum, [bytes]) => sum + bytes, 0);
    console.log(`the page: ${(total / 1024).toFixed(0)} KB gzipped in ${sizes.length} files`);
    assert.ok(files.every((file) => !file.name.endsWith(".map")), "no source maps");
    assert.ok(total <= BUNDLE_BYTES, `${total} bytes; the largest: ${sizes.sort(([a], [b]) => b - a).slice(0, 8).join(" ")}`);
}, visitor);
