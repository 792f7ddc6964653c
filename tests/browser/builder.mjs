/* The builder of filters: rules, groups, JSON, what it counts, what it says about mistakes, and what an edit does. */
import { assert, drag, gone, says, seen, test, until } from "./lib.mjs";

const rule = (page, number) => page.getByRole("group", { name: `Rule ${number}`, exact: true });
const count = (page) => page.getByRole("region", { name: "Who is in it" }).getByRole("status");
const thousands = (number) => new Intl.NumberFormat("en-GB").format(number);
const condition = (filters, more = []) => ({ logic: "AND", groups: [{ filters }, ...more] });

/** Adds a rule about a field to the group (the outermost unless given). */
async function add(page, field, option, group = page.getByRole("group", { name: "Whole filter" })) {
    await group.getByRole("button", { name: "Add rule" }).last().click();
    await seen(page.locator("input:focus"));
    await page.keyboard.type(field);
    await page.getByRole("option", { name: option }).first().click();
    await seen(page.locator(".bld-operand :focus, .bld-operator :focus")); // what comes next has the focus
}

/** Waits until the page shows how many the API finds for a filter. */
async function counts(page, api, filter) {
    const { count: wanted } = await api.post("/segments/preview", { condition: filter });
    await says(count(page), new RegExp(`^${thousands(wanted)} contacts?$`));
    return wanted;
}

async function filterOf(api, page) {
    const id = page.url().split("/").at(-1).split("?")[0];
    return (await api.get(`/segments/${id}`)).condition;
}

test("a segment is built by hand, and the count follows", async ({ page, go, api, check }) => {
    await go("/segments/new");
    await add(page, "plan", /^plan text/);
    await page.keyboard.type("tea");
    await page.getByRole("option", { name: /^team/ }).click(); // a real value
    await counts(page, api, condition([{ field: "data.plan", operator: "equals", value: "team" }]));
    assert.equal(await page.getByRole("region", { name: "Who is in it" }).getByRole("listitem").count(), 10);

    await rule(page, 1).getByLabel("Operator").selectOption({ label: "is one of" });
    await rule(page, 1).getByLabel("Add a value").click();
    await page.evaluate(() => navigator.clipboard.writeText("enterprise, trial\n"));
    await page.keyboard.press("ControlOrMeta+V");
    await seen(page.getByRole("button", { name: "Remove trial" }));
    await page.getByRole("button", { name: "Remove trial" }).click();

    await add(page, "seats", /^seats number/);
    const operators = await rule(page, 2).getByLabel("Operator").locator("option").allInnerTexts();
    assert.ok(operators.includes("is between") && !operators.includes("starts with"), operators.join());
    await rule(page, 2).getByLabel("Operator").selectOption({ label: "is between" });
    await rule(page, 2).getByLabel("From", { exact: true }).fill("5");
    await rule(page, 2).getByLabel("To", { exact: true }).fill("50");

    await add(page, "purchase", /^Event: purchase/);
    await rule(page, 3).getByLabel("Operator").selectOption({ label: "happened at least" });
    await rule(page, 3).getByLabel("Times", { exact: true }).fill("2");
    await rule(page, 3).getByRole("button", { name: "In a window" }).click();
    await rule(page, 3).getByLabel("How much time").fill("60");

    await add(page, "country", /^country/);
    await page.keyboard.type("DE");
    await rule(page, 4).getByLabel("Operator").selectOption({ label: "is not" });
    await rule(page, 4).getByLabel("or has no value").check();
    const wanted = condition([
        { field: "data.plan", operator: "in", value: ["team", "enterprise"] },
        { field: "data.seats", operator: "between", value: [5, 50] },
        { field: "event.purchase", operator: "countAtLeast", value: 2, window: { value: 60, unit: "days" } },
    ], [{ not: true, filters: [{ field: "data.country", operator: "equals", value: "DE" }] }]);
    await counts(page, api, wanted);
    await check("builder");

    await page.reload(); // nothing is lost
    await seen(rule(page, 4));
    await page.getByLabel("Name").fill("Buyers, not German");
    await page.getByRole("button", { name: "Create segment" }).click();
    await seen(page.getByRole("heading", { name: "Buyers, not German" }));
    assert.deepEqual(await filterOf(api, page), wanted);
});

