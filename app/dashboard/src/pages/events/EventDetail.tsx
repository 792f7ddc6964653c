import { useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, route } from "../../api/client";
import { t } from "../../strings";
import { Await, Badge, Button, Card, Confirm, formatNumber, toast } from "../../ui";
import type { EventUsage } from "./eventData";
import { useEventUsage } from "./eventData";

function usersOf(usage: EventUsage) {
    return [
        ...(usage.usedInSegments ?? []).map((item) => ({ ...item, kind: t.events.segment, to: `/segments/${item.id}` })),
        ...(usage.usedInWorkflows ?? []).map((item) => ({ ...item, kind: t.events.workflow, to: `/workflows/${item.id}` })),
    ];
}

function Users({ usage }: { usage: EventUsage }) {
    const users = usersOf(usage);
    if (users.length === 0)
        return <p className="soft">{t.events.usedNowhere}</p>;
    return (
        <ul role="list" className="stack">
            {users.map((user) => <li key={user.to} className="row"><Badge>{user.kind}</Badge><Link to={user.to} className="break">{user.name}</Link></li>)}
        </ul>
    );
}

/** Who uses an event, how often it happened in all, and how it can be deleted. */
export function EventDetail({ name, onDeleted }: { name: string; onDeleted: () => void }) {
    const queries = useQueryClient();
    const usage = useEventUsage(name);
    async function remove() {
        const { deletedCount } = await api.delete<{ deletedCount: number }>(route`/events/${name}`);
        toast(t.events.deleted(name, deletedCount));
        onDeleted();
        await queries.invalidateQueries({ queryKey: ["events"] });
    }
    const isOwn = usage.data && !usage.data.canDelete && usersOf(usage.data).length === 0;
    const deletion = usage.data && !isOwn && (
        <Confirm title={t.events.deleteTitle(name)} submit={t.events.delete} onConfirm={remove}
                 trigger={(open) => <Button isSmall onClick={open}>{t.events.delete}</Button>}>
            <p>{t.events.deleteHarm(usage.data.totalCount, usage.data.uniqueContacts)}</p>
            {!usage.data.canDelete && <p>{t.events.deleteUsed}</p>}
            {!usage.data.canDelete && <Users usage={usage.data} />}
        </Confirm>
    );
    return (
        <Card title={t.events.about} actions={deletion}>
            <Await query={usage}>
                {(data) => (
                    <div className="stack">
                        <dl className="facts">
                            <dt>{t.events.inAll}</dt><dd>{formatNumber(data.totalCount)}</dd>
                            <dt>{t.events.people}</dt><dd>{formatNumber(data.uniqueContacts)}</dd>
                        </dl>
                        {isOwn && <p className="soft">{t.events.ownEvent}</p>}
                        <h3>{t.events.usedIn}</h3>
                        <Users usage={data} />
                    </div>
                )}
            </Await>
        </Card>
    );
}
