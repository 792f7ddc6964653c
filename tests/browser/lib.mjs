/*
 * What a test of the web page is made of. A file calls test() for each flow; tests/browser/run starts the
 * stack and one browser and runs them.
 *
 *   import { test, seen, says } from "./lib.mjs";
 *
 *   test("a segment is made by hand", async ({ page, go, api, check }) => {
 *       await go("/segments/new");
 *       await page.getByLabel("Name").fill("Here this week");
 *       await page.getByRole("button", { name: "Create" }).click();
 *       await seen(page.getByRole("heading", { name: "Here this week" }));
 *       await check("segment-created");
 *   });
 *
 * Nothing sleeps: what is waited for is what a user would see (seen, gone, says, until). A test fails
 * by itself when the page writes an error to the console, breaks its content security policy, asks
 * another host or is answered with a 5xx; what a test causes on purpose it names with allow().
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const dashboard = createRequire(path.join(ROOT, "app/dashboard/package.json"));
const axeSource = readFileSync(dashboard.resolve("axe-core/axe.min.js"), "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const PATIENCE_MS = 8_000;
/** Where the pictures are kept. */
export const screens = path.join(process.env.MUSTER_BUILD ?? path.join(ROOT, "build"), "test", "screens");
mkdirSync(screens, { recursive: true });
const run = promisify(execFile);

export { assert };

// ---- the tests of a file -----------------------------------------------------------------------

const registered = [];

/**
 * A flow as a user does it. Options: `project: "new"`, an empty project of its own instead of the one
 * with the sample data (for whoever deletes, or counts everything); `signedIn: false`; `viewport`;
 * `alone: true`, after everything else and with nothing beside it (for whoever stops a server).
 */
export function test(name, body, options = {}) {
    registered.push({ name, body, options });
}

/** The tests that files have registered since it was last asked. */
export function takeTests() {
    return registered.splice(0);
}

// ---- waiting for what is seen ------------------------------------------------------------------

/** Waits until it is on the screen. */
export async function seen(locator) {
    await locator.first().waitFor({ state: "visible" });
}

/** Waits until it is not, or not any more. */
export async function gone(locator) {
    await locator.first().waitFor({ state: "hidden" });
}

/** Waits until `ready` returns something true, and returns that. */
export async function until(ready, what = "what was waited for") {
    const deadline = performance.now() + PATIENCE_MS;
    let last;
    do {
        try {
            const found = await ready();
            if (found)
                return found;
            last = found;
        } catch (error) {
            last = error.message;
        }
        await new Promise((resolve) => setTimeout(resolve, 30));
    } while (performance.now() < deadline);
    return assert.fail(`${what} did not come about; at last: ${last}`);
}

/** Waits until the element's text holds (a string) or matches (a RegExp) `wanted`. */
export async function says(locator, wanted) {
    await seen(locator);
    let text = "";
    await until(async () => {
        text = await locator.first().innerText();
        return wanted instanceof RegExp ? wanted.test(text) : text.includes(wanted);
    }, `${wanted} in it`).catch(() => assert.fail(`"${text}" does not say ${wanted}`));
}

/** Drags one thing onto another with the mouse, as slowly as a hand: libraries look at each frame once. */
export async function drag(page, from, to) {
    const frame = () => page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve())));
    await from.hover();
    await page.mouse.down();
    const box = await to.boundingBox();
    for (const share of [0.3, 0.5, 0.6]) {
        await page.mouse.move(box.x + box.width * share, box.y + box.height * share, { steps: 4 });
        await frame();
    }
    await page.mouse.up();
}

// ---- the stack ---------------------------------------------------------------------------------

/** JSON to the API and back, past the page: to prepare, and to look at what became of it. */
export class Api {
    constructor(url, key) {
        this.url = url;
        this.key = key;
    }

    /** The answer, whatever its status. */
    raw(method, to, body) {
        const headers = { Authorization: `Bearer ${this.key}` };
        if (body !== undefined && typeof body !== "string" && !(body instanceof FormData))
            headers["Content-Type"] = "application/json";
        return fetch(this.url + to, {
            method, headers, body: headers["Content-Type"] ? JSON.stringify(body) : body,
        });
    }

    async ask(method, to, body) {
        const answer = await this.raw(method, to, body);
        const text = await answer.text();
        assert.ok(answer.ok, `${method} ${to}: ${answer.status} ${text}`);
        return text && JSON.parse(text);
    }

    get = (to) => this.ask("GET", to);
    post = (to, body) => this.ask("POST", to, body);
    put = (to, body) => this.ask("PUT", to, body);
    patch = (to, body) => this.ask("PATCH", to, body);
    delete = (to, body) => this.ask("DELETE", to, body);
}

