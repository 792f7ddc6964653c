/* The beginning of a chosen file, read here in the browser: its encoding, its columns, its first rows. */
import Papa from "papaparse";
import type { ImportKind } from "./columns";

export type Encoding = "utf-8" | "windows-1252" | "utf-16le" | "utf-16be";
export const ENCODINGS: Encoding[] = ["utf-8", "windows-1252", "utf-16le", "utf-16be"];

const PREVIEW_BYTES = 256 * 1024;
const RECODE_BYTES = 4 * 1024 * 1024;
const NDJSON_NAME = /\.(ndjson|jsonl)$/i;
const READ_BY_IMPORT = [",", ";", "\t"]; // see app/store/importfile.c

export interface Preview {
    format: "csv" | "ndjson";
    encoding: Encoding;
    delimiter: string;
    /** Whether the import can read files that are separated so. */
    isDelimiterKnown: boolean;
    headers: string[];
    rows: string[][];
}

/** By its byte order mark, else UTF-8 where it is valid, else what Western European Excel writes. */
export function detectEncoding(bytes: Uint8Array, isWhole: boolean): Encoding {
    if (bytes[0] === 0xff && bytes[1] === 0xfe)
        return "utf-16le";
    if (bytes[0] === 0xfe && bytes[1] === 0xff)
        return "utf-16be";
    try {
        new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
        return "utf-8";
    } catch {
        return "windows-1252";
    }
}

function parse(text: string, delimiter: string): string[][] {
    return Papa.parse<string[]>(text, { delimiter, delimitersToGuess: [...READ_BY_IMPORT, "|"], skipEmptyLines: "greedy" }).data;
}

/** The delimiter with which some header means the address, as the import chooses; else the most likely. */
function findDelimiter(text: string): string {
    const line = text.slice(0, text.search(/\r|\n|$/));
    const found = READ_BY_IMPORT.find((delimiter) =>
        (parse(line, delimiter)[0] ?? []).some((name) => name.trim().toLowerCase() === "email"));
    return found ?? Papa.parse(text, { delimitersToGuess: [...READ_BY_IMPORT, "|"], preview: 20 }).meta.delimiter;
}

/** The rows of the text, whose last line may be cut off when the file goes on. */
export function readCsv(text: string, hasMore: boolean): Pick<Preview, "delimiter" | "isDelimiterKnown" | "headers" | "rows"> {
    const plain = text.replace(/^\ufeff/, "");
    const delimiter = findDelimiter(plain);
    const [headers = [], ...rows] = parse(plain, delimiter);
    if (hasMore)
        rows.pop();
    return { delimiter, isDelimiterKnown: READ_BY_IMPORT.includes(delimiter), headers: headers.map((name) => name.trim()), rows };
}

/** Each line as it stands: there is nothing to choose. */
function readLines(text: string, hasMore: boolean): string[][] {
    const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
    return (hasMore ? lines.slice(0, -1) : lines).map((line) => [line]);
}

/** Reads the first 256 KiB. Throws what the browser says when the file is there no more. */
export async function readPreview(file: File, kind: ImportKind, chosen: Encoding | null): Promise<Preview> {
    const hasMore = file.size > PREVIEW_BYTES;
    const bytes = new Uint8Array(await file.slice(0, PREVIEW_BYTES).arrayBuffer());
    const encoding = chosen ?? detectEncoding(bytes, !hasMore);
    const text = new TextDecoder(encoding).decode(bytes);
    if (kind === "events" && NDJSON_NAME.test(file.name))
        return { format: "ndjson", encoding, delimiter: "\n", isDelimiterKnown: true, headers: [], rows: readLines(text, hasMore) };
    return { format: "csv", encoding, ...readCsv(text, hasMore) };
}

/** The file in UTF-8, which is what the import reads; rewritten piece by piece, so that memory stays small. */
export async function toUtf8(file: File, encoding: Encoding): Promise<Blob> {
    if (encoding === "utf-8")
        return file;
    const decoder = new TextDecoder(encoding);
    const pieces: Blob[] = [];
    for (let at = 0; at < file.size; at += RECODE_BYTES) {
        const bytes = await file.slice(at, at + RECODE_BYTES).arrayBuffer();
        pieces.push(new Blob([decoder.decode(bytes, { stream: true })]));
    }
    return new Blob([...pieces, decoder.decode()], { type: file.type });
}
