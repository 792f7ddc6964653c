/* Numbers as people type them, and a number of units of time. */
import { useId, useState } from "react";
import { t } from "../../strings";
import { SelectField, TextField } from "../../ui";

const words = t.builder;

interface NumberBoxProps {
    label: string;
    value: unknown;
    onChange: (value: number | undefined) => void;
    isWhole?: boolean;
    isShort?: boolean;
    /** Numbers that are offered while one is typed. */
    offers?: number[];
}

/** A comma is a point for half of the world; before three digits it may be the other half's, so that is not guessed. */
function read(text: string): number | undefined {
    if (/,\d{3}$/.test(text.trim()))
        return undefined;
    const number = Number(text.trim().replace(",", "."));
    return text.trim() === "" || !Number.isFinite(number) ? undefined : number;
}

/** What is no number (yet) stays in the box and says so; it is nobody's value. */
export function NumberBox({ label, value, onChange, isWhole, isShort, offers }: NumberBoxProps) {
    const list = useId();
    const [typed, setTyped] = useState<string | null>(null);
    const text = typed !== null && read(typed) === value ? typed : value === undefined || value === null ? (typed ?? "") : String(value);
    const number = read(text);
    const isBad = text.trim() !== "" && (number === undefined || (isWhole && !Number.isInteger(number)));
    return (
        <>
            <TextField label={label} isLabelHidden inputMode={isWhole ? "numeric" : "decimal"} value={text} list={offers?.length ? list : undefined}
                       className={isShort ? "bld-number" : "bld-value"} error={isBad ? (isWhole ? words.notAWhole : words.notANumber) : null}
                       onChange={(event) => {
                           setTyped(event.currentTarget.value);
                           onChange(read(event.currentTarget.value));
                       }} />
            {offers?.length ? <datalist id={list}>{offers.map((number) => <option key={number} value={number} />)}</datalist> : null}
        </>
    );
}

const UNITS = ["minutes", "hours", "days", "weeks"];

interface SpanBoxProps {
    value: unknown;
    unit: string | undefined;
    onChange: (value: number | undefined, unit: string) => void;
}

/** "30 days". */
export function SpanBox({ value, unit = "days", onChange }: SpanBoxProps) {
    const units = UNITS.includes(unit) ? UNITS : [...UNITS, unit];
    return (
        <>
            <NumberBox label={words.span} isShort value={value} onChange={(number) => onChange(number, unit)} />
            <SelectField label={words.unit} isLabelHidden className="bld-unit" value={unit}
                         choices={units.map((name) => ({ value: name, label: t.segments.units[name]?.[1] ?? name }))}
                         onChange={(event) => onChange(typeof value === "number" ? value : undefined, event.currentTarget.value)} />
        </>
    );
}
