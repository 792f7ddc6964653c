/* Several values as chips: chosen from those that contacts have, typed, or pasted. */
import type { ClipboardEvent, KeyboardEvent } from "react";
import { useRef, useState } from "react";
import { t } from "../../strings";
import { Combobox, SelectField } from "../../ui";
import type { Values } from "./catalog";
import { isLeft } from "./edit";
import type { ValueType } from "./operators";
import { typeOf } from "./operators";
import { converted, suggestionsOf } from "./ScalarBox";

const words = t.builder;

interface ListBoxProps {
    value: unknown;
    onChange: (value: unknown[]) => void;
    types: ValueType[];
    values: Values | undefined;
    onFocus: () => void;
}

export function ListBox({ value, onChange, types, values, onFocus }: ListBoxProps) {
    const chosen = Array.isArray(value) ? (value as unknown[]) : [];
    const [text, setText] = useState("");
    const [wanted, setWanted] = useState<ValueType | null>(null);
    const box = useRef<HTMLDivElement>(null);
    const type = wanted ?? typeOf(chosen[0]) ?? types[0] ?? "string";

    function add(items: unknown[]) {
        const fresh = items.filter((item, i) => item !== undefined && !chosen.includes(item) && items.indexOf(item) === i);
        if (fresh.length)
            onChange([...chosen, ...fresh]);
    }
    function addTexts(texts: string[]) {
        add(texts.map((item) => item.trim()).filter(Boolean).map((item) => converted(item, type) ?? item));
        setText("");
    }
    function onKeyDown(event: KeyboardEvent) {
        const input = event.target as HTMLElement;
        if (event.key !== "Enter" || input.tagName !== "INPUT" || input.getAttribute("aria-activedescendant"))
            return;
        event.preventDefault();
        addTexts([text]);
    }
    function onPaste(event: ClipboardEvent) {
        const pasted = event.clipboardData.getData("text").split(/[\n\r,;\t]+/);
        if (pasted.length < 2)
            return;
        event.preventDefault();
        addTexts(pasted);
    }
    return (
        <div className="bld-list" ref={box} onFocus={onFocus} onKeyDown={onKeyDown} onPaste={onPaste}
             onBlur={(event) => {
                 if (text.trim() && isLeft(event))
                     addTexts([text]);
             }}>
            {chosen.length > 0 && (
                <ul role="list" className="bld-chips" aria-label={words.values}>
                    {chosen.map((item, i) => (
                        <li key={`${typeof item}:${String(item)}`} className="chip">
                            {String(item)}
                            <button type="button" className="bld-chip-off" aria-label={words.removeValue(String(item))}
                                    onClick={() => {
                                        onChange(chosen.filter((_, k) => k !== i));
                                        box.current?.querySelector("input")?.focus();
                                    }}>✕</button>
                        </li>
                    ))}
                </ul>
            )}
            <div className="bld-list-add">
                {types.length !== 1 && (
                    <SelectField label={words.valueType} isLabelHidden className="bld-type" value={type}
                                 choices={(types.length ? types : (["string", "number", "boolean", "date"] as const)).map((name) => ({ value: name, label: words.types[name]! }))}
                                 onChange={(event) => setWanted(event.currentTarget.value as ValueType)} />
                )}
                <Combobox label={words.addValue} isLabelHidden placeholder={words.addValue} text={text} onText={setText} clearsOnPick
                          options={suggestionsOf(values, text, types).filter((option) => !chosen.includes(option.raw))}
                          onPick={(option) => add(values!.values.filter((raw) => `${typeof raw}:${String(raw)}` === option.value))} />
            </div>
        </div>
    );
}