test("rules and groups are moved by the mouse and by keys", async ({ page, go, api, check }) => {
    await go("/segments/new");
    await add(page, "vip", /^vip/);
    await rule(page, 1).getByLabel("Value", { exact: true }).selectOption({ label: "yes" });
    await add(page, "nps", /^nps/);
    await page.keyboard.type("9");
    await page.getByRole("button", { name: "Add group" }).click();
    await seen(page.locator("input:focus"));
    await page.keyboard.type("login");
    await page.getByRole("option", { name: /^Event: login/ }).click();
    await drag(page, page.getByRole("button", { name: /^Move Rule 2:/ }), page.getByRole("group", { name: "Group 3" }).getByLabel("Match: Group 3"));
    await seen(rule(page, "2.2"));
    assert.deepEqual(await rule(page, "2.1").getByLabel("Field").inputValue(), "nps");

    await page.getByRole("button", { name: /^Move Rule 1:/ }).focus();
    await page.keyboard.press("ArrowDown"); // into the group
    await seen(page.getByRole("button", { name: /^Move Rule 1.1:/ }).and(page.locator(":focus")));
    await page.getByRole("button", { name: "More for Rule 1.1" }).click();
    await page.getByRole("menuitem", { name: "Move up" }).click(); // and out again
    await seen(page.getByRole("button", { name: /^Move Rule 1:/ }).and(page.locator(":focus")));
    await page.getByLabel("Not: Group 2").check();
    await counts(page, api, condition([{ field: "data.vip", operator: "equals", value: true }], [{
        not: true, conditions: { logic: "OR", groups: [
            { filters: [{ field: "data.nps", operator: "equals", value: 9 }] }, { filters: [{ field: "event.login", operator: "triggered" }] }] },
    }]));
    await page.setViewportSize({ width: 360, height: 740 });
    await check("builder-360");
    await page.getByRole("button", { name: "Remove group: Group 2" }).click();
    await gone(rule(page, "2.1"));
    await counts(page, api, condition([{ field: "data.vip", operator: "equals", value: true }]));
});

test("the filter is JSON in three dialects, both ways", async ({ page, go, api, check }) => {
    const text = page.getByLabel("The filter as JSON");
    const german = condition([{ field: "data.country", operator: "equals", value: "DE" }]);
    await go(`/segments/new?condition=${encodeURIComponent(JSON.stringify(german))}`);
    await counts(page, api, german);
    await page.getByRole("tab", { name: "JSON" }).click();
    assert.deepEqual(JSON.parse(await text.inputValue()), german);
    await page.getByLabel("Dialect").selectOption("mailpanda");
    await until(async () => (await text.inputValue()).includes("\"country\""));
    assert.deepEqual(JSON.parse(await text.inputValue()), [{ field: "country", operator: "equals", value: "DE" }]);

    await page.getByLabel("Dialect").selectOption("pushmail");
    await text.fill("{\"operator\": \"OR\", \"conditions\": [\n {\"type\": \"attribute\", \"field\": \"country\", \"op\": \"eq\", \"value\": \"FR\"},\n {\"type\": \"attribute\", \"field\": \"seats\", \"op\": \"more\", \"value\": 9}]}");
    await seen(page.getByText(/^Line 3: Operator "more" does not fit/));
    await page.reload();
    await seen(page.getByText(/^Line 3: Operator "more" does not fit/)); // what was typed is there, and what is wrong
    await check("builder-json");
    await seen(page.getByText("The JSON text is not a filter yet. Mend it"));
    assert.equal(await page.getByRole("button", { name: "Create segment" }).getAttribute("aria-disabled"), "true");
    await text.fill((await text.inputValue()).replace("\"more\"", "\"gt\""));
    await counts(page, api, { logic: "OR", groups: [
        { filters: [{ field: "data.country", operator: "equals", value: "FR" }] }, { filters: [{ field: "data.seats", operator: "greaterThan", value: 9 }] }] });
    await page.getByLabel("Dialect").selectOption("mailpanda");
    await says(page.getByRole("tabpanel"), "MailPanda cannot say all of this filter");
    await page.getByRole("tab", { name: "Rules" }).click();
    await seen(rule(page, 2));
    assert.equal(await rule(page, 2).getByLabel("Operator").inputValue(), "greaterThan");

    await page.getByRole("tab", { name: "JSON" }).click();
    await page.getByLabel("Dialect").selectOption("plunk");
    await text.fill("{\"logic\": \"AND\", \"groups\": [{\"note\": \"mine\", \"filters\": [{\"field\": \"email\", \"operator\": \"contains\", \"value\": \"a\"}]}]}");
    await says(page.getByText("This filter is shown as JSON only").first(), "JSON only");
    assert.equal(await page.getByRole("tab", { name: "Rules" }).count(), 0);
    await counts(page, api, condition([{ field: "email", operator: "contains", value: "a" }]));
    assert.match(await text.inputValue(), /"note"/);
});

