/* Which column of a file becomes what: the import's own meaning of a header, our guess, and what speaks against it. */
export type ImportKind = "contacts" | "events";
export type Meaning = "email" | "subscribed" | "createdAt" | "event" | "timestamp" | "data" | "out";

/** What becomes of a column; the path is kept while it becomes something else. */
export interface Target {
    as: Meaning;
    path: string;
}

export type Targets = Record<string, Target>;

export const MEANINGS: Record<ImportKind, Meaning[]> = {
    contacts: ["email", "subscribed", "createdAt", "data", "out"],
    events: ["email", "event", "timestamp", "data", "out"],
};

/* What our own export writes, and what of it the import leaves out unless somebody asks for it. */
const OWN_EXPORT = ["id", "email", "subscribed", "status", "createdAt", "updatedAt"];
const SET_BY_SYSTEM = ["id", "createdAt", "updatedAt", "subscribedAt"];

const COMMON: [RegExp, Meaning][] = [
    [/^(e-?mail|e-?mail[-_ ]?(address|adresse)|mail|adresse e-?mail|correo( electrónico)?)$/i, "email"],
    [/^(subscribed|opt[-_ ]?in|newsletter)$/i, "subscribed"],
    [/^(event|event[-_ ]?name|ereignis)$/i, "event"],
    [/^(timestamp|time|occurred[-_ ]?at|event[-_ ]?time|zeitpunkt)$/i, "timestamp"],
];

/** The key under which a column's cells are kept unless somebody says another. */
function pathOf(header: string): string {
    return header.startsWith("data.") && header.length > 5 ? header.slice(5) : header;
}

function guessOne(header: string, kind: ImportKind, isOwnExport: boolean): Meaning {
    const found = COMMON.find(([pattern, meaning]) => pattern.test(header) && MEANINGS[kind].includes(meaning));
    if (found)
        return found[1];
    const isLeftOut = kind === "contacts" && (SET_BY_SYSTEM.includes(header) || (isOwnExport && header === "status"));
    return isLeftOut ? "out" : "data";
}

/** A first proposal for each header. Each meaning but "data" and "out" is given once. */
export function guessTargets(headers: string[], kind: ImportKind): Targets {
    const isOwnExport = OWN_EXPORT.every((name, i) => headers[i] === name);
    const taken = new Set<Meaning>();
    const targets: Targets = {};
    for (const header of headers.filter((name) => name !== "")) {
        let as = guessOne(header, kind, isOwnExport);
        if (as !== "data" && as !== "out" && taken.has(as))
            as = "data";
        taken.add(as);
        targets[header] = { as, path: pathOf(header) };
    }
    return targets;
}

/** The targets for these headers: what was chosen before for a header of that name, else a guess. */
export function targetsFor(headers: string[], kind: ImportKind, chosen: Targets): Targets {
    const guessed = guessTargets(headers, kind);
    for (const header of Object.keys(guessed)) {
        const before = chosen[header];
        if (before && MEANINGS[kind].includes(before.as))
            guessed[header] = before;
    }
    return guessed;
}

/** The option `columns` of the import: every column by name, so that what is shown is what is done. */
export function columnsOption(targets: Targets): Record<string, string | null> {
    return Object.fromEntries(Object.entries(targets).map(([header, target]) =>
        [header, target.as === "out" ? null : target.as === "data" ? target.path.trim() : target.as]));
}

export type ColumnProblem =
    | { kind: "missing"; as: Meaning }
    | { kind: "twice"; header: string; other: string }
    | { kind: "noPath"; header: string }
    | { kind: "sameHeader"; header: string };

/** What would make the import refuse the file, as far as it can be told here. */
export function columnProblems(headers: string[], targets: Targets, kind: ImportKind): ColumnProblem[] {
    const problems: ColumnProblem[] = [];
    const seen = new Set<string>();
    for (const header of headers) {
        if (header !== "" && seen.has(header))
            problems.push({ kind: "sameHeader", header });
        seen.add(header);
    }
    const byTarget = new Map<string, string>();
    for (const [header, target] of Object.entries(columnsOption(targets))) {
        if (target === "")
            problems.push({ kind: "noPath", header });
        else if (target !== null && byTarget.has(target))
            problems.push({ kind: "twice", header, other: byTarget.get(target)! });
        else if (target !== null)
            byTarget.set(target, header);
    }
    const needed: Meaning[] = kind === "events" ? ["email", "event"] : ["email"];
    const has = new Set(Object.values(targets).map((target) => target.as));
    return [...problems, ...needed.filter((as) => !has.has(as)).map((as) => ({ kind: "missing" as const, as }))];
}
