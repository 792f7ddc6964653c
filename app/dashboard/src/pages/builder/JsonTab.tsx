/* The filter as JSON in any of the three dialects, to read, copy, type and paste. */
import { useRef } from "react";
import type { Condition, Dialect } from "../../api/types";
import { t } from "../../strings";
import { Button, CopyButton, Notice, Problem, SelectField, TextAreaField } from "../../ui";
import type { JsonDraft, JsonState } from "./jsoncheck";
import { useJsonText } from "./jsoncheck";

const words = t.builder;

const EXAMPLES: Record<Dialect, string> = {
    plunk: '{"logic": "AND", "groups": [{"filters": [\n  {"field": "data.plan", "operator": "equals", "value": "team"}]}]}',
    pushmail: '{"operator": "AND", "conditions": [\n  {"type": "attribute", "field": "plan", "op": "eq", "value": "team"}]}',
    mailpanda: '[{"field": "plan", "operator": "equals", "value": "team"}]',
};

interface JsonTabProps {
    condition: Condition | null;
    dialect: Dialect;
    onDialect: (dialect: Dialect) => void;
    draft: JsonDraft | null;
    onDraft: (draft: JsonDraft | null) => void;
    state: JsonState;
    /** What the API said about the filter as a whole or about a rule. */
    remarks: string[];
    /** What the part at a path ("filter.groups.0") is called among the rules. */
    nameOf: (path: string) => string;
}

/** Numbers of the lines beside the text; the one that is wrong stands out. */
function Lines({ count, bad, of }: { count: number; bad: number | null; of: (element: HTMLDivElement | null) => void }) {
    return (
        <div className="bld-lines" aria-hidden="true" ref={of}>
            {Array.from({ length: count }, (_, i) => <div key={i} className={bad === i + 1 ? "bad" : undefined}>{i + 1}</div>)}
        </div>
    );
}

function Editor({ text, state, example, onText }: { text: string; state: JsonState; example: string; onText: (text: string) => void }) {
    const lines = useRef<HTMLDivElement>(null);
    const bad = state.is === "bad" ? state.line : null;
    const hint = state.is === "good" ? words.jsonIs : words.jsonHint;
    return (
        <div className="bld-json">
            <Lines count={Math.max(text.split("\n").length, 12)} bad={bad} of={(element) => { lines.current = element; }} />
            <TextAreaField label={words.jsonLabel} isLabelHidden rows={18} wrap="off" placeholder={example} value={text} hint={hint}
                           error={state.is === "bad" ? words.atLine(state.line, state.message) : null}
                           onScroll={(event) => {
                               if (lines.current)
                                   lines.current.scrollTop = event.currentTarget.scrollTop;
                           }}
                           onChange={(event) => onText(event.currentTarget.value)} />
        </div>
    );
}

export function JsonTab({ condition, dialect, onDialect, draft, onDraft, state, remarks, nameOf }: JsonTabProps) {
    const written = useJsonText(condition, dialect);
    const text = draft ? draft.text : written.text;
    return (
        <div className="stack">
            <div className="row spread">
                <SelectField label={words.dialect} value={dialect}
                             choices={(["plunk", "pushmail", "mailpanda"] as const).map((name) => ({ value: name, label: words.dialects[name] }))}
                             onChange={(event) => onDialect(event.currentTarget.value as Dialect)} />
                <div className="buttons">
                    {state.is === "bad" && <Button isSmall onClick={() => onDraft(null)}>{words.discardJson}</Button>}
                    <CopyButton text={text} />
                </div>
            </div>
            {!draft && written.error ? <Problem error={written.error} /> : null}
            {!draft && written.notes.length > 0 && (
                <Notice tone="warn">
                    <p>{words.unsaid(words.dialects[dialect])}</p>
                    <ul className="bld-notes">{written.notes.map(({ path, message }) => <li key={path + message}>{nameOf(path)}: {message}</li>)}</ul>
                    <p>{words.replaceHint}</p>
                </Notice>
            )}
            {remarks.map((remark) => <Notice key={remark} tone="bad"><p>{remark}</p></Notice>)}
            <Editor text={text} state={state} example={EXAMPLES[dialect]} onText={(next) => onDraft({ dialect, text: next })} />
        </div>
    );
}
