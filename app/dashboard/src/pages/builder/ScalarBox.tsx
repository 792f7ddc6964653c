/* One value: text, number, yes/no or date, with the values that contacts have as suggestions. */
import type { ReactNode } from "react";
import { useState } from "react";
import { t } from "../../strings";
import { Combobox, formatNumber, localTime, SelectField, TextField } from "../../ui";
import type { Values } from "./catalog";
import { isLeft } from "./edit";
import { NumberBox } from "./NumberBox";
import type { ValueType } from "./operators";
import { typeOf } from "./operators";

const words = t.builder;
const SHOWN = 50;

interface ScalarProps {
    label: string;
    value: unknown;
    onChange: (value: unknown) => void;
    /** None: nothing is known of the field, so the reader says what type the value has. */
    types: ValueType[];
    /** Asked for once somebody is about to choose. */
    values: Values | undefined;
    onFocus: () => void;
}

interface Suggestion {
    value: string;
    label: string;
    detail: string;
    raw: string | number | boolean;
}

export function suggestionsOf(values: Values | undefined, text: string, types: ValueType[]): Suggestion[] {
    const wanted = text.trim().toLocaleLowerCase();
    const found: Suggestion[] = [];
    values?.values.forEach((raw, i) => {
        const label = String(raw);
        const type = typeOf(raw);
        const isFit = types.length === 0 || (type !== null && types.includes(type)) || (typeof raw === "string" && types.includes("string"));
        if (found.length < SHOWN && isFit && label.toLocaleLowerCase().includes(wanted))
            found.push({ value: `${typeof raw}:${label}`, label, detail: formatNumber(values.counts[i] ?? 0), raw });
    });
    return found;
}

function TextBox({ label, value, onChange, values, onFocus }: ScalarProps) {
    const text = value === undefined || value === null ? "" : String(value);
    const [isTyping, setTyping] = useState(false);
    return (
        <div className="bld-value" onFocus={onFocus} onBlur={(event) => isLeft(event) && setTyping(false)}>
            <Combobox label={label} isLabelHidden placeholder={words.value} text={text}
                      options={suggestionsOf(values, isTyping ? text : "", ["string"])}
                      onText={(next) => {
                          if (next === text)
                              return;
                          setTyping(true);
                          onChange(next === "" ? undefined : next);
                      }}
                      onPick={(option) => {
                          setTyping(false);
                          onChange(option.label);
                      }} />
        </div>
    );
}

function YesNo({ label, value, onChange }: ScalarProps) {
    return (
        <SelectField label={label} isLabelHidden className="bld-value" value={typeof value === "boolean" ? String(value) : ""}
                     choices={[{ value: "", label: words.choose }, { value: "true", label: words.yes }, { value: "false", label: words.no }]}
                     onChange={(event) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value === "true")} />
    );
}

function DateBox({ label, value, onChange }: ScalarProps) {
    const text = typeof value === "string" ? value : "";
    const [wantsTime, setWantsTime] = useState(text.length > 10);
    const isInstant = text ? text.length > 10 : wantsTime;
    return (
        <div className="bld-date">
            <TextField label={label} isLabelHidden type={isInstant ? "datetime-local" : "date"} title={isInstant ? text : words.dayHint}
                       value={isInstant ? localTime(text) : text}
                       onChange={(event) => {
                           const next = event.currentTarget.value;
                           onChange(next === "" ? undefined : isInstant ? new Date(next).toISOString() : next);
                       }} />
            <SelectField label={words.dateKind} isLabelHidden value={isInstant ? "instant" : "day"}
                         choices={[{ value: "day", label: words.day }, { value: "instant", label: words.instant }]}
                         onChange={(event) => {
                             const isNow = event.currentTarget.value === "instant";
                             setWantsTime(isNow);
                             if (text)
                                 onChange(isNow ? `${text.slice(0, 10)}T00:00:00.000Z` : text.slice(0, 10));
                         }} />
        </div>
    );
}

function NumberValue({ label, value, onChange, values, onFocus }: ScalarProps) {
    const offers = values?.values.filter((item) => typeof item === "number").slice(0, SHOWN);
    return (
        <div className="bld-value" onFocus={onFocus}>
            <NumberBox label={label} value={typeof value === "number" ? value : undefined} onChange={onChange} offers={offers} />
        </div>
    );
}

const BOXES: Record<ValueType, (props: ScalarProps) => ReactNode> = { string: TextBox, number: NumberValue, boolean: YesNo, date: DateBox };

/** The type that a value has as far as its field may have it: what looks like a date can be a text. */
function ownType(value: unknown, types: ValueType[]): ValueType | null {
    const type = typeOf(value);
    return type === "date" && types.length > 0 && !types.includes("date") ? "string" : type;
}

function fits(type: ValueType, value: unknown): boolean {
    return value === undefined || value === null || type === typeOf(value) || (type === "string" && typeof value === "string");
}

export function ScalarBox(props: ScalarProps) {
    const { value, onChange, types } = props;
    const [first] = useState(() => ownType(value, types));
    const [chosen, setChosen] = useState<ValueType | null>(null);
    // A text that begins to look like a date while it is typed stays a text.
    const wanted = chosen ?? first ?? types[0] ?? "string";
    const type = fits(wanted, value) ? wanted : (ownType(value, types) ?? "string");
    const Box = BOXES[type];
    const isFixed = types.length === 1 && type === types[0];
    const choices: ValueType[] = types.length ? [...new Set([...types, type])] : ["string", "number", "boolean", "date"];
    return (
        <>
            {!isFixed && (
                <SelectField label={words.valueType} isLabelHidden className="bld-type" value={type}
                             choices={choices.map((name) => ({ value: name, label: words.types[name]! }))}
                             onChange={(event) => {
                                 const next = event.currentTarget.value as ValueType;
                                 setChosen(next);
                                 onChange(converted(value, next));
                             }} />
            )}
            <Box {...props} />
        </>
    );
}

/** The value in another type, where it can be said in it. */
export function converted(value: unknown, type: ValueType): unknown {
    if (value === undefined || value === null)
        return undefined;
    const text = String(value);
    if (type === "number")
        return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
    if (type === "boolean")
        return text === "true" ? true : text === "false" ? false : undefined;
    if (type === "date")
        return typeOf(text) === "date" ? text : undefined;
    return text;
}
