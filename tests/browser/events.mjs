/* Events: which there are, how often they happen, who uses one. */
import { assert, gone, says, seen, test, until } from "./lib.mjs";

const track = (api, event, name, timestamp) => api.post("/v1/track", { email: `${name}@events.example`, event, timestamp, data: { cups: { value: 2, persistent: false } } });
const row = (page, text) => page.getByRole("region", { name: "Latest occurrences" }).getByRole("row").filter({ hasText: text });

test("the first event of a project is tracked by hand, and what is wrong stands at its field", async ({ page, go, api, check }) => {
    await go("/events");
    await seen(page.getByRole("heading", { name: "No event has happened yet" }));
    await page.getByRole("button", { name: "Track one" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Email address").fill("nobody");
    await dialog.getByLabel("Event").fill("email.open");
    await dialog.getByLabel("Data").fill("{cups: 2}");
    await dialog.getByRole("button", { name: "Track" }).click();
    await says(dialog.getByRole("alert"), "This is not a JSON object");
    await dialog.getByLabel("Data").fill('{"cups": 2}');
    await dialog.getByRole("button", { name: "Track" }).click();
    await says(dialog.getByRole("alert"), /./);
    await dialog.getByLabel("Email address").fill("ada@events.example");
    await dialog.getByRole("button", { name: "Track" }).click();
    await says(dialog.locator(".field", { hasText: "Any name of up to" }).getByRole("alert"), "Cannot track reserved system event");
    await check("events-track");

    await page.reload(); // what was typed is kept
    await page.getByRole("button", { name: "Track one" }).click();
    assert.equal(await dialog.getByLabel("Email address").inputValue(), "ada@events.example");
    await dialog.getByLabel("Event").fill("brewed");
    await dialog.getByRole("button", { name: "Track" }).click();
    await gone(dialog);
    await says(row(page, "ada@events.example"), '{"cups":2}');
    assert.equal((await api.get("/events?eventName=brewed")).events.length, 1);
}, { project: "new" });

test("one event: its volume, who uses it, and deleting it", async ({ page, go, api, check }) => {
    for (const [event, name] of [["brewed", "ada"], ["brewed", "grace"], ["brewed", "ada"], ["spilt", "ada"]])
        await track(api, event, name);
    const segment = await api.post("/segments", {
        name: "Spillers", condition: { logic: "AND", groups: [{ filters: [{ field: "event.spilt", operator: "triggered" }] }] },
    });
    await go("/events");
    const names = page.getByRole("navigation", { name: "Names" });
    await says(names.getByRole("link", { name: /^All events/ }), "4");
    await page.getByLabel("Find an event").fill("SPIL");
    await gone(names.getByRole("link", { name: /brewed/ }));
    await names.getByRole("link", { name: /spilt/ }).click();
    await seen(page.getByRole("heading", { level: 1, name: "spilt" }));
    const used = page.getByRole("region", { name: "This event" });
    await seen(used.getByRole("link", { name: "Spillers" }));
    await says(page.getByRole("region", { name: "Volume of spilt" }), "1 event");
    await check("event");
    await page.getByRole("radio", { name: "14 days" }).check();
    await page.getByRole("radio", { name: "Hour", exact: true }).check();
    assert.match(page.url(), /range=fortnight&by=hour/);
    await page.reload();
    assert.ok(await page.getByRole("radio", { name: "14 days" }).isChecked());

    await used.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog");
    await says(dialog, "1 occurrence of 1 contact will be gone for good.");
    await says(dialog, "It is used by these");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await says(dialog.getByRole("alert"), "Cannot delete event: used in 1 segment(s) and 0 workflow(s)");
    await api.delete(`/segments/${segment.id}`);
    await dialog.getByRole("button", { name: "Delete" }).click();
    await gone(dialog);
    await seen(page.getByRole("heading", { level: 1, name: "Events" }));
    await until(async () => (await api.get("/events/names")).eventNames.join() === "brewed", "only the other event");

    await track(api, "brewed", "kay"); // it comes by itself
    await seen(row(page, "kay@events.example"));
}, { project: "new" });
