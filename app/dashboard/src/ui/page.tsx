import type { ReactNode } from "react";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { t } from "../strings";

interface PageProps {
    title: string;
    /** Beside the title: badges and the like. */
    beside?: ReactNode;
    /** Above it: where one came from. */
    back?: ReactNode;
    actions?: ReactNode;
    children: ReactNode;
}

let hasShownPage = false;

/**
 * A page's head and body. A new page takes the focus to its title, so that readers hear where they
 * are; the first one leaves it at the start, where the skip link is.
 */
export function Page({ title, beside, back, actions, children }: PageProps) {
    const heading = useRef<HTMLHeadingElement>(null);
    useEffect(() => {
        document.title = `${title} · Muster`;
    }, [title]);
    useEffect(() => {
        if (hasShownPage && (document.activeElement === document.body || document.activeElement?.closest("nav")))
            heading.current?.focus();
        hasShownPage = true;
    }, []);
    return (
        <>
            <header className="page-head">
                <div>
                    {back}
                    <div className="page-title">
                        <h1 ref={heading} tabIndex={-1}>{title}</h1>
                        {beside}
                    </div>
                </div>
                {actions && <div className="buttons">{actions}</div>}
            </header>
            {children}
        </>
    );
}

export function Card({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
    return (
        <section className="card" aria-label={title}>
            {(title || actions) && (
                <div className="card-head">
                    {title && <h2>{title}</h2>}
                    {actions && <div className="buttons">{actions}</div>}
                </div>
            )}
            {children}
        </section>
    );
}

/**
 * A part of the page's state that stands in its address, so that a link and a reload find it. With
 * another value the parameter `resets` begins anew (a filter, and the number of the page).
 */
export function useQueryParam(name: string, fallback = "", resets?: string): [string, (value: string) => void] {
    const [params, setParams] = useSearchParams();
    const set = (value: string) =>
        setParams((before) => {
            const next = new URLSearchParams(before);
            if (resets)
                next.delete(resets);
            if (value === fallback)
                next.delete(name);
            else
                next.set(name, value);
            return next;
        }, { replace: true });
    return [params.get(name) ?? fallback, set];
}

/** The number of the page that is shown, from 1, in the address. */
export function usePageParam(name = "page"): [number, (page: number) => void] {
    const [text, set] = useQueryParam(name, "1");
    return [Math.max(1, Math.floor(Number(text)) || 1), (page) => set(String(page))];
}

/** The value as it was when it last stood still for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
    const [settled, setSettled] = useState(value);
    useEffect(() => {
        const timer = setTimeout(() => setSettled(value), ms);
        return () => clearTimeout(timer);
    }, [value, ms]);
    return settled;
}

interface PagerProps {
    page: number; // from 1
    pageCount: number;
    onPage: (page: number) => void;
}

export function Pager({ page, pageCount, onPage }: PagerProps) {
    const [typed, setTyped] = useState<string | null>(null); // also what is no page (yet)
    if (pageCount <= 1)
        return null;
    return (
        <nav className="pager" aria-label={t.pages}>
            <button type="button" className="button secondary small" disabled={page <= 1} onClick={() => onPage(Math.min(page - 1, pageCount))}>{t.previous}</button>
            <label>
                <span className="sr-only">{t.page}</span>
                <input className="input" type="number" min={1} max={pageCount} value={typed ?? page} onBlur={() => setTyped(null)}
                       onChange={(event) => {
                           setTyped(event.currentTarget.value);
                           const next = event.currentTarget.valueAsNumber;
                           if (next >= 1 && next <= pageCount)
                               onPage(Math.floor(next));
                       }} />
            </label>
            <span className="soft">{t.ofPages(pageCount)}</span>
            <button type="button" className="button secondary small" disabled={page >= pageCount} onClick={() => onPage(page + 1)}>{t.next}</button>
        </nav>
    );
}
