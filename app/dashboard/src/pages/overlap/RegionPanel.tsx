import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { api } from "../../api/client";
import type { Contact, Segment } from "../../api/types";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Await, Button, Card, FormDialog, LinkButton, TextField, counted, fieldProblem, isUnplaced } from "../../ui";
import type { Named } from "./regions";
import { regionCondition, regionWords } from "./regions";

interface RegionPanelProps {
    mask: number;
    named: Named[];
    count: number;
    /** Just chosen: it comes into sight. */
    isPressed: boolean;
}

function SaveDialog({ mask, named, onSaved, onClose }: Pick<RegionPanelProps, "mask" | "named"> & { onSaved: (segment: Segment) => void; onClose: () => void }) {
    const queries = useQueryClient();
    const words = regionWords(mask, named.map((item) => item.name));
    const draft = useDraft(`overlap.${mask}.${named.map((item) => item.id).join()}`, words.slice(0, 100));
    const save = useMutation({
        mutationFn: () => api.post<Segment>("/segments", { name: draft.value, description: words.slice(0, 500), condition: regionCondition(mask, named.map((item) => item.id)) }),
        onSuccess: (segment) => {
            draft.clear();
            void queries.invalidateQueries({ queryKey: ["segments"] });
            onSaved(segment);
        },
    });
    return (
        <FormDialog title={t.overlap.save} isOpen onClose={onClose} submit={t.save} onSubmit={() => save.mutate()} isBusy={save.isPending}
                    problem={isUnplaced(save.error, ["name"]) ? save.error : null}>
            <p>{t.overlap.saveHint}</p>
            <TextField label={t.overlap.name} value={draft.value} error={fieldProblem(save.error, "name")}
                       onChange={(event) => draft.set(event.currentTarget.value)} />
        </FormDialog>
    );
}

/** Who is in the chosen region, and what can be done with them. */
export function RegionPanel({ mask, named, count, isPressed }: RegionPanelProps) {
    const [isSaving, setSaving] = useState(false);
    const [saved, setSaved] = useState<Segment | null>(null);
    const condition = regionCondition(mask, named.map((item) => item.id));
    const top = useRef<HTMLDivElement>(null);
    useEffect(() => {
        if (isPressed)
            top.current?.scrollIntoView({ block: "nearest" });
    }, [isPressed]);
    const sample = useQuery({
        queryKey: ["contacts", "region", condition],
        queryFn: ({ signal }) => api.post<{ sample: Contact[] }>("/segments/preview", { condition, limit: 10 }, { signal }),
    });
    return (
        <div ref={top}>
            <Card title={t.overlap.chosenRegion}
                  actions={<>
                      <LinkButton to={`/contacts?filter=${encodeURIComponent(JSON.stringify(condition))}`}>{t.overlap.seeAll}</LinkButton>
                      <Button look="primary" onClick={() => setSaving(true)}>{t.overlap.save}</Button>
                  </>}>
                <div className="stack">
                    <p role="status" className="break">{regionWords(mask, named.map((item) => item.name))}: <strong>{counted(count, "contact")}</strong></p>
                    {saved && <p>{t.overlap.saved(saved.name)}. <Link to={`/segments/${saved.id}`}>{t.overlap.open}</Link></p>}
                    <Await query={sample}>
                        {({ sample: contacts }) => contacts.length === 0 ? <p className="soft">{t.overlap.nobody}</p> : (
                            <>
                                <h3>{t.overlap.sample}</h3>
                                <ul role="list" className="grid">
                                    {contacts.map((contact) => <li key={contact.id}><Link to={`/contacts/${contact.id}`} className="break">{contact.email}</Link></li>)}
                                </ul>
                            </>
                        )}
                    </Await>
                </div>
            </Card>
            {isSaving && <SaveDialog mask={mask} named={named} onClose={() => setSaving(false)}
                                     onSaved={(segment) => { setSaving(false); setSaved(segment); }} />}
        </div>
    );
}
