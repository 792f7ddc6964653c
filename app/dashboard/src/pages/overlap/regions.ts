/* Regions of an overlap: who is in exactly these of the chosen segments, in words and as a filter. */
import type { Condition, Filter } from "../../api/types";
import { t } from "../../strings";
import type { Regions } from "./geometry";

export interface Named {
    id: string;
    name: string;
}

export interface Region {
    /** Bit i: in segment i of the chosen. */
    mask: number;
    count: number;
}

export interface Overlap {
    total: number;
    sizes: { id: string; count: number }[];
    regions: { in: string[]; count: number }[];
}

export const LETTERS = "ABCDEFGHIJ";

/** The regions with the largest first. */
export function regionsOf(overlap: Overlap, ids: string[]): Region[] {
    return overlap.regions
        .map((region) => ({ mask: region.in.reduce((mask, id) => mask | (1 << ids.indexOf(id)), 0), count: region.count }))
        .sort((a, b) => b.count - a.count || a.mask - b.mask);
}

/** The same by mask, for the picture. */
export function countsByMask(regions: Region[], setCount: number): Regions {
    const counts = Array.from({ length: 1 << setCount }, () => 0);
    regions.forEach((region) => (counts[region.mask] = region.count));
    return counts;
}

function joined(names: string[], last: string): string {
    return names.length < 2 ? (names[0] ?? "") : names.slice(0, -1).join(", ") + last + names[names.length - 1]!;
}

/** "In A and B, not in C": `words` are the names, or letters for them. */
export function regionWords(mask: number, words: string[]): string {
    const inside = joined(words.filter((_, i) => mask & (1 << i)), t.overlap.and);
    const outside = words.filter((_, i) => !(mask & (1 << i)));
    if (outside.length === 0)
        return t.overlap.all(inside);
    return mask & (mask - 1) ? t.overlap.without(inside, joined(outside, t.overlap.or)) : t.overlap.only(inside);
}

/** The filter that finds just those in the region. */
export function regionCondition(mask: number, ids: string[]): Condition {
    const filters = ids.map((id, i): Filter => ({
        field: `segment.${id}`, operator: mask & (1 << i) ? "memberOfSegment" : "notMemberOfSegment",
    }));
    return { logic: "AND", groups: [{ filters }] };
}
