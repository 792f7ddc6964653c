import { describe, expect, it } from "vitest";
import { distanceFor, lensArea, vennPicture } from "./geometry";

describe("two circles", () => {
    it("share what the lens says, between apart and inside one another", () => {
        expect(lensArea(1, 1, 2)).toBe(0);
        expect(lensArea(2, 1, 0.5)).toBeCloseTo(Math.PI);
        expect(lensArea(1, 1, distanceFor(1, 1, 1))).toBeCloseTo(1, 6);
    });
    it("are drawn in proportion", () => {
        const { circles, error } = vennPicture([0, 300, 100, 50]);
        expect(circles[0]!.r ** 2 / circles[1]!.r ** 2).toBeCloseTo(350 / 150, 6);
        expect(error).toBeLessThan(0.01);
    });
    it("stand apart when nobody is in both", () => {
        const { circles, places } = vennPicture([0, 10, 20, 0]);
        expect(circles[1]!.x).toBeGreaterThan(circles[0]!.r + circles[1]!.r);
        expect(places[3]).toBeNull();
    });
    it("stand inside one another when one is a part of the other", () => {
        const { circles, places } = vennPicture([0, 90, 0, 10]);
        expect(circles[1]!.x + circles[1]!.r).toBeLessThanOrEqual(circles[0]!.r + 1e-6);
        expect(places[2]).toBeNull();
        expect(places[3]).not.toBeNull();
    });
    it("take an empty one", () => {
        expect(vennPicture([0, 5, 0, 0]).places[1]).not.toBeNull();
    });
});

describe("three circles", () => {
    it("show what they can", () => {
        const { places, error } = vennPicture([0, 100, 100, 40, 100, 40, 40, 20]);
        expect(error).toBeLessThan(0.08);
        expect(places.slice(1).every((place) => place !== null)).toBe(true);
    });
    it("take numbers that no circles have", () => {
        const { circles, error } = vennPicture([0, 0, 0, 50, 0, 50, 50, 0]);
        expect(circles.every((c) => Number.isFinite(c.x + c.y + c.r))).toBe(true);
        expect(error).toBeGreaterThan(0.05);
    });
    it("take an empty one, and two that are the same", () => {
        expect(vennPicture([0, 10, 20, 5, 0, 0, 0, 0]).error).toBeLessThan(0.02);
        expect(vennPicture([0, 0, 0, 0, 10, 0, 0, 30]).error).toBeLessThan(0.05);
    });
});
