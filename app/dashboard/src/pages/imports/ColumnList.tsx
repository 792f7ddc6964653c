import { useQuery } from "@tanstack/react-query";
import { memo, useId, useMemo } from "react";
import { api } from "../../api/client";
import { t } from "../../strings";
import { Badge, Card, DataTable, Notice, SelectField, TextField, formatNumber } from "../../ui";
import type { ColumnDef } from "../../ui";
import type { ColumnGuess, TypeCounts } from "./cells";
import { guessColumn, presentTypes } from "./cells";
import type { ColumnProblem, ImportKind, Meaning, Target, Targets } from "./columns";
import { MEANINGS } from "./columns";
import type { Preview } from "./preview";

const LIKE = ["number", "date", "boolean"] as const;
const SHOWN_ROWS = 8;

/** How a column's cells are read: one type, or several with how many of each. */
function Types({ types }: { types: TypeCounts }) {
    const present = presentTypes(types);
    if (present.length === 0)
        return <Badge>{t.imports.onlyEmpty}</Badge>;
    return (
        <>
            <span className="buttons">
                {present.map((type) => (
                    <Badge key={type} tone={present.length > 1 ? "warn" : "accent"}>
                        {t.imports.types[type]}{present.length > 1 ? ` ${formatNumber(types[type])}` : ""}
                    </Badge>
                ))}
            </span>
            {present.length > 1 && <p className="small soft">{t.imports.mixed}</p>}
        </>
    );
}

interface RowProps {
    header: string;
    kind: ImportKind;
    guess: ColumnGuess;
    checked: TypeCounts | undefined;
    target: Target;
    error: string | null;
    listId: string;
    onTarget: (header: string, target: Target) => void;
}

/* Memoised: a file may have a thousand columns, and one is typed into. */
const ColumnRow = memo(function ColumnRow({ header, kind, guess, checked, target, error, listId, onTarget }: RowProps) {
    const isData = target.as === "data";
    return (
        <li className={`imports-column ${target.as === "out" ? "out" : ""}`}>
            <div className="imports-column-name">
                <h3 className="break">{header}</h3>
                <p className="small soft imports-examples">{guess.examples.join(" · ") || t.imports.onlyEmpty}</p>
            </div>
            <div className="imports-column-type">
                {isData && <Types types={checked ?? guess.types} />}
                {isData && LIKE.map((like) => {
                    const texts = guess.staysText.filter((item) => item.like === like).map((item) => `“${item.text}”`);
                    return texts.length > 0 && <p key={like} className="small">{t.imports.staysText(texts.join(", "), like)}</p>;
                })}
            </div>
            <div className="imports-column-target">
                <SelectField label={t.imports.becomes(header)} isLabelHidden value={target.as} error={isData ? null : error}
                             choices={MEANINGS[kind].map((value) => ({ value, label: t.imports.meanings[value] }))}
                             onChange={(event) => onTarget(header, { ...target, as: event.currentTarget.value as Meaning })} />
                {isData && (
                    <TextField label={t.imports.fieldName(header)} isLabelHidden value={target.path} error={error} list={listId}
                               onChange={(event) => onTarget(header, { ...target, path: event.currentTarget.value })} />
                )}
            </div>
        </li>
    );
});

/** The first rows as they stand in the file. */
function FirstRows({ preview }: { preview: Preview }) {
    const columns = useMemo<ColumnDef<string[]>[]>(() => {
        const names = preview.headers.length > 0 ? preview.headers : [t.imports.line];
        return names.map((name, i) => ({
            id: String(i), header: () => name || "–", cell: ({ row }) => <span className="imports-cell">{row.original[i]}</span>,
        }));
    }, [preview]);
    const rows = preview.rows.slice(0, SHOWN_ROWS);
    return (
        <details className="imports-rows">
            <summary>{t.imports.firstRows}</summary>
            <DataTable label={t.imports.firstRows} columns={columns} rows={rows} rowKey={(row) => String(rows.indexOf(row))} />
        </details>
    );
}

/** Names of data fields that contacts have already, as suggestions. */
function KnownFields({ id }: { id: string }) {
    const { data } = useQuery({
        queryKey: ["contacts", "fields"],
        queryFn: ({ signal }) => api.get<{ fields: { field: string }[] }>("/contacts/fields", {}, signal),
        staleTime: 60_000,
    });
    const paths = (data?.fields ?? []).filter((item) => item.field.startsWith("data.")).map((item) => item.field.slice(5));
    return <datalist id={id}>{paths.map((path) => <option key={path} value={path} />)}</datalist>;
}

interface Props {
    kind: ImportKind;
    preview: Preview;
    targets: Targets;
    /** The types that a check of the whole file found, by header. */
    checked: Record<string, TypeCounts>;
    problems: ColumnProblem[];
    /** What the API said about a column. */
    errorOf: (header: string) => string | null;
    onTarget: (header: string, target: Target) => void;
}

function problemOf(problems: ColumnProblem[], header: string): string | null {
    for (const problem of problems) {
        if (problem.kind === "twice" && problem.header === header)
            return t.imports.problems.twice(problem.other);
        if (problem.kind === "noPath" && problem.header === header)
            return t.imports.problems.noPath;
    }
    return null;
}

/** What each column of the file becomes, with what its cells are taken for. */
export function ColumnList({ kind, preview, targets, checked, problems, errorOf, onTarget }: Props) {
    const listId = useId();
    const guesses = useMemo(() => preview.headers.map((_name, i) => guessColumn(preview.rows.map((row) => row[i] ?? ""))), [preview]);
    const isChecked = Object.keys(checked).length > 0;
    const isLines = preview.format === "ndjson";
    return (
        <Card title={t.imports.columns}>
            <p className="soft">{isLines ? t.imports.linesHint : isChecked ? t.imports.columnsChecked : t.imports.columnsHint}</p>
            {!isLines && problems.map((problem) => (
                problem.kind === "missing"
                    ? <Notice key={problem.as} tone="warn">{t.imports.problems.missing(t.imports.meanings[problem.as])}</Notice>
                    : problem.kind === "sameHeader" && <Notice key={problem.header} tone="bad">{t.imports.problems.sameHeader(problem.header)}</Notice>
            ))}
            {kind === "contacts" && <KnownFields id={listId} />}
            <ul role="list" className="imports-columns">
                {preview.headers.map((header, i) => {
                    const target = targets[header];
                    if (header === "")
                        return <li key={i} className="imports-column soft">{t.imports.unnamed(i + 1)}</li>;
                    return target && (
                        <ColumnRow key={i} {...{ header, kind, target, listId, onTarget }} guess={guesses[i]!} checked={checked[header]}
                                   error={problemOf(problems, header) ?? errorOf(header)} />
                    );
                })}
            </ul>
            <FirstRows preview={preview} />
        </Card>
    );
}