test("mistakes and warnings stand at their rule, an edit says who comes and goes", async ({ page, go, api, check }) => {
    const { id } = await api.post("/segments", { name: "To edit", condition: condition([{ field: "data.plan", operator: "equals", value: "team" }]) });
    await go(`/segments/${id}/edit`);
    await seen(rule(page, 1));
    await add(page, "plan", /^plan text/);
    await page.keyboard.type("free");
    await says(rule(page, 2), "cannot hold together with Rule 1");
    await says(count(page), "0 contacts");
    await rule(page, 2).getByRole("button", { name: "Remove rule: Rule 2" }).click();
    await gone(rule(page, 2));
    await page.getByRole("button", { name: "Add rule" }).click();
    await seen(page.getByText("One rule is not complete"));
    await page.getByLabel("Name").fill("");
    await page.getByRole("button", { name: "Review and save" }).click();
    await says(rule(page, 2), "Filter field is required"); // the API's words
    await rule(page, 2).getByRole("button", { name: "Remove rule: Rule 2" }).click();

    await rule(page, 1).getByLabel("Value", { exact: true }).fill("trial");
    const edit = condition([{ field: "data.plan", operator: "equals", value: "trial" }]);
    const diff = await api.post(`/segments/${id}/diff`, { condition: edit });
    await page.getByRole("button", { name: "Review and save" }).click();
    const dialog = page.getByRole("dialog", { name: "What this edit does" });
    await says(dialog.getByRole("status"), `${thousands(diff.entering)} enter`);
    await says(dialog.getByRole("status"), `${thousands(diff.leaving)} leave`);
    await seen(dialog.getByText(diff.sample.entering[0].email));
    await check("builder-review");
    await dialog.getByRole("button", { name: "Save the edit" }).click();
    await seen(page.getByText("Name is required"));
    await page.getByLabel("Name").fill("Edited");
    await page.getByRole("button", { name: "Review and save" }).click();
    await dialog.getByRole("button", { name: "Save the edit" }).click();
    await seen(page.getByRole("heading", { name: "Edited" }));
    assert.deepEqual(await filterOf(api, page), edit);
});

test("events, other segments and static segments", async ({ page, go, api }) => {
    const beta = (await api.get("/segments")).find((segment) => segment.name === "Beta testers");
    await go("/segments/new");
    await add(page, "Beta", /^Segment: Beta testers/);
    await counts(page, api, condition([{ field: `segment.${beta.id}`, operator: "memberOfSegment" }]));
    await add(page, "login", /^Event: login/);
    await rule(page, 2).getByLabel("Operator").selectOption({ label: "happened within the last" });
    await rule(page, 2).getByLabel("How much time").fill("30");
    await rule(page, 2).getByRole("button", { name: "Only some occurrences" }).click();
    await rule(page, 2).getByLabel("Property").fill("dev");
    await page.getByRole("option", { name: "device" }).click();
    await rule(page, 2).getByLabel("Value", { exact: true }).fill("phone");
    await counts(page, api, condition([
        { field: `segment.${beta.id}`, operator: "memberOfSegment" },
        { field: "event.login", operator: "triggeredWithin", value: 30, unit: "days", where: [{ property: "device", operator: "equals", value: "phone" }] },
    ]));
    await page.getByRole("radio", { name: "Static" }).check();
    await gone(rule(page, 1));
    await page.getByLabel("Name").fill("Chosen by hand");
    await page.getByRole("button", { name: "Create and choose members" }).click();
    await seen(page.getByRole("heading", { name: "Chosen by hand" }));
    assert.equal((await api.get(`/segments/${page.url().split("/").at(-1).split("?")[0]}`)).type, "STATIC");
});
