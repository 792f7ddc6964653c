import { ApiError } from "../../api/client";
import { t } from "../../strings";
import type { ComboboxOption } from "../../ui";
import { Button, ChipButton, Combobox, fieldProblem } from "../../ui";
import { useEventNames, useTrackedSegments } from "./hooks";

const SUGGESTIONS_MAX = 40;

/** Every name and pattern that means something here, with what it means. */
function useSuggestions(): ComboboxOption[] {
    const segments = useTrackedSegments();
    const names = useEventNames();
    const option = (value: string, detail: string): ComboboxOption => ({ value, label: value, detail });
    return [
        ...Object.entries(t.webhooks.patterns).map(([pattern, detail]) => option(pattern, detail)),
        ...(segments.data ?? []).flatMap((segment) => [
            option(`segment.${segment.slug}.entry`, t.webhooks.entryOf(segment.name)),
            option(`segment.${segment.slug}.exit`, t.webhooks.exitOf(segment.name)),
        ]),
        ...(names.data ?? []).map((name) => option(name, t.webhooks.ownEvent)),
    ];
}

/** The API's words, with the pattern that they are about. */
function problemOf(error: unknown, events: string[]): string | null {
    const fields = error instanceof ApiError ? error.fields : [];
    const found = fields.find((item) => /^events\.\d+$/.test(item.field));
    return found ? t.webhooks.problemOf(events[Number(found.field.slice(7))] ?? "", found.message) : fieldProblem(error, "events");
}

interface Props {
    events: string[];
    onEvents: (events: string[]) => void;
    /** What stands in the box and was not added yet. */
    text: string;
    onText: (text: string) => void;
    error: unknown;
}

/** The events that a webhook hears of: suggestions with what they mean, or any name. */
export function EventPatterns({ events, onEvents, text, onText, error }: Props) {
    const typed = text.trim();
    const suggestions = useSuggestions();
    const found = suggestions.filter((item) => !events.includes(item.value) && item.label.toLowerCase().includes(typed.toLowerCase()));
    const isKnown = suggestions.some((item) => item.value === typed) || events.includes(typed);
    const options = typed === "" || isKnown ? found : [{ value: typed, label: typed, detail: t.webhooks.asTyped }, ...found];

    function add(pattern: string) {
        if (pattern !== "" && !events.includes(pattern))
            onEvents([...events, pattern]);
        onText("");
    }

    return (
        <div className="field">
            <h3 className="field-label">{t.webhooks.events}</h3>
            <ul role="list" className="buttons" aria-label={t.webhooks.chosenEvents}>
                {events.map((pattern) => (
                    <li key={pattern} className="chip">
                        <code>{pattern}</code>
                        <ChipButton label={t.webhooks.remove(pattern)} onRemove={() => onEvents(events.filter((item) => item !== pattern))} />
                    </li>
                ))}
            </ul>
            <div className="webhooks-add">
                <Combobox label={t.webhooks.addEvent} isLabelHidden placeholder={t.webhooks.addEvent} hint={t.webhooks.eventsHint}
                          error={problemOf(error, events)} text={text} onText={onText} onPick={(option) => add(option.value)}
                          options={options.slice(0, SUGGESTIONS_MAX)} clearsOnPick />
                <Button onClick={() => add(typed)} disabled={typed === ""}>{t.webhooks.add}</Button>
            </div>
        </div>
    );
}
