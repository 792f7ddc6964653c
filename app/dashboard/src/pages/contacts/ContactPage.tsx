import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { api, download, route } from "../../api/client";
import { t } from "../../strings";
import { Await, Button, Menu, messageOf, Page, StatusBadge, Tabs, toast, useQueryParam } from "../../ui";
import { ContactData } from "./ContactData";
import { EraseContact, RenameContact } from "./ContactDialogs";
import type { Profile } from "./ContactFacts";
import { ContactFacts } from "./ContactFacts";
import "./contacts.css";
import { live } from "../segments/segmentData";
import { Memberships } from "./Memberships";
import { Timeline } from "./Timeline";

const REFRESH_MS = 10_000;

function ExportButton({ contact }: { contact: Profile }) {
    const [isBusy, setBusy] = useState(false);
    async function save() {
        setBusy(true);
        try {
            await download(route`/contacts/${contact.id}/export`, {}, t.contacts.exportName(contact.email));
        } catch (error) {
            toast(messageOf(error));
        } finally {
            setBusy(false);
        }
    }
    return <Button isBusy={isBusy} onClick={save}>{t.contacts.exportPerson}</Button>;
}

function Actions({ contact }: { contact: Profile }) {
    const [open, setOpen] = useState<"rename" | "erase" | null>(null);
    const close = () => setOpen(null);
    return (
        <>
            <ExportButton contact={contact} />
            <Menu label={t.contacts.moreActions} items={[
                { label: t.contacts.rename, onSelect: () => setOpen("rename") },
                { label: t.contacts.erase, onSelect: () => setOpen("erase"), isDanger: true },
            ]} />
            {open === "rename" && <RenameContact contact={contact} onClose={close} />}
            {open === "erase" && <EraseContact contact={contact} onClose={close} />}
        </>
    );
}

function About({ contact }: { contact: Profile }) {
    const [tab, setTab] = useQueryParam("tab", "data");
    return (
        <Tabs label={t.contacts.tabs} selected={tab} onSelect={setTab} tabs={[
            {
                id: "data", label: t.contacts.tabData,
                panel: () => <div className="contacts-profile"><div><ContactData contact={contact} /></div><div><ContactFacts contact={contact} /></div></div>,
            },
            { id: "timeline", label: t.contacts.tabTimeline, panel: () => <Timeline contactId={contact.id} /> },
            { id: "segments", label: t.contacts.tabSegments, panel: () => <Memberships contact={contact} /> },
        ]} />
    );
}

export default function ContactPage({ id }: { id: string }) {
    const contact = useQuery({
        queryKey: ["contacts", id],
        queryFn: ({ signal }) => api.get<Profile>(route`/contacts/${id}`, undefined, signal),
        refetchInterval: live(REFRESH_MS),
    });
    return (
        <Page title={contact.data?.email ?? t.contacts.title} back={<Link to="/contacts" className="small">{t.contacts.back}</Link>}
              beside={contact.data && <StatusBadge status={contact.data.status} />}
              actions={contact.data && <Actions contact={contact.data} />}>
            <Await query={contact}>{(data) => <About contact={data} />}</Await>
        </Page>
    );
}
