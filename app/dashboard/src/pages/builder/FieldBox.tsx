/* Chooses what a rule is about, by a part of its name. */
import { useState } from "react";
import { t } from "../../strings";
import type { ComboboxOption } from "../../ui";
import { Combobox, formatNumber } from "../../ui";
import type { Catalog } from "./catalog";
import { useSubjects } from "./catalog";
import { isLeft } from "./edit";
import { partsOf } from "./operators";

const words = t.builder;
const SHOWN = 60;

/** Names that are not there yet can be used, too: data and events that come later. */
function newSubjects(text: string, catalog: Catalog): ComboboxOption[] {
    const name = text.trim();
    if (!name)
        return [];
    const { kind } = partsOf(name);
    const offers = kind === "unknown"
        ? [{ value: `data.${name}`, label: words.newData(name) }, { value: `event.${name}`, label: words.newEvent(name) }]
        : [{ value: name, label: name }];
    return offers.filter(({ value }) => !catalog.subjects.some(({ field }) => field === value)).map((offer) => ({ ...offer, detail: words.notSeenYet }));
}

function optionsFor(text: string, catalog: Catalog): ComboboxOption[] {
    const wanted = text.trim().toLocaleLowerCase();
    const found = catalog.subjects.filter(({ label, field }) => label.toLocaleLowerCase().includes(wanted) || field.toLocaleLowerCase().includes(wanted));
    const starts = (name: string) => (name.toLocaleLowerCase().startsWith(wanted) ? 0 : 1);
    if (wanted)
        found.sort((a, b) => starts(a.label) - starts(b.label)); // stable: the catalog's order within both
    const options: ComboboxOption[] = found.slice(0, SHOWN).map(({ field, label, detail }) => ({ value: field, label, detail }));
    if (found.length > SHOWN)
        options.push({ value: "more", label: words.moreFields(formatNumber(found.length - SHOWN)), isDisabled: true });
    return [...options, ...newSubjects(text, catalog)];
}

interface FieldBoxProps {
    field: string;
    onField: (field: string) => void;
    error?: string | null;
}

export function FieldBox({ field, onField, error }: FieldBoxProps) {
    const catalog = useSubjects();
    const [typed, setTyped] = useState<string | null>(null);
    const [isOpen, setOpen] = useState(false);
    const label = field ? catalog.of(field).label : "";
    return (
        <div className="bld-field" title={field}
             onFocus={(event) => {
                 setOpen(true);
                 if (event.target instanceof HTMLInputElement)
                     event.target.select();
             }}
             onBlur={(event) => {
                 if (isLeft(event)) {
                     setTyped(null);
                     setOpen(false);
                 }
             }}>
            <Combobox label={words.field} isLabelHidden placeholder={words.fieldPlaceholder} error={error} text={typed ?? label}
                      isLoading={catalog.isLoading} options={isOpen ? optionsFor(typed ?? "", catalog) : []}
                      onText={(text) => setTyped(text === label ? null : text)}
                      onPick={(option) => {
                          setTyped(null);
                          onField(option.value);
                      }} />
        </div>
    );
}
