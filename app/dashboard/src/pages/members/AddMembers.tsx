import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Card, Problem, TextAreaField, fieldProblem, isUnplaced } from "../../ui";
import { CandidateSearch } from "./CandidateSearch";
import { ChosenMembers } from "./ChosenMembers";
import { Outcomes } from "./Outcomes";
import { splitAddresses } from "./addresses";
import type { Chosen, Outcome } from "./standing";
import { standingOf } from "./standing";
import "./addMembers.css";

interface Draft {
    chosen: Chosen[];
    pasted: string;
    isPasting: boolean;
    createMissing: boolean;
}

const NOTHING: Draft = { chosen: [], pasted: "", isPasting: false, createMissing: false };

/** A list's text, of which `onChosen` gets the addresses with what each is to the segment. */
function PasteList({ segmentId, text, onText, onChosen }: { segmentId: string; text: string; onText: (text: string) => void; onChosen: (chosen: Chosen[]) => void }) {
    const [isWithout, setWithout] = useState(false);
    const check = useMutation({ mutationFn: (emails: string[]) => standingOf(segmentId, emails), onSuccess: onChosen });
    function start() {
        const emails = splitAddresses(text);
        setWithout(emails.length === 0);
        if (emails.length > 0)
            check.mutate(emails);
    }
    return (
        <div className="stack">
            <TextAreaField label={t.members.pasted} hint={t.members.pastedHint} rows={6} value={text} autoFocus
                           error={isWithout ? t.members.noAddresses : fieldProblem(check.error, "emails")}
                           onChange={(event) => onText(event.currentTarget.value)} />
            {isUnplaced(check.error, ["emails"]) && <Problem error={check.error} />}
            <div className="buttons"><Button isBusy={check.isPending} onClick={start}>{check.isPending ? t.members.checking : t.members.check}</Button></div>
        </div>
    );
}

/** New standings take the place of older ones of the same address. */
function merged(before: Chosen[], more: Chosen[]): Chosen[] {
    return [...new Map([...before, ...more].map((item) => [item.email, item])).values()];
}

/** Chooses contacts, by search or from a pasted list, and puts them into a static segment. */
export function AddMembers({ segmentId, onChanged }: { segmentId: string; onChanged: () => unknown }) {
    const draft = useDraft(`members.${segmentId}`, NOTHING);
    const { chosen, pasted, isPasting, createMissing } = draft.value;
    const change = (more: Partial<Draft>) => draft.set((before) => ({ ...before, ...more }));
    const [outcomes, setOutcomes] = useState<Outcome[] | null>(null);
    const top = useRef<HTMLDivElement>(null);
    const toSearch = () => top.current?.querySelector("input")?.focus(); // from a control that goes
    const choose = (more: Chosen[]) => {
        setOutcomes(null);
        draft.set((before) => ({ ...before, chosen: merged(before.chosen, more) }));
    };
    return (
        <Card title={t.members.add}>
            <div className="stack" ref={top}>
                <div className="members-find">
                    <CandidateSearch segmentId={segmentId} chosen={chosen} onChoose={(item) => choose([item])} />
                    <Button aria-expanded={isPasting} onClick={() => change({ isPasting: !isPasting })}>{t.members.paste}</Button>
                </div>
                {isPasting && (
                    <PasteList segmentId={segmentId} text={pasted} onText={(text) => change({ pasted: text })}
                               onChosen={(more) => { choose(more); change({ pasted: "", isPasting: false }); toSearch(); }} />
                )}
                {chosen.length > 0 && (
                    <ChosenMembers segmentId={segmentId} chosen={chosen} createMissing={createMissing} onChange={change}
                                   onAdded={(result) => { setOutcomes(result); draft.clear(); return onChanged(); }}
                                   onCleared={() => { draft.clear(); toSearch(); return onChanged(); }} />
                )}
                {outcomes && <Outcomes outcomes={outcomes} onDismiss={() => { setOutcomes(null); toSearch(); }} />}
            </div>
        </Card>
    );
}
