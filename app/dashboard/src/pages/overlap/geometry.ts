/*
 * Circles for two or three sets: each as large as its set, each pair as far inside one another as
 * it shares members. Two circles can always show this exactly. Three can do so for the sizes and
 * the pairs, mostly, but what all three share then follows; so the places are moved until the areas
 * of all regions together are as near to the numbers as they get.
 */

export interface Circle {
    x: number;
    y: number;
    r: number;
}

/** Sizes of regions by the set of circles that they are in: bit i for circle i. Index 0 stays empty. */
export type Regions = number[];

export interface Picture {
    circles: Circle[];
    /** Where a region's number stands; null where the picture has no room for the region. */
    places: ({ x: number; y: number } | null)[];
    /** Of the whole, how much stands in the wrong region: 0 is exact. */
    error: number;
}

/** The area that two circles share at a distance. */
export function lensArea(r1: number, r2: number, distance: number): number {
    if (distance >= r1 + r2)
        return 0;
    const small = Math.min(r1, r2);
    if (distance <= Math.abs(r1 - r2))
        return Math.PI * small * small;
    const a1 = Math.acos((distance ** 2 + r1 ** 2 - r2 ** 2) / (2 * distance * r1));
    const a2 = Math.acos((distance ** 2 + r2 ** 2 - r1 ** 2) / (2 * distance * r2));
    return r1 ** 2 * (a1 - Math.sin(2 * a1) / 2) + r2 ** 2 * (a2 - Math.sin(2 * a2) / 2);
}

/** The distance at which two circles share this area; a little apart when it is nothing. */
export function distanceFor(r1: number, r2: number, shared: number): number {
    if (shared <= 0)
        return (r1 + r2) * 1.06;
    let near = Math.abs(r1 - r2);
    let far = r1 + r2;
    for (let i = 0; i < 50; i++) {
        const middle = (near + far) / 2;
        if (lensArea(r1, r2, middle) > shared)
            near = middle;
        else
            far = middle;
    }
    return (near + far) / 2;
}

function sizeOf(regions: Regions, bits: number): number {
    return regions.reduce((sum, count, mask) => ((mask & bits) === bits ? sum + count : sum), 0);
}

function startingPlaces(regions: Regions, radii: number[]): Circle[] {
    const [r1, r2, r3] = radii as [number, number, number | undefined];
    const d12 = distanceFor(r1, r2, sizeOf(regions, 3));
    const circles = [{ x: 0, y: 0, r: r1 }, { x: d12, y: 0, r: r2 }];
    if (r3 === undefined)
        return circles;
    const d13 = distanceFor(r1, r3, sizeOf(regions, 5));
    const d23 = distanceFor(r2, r3, sizeOf(regions, 6));
    const x = d12 > 0 ? (d13 ** 2 - d23 ** 2 + d12 ** 2) / (2 * d12) : 0;
    const y = Math.sqrt(Math.max(d13 ** 2 - x ** 2, 0)); // 0: no triangle has these sides
    return [...circles, { x, y, r: r3 }];
}

interface Grid {
    left: number;
    top: number;
    step: number;
    columns: number;
    masks: Uint8Array; // region of each point, row by row
}

function sampled(circles: Circle[], columns: number): Grid {
    const left = Math.min(...circles.map((c) => c.x - c.r));
    const top = Math.min(...circles.map((c) => c.y - c.r));
    const width = Math.max(...circles.map((c) => c.x + c.r)) - left;
    const height = Math.max(...circles.map((c) => c.y + c.r)) - top;
    const step = Math.max(width, height) / columns;
    const masks = new Uint8Array(columns * columns);
    for (let i = 0; i < masks.length; i++) {
        const x = left + ((i % columns) + 0.5) * step;
        const y = top + (Math.floor(i / columns) + 0.5) * step;
        circles.forEach((c, bit) => {
            if ((x - c.x) ** 2 + (y - c.y) ** 2 <= c.r ** 2)
                masks[i]! |= 1 << bit;
        });
    }
    return { left, top, step, columns, masks };
}

function errorOf(circles: Circle[], regions: Regions, columns: number): number {
    const { masks, step } = sampled(circles, columns);
    const areas = regions.map(() => 0);
    for (const mask of masks)
        areas[mask]! += step * step;
    const total = regions.reduce((sum, count) => sum + count, 0);
    return regions.reduce((sum, count, mask) => (mask === 0 ? sum : sum + Math.abs(areas[mask]! - count)), 0) / (2 * total);
}

/* Moves one circle after the other as long as the picture gets truer, in ever smaller steps. */
function settled(start: Circle[], regions: Regions): Circle[] {
    let best = start;
    let bestError = errorOf(best, regions, 48);
    let stride = Math.max(...start.map((c) => c.r)) / 3;
    for (let round = 0; round < 60 && bestError > 0.005 && stride > 0.002 * start[0]!.r; round++) {
        let isBetter = false;
        for (let i = 1; i < best.length; i++) {
            for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
                const moved = best.map((c, at) => (at === i ? { ...c, x: c.x + dx * stride, y: c.y + dy * stride } : c));
                const error = errorOf(moved, regions, 48);
                if (error < bestError)
                    [best, bestError, isBetter] = [moved, error, true];
            }
        }
        if (!isBetter)
            stride /= 2;
    }
    return best;
}

/* The point of each region that is farthest from its edge: there a number has most room. */
function placesOf(circles: Circle[], count: number): Picture["places"] {
    const { left, top, step, columns, masks } = sampled(circles, 72);
    const places: Picture["places"] = Array.from({ length: count }, () => null);
    const room = Array.from({ length: count }, () => 0);
    masks.forEach((mask, i) => {
        if (mask === 0)
            return;
        const x = left + ((i % columns) + 0.5) * step;
        const y = top + (Math.floor(i / columns) + 0.5) * step;
        const free = Math.min(...circles.map((c) => Math.abs(c.r - Math.hypot(x - c.x, y - c.y))));
        if (free > room[mask]!) {
            room[mask] = free;
            places[mask] = { x, y };
        }
    });
    return places;
}

/** The picture of two or three sets that are not all empty. */
export function vennPicture(regions: Regions): Picture {
    const count = Math.log2(regions.length);
    const radii = Array.from({ length: count }, (_, i) => Math.sqrt(sizeOf(regions, 1 << i) / Math.PI));
    const start = startingPlaces(regions, radii);
    const circles = count === 3 ? settled(start, regions) : start;
    return { circles, places: placesOf(circles, regions.length), error: errorOf(circles, regions, 160) };
}