/** What tools/stack started: its addresses and keys (its file env), its programs, its parts. */
export class Stack {
    constructor(directory) {
        this.directory = directory;
        this.env = Object.fromEntries(readFileSync(path.join(directory, "env"), "utf8").split("\n")
            .filter((line) => line.includes("="))
            .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1).replace(/^['"]|['"]$/g, "")]));
        this.url = this.env.MUSTER_URL;
        this.api = new Api(this.url, this.env.MUSTER_SECRET_KEY);
    }

    /** Runs `muster …` of this stack; returns what it prints. */
    async muster(...words) {
        const done = await run(path.join(this.env.MUSTER_BIN, "muster"), words, { env: { ...process.env, ...this.env } });
        return done.stdout.trim();
    }

    /** A new, empty project, its API and its number. */
    async project(name) {
        const id = (await this.muster("project", "create", name)).split(/\s+/)[0];
        const secret = (await this.muster("key", "create", id, "secret")).split(/\s+/).at(-1);
        return { id, api: new Api(this.url, secret) };
    }

    pid(part) {
        return Number(readFileSync(path.join(this.directory, "run", `${part}.pid`), "utf8"));
    }

    /** kill -9 of one of its parts (mariadbd, nginx, api-1 …). */
    kill(part) {
        process.kill(this.pid(part), "SIGKILL");
    }

    async restart(part) {
        await run(path.join(ROOT, "tools/stack"), ["restart", part, "--dir", this.directory]);
    }
}

// ---- the browser -------------------------------------------------------------------------------

/** The one browser of a run. Its processes end with it. */
export function launch() {
    return dashboard("playwright-core").chromium.launch({
        executablePath: process.env.MUSTER_CHROMIUM ?? "/usr/bin/chromium",
        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
               "--disable-component-update", "--disable-sync"],
    });
}

/** Notes what a page must not do. */
function watch(page, url, faults) {
    page.on("console", (message) => {
        // The status of an answer is looked at below, with the address that it belongs to.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
            faults.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => faults.push(`uncaught: ${error.stack ?? error}`));
    page.on("request", (request) => {
        if (!request.url().startsWith(`${url}/`) && !request.url().startsWith(`blob:${url}/`))
            faults.push(`another host or scheme: ${request.url().slice(0, 200)}`);
    });
    page.on("response", (response) => {
        if (response.status() >= 500)
            faults.push(`${response.status()} of ${response.request().method()} ${response.url()}`);
    });
}

/** Gives the page a session, as if somebody had just signed in with the key. */
async function signIn(page, url, key) {
    const answer = await fetch(`${url}/session`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }),
    });
    const { key: text, expiresAt } = await answer.json();
    assert.equal(answer.status, 200, "POST /session");
    await page.goto(`${url}/app/icon.svg`); // of the page's origin, and runs nothing
    await page.evaluate((kept) => sessionStorage.setItem("muster.session", kept), JSON.stringify({ key: text, expiresAt }));
}

/** What a test is given: a page, ways to it, and what looks at it. */
export class Visit {
    constructor(browser, stack, name, options) {
        Object.assign(this, { browser, stack, name, options });
        this.faults = [];
        this.allowed = [];
        this.url = stack.url;
        for (const method of ["go", "check", "allow", "open", "axe", "shot"])
            this[method] = this[method].bind(this);
    }

    async begin() {
        const own = this.options.project === "new" ? await this.stack.project(this.name) : null;
        this.api = own?.api ?? this.stack.api;
        this.projectId = own?.id ?? this.stack.env.MUSTER_PROJECT_ID;
        this.context = await this.browser.newContext({
            viewport: this.options.viewport ?? { width: 1280, height: 900 },
            baseURL: this.url, locale: "en-GB", timezoneId: "Europe/Vienna", reducedMotion: "reduce",
            permissions: ["clipboard-read", "clipboard-write"],
        });
        this.context.setDefaultTimeout(PATIENCE_MS);
        this.context.on("page", (page) => watch(page, this.url, this.faults));
        this.page = await this.context.newPage();
        if (this.options.signedIn !== false)
            await signIn(this.page, this.url, this.api.key);
    }

    async end() {
        await this.context?.close();
    }

    /** Opens a path below /app. */
    async go(to) {
        await this.page.goto(`/app${to}`);
    }

    /** Another page of the same reader, signed in as well: `open()`. */
    async open() {
        const page = await this.context.newPage();
        await signIn(page, this.url, this.api.key);
        return page;
    }

    /** Faults that match are what the test wants: `allow(/503/)`. */
    allow(pattern) {
        this.allowed.push(pattern);
    }

    /** What went wrong without a step that failed. */
    unexpected() {
        return this.faults.filter((fault) => !this.allowed.some((pattern) => pattern.test(fault)));
    }

    /** axe's findings in the page as it stands, a line for each. */
    async axe(page = this.page) {
        await page.evaluate(`window.axe ?? (() => { ${axeSource} })()`);
        const found = await page.evaluate((tags) => window.axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), AXE_TAGS);
        return found.violations.flatMap((rule) => rule.nodes.map((node) =>
            `${rule.id} (${rule.impact}) ${node.target.join(" ")}: ${node.failureSummary.split("\n").slice(1).map((line) => line.trim()).join("; ")}`));
    }

    /** Keeps a picture of the whole page as `name`.png. */
    async shot(name, page = this.page) {
        await page.screenshot({ path: path.join(screens, `${name}.png`), fullPage: true, animations: "disabled" });
    }

    /** A page as it stands, in both themes: axe finds nothing, nothing hangs out sideways, and a picture is kept. */
    async check(name, page = this.page) {
        const faults = [];
        for (const theme of ["light", "dark"]) {
            await page.emulateMedia({ colorScheme: theme });
            faults.push(...(await this.axe(page)).map((line) => `${theme}: ${line}`));
            await this.shot(`${name}-${theme}`, page);
        }
        await page.emulateMedia({ colorScheme: "light" });
        const over = await page.evaluate(overflow);
        if (over)
            faults.push(`wider than the window: ${over}`);
        assert.ok(!faults.length, `${name}:\n${faults.join("\n")}`);
    }
}

/** In the page: what sticks out of the window sideways ("" when nothing does). Boxes that scroll may hold more. */
export function overflow() {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide)
        return "";
    const scrolls = (node) => node && node !== document.documentElement
        && (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(node).overflowX) || scrolls(node.parentElement));
    const out = [...document.body.querySelectorAll("*")]
        .filter((node) => node.getBoundingClientRect().right > wide + 1 && !scrolls(node.parentElement))
        .map((node) => `${node.tagName.toLowerCase()}.${node.className} to ${Math.round(node.getBoundingClientRect().right)} of ${wide}`);
    return out.slice(0, 4).join(", ") || `${document.documentElement.scrollWidth} of ${wide}`;
}
