/* A contact's data as rows with a name, a type and a value, or as JSON; used to make and to change one. */
import { useEffect, useRef, useState } from "react";
import { t } from "../../strings";
import { Button, Field, IconButton, localTime, SelectField, TextAreaField, TextField, Toggle } from "../../ui";
import type { Edition, Kind, Row } from "./dataRows";
import { asKind, checkedData, dataOfJson, isoOf, KINDS, rowProblem, rowsOf, withRow } from "./dataRows";

interface DataEditorProps {
    edition: Edition;
    onChange: (next: Edition) => void;
    /** Whether what is wrong is told: not while somebody only begins to type. */
    isChecked: boolean;
    /** The API's words about the data. */
    error?: string | null;
}

const BOX_LINES = 14;
const MILLISECONDS = 23; // the length of a time that has them
const kinds = KINDS.map((kind) => ({ value: kind, label: t.contacts.kinds[kind] }));

interface BoxProps {
    row: Row;
    name: string;
    error: string | null;
    onValue: (value: string) => void;
}

/** The control for a row's value, by its type. */
function ValueBox({ row, name, error, onValue }: BoxProps) {
    const label = t.contacts.fieldValueOf(name);
    const common = { label, isLabelHidden: true, error, value: row.value };
    switch (row.kind) {
        case "boolean":
            return <SelectField {...common} value={row.value === "true" ? "true" : "false"} onChange={(event) => onValue(event.currentTarget.value)}
                                choices={[{ value: "true", label: t.contacts.yes }, { value: "false", label: t.contacts.no }]} />;
        case "number":
            return <TextField {...common} inputMode="decimal" onChange={(event) => onValue(event.currentTarget.value)} />;
        case "date":
            return <TextField {...common} type="date" onChange={(event) => onValue(event.currentTarget.value)} />;
        case "moment":
            return <TextField {...common} type="datetime-local" step={0.001} value={localTime(row.value, MILLISECONDS)}
                              onChange={(event) => onValue(isoOf(event.currentTarget.value))} />;
        case "text":
            return (
                <Field label={label} isLabelHidden error={error}>
                    {(ids) => <textarea {...ids} className="input contacts-text" rows={1} value={row.value}
                                        onChange={(event) => onValue(event.currentTarget.value)} />}
                </Field>
            );
        default:
            return <TextAreaField {...common} rows={Math.min(row.value.split("\n").length + 1, BOX_LINES)} hint={row.kind === "json" ? undefined : t.contacts.perLine}
                                  onChange={(event) => onValue(event.currentTarget.value)} />;
    }
}

interface RowEditorProps {
    row: Row;
    number: number;
    problem: ReturnType<typeof rowProblem>;
    onChange: (next: Row) => void;
    onRemove: () => void;
}

function RowEditor({ row, number, problem, onChange, onRemove }: RowEditorProps) {
    const name = row.name || t.contacts.newField;
    return (
        <li className="contacts-field">
            <TextField label={t.contacts.fieldNameOf(number)} isLabelHidden value={row.name} placeholder={t.contacts.fieldName}
                       error={problem?.at === "name" ? problem.text : null} spellCheck={false}
                       onChange={(event) => onChange({ ...row, name: event.currentTarget.value })} />
            <SelectField label={t.contacts.fieldTypeOf(name)} isLabelHidden value={row.kind} choices={kinds}
                         onChange={(event) => onChange(asKind(row, event.currentTarget.value as Kind))} />
            <ValueBox row={row} name={name} error={problem?.at === "value" ? problem.text : null} onValue={(value) => onChange({ ...row, value })} />
            <IconButton label={t.contacts.removeField(name)} onClick={onRemove}>✕</IconButton>
        </li>
    );
}

function Rows({ edition, onChange, isChecked }: DataEditorProps) {
    const { rows } = edition;
    const box = useRef<HTMLDivElement>(null);
    const isAdded = useRef(false);
    const put = (next: Row[]) => onChange({ ...edition, rows: next });
    useEffect(() => {
        if (isAdded.current)
            box.current!.querySelector<HTMLInputElement>("li:last-child input")?.focus();
        isAdded.current = false;
    }, [rows.length]);
    function remove(row: Row) {
        put(rows.filter((other) => other.id !== row.id));
        box.current!.querySelector<HTMLButtonElement>(".contacts-add")?.focus(); // the focus would go with the row
    }
    return (
        <div className="stack" ref={box}>
            {rows.length === 0 && <p className="soft">{t.contacts.dataEmpty}</p>}
            <ul role="list" className="contacts-fields">
                {rows.map((row, i) => (
                    <RowEditor key={row.id} row={row} number={i + 1} problem={isChecked ? rowProblem(row, rows) : null}
                               onChange={(next) => put(rows.map((other) => (other.id === row.id ? next : other)))}
                               onRemove={() => remove(row)} />
                ))}
            </ul>
            <div>
                <Button isSmall className="contacts-add" onClick={() => {
                    isAdded.current = true;
                    onChange(withRow(edition));
                }}>{t.contacts.addField}</Button>
            </div>
        </div>
    );
}

function jsonProblem(text: string): string | null {
    try {
        dataOfJson(text);
        return null;
    } catch (problem) {
        return (problem as Error).message;
    }
}

/** The edition in the other view; null while what is there cannot be read. */
function inView(edition: Edition, view: "fields" | "json"): Edition | null {
    const data = checkedData(edition);
    if (data === null)
        return null;
    return view === "json" ? { ...edition, json: JSON.stringify(data, null, 2) } : { ...edition, json: null, rows: rowsOf(data) };
}

export function DataEditor({ edition, onChange, isChecked, error }: DataEditorProps) {
    const [isStuck, setStuck] = useState(false); // the other view was asked for and could not be shown
    function show(view: "fields" | "json") {
        const next = inView(edition, view);
        setStuck(next === null);
        if (next)
            onChange(next);
    }
    return (
        <div className="stack">
            <Toggle legend={t.contacts.dataView} value={edition.json === null ? "fields" : "json"} onChange={show}
                    choices={[{ value: "fields", label: t.contacts.dataFields }, { value: "json", label: t.contacts.dataJson }]} />
            {edition.json === null
                ? <Rows edition={edition} onChange={onChange} isChecked={isChecked || isStuck} />
                : <TextAreaField label={t.contacts.dataJson} isLabelHidden rows={BOX_LINES} value={edition.json}
                                 error={jsonProblem(edition.json)}
                                 onChange={(event) => onChange({ ...edition, json: event.currentTarget.value })} />}
            {error && <p className="field-error" role="alert">{error}</p>}
        </div>
    );
}
