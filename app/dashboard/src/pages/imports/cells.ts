/*
 * What the cells of a column become, by the import's own rules (app/store/importcell.c): numbers and
 * booleans that lose nothing by it, else text. Also which texts look as if they were meant otherwise.
 */
type CellType = "number" | "boolean" | "date" | "string" | "empty";
export type TypeCounts = Record<CellType, number>;

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const SIGNIFICANT_MAX = 15;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

// Written as people write numbers and dates, but not so that the import takes them for it.
const NUMBER_LIKE = /^[+-]?\s*[€$£]?\s*\d[\d\s.,'’]*(e[+-]?\d+)?\s*[%€$£]?$/i;
const DATE_LIKE = /^(\d{1,4}[./-]\d{1,2}[./-]\d{1,4})([ T,]\s*\d{1,2}:\d{2}.*)?$/;
const YES_LIKE = /^(yes|no|ja|nein|oui|non|si)$/i;

function isNumber(text: string): boolean {
    return NUMBER.test(text) && text.replace(/^-?0*\.?0*|\./g, "").length <= SIGNIFICANT_MAX;
}

/** Whether it names a day that exists: the parser of JavaScript takes 2026-02-30 for the 2nd of March. */
function isDate(text: string): boolean {
    if (!DAY.test(text) && !INSTANT.test(text))
        return false;
    const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
    return !Number.isNaN(Date.parse(text)) && day.getUTCDate() === Number(text.slice(8, 10));
}

export function cellType(text: string): CellType {
    if (text === "")
        return "empty";
    if (isNumber(text))
        return "number";
    if (/^(true|false)$/i.test(text))
        return "boolean";
    return isDate(text) ? "date" : "string";
}

/** What a text was perhaps meant as; null: just text. */
export function lookalike(text: string): "number" | "date" | "boolean" | null {
    if (cellType(text) !== "string")
        return null;
    if (DATE_LIKE.test(text.trim()))
        return "date";
    if (NUMBER_LIKE.test(text.trim()))
        return "number";
    return YES_LIKE.test(text.trim()) ? "boolean" : null;
}

export interface ColumnGuess {
    types: TypeCounts;
    /** Different values that are not empty, the first few. */
    examples: string[];
    /** Texts that look like something else, the first few. */
    staysText: { text: string; like: "number" | "date" | "boolean" }[];
}

const EXAMPLES = 4;

export function guessColumn(cells: string[]): ColumnGuess {
    const types: TypeCounts = { number: 0, boolean: 0, date: 0, string: 0, empty: 0 };
    const examples = new Set<string>();
    const staysText = new Map<string, ColumnGuess["staysText"][number]>();
    for (const text of cells) {
        types[cellType(text)]++;
        if (text !== "" && examples.size < EXAMPLES)
            examples.add(text);
        const like = staysText.size < EXAMPLES ? lookalike(text) : null;
        if (like)
            staysText.set(text, { text, like });
    }
    return { types, examples: [...examples], staysText: [...staysText.values()] };
}

/** The types that a column has, most frequent first, empty cells left out. */
export function presentTypes(types: TypeCounts): CellType[] {
    return (Object.keys(types) as CellType[])
        .filter((type) => type !== "empty" && types[type] > 0)
        .sort((a, b) => types[b] - types[a]);
}
