/* Which fields of the data the list shows as columns: a reader's own choice, kept in this browser. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";

const STORED = "muster.contacts.columns";
const PREFIX = "data.";
const USUAL_COUNT = 3;

interface KnownField {
    field: string;
    type: string;
    coverage: number;
    isCustom: boolean;
}

/** The paths under `data` that hold values, those that most contacts have first. */
export function pathsOf(fields: KnownField[]): string[] {
    const custom = fields.filter((item) => item.isCustom);
    const holders = new Set(custom.map((item) => item.field.slice(0, item.field.lastIndexOf("."))));
    return custom
        .filter((item) => !holders.has(item.field))
        .sort((a, b) => b.coverage - a.coverage || a.field.localeCompare(b.field))
        .map((item) => item.field.slice(PREFIX.length));
}

function stored(): string[] | null {
    try {
        const value: unknown = JSON.parse(localStorage.getItem(STORED) ?? "null");
        return Array.isArray(value) ? value.filter((item) => typeof item === "string") : null;
    } catch {
        return null;
    }
}

/** The paths shown, all that there are, and how to choose others. */
export function useColumns(): { shown: string[]; known: string[]; choose: (paths: string[]) => void } {
    const [chosen, setChosen] = useState(stored);
    const fields = useQuery({
        queryKey: ["contacts", "fields"],
        queryFn: ({ signal }) => api.get<{ fields: KnownField[] }>("/contacts/fields", undefined, signal),
    });
    const known = pathsOf(fields.data?.fields ?? []);
    const isChosen = chosen !== null && (chosen.length === 0 || chosen.some((path) => known.includes(path))); // else made in another project
    return {
        shown: isChosen ? chosen.filter((path) => known.includes(path)) : known.slice(0, USUAL_COUNT),
        known,
        choose: (paths) => {
            localStorage.setItem(STORED, JSON.stringify(paths));
            setChosen(paths);
        },
    };
}
