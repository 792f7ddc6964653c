import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, route } from "../../api/client";
import type { Contact } from "../../api/types";
import { t } from "../../strings";
import { Card, CheckField, CopyButton, fieldProblem, messageOf, StatusBadge, Time } from "../../ui";

/** The links are for keys that may write. */
export interface Profile extends Contact {
    unsubscribeUrl?: string;
    subscribeUrl?: string;
    manageUrl?: string;
}

/** Takes effect at once; while it is asked, the switch stands as it will be. */
function SubscriptionSwitch({ contact }: { contact: Contact }) {
    const queries = useQueryClient();
    const change = useMutation({
        mutationFn: (subscribed: boolean) => api.patch<Contact>(route`/contacts/${contact.id}`, { subscribed }),
        onSuccess: (stored) => {
            queries.setQueryData(["contacts", contact.id], (before: Profile | undefined) => before && { ...before, ...stored });
            void queries.invalidateQueries({ queryKey: ["contacts"] });
        },
    });
    const isOn = change.isPending ? change.variables : contact.subscribed;
    const problem = change.error ? (fieldProblem(change.error, "subscribed") ?? messageOf(change.error)) : null;
    return (
        <CheckField label={t.contacts.subscribedSwitch} isSwitch checked={isOn} error={problem}
                    hint={contact.status === "bounced" || contact.status === "complained" ? t.contacts.statusHint[contact.status] : t.contacts.subscribedHint}
                    onChange={(subscribed) => change.mutate(subscribed)} />
    );
}

function MessageLink({ name, url }: { name: string; url: string | undefined }) {
    return url !== undefined && (
        <div className="contacts-link">
            <dt>{name}</dt>
            <dd><CopyButton text={url} label={t.contacts.copyLink(name)} /></dd>
            <dd className="contacts-url"><a href={url} target="_blank" rel="noreferrer" title={url}>{url}</a></dd>
        </div>
    );
}

export function ContactFacts({ contact }: { contact: Profile }) {
    return (
        <>
            <Card title={t.contacts.facts}>
                <div className="stack">
                    <SubscriptionSwitch contact={contact} />
                    <dl className="facts">
                        <dt>{t.contacts.state}</dt><dd><StatusBadge status={contact.status} /></dd>
                        <dt>{t.contacts.subscribedSince}</dt><dd><Time iso={contact.subscribed ? contact.subscribedAt : null} as="minute" none={t.contacts.notSubscribed} /></dd>
                        <dt>{t.contacts.created}</dt><dd><Time iso={contact.createdAt} as="minute" /></dd>
                        <dt>{t.contacts.updated}</dt><dd><Time iso={contact.updatedAt} as="minute" /></dd>
                        <dt>{t.contacts.id}</dt><dd><code>{contact.id}</code></dd>
                    </dl>
                </div>
            </Card>
            {contact.manageUrl !== undefined && <Card title={t.contacts.links}>
                <div className="stack">
                    <p className="field-hint">{t.contacts.linksHint}</p>
                    <dl className="stack">
                        <MessageLink name={t.contacts.unsubscribeLink} url={contact.unsubscribeUrl} />
                        <MessageLink name={t.contacts.subscribeLink} url={contact.subscribeUrl} />
                        <MessageLink name={t.contacts.manageLink} url={contact.manageUrl} />
                    </dl>
                </div>
            </Card>}
        </>
    );
}
