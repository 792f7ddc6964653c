import { Link, useSearchParams } from "wouter";
import { t } from "../../strings";
import { Card, TextField, formatNumber, useQueryParam } from "../../ui";
import type { NameCount } from "./eventData";

/** The names, the most frequent first; a press shows one. */
export function EventNames({ names, chosen }: { names: NameCount[]; chosen: string }) {
    const [text, setText] = useQueryParam("search");
    const [params] = useSearchParams();
    const found = names.filter((item) => item.name.toLowerCase().includes(text.trim().toLowerCase()));
    const addressOf = (name: string) => {
        const next = new URLSearchParams(params);
        if (name)
            next.set("name", name);
        else
            next.delete("name");
        return next.size > 0 ? `/events?${next}` : "/events";
    };
    return (
        <Card title={t.events.names}>
            <TextField label={t.events.find} type="search" value={text} onChange={(event) => setText(event.currentTarget.value)} />
            <nav className="events-names" aria-label={t.events.names}>
                <Link to={addressOf("")} className="events-name" aria-current={chosen === "" ? "page" : undefined}>
                    <span>{t.events.all}</span>
                    <span>{formatNumber(names.reduce((sum, item) => sum + item.count, 0))}</span>
                </Link>
                {found.map((item) => (
                    <Link key={item.name} to={addressOf(item.name)} className="events-name" aria-current={chosen === item.name ? "page" : undefined}>
                        <span className="break">{item.name}</span>
                        <span>{formatNumber(item.count)}</span>
                    </Link>
                ))}
            </nav>
            <p role="status" className="soft">{found.length === 0 ? t.events.noMatch : ""}</p>
        </Card>
    );
}
