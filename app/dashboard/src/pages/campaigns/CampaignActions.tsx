import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { useDraft } from "../../draft";
import { t } from "../../strings";
import { Button, Confirm, fieldProblem, FormDialog, isUnplaced, localTime, TextField, toast } from "../../ui";
import { AudiencePreview } from "./AudiencePreview";
import type { Campaign } from "./campaignData";
import { campaigns, draftOf } from "./campaignData";

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

function useRefresh() {
    const queries = useQueryClient();
    return () => queries.invalidateQueries({ queryKey: ["campaigns"] });
}

/** Sends at once, or at an instant in the reader's zone. */
function Send({ campaign, isUnsaved }: { campaign: Campaign; isUnsaved: boolean }) {
    const refresh = useRefresh();
    const [isOpen, setOpen] = useState(false);
    const when = useDraft(`campaigns.${campaign.id}.when`, localTime(campaign.scheduledFor));
    const send = useMutation({
        mutationFn: () => campaigns.send(campaign.id, when.value ? new Date(when.value).toISOString() : undefined),
        onSuccess: async () => {
            setOpen(false);
            toast(when.value ? t.campaigns.scheduled : t.campaigns.sending);
            when.clear(when.value);
            await refresh();
        },
    });
    return (
        <>
            <Button look={isUnsaved ? "secondary" : "primary"} onClick={() => setOpen(true)} disabled={isUnsaved} title={isUnsaved ? t.campaigns.saveFirst : undefined}>{campaign.scheduledFor ? t.campaigns.move : t.campaigns.send}</Button>
            <FormDialog title={t.campaigns.sendTitle(campaign.name)} isOpen={isOpen} onClose={() => setOpen(false)}
                        submit={when.value ? t.campaigns.schedule : t.campaigns.sendNow} onSubmit={() => send.mutate()} isBusy={send.isPending}
                        problem={isUnplaced(send.error, ["scheduledFor"]) ? send.error : null}>
                <AudiencePreview draft={draftOf(campaign)} />
                <TextField type="datetime-local" label={t.campaigns.scheduledFor} hint={t.campaigns.scheduleHint(ZONE)} value={when.value}
                           error={fieldProblem(send.error, "scheduledFor")} onChange={(event) => when.set(event.currentTarget.value)} />
            </FormDialog>
        </>
    );
}

function Test({ campaign }: { campaign: Campaign }) {
    const [isOpen, setOpen] = useState(false);
    const email = useDraft(`campaigns.${campaign.id}.test`, campaign.from);
    const test = useMutation({
        mutationFn: () => campaigns.test(campaign.id, email.value),
        onSuccess: (answer) => {
            setOpen(false);
            email.clear(email.value);
            toast(answer.message);
        },
    });
    return (
        <>
            <Button onClick={() => setOpen(true)}>{t.campaigns.test}</Button>
            <FormDialog title={t.campaigns.testTitle} isOpen={isOpen} onClose={() => setOpen(false)} submit={t.campaigns.testSend}
                        onSubmit={() => test.mutate()} isBusy={test.isPending} problem={isUnplaced(test.error, ["email"]) ? test.error : null}>
                <TextField type="email" label={t.campaigns.testTo} hint={t.campaigns.testHint} value={email.value} error={fieldProblem(test.error, "email")}
                           onChange={(event) => email.set(event.currentTarget.value)} />
            </FormDialog>
        </>
    );
}

function Duplicate({ campaign }: { campaign: Campaign }) {
    const [, go] = useLocation();
    const refresh = useRefresh();
    const duplicate = useMutation({
        mutationFn: () => campaigns.duplicate(campaign.id),
        onSuccess: async (made) => {
            await refresh();
            go(`/campaigns/${made.id}`);
        },
        onError: (error) => toast(error.message),
    });
    return <Button isBusy={duplicate.isPending} onClick={() => duplicate.mutate()}>{t.campaigns.duplicate}</Button>;
}

function Cancel({ campaign }: { campaign: Campaign }) {
    const refresh = useRefresh();
    return (
        <Confirm title={t.campaigns.cancelTitle(campaign.name)} submit={t.campaigns.cancel}
                 onConfirm={async () => { await campaigns.cancel(campaign.id); await refresh(); }}
                 trigger={(open) => <Button onClick={open}>{t.campaigns.cancel}</Button>}>
            <p>{t.campaigns.cancelText}</p>
        </Confirm>
    );
}

function Remove({ campaign }: { campaign: Campaign }) {
    const [, go] = useLocation();
    const refresh = useRefresh();
    async function remove() {
        await campaigns.remove(campaign.id);
        toast(t.campaigns.deleted(campaign.name));
        go("/campaigns");
        await refresh();
    }
    return (
        <Confirm title={t.campaigns.deleteTitle(campaign.name)} submit={t.delete} onConfirm={remove}
                 trigger={(open) => <Button onClick={open}>{t.delete}</Button>}>
            <p>{t.campaigns.deleteText}</p>
        </Confirm>
    );
}

/** What can be done with a campaign in its state. */
export function CampaignActions({ campaign, isUnsaved }: { campaign: Campaign; isUnsaved: boolean }) {
    const isOpen = campaign.status === "DRAFT" || campaign.status === "SCHEDULED";
    const isUnderWay = campaign.status === "SCHEDULED" || campaign.status === "SENDING";
    return (
        <>
            {isOpen && <><Send campaign={campaign} isUnsaved={isUnsaved} /><Test campaign={campaign} /></>}
            {isUnderWay && <Cancel campaign={campaign} />}
            <Duplicate campaign={campaign} />
            {!isUnderWay && <Remove campaign={campaign} />}
        </>
    );
}
