/* The builder's table of operators (operators.ts) says what the server's does (app/filter/operators.c). */
import { readFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "../../app/dashboard/node_modules/esbuild/lib/main.js";
import { assert, ROOT, test } from "./lib.mjs";

const source = readFileSync(path.join(ROOT, "app/dashboard/src/pages/builder/operators.ts"), "utf8");
const script = transformSync(source, { loader: "ts", format: "esm" }).code;
const page = await import(`data:text/javascript;base64,${Buffer.from(script).toString("base64")}`);

/** Something of each kind that an operator may want, for a field with values of that sort. */
function operand(operator, sample) {
    switch (page.operandOf(operator)) {
    case "value": return { value: sample };
    case "list": return { value: [sample] };
    case "pair": return { value: [sample, sample] };
    case "span": return { value: 5, unit: "days" };
    case "days": return { value: 5 };
    case "count": return { value: 1 };
    default: return {};
    }
}

test("the builder offers each operator that the server takes for a field, and no other", async ({ api }) => {
    const segment = await api.post("/segments", { name: "Some", type: "STATIC" });
    const fields = [
        ["email", "a"], ["subscribed", true], ["status", "subscribed"],
        ["createdAt", "2026-01-01"], ["updatedAt", "2026-01-01"], ["subscribedAt", "2026-01-01"], ["data.x", 5],
        ["event.visit"], ["email.opened"], [`segment.${segment.id}`], ["tag.7"], ["list.7"], ["campaign.7"], ["sequence.7"],
    ];
    const { enum: known } = (await api.get("/openapi.json")).components.schemas.Operator;
    assert.ok(known.length > 30);
    const odd = [];
    for (const [field, sample] of fields) {
        const offered = page.operatorsFor(page.partsOf(field).kind, []);
        for (const operator of known) {
            const text = /with$|contains$/i.test(operator) && field.startsWith("data.") ? "5" : sample;
            const condition = { logic: "AND", groups: [{ filters: [{ field, operator, ...operand(operator, text) }] }] };
            const answer = await api.raw("POST", "/segments/preview", { condition, limit: 1 });
            if ((answer.status === 200) !== offered.includes(operator))
                odd.push(`${field} ${operator}: ${offered.includes(operator) ? "offered" : "not offered"}, ${answer.status} ${await answer.text()}`);
        }
        odd.push(...offered.filter((operator) => !known.includes(operator)).map((operator) => `${field} ${operator}: unknown to the server`));
    }
    assert.deepEqual(odd, []);
}, { project: "new" });
