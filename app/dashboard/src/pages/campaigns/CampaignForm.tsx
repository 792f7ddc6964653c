import type { FormEvent, ReactNode } from "react";
import { useState } from "react";
import { t } from "../../strings";
import { Button, Card, fieldProblem, isUnplaced, Problem, SelectField, TextAreaField, TextField } from "../../ui";
import { AudienceFields } from "./AudienceFields";
import { AudiencePreview } from "./AudiencePreview";
import type { CampaignDraft, MailType } from "./campaignData";
import "./campaigns.css";

const PLACED = ["name", "description", "subject", "body", "from", "fromName", "replyTo", "type", "segmentId", "audienceCondition", "excludeSegmentIds"];

interface CampaignFormProps {
    draft: CampaignDraft;
    onChange: (part: Partial<CampaignDraft>) => void;
    error: unknown;
    submit: string;
    onSubmit: () => void;
    isBusy: boolean;
    /** Nothing is typed that is not saved: then saving is not what comes next. */
    isSaved?: boolean;
    /** Above the fields of the message. */
    start?: ReactNode;
    /** Beside the button that saves. */
    actions?: ReactNode;
}

type Texts = "name" | "description" | "subject" | "from" | "fromName" | "replyTo";

function Letter({ draft, onChange, error, start }: Pick<CampaignFormProps, "draft" | "onChange" | "error" | "start">) {
    const text = (field: Texts, label: string, hint?: string) => (
        <TextField label={label} hint={hint} value={draft[field]} error={fieldProblem(error, field)} onChange={(event) => onChange({ [field]: event.currentTarget.value })} />
    );
    return (
        <Card title={t.campaigns.letter}>
            <div className="stack">
                {start}
                {text("name", t.campaigns.name, t.campaigns.nameHint)}
                <div className="grid">{text("from", t.campaigns.from)}{text("fromName", t.campaigns.fromName)}{text("replyTo", t.campaigns.replyTo)}</div>
                {text("subject", t.campaigns.subject, t.campaigns.keysHint)}
                <TextAreaField label={t.campaigns.body} rows={12} value={draft.body} error={fieldProblem(error, "body")}
                               onChange={(event) => onChange({ body: event.currentTarget.value })} />
                <div className="grid">
                    <SelectField label={t.campaigns.type} hint={t.campaigns.typeHints[draft.type]} value={draft.type} error={fieldProblem(error, "type")}
                                 choices={(["MARKETING", "TRANSACTIONAL", "HEADLESS"] as const).map((value) => ({ value, label: t.campaigns.types[value] }))}
                                 onChange={(event) => onChange({ type: event.currentTarget.value as MailType })} />
                    {text("description", t.campaigns.description)}
                </div>
            </div>
        </Card>
    );
}

/** Everything of a campaign that can be changed before it is sent, and how many would get it. */
export function CampaignForm({ draft, onChange, error, submit, onSubmit, isBusy, isSaved, start, actions }: CampaignFormProps) {
    const [isUnfinished, setUnfinished] = useState(false); // else the filter before would be saved
    const isBlocked = isUnfinished && draft.audienceType === "FILTERED";
    function send(event: FormEvent) {
        event.preventDefault();
        if (!isBusy && !isBlocked)
            onSubmit();
    }
    return (
        <form onSubmit={send} noValidate className="campaign-form">
            <div>
                <Letter draft={draft} onChange={onChange} error={error} start={start} />
                <Card title={t.campaigns.audience}><AudienceFields draft={draft} onChange={onChange} error={error} onUnfinished={setUnfinished} /></Card>
            </div>
            <div className="campaign-side">
                <Card title={t.campaigns.now}><AudiencePreview draft={draft} /></Card>
                {isUnplaced(error, PLACED) && <Problem error={error} />}
                {isBlocked && <p className="field-error">{t.builder.invalidJson}</p>}
                <div className="buttons">
                    <Button type="submit" look={isSaved ? "secondary" : "primary"} isBusy={isBusy} disabled={isBlocked}>{submit}</Button>
                    {actions}
                </div>
            </div>
        </form>
    );
}
