import { Combobox as AriaCombobox, ComboboxItem, ComboboxPopover, ComboboxProvider } from "@ariakit/react";
import type { ReactNode } from "react";
import { Field } from "./fields";
import { t } from "../strings";

export interface ComboboxOption {
    value: string;
    label: string;
    detail?: ReactNode;
    isDisabled?: boolean;
}

interface ComboboxProps {
    label: ReactNode;
    isLabelHidden?: boolean;
    hint?: ReactNode;
    error?: string | null;
    placeholder?: string;
    /** The text in the box. */
    text: string;
    onText: (text: string) => void;
    /** One was chosen from the list. */
    onPick: (option: ComboboxOption) => void;
    options: ComboboxOption[];
    isLoading?: boolean;
    /** Stays empty after a pick: for adding one after the other. */
    clearsOnPick?: boolean;
}

/** A text box with suggestions below it, which the caller finds (typeahead). Any text may stay. */
export function Combobox(props: ComboboxProps) {
    const { label, isLabelHidden, hint, error, placeholder, text, onText, onPick, options, isLoading, clearsOnPick } = props;
    return (
        <Field {...{ label, isLabelHidden, hint, error }} className="combobox">
            {(ids) => (
                <ComboboxProvider value={text} setValue={onText} resetValueOnHide={false}>
                    <AriaCombobox {...ids} className="input" placeholder={placeholder} autoComplete="list" autoSelect={false} />
                    <ComboboxPopover gutter={4} sameWidth portal preserveTabOrder={false} unmountOnHide className="menu" aria-busy={isLoading}>
                        {options.map((option) => (
                            <ComboboxItem key={option.value} value={option.label} className="menu-item" disabled={option.isDisabled}
                                          setValueOnClick={!clearsOnPick}
                                          onClick={() => {
                                              onPick(option);
                                              if (clearsOnPick)
                                                  onText("");
                                          }}>
                                <span>{option.label}</span>
                                {option.detail && <span className="soft">{option.detail}</span>}
                            </ComboboxItem>
                        ))}
                        {options.length === 0 && <div role="option" aria-disabled="true" aria-selected="false" className="menu-note">{isLoading ? t.loading : t.nothingFound}</div>}
                    </ComboboxPopover>
                </ComboboxProvider>
            )}
        </Field>
    );
}
