/*
 * Runs the files of tests on a stack that is up: node main.mjs DIR FILE[:PART-OF-A-NAME]...
 *
 * Files run side by side, the tests of one in their order; what wants to be alone comes last.
 */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { launch, screens, Stack, takeTests, Visit } from "./lib.mjs";

const SIDE_BY_SIDE = Number(process.env.MUSTER_BROWSER_JOBS ?? 3);
const SECONDS_EACH = 90;
const counts = { passed: 0, failed: 0 };

async function withDeadline(work, seconds) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1_000);
    });
    try {
        await Promise.race([work, late]);
    } finally {
        clearTimeout(timer);
    }
}

/** The error, and where in the tests it came up. */
function told(error) {
    return (error.stack ?? `${error}`).split("\n").filter((line) => !/main\.mjs:|node:internal/.test(line)).join("\n");
}

/** Runs one test; says what became of it. */
async function runOne(browser, stack, file, { name, body, options }) {
    const visit = new Visit(browser, stack, name, options);
    const started = performance.now();
    let fault = null;
    try {
        await withDeadline(visit.begin().then(() => body(visit)), options.seconds ?? SECONDS_EACH);
        if (visit.unexpected().length)
            throw new Error(`the page did what it must not:\n${visit.unexpected().join("\n")}`);
    } catch (error) {
        fault = error;
        const beside = visit.unexpected().map((line) => `\n  beside: ${line}`).join("");
        await visit.shot(`failed-${file}-${name.replace(/\W+/g, "-").slice(0, 60)}`).catch((problem) => console.log(`no picture: ${problem.message}`));
        console.log(`${told(error)}${beside}\n  at ${visit.page?.url()}`);
    }
    await visit.end();
    counts[fault ? "failed" : "passed"]++;
    console.log(`${fault ? "FAIL" : "ok  "} ${file}: ${name} (${((performance.now() - started) / 1_000).toFixed(1)} s)`);
}

/** Pictures of what failed in an earlier run say nothing about this one. */
function forgetFailures() {
    for (const name of readdirSync(screens)) {
        if (name.startsWith("failed-"))
            rmSync(path.join(screens, name));
    }
}

async function main() {
    const [directory, ...names] = process.argv.slice(2);
    const stack = new Stack(directory);
    const files = [];
    for (const word of names) {
        const [, name, part] = /^([^:]*):?(.*)$/.exec(word);
        await import(new URL(`${name}.mjs`, import.meta.url).href);
        files.push({ name, tests: takeTests().filter((one) => one.name.includes(part)) });
    }
    forgetFailures();
    const browser = await launch();
    try {
        const waiting = [...files];
        await Promise.all(Array.from({ length: SIDE_BY_SIDE }, async () => {
            for (let file = waiting.shift(); file; file = waiting.shift()) {
                for (const one of file.tests.filter((found) => !found.options.alone))
                    await runOne(browser, stack, file.name, one);
            }
        }));
        for (const file of files) {
            for (const one of file.tests.filter((found) => found.options.alone))
                await runOne(browser, stack, file.name, one);
        }
    } finally {
        await browser.close();
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed`);
    process.exitCode = counts.failed || !counts.passed ? 1 : 0;
}

await main();
