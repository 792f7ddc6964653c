import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import { t } from "../../strings";
import { Await, Card, Page, Tabs, useQueryParam } from "../../ui";
import { AuditTrail } from "./AuditTrail";
import { KeyCreate } from "./KeyCreate";
import { KeyTable } from "./KeyTable";
import type { Key } from "./keyData";

function Keys() {
    const keys = useQuery({
        queryKey: ["keys"],
        queryFn: ({ signal }) => api.get<{ data: Key[] }>("/keys", undefined, signal),
    });
    return (
        <Await query={keys}>
            {({ data }) => (
                <>
                    <Card title={t.keys.ofPrograms}><KeyTable label={t.keys.ofPrograms} keys={data.filter((key) => key.kind !== "session")} /></Card>
                    <Card title={t.keys.sessions}><KeyTable label={t.keys.sessions} keys={data.filter((key) => key.kind === "session")} /></Card>
                </>
            )}
        </Await>
    );
}

/** The project's keys, the sessions of the dashboard, and who did what with them. */
export default function KeysPage() {
    const [tab, setTab] = useQueryParam("tab", "keys");
    return (
        <Page title={t.shell.keys} actions={<KeyCreate />}>
            <Tabs label={t.shell.keys} selected={tab} onSelect={setTab}
                  tabs={[
                      { id: "keys", label: t.keys.tabKeys, panel: () => <Keys /> },
                      { id: "audit", label: t.keys.tabAudit, panel: () => <AuditTrail /> },
                  ]} />
        </Page>
    );
}
