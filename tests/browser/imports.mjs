/* Contacts and events from a file. */
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const PEOPLE = ["E-Mail;Vorname;Ort;PLZ;Notiz", "ida@import.example;Ida;Zürich;08001;x", "jan@import.example;Jan;Köln;50667;y", "nobody;N;;1;z"].join("\n");

const file = (name, text, encoding = "utf8") => ({ name, mimeType: "text/csv", buffer: Buffer.from(text, encoding) });
const choose = (page, chosen) => page.getByLabel(/Choose (a|another) file/).setInputFiles(chosen);
const target = (page, header) => page.getByLabel(`“${header}” becomes`, { exact: true });
const path = (page, header) => page.getByLabel(`Name of the data field for “${header}”`);
const count = (page, name) => page.locator("dl.imports-counts > div").filter({ hasText: name }).locator("dd");

/** Drops a file onto the page as a browser does; `text` `times` over, each with its number for #. */
async function drop(page, name, head, text = "", times = 0) {
    await seen(page.getByText("Drop a file anywhere"));
    const transfer = await page.evaluateHandle((given) => {
        const data = new DataTransfer();
        const rows = Array.from({ length: given.times }, (_, i) => given.text.replaceAll("#", i));
        data.items.add(new File([given.head, rows.join("")], given.name, { type: "text/csv", lastModified: 1_700_000_000_000 }));
        return data;
    }, { name, head, text, times });
    await page.dispatchEvent("body", "dragover", { dataTransfer: transfer });
    await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}

test("a spreadsheet from abroad: dropped, mapped, checked, imported, and its rejected rows saved", async ({ page, go, api, check }) => {
    const segment = await api.post("/segments", { name: "From the fair", type: "STATIC" });
    await go("/contacts/import");
    await check("import-empty");
    await choose(page, file("people.csv", PEOPLE, "latin1"));
    assert.equal(await page.getByLabel("Encoding").inputValue(), "windows-1252");
    await says(page.locator("main"), "Separated by semicolon");
    assert.equal(await target(page, "E-Mail").inputValue(), "email");
    await says(page.locator("main"), "Stays text, though it looks like a number: “08001”");
    await path(page, "Ort").fill("address.city");
    await target(page, "Notiz").selectOption("out");
    await page.getByLabel("Add them to a static segment").selectOption(segment.id);
    await page.getByLabel("Give them a tag").fill("fair");
    await check("import-columns");
    await page.getByRole("button", { name: "Check the file" }).click();
    await says(count(page, "Would be new"), "2");
    await says(count(page, "Would be rejected"), "1");
    await says(page.getByRole("region", { name: "Rejected rows" }), "nobody");
    await check("import-checked");

    await path(page, "Vorname").fill("firstName");
    await says(page.locator("main"), "Something was changed since this check");
    await page.getByRole("button", { name: "Check again" }).click();
    await page.getByRole("button", { name: "Import 2 rows" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "Import of contacts" }));
    await says(count(page, "New"), "2");
    await check("import-done");
    const saving = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download rejected rows (CSV)" }).click();
    const saved = await (await saving).createReadStream();
    assert.match((await saved.toArray()).join(""), /"3","4","nobody","Invalid email address"/);
    const ida = await api.get("/contacts?search=ida@import.example");
    assert.deepEqual(ida.data[0].data, { firstName: "Ida", address: { city: "Zürich" }, PLZ: "08001" });
    await page.getByRole("link", { name: "See the segment" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "From the fair" }));
}, { project: "new" });

test("what was chosen for an import survives a reload; the file is asked for again", async ({ page, go }) => {
    await go("/contacts/import");
    await drop(page, "kept.csv", "email,plan\na@import.example,pro\n");
    await path(page, "plan").fill("account.plan");
    await page.getByLabel("Give them a tag").fill("kept");
    await page.reload();
    await says(page.locator("main"), "Choose kept.csv again");
    assert.equal(await page.getByLabel("Give them a tag").inputValue(), "kept");
    await drop(page, "kept.csv", "email,plan\na@import.example,pro\n");
    await seen(path(page, "plan"));
    await until(async () => (await path(page, "plan").inputValue()) === "account.plan", "the name that was typed");
    await gone(page.getByText("Choose kept.csv again"));
});

test("what the import would refuse is said at the column, and the API's words at their field", async ({ page, go, allow }) => {
    await go("/contacts/import");
    await choose(page, file("bad.csv", "mail,a,b\nx@import.example,1,2\n"));
    await target(page, "mail").selectOption("data");
    await says(page.locator("main"), "One column must be the email address");
    await path(page, "b").fill("a");
    await says(page.locator("main"), "“a” becomes the same already");
    assert.equal(await page.getByRole("button", { name: "Check the file" }).getAttribute("aria-disabled"), "true");
    await path(page, "b").fill("b");
    await target(page, "mail").selectOption("email");
    await page.getByLabel("Give them a tag").fill("x".repeat(300));
    await page.getByRole("button", { name: "Check the file" }).click();
    await says(page.locator(".field").filter({ has: page.getByLabel("Give them a tag") }), /tag must be the name of a tag/);
    await page.getByLabel("Give them a tag").fill("");
    await path(page, "a").fill("a..b");
    await page.getByRole("button", { name: "Check the file" }).click();
    await seen(page.locator(".imports-column").filter({ hasText: "Number" }).locator(".field-error"));
}, { project: "new" });

test("events from NDJSON, imported without a check", async ({ page, go, api }) => {
    await go("/contacts/import");
    await page.getByRole("radio", { name: "Events" }).check();
    await choose(page, { name: "history.ndjson", mimeType: "application/x-ndjson", buffer: Buffer.from('{"email":"kim@import.example","event":"visited"}\n') });
    await says(page.locator("main"), "Each line is one event");
    await page.getByRole("button", { name: "Import without a check" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "Import of events" }));
    await says(count(page, "New"), "1");
    assert.ok((await api.get("/events/names")).eventNames.includes("visited"));
    await page.reload();
    await says(count(page, "New"), "1");
    await page.goto("/app/contacts/import");
    await page.getByRole("link", { name: "history.ndjson" }).click();
    await seen(page.getByRole("heading", { level: 1, name: "Import of events" }));
}, { project: "new" });

test("a long import shows how far it is, and is cancelled", async ({ page, go }) => {
    await go("/contacts/import");
    await drop(page, "long.csv", "email,number,plan\n", "long#@import.example,#,free\n", 400_000);
    await page.getByRole("button", { name: "Import without a check" }).click();
    await says(page.locator(".imports-progress"), /Imported [1-9]/);
    await page.getByRole("button", { name: "Cancel import" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel import" }).click();
    await says(page.locator("header.page-head"), "Cancelled");
    await seen(page.getByRole("link", { name: "Import another file" }));
}, { project: "new" });
