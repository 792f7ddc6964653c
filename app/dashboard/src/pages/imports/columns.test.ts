import { describe, expect, it } from "vitest";
import { cellType, guessColumn, lookalike, presentTypes } from "./cells";
import { columnProblems, columnsOption, guessTargets, targetsFor } from "./columns";
import { detectEncoding, readCsv } from "./preview";

describe("cells", () => {
    it.each([
        ["0", "number"], ["-1.50", "number"], ["123456789012345", "number"], ["1234567890123456", "string"], ["007", "string"],
        ["+43123", "string"], ["1e5", "string"], ["1.", "string"], [".5", "string"], ["0.000000000000001", "number"],
        ["TRUE", "boolean"], ["yes", "string"], ["2026-02-28", "date"], ["2026-02-30", "string"], ["2026-03-01T09:30", "string"],
        ["2026-03-01T09:30:00.123Z", "date"], ["2026-03-01T09:30+02:00", "date"], ["", "empty"], [" 5", "string"],
    ])("%s is a %s", (text, type) => expect(cellType(text)).toBe(type));

    it.each([["007", "number"], ["1.234,56", "number"], ["12 %", "number"], ["31.12.2025", "date"], ["ja", "boolean"], ["5", null], ["Wien 10", null]])(
        "%s looks like a %s", (text, like) => expect(lookalike(text)).toBe(like));

    it("tells types by how frequent they are, and what stays text", () => {
        const guess = guessColumn(["1", "2", "007", "", "1"]);
        expect(presentTypes(guess.types)).toEqual(["number", "string"]);
        expect(guess.examples).toEqual(["1", "2", "007"]);
        expect(guess.staysText).toEqual([{ text: "007", like: "number" }]);
    });
});

describe("columns", () => {
    it("guesses each meaning once", () => {
        const targets = guessTargets(["E-Mail", "mail", "subscribed", "data.city", "plan", "createdAt", ""], "contacts");
        expect(columnsOption(targets)).toEqual({
            "E-Mail": "email", "mail": "mail", "subscribed": "subscribed", "data.city": "city", "plan": "plan", "createdAt": null,
        });
    });

    it("leaves out what our own export writes beside the data", () => {
        const own = ["id", "email", "subscribed", "status", "createdAt", "updatedAt", "data.plan"];
        expect(columnsOption(guessTargets(own, "contacts"))).toEqual({
            id: null, email: "email", subscribed: "subscribed", status: null, createdAt: null, updatedAt: null, "data.plan": "plan",
        });
        expect(columnsOption(guessTargets(["email", "status"], "contacts"))).toEqual({ email: "email", status: "status" });
    });

    it("keeps what was chosen for a header of that name", () => {
        const chosen = { Ort: { as: "data" as const, path: "address.city" }, gone: { as: "out" as const, path: "gone" } };
        expect(columnsOption(targetsFor(["email", "Ort"], "contacts", chosen))).toEqual({ email: "email", Ort: "address.city" });
    });

    it("tells what would be refused", () => {
        const targets = { a: { as: "data" as const, path: "x" }, b: { as: "data" as const, path: "x " }, c: { as: "data" as const, path: " " } };
        expect(columnProblems(["a", "b", "c", "a"], targets, "events")).toEqual([
            { kind: "sameHeader", header: "a" }, { kind: "twice", header: "b", other: "a" }, { kind: "noPath", header: "c" },
            { kind: "missing", as: "email" }, { kind: "missing", as: "event" },
        ]);
    });
});

describe("preview", () => {
    const bytes = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));

    it("finds the encoding", () => {
        expect(detectEncoding(bytes("Zoë", "utf8"), true)).toBe("utf-8");
        expect(detectEncoding(bytes("Zoë", "utf8").slice(0, 3), false)).toBe("utf-8");
        expect(detectEncoding(bytes("Zoë", "latin1"), true)).toBe("windows-1252");
        expect(detectEncoding(bytes("\ufeffZoë", "utf16le"), true)).toBe("utf-16le");
    });

    it.each([[",", "email,plan\na@x.at,\"a;b\""], [";", "E-Mail;Plan\na@x.at;1,5\nb@x.at;2,5"], ["\t", "email\tplan\na@x.at\t1"], ["|", "email|plan\na@x.at|1"]])(
        "finds the separator %s", (delimiter, text) => expect(readCsv(text, false).delimiter).toBe(delimiter));

    it("leaves out the mark at the start, empty lines, and a row that is cut off", () => {
        const read = readCsv("\ufeff email ,plan\r\na@x.at,free\r\n\r\nb@x.at,te", true);
        expect(read.headers).toEqual(["email", "plan"]);
        expect(read.rows).toEqual([["a@x.at", "free"]]);
    });
});
