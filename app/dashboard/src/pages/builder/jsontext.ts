/* JSON text with the places of its parts, so that what is wrong can be pointed at. Pure. */

type JsonProblem = "value" | "end" | "after" | "name" | "colon" | "comma" | "string";

type JsonRead =
    | { isGood: true; value: unknown; /** "groups.0.filters.1" → the line it begins in, from 1. */ lines: Map<string, number> }
    | { isGood: false; problem: JsonProblem; line: number };

class Refused extends Error {
    readonly problem: JsonProblem;
    readonly at: number;

    constructor(problem: JsonProblem, at: number) {
        super(problem);
        this.problem = problem;
        this.at = at;
    }
}

const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PLAIN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Walks over the text once, noting where each part begins. */
class Walker {
    readonly starts = new Map<string, number>();
    private at = 0;
    private readonly text: string;

    constructor(text: string) {
        this.text = text;
    }

    walk(): void {
        this.space();
        this.value("");
        this.space();
        if (this.at < this.text.length)
            throw new Refused("after", this.at);
    }

    private match(pattern: RegExp): string | null {
        pattern.lastIndex = this.at;
        const found = pattern.exec(this.text);
        if (!found)
            return null;
        this.at = pattern.lastIndex;
        return found[0];
    }

    private space(): void {
        this.match(SPACE);
    }

    private refuse(problem: JsonProblem): never {
        throw new Refused(this.at >= this.text.length ? "end" : problem, Math.min(this.at, this.text.length));
    }

    private take(sign: string): boolean {
        if (this.text[this.at] !== sign)
            return false;
        this.at++;
        this.space();
        return true;
    }

    private string(problem: JsonProblem): string {
        if (this.text[this.at] !== "\"")
            this.refuse(problem);
        const found = this.match(STRING);
        if (found === null)
            throw new Refused("string", this.at);
        return JSON.parse(found) as string;
    }

    private value(path: string): void {
        this.starts.set(path, this.at);
        if (this.take("{"))
            this.members(path);
        else if (this.take("["))
            this.items(path);
        else if (this.text[this.at] === "\"")
            this.string("value");
        else if (this.match(PLAIN) === null)
            this.refuse("value");
    }

    private inside(path: string, name: string | number): string {
        return path ? `${path}.${name}` : String(name);
    }

    private members(path: string): void {
        if (this.take("}"))
            return;
        do {
            const name = this.string("name");
            this.space();
            if (!this.take(":"))
                this.refuse("colon");
            this.value(this.inside(path, name));
            this.space();
        } while (this.take(","));
        if (this.text[this.at] !== "}")
            this.refuse("comma");
        this.at++;
    }

    private items(path: string): void {
        if (this.take("]"))
            return;
        let index = 0;
        do {
            this.value(this.inside(path, index++));
            this.space();
        } while (this.take(","));
        if (this.text[this.at] !== "]")
            this.refuse("comma");
        this.at++;
    }
}

export function readJson(text: string): JsonRead {
    const lineOf = (at: number) => text.slice(0, at).split("\n").length;
    const walker = new Walker(text);
    try {
        walker.walk();
    } catch (refused) {
        if (!(refused instanceof Refused))
            throw refused;
        return { isGood: false, problem: refused.problem, line: lineOf(refused.at) };
    }
    const lines = new Map([...walker.starts].map(([path, at]) => [path, lineOf(at)]));
    return { isGood: true, value: JSON.parse(text), lines };
}

/** The line of the part that a path of the API is about, or of the nearest part around it. */
export function lineOfPath(lines: Map<string, number>, path: string, root: string): number {
    let rest = path.startsWith(`${root}.`) ? path.slice(root.length + 1) : "";
    for (;;) {
        const line = lines.get(rest);
        if (line !== undefined || rest === "")
            return line ?? 1;
        rest = rest.slice(0, Math.max(rest.lastIndexOf("."), 0));
    }
}
