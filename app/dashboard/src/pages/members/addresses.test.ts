import { describe, expect, it } from "vitest";
import { looksLikeAddress, splitAddresses } from "./addresses";

describe("splitAddresses", () => {
    it("takes any separators", () => {
        expect(splitAddresses("a@x.example, b@x.example;c@x.example\td@x.example | e@x.example\nf@x.example")).toEqual([
            "a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example"]);
    });
    it("leaves out the names around addresses", () => {
        expect(splitAddresses('"Lovelace, Ada" <Ada@X.example>, mailto:grace@x.example.\nAlan Turing\talan@x.example')).toEqual([
            "ada@x.example", "grace@x.example", "alan@x.example"]);
    });
    it("names each address once, whatever its case", () => {
        expect(splitAddresses("a@x.example A@X.EXAMPLE\r\n\r\na@x.example")).toEqual(["a@x.example"]);
    });
    it("keeps a line that is no address, so that it can be told of", () => {
        expect(splitAddresses("nobody at all\n a@x.example\n")).toEqual(["nobody at all", "a@x.example"]);
    });
    it("finds nothing in nothing", () => {
        expect(splitAddresses(" \n,; \n")).toEqual([]);
    });
});

describe("looksLikeAddress", () => {
    it("wants a name, an @ and a domain", () => {
        expect(["a@x.example", "a@x", "a b@x.example", "@x.example", ""].map(looksLikeAddress)).toEqual([true, false, false, false, false]);
    });
});
