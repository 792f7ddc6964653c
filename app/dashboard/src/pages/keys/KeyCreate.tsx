import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, CheckField, CopyButton, Dialog, fieldProblem, FormDialog, isUnplaced, Notice, TextField, Toggle } from "../../ui";
import type { Key, Scope } from "./keyData";
import { SCOPES } from "./keyData";

interface NewKey {
    name: string;
    kind: "secret" | "public";
    scopes: Scope[];
}

const EMPTY: NewKey = { name: "", kind: "secret", scopes: ["read", "write"] };

/** The text of a key that was just made; nothing shows it again. */
function Shown({ made, onClose }: { made: Key & { key: string }; onClose: () => void }) {
    return (
        <Dialog title={t.keys.made(made.name)} isOpen isPinned onClose={onClose}>
            <div className="stack">
                <Notice tone="warn">{t.keys.once}</Notice>
                <TextField label={t.keys.text} readOnly value={made.key} onFocus={(event) => event.currentTarget.select()} />
                <div className="buttons end">
                    <CopyButton text={made.key} />
                    <Button look="primary" onClick={onClose}>{t.keys.kept}</Button>
                </div>
            </div>
        </Dialog>
    );
}

function Scopes({ scopes, onChange, error }: { scopes: Scope[]; onChange: (scopes: Scope[]) => void; error: string | null }) {
    return (
        <fieldset className="toggle stack">
            <legend className="field-label">{t.keys.scopes}</legend>
            {SCOPES.map((scope) => (
                <CheckField key={scope} label={t.keys.scopeNames[scope]} hint={t.keys.scopeHints[scope]} checked={scopes.includes(scope)}
                            onChange={(isOn) => onChange(SCOPES.filter((item) => (item === scope ? isOn : scopes.includes(item))))} />
            ))}
            {error && <p className="field-error" role="alert">{error}</p>}
        </fieldset>
    );
}

export function KeyCreate() {
    const queries = useQueryClient();
    const draft = useDraft<NewKey>("keys.new", EMPTY);
    const [isOpen, setOpen] = useState(false);
    const [made, setMade] = useState<(Key & { key: string }) | null>(null);
    const { name, kind, scopes } = draft.value;
    const create = useMutation({
        gcTime: 0, // its answer holds the key
        mutationFn: () => api.post<Key & { key: string }>("/keys", kind === "secret" ? { name, kind, scopes } : { name, kind }),
        onSuccess: async (key) => {
            draft.clear(EMPTY);
            setOpen(false);
            setMade(key);
            await queries.invalidateQueries({ queryKey: ["keys"] });
        },
    });
    const change = (part: Partial<NewKey>) => draft.set((before) => ({ ...before, ...part }));
    return (
        <>
            <Button look="primary" onClick={() => setOpen(true)}>{t.keys.create}</Button>
            <FormDialog title={t.keys.create} isOpen={isOpen} onClose={() => setOpen(false)} submit={t.keys.create}
                        onSubmit={() => create.mutate()} isBusy={create.isPending}
                        problem={isUnplaced(create.error, kind === "secret" ? ["name", "scopes"] : ["name"]) ? create.error : null}>
                <TextField label={t.keys.name} hint={t.keys.nameHint} value={name} error={fieldProblem(create.error, "name")}
                           onChange={(event) => change({ name: event.currentTarget.value })} />
                <Toggle legend={t.keys.kind} value={kind} onChange={(next) => change({ kind: next })}
                        choices={[{ value: "secret", label: t.keys.kinds.secret }, { value: "public", label: t.keys.kinds.public }]} />
                {kind === "public"
                    ? <p className="soft">{t.keys.publicHint}</p>
                    : <Scopes scopes={scopes} error={fieldProblem(create.error, "scopes")} onChange={(next) => change({ scopes: next })} />}
            </FormDialog>
            {made && <Shown made={made} onClose={() => {
                setMade(null);
                create.reset();
            }} />}
        </>
    );
}
