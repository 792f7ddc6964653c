/* The frame of every page: who is signed in, the navigation, and which page an address means. */
import { useQueryClient } from "@tanstack/react-query";
import type { ComponentType, ReactNode } from "react";
import { Component, lazy, Suspense, useEffect, useState } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { api } from "./api/client";
import { SignIn } from "./pages/signin/SignIn";
import { session, useSessionKey } from "./session";
import { t } from "./strings";
import type { Theme } from "./theme";
import { applyTheme, theme } from "./theme";
import { Button, Empty, LinkButton, Loading, Problem, SelectField, Toaster } from "./ui";

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- a page takes its route's parameters, each its own */
const page = (load: () => Promise<{ default: ComponentType<any> }>) => lazy(load);

const pages: [path: string, page: ReturnType<typeof page>][] = [
    ["/", page(() => import("./pages/segments/SegmentList"))],
    ["/segments", page(() => import("./pages/segments/SegmentList"))],
    ["/segments/new", page(() => import("./pages/builder/SegmentCreate"))],
    ["/segments/overlap", page(() => import("./pages/overlap/OverlapPage"))],
    ["/segments/:id/edit", page(() => import("./pages/builder/SegmentEdit"))],
    ["/segments/:id", page(() => import("./pages/segments/SegmentPage"))],
    ["/contacts", page(() => import("./pages/contacts/ContactList"))],
    ["/contacts/import", page(() => import("./pages/imports/ImportPage"))],
    ["/contacts/import/:jobId", page(() => import("./pages/imports/ImportJob"))],
    ["/contacts/:id", page(() => import("./pages/contacts/ContactPage"))],
    ["/events", page(() => import("./pages/events/EventsPage"))],
    ["/campaigns", page(() => import("./pages/campaigns/CampaignList"))],
    ["/campaigns/new", page(() => import("./pages/campaigns/CampaignCreate"))],
    ["/campaigns/:id", page(() => import("./pages/campaigns/CampaignPage"))],
    ["/workflows", page(() => import("./pages/workflows/WorkflowList"))],
    ["/workflows/:id", page(() => import("./pages/workflows/WorkflowPage"))],
    ["/webhooks", page(() => import("./pages/webhooks/WebhookList"))],
    ["/webhooks/:id", page(() => import("./pages/webhooks/WebhookPage"))],
    ["/keys", page(() => import("./pages/keys/KeysPage"))],
    ["/system", page(() => import("./pages/system/SystemPage"))],
];

const places = ["segments", "contacts", "events", "campaigns", "workflows", "webhooks", "keys", "system"] as const;

/** What went wrong in a page stays in the page. */
class PageGuard extends Component<{ children: ReactNode }, { error: unknown }> {
    override state = { error: null as unknown };

    static getDerivedStateFromError(error: unknown) {
        return { error };
    }

    override render() {
        if (this.state.error === null)
            return this.props.children;
        return (
            <Empty title={t.pageFailed}>
                <p>{t.pageFailedHint}</p>
                <Problem error={this.state.error} />
                <Button look="primary" onClick={() => location.reload()}>{t.reload}</Button>
            </Empty>
        );
    }
}

function ThemeChoice() {
    const [chosen, setChosen] = useState<Theme>(theme);
    return (
        <SelectField label={t.shell.theme} value={chosen}
                     choices={[
                         { value: "system", label: t.shell.themeSystem },
                         { value: "light", label: t.shell.themeLight },
                         { value: "dark", label: t.shell.themeDark },
                     ]}
                     onChange={(event) => {
                         const next = event.currentTarget.value as Theme;
                         applyTheme(next);
                         setChosen(next);
                     }} />
    );
}

/** Ends the session here even where the server cannot be told. */
async function signOut() {
    await api.delete("/session").catch(() => undefined);
    session.signedOut();
}

function Navigation() {
    const [path] = useLocation();
    const [isOpen, setOpen] = useState(false);
    return (
        <aside className={`rail ${isOpen ? "open" : ""}`}>
            <div className="rail-head">
                <Link to="/segments" className="brand"><img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width="28" height="28" />Muster</Link>
                <Button className="rail-toggle" isSmall aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t.shell.menu}</Button>
            </div>
            <nav aria-label={t.shell.navigation} onClick={() => setOpen(false)}>
                {places.map((name) => (
                    <Link key={name} to={`/${name}`} className="rail-link"
                          aria-current={path.startsWith(`/${name}`) || (path === "/" && name === "segments") ? "page" : undefined}>
                        {t.shell[name]}
                    </Link>
                ))}
            </nav>
            <div className="rail-foot">
                <ThemeChoice />
                <Button onClick={signOut}>{t.shell.signOut}</Button>
            </div>
        </aside>
    );
}

function NoPage() {
    return <Empty title={t.pageMissing}><p>{t.pageMissingHint}</p><LinkButton to="/segments">{t.shell.segments}</LinkButton></Empty>;
}

export function App() {
    const key = useSessionKey();
    const [path] = useLocation();
    const queries = useQueryClient();
    useEffect(() => {
        if (!key)
            queries.clear(); // whoever signs in next may be of another project
    }, [key, queries]);
    if (!key)
        return <><SignIn /><Toaster /></>;
    return (
        <div className="frame">
            <a className="skip" href="#content">{t.shell.skip}</a>
            <Navigation />
            <main id="content" tabIndex={-1}>
                <PageGuard key={path}>
                    <Suspense fallback={<Loading />}>
                        <Switch>
                            {pages.map(([at, Page]) => <Route key={at} path={at}>{(params) => <Page key={path} {...params} />}</Route>)}
                            <Route><NoPage /></Route>
                        </Switch>
                    </Suspense>
                </PageGuard>
            </main>
            <Toaster />
        </div>
    );
}
