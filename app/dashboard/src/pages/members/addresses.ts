/* Addresses as people paste them: out of a spreadsheet, a mail's "To" line, a chat. */

const SEPARATORS = /[\s,;|]+/;
const AROUND = /^[<("'[]+|[>)"'\],.:]+$/g;

/* A line's addresses. A line without any is kept whole, so that its owner is told about it. */
function ofLine(line: string): string[] {
    const words = line.split(SEPARATORS).map((word) => word.replace(/^mailto:/i, "").replace(AROUND, ""));
    const addresses = words.filter((word) => word.includes("@"));
    return addresses.length > 0 ? addresses : [line.trim().replace(AROUND, "")];
}

/** The addresses in a text, in lower case as the server keeps them, each once, in the order of the text. */
export function splitAddresses(text: string): string[] {
    const found = text.split(/[\r\n]+/).flatMap(ofLine).filter((address) => /[\p{L}\p{N}]/u.test(address));
    return [...new Set(found.map((address) => address.toLowerCase()))];
}

/** Whether a text may be a whole address, for offering it as typed. The server judges. */
export function looksLikeAddress(text: string): boolean {
    return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text);
}
