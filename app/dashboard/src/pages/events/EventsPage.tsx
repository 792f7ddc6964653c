import { useState } from "react";
import { Link } from "wouter";
import { t } from "../../strings";
import { Await, Button, Empty, LinkButton, Page, useQueryParam } from "../../ui";
import { EventDetail } from "./EventDetail";
import { EventNames } from "./EventNames";
import { EventVolume } from "./EventVolume";
import { Latest } from "./Latest";
import { TrackDialog } from "./TrackDialog";
import { useNameCounts } from "./eventData";
import "./events.css";

/** Which events there are, how often they happen, and who uses one. */
export default function EventsPage() {
    const [name, setName] = useQueryParam("name");
    const [isTracking, setTracking] = useState(false);
    const names = useNameCounts();
    const isEmpty = names.data?.length === 0 && name === "";
    const track = <Button look="primary" onClick={() => setTracking(true)}>{t.events.trackOne}</Button>;
    return (
        <Page title={name || t.events.title} back={name ? <Link to="/events">{t.events.back}</Link> : undefined}
              actions={<><LinkButton to="/contacts/import?kind=events">{t.events.importThem}</LinkButton>{isEmpty ? null : track}</>}>
            <Await query={names}>
                {(counts) => isEmpty ? (
                    <Empty title={t.events.empty}><p>{t.events.emptyHint}</p>{track}</Empty>
                ) : (
                    <div className="events">
                        <EventNames names={counts} chosen={name} />
                        <div>
                            <EventVolume name={name} />
                            {name && <EventDetail name={name} onDeleted={() => setName("")} />}
                            <Latest name={name} />
                        </div>
                    </div>
                )}
            </Await>
            {isTracking && <TrackDialog name={name} names={names.data ?? []} onClose={() => setTracking(false)} />}
        </Page>
    );
}
