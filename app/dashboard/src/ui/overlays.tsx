import {
    Dialog as AriaDialog, DialogDismiss, DialogHeading, Tab, TabList, TabPanel, TabProvider,
} from "@ariakit/react";
import type { FormEvent, ReactNode } from "react";
import { useState } from "react";
import { t } from "../strings";
import { Button } from "./actions";
import { Problem } from "./status";

interface DialogProps {
    title: string;
    isOpen: boolean;
    onClose: () => void;
    children: ReactNode;
    /** A panel at the right edge instead of a box in the middle. */
    isDrawer?: boolean;
    isWide?: boolean;
    /** Only its own buttons close it: for what is shown once. */
    isPinned?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, isDrawer, isWide, isPinned = false }: DialogProps) {
    return (
        <AriaDialog open={isOpen} onClose={onClose} unmountOnHide preventBodyScroll={false}
                    hideOnInteractOutside={!isPinned} hideOnEscape={!isPinned}
                    backdrop={<div className="backdrop" />}
                    className={`dialog ${isDrawer ? "drawer" : ""} ${isWide ? "wide" : ""}`}>
            <div className="dialog-head">
                <DialogHeading>{title}</DialogHeading>
                <DialogDismiss className="button plain small" aria-label={t.close}>✕</DialogDismiss>
            </div>
            {children}
        </AriaDialog>
    );
}

interface FormDialogProps extends DialogProps {
    submit: string;
    onSubmit: () => void;
    isBusy?: boolean;
    isDanger?: boolean;
    isDisabled?: boolean;
    /** What the API said about none of the fields. */
    problem?: unknown;
}

/** A dialog with a form: Enter submits, the problem stands above the buttons. */
export function FormDialog({ submit, onSubmit, isBusy, isDanger, isDisabled, problem, children, ...dialog }: FormDialogProps) {
    function send(event: FormEvent) {
        event.preventDefault();
        event.stopPropagation(); // React hands it on to a form that the dialog was opened from
        if (!isBusy && !isDisabled)
            onSubmit();
    }
    return (
        <Dialog {...dialog}>
            <form className="stack" onSubmit={send} noValidate>
                {children}
                {problem ? <Problem error={problem} /> : null}
                <div className="buttons end">
                    <Button onClick={dialog.onClose}>{t.cancel}</Button>
                    <Button type="submit" look={isDanger ? "danger" : "primary"} isBusy={isBusy} disabled={isDisabled}>{submit}</Button>
                </div>
            </form>
        </Dialog>
    );
}

interface ConfirmProps {
    trigger: (open: () => void) => ReactNode;
    title: string;
    children: ReactNode;
    submit: string;
    /** Throws what the API said; the dialog stays open and shows it. */
    onConfirm: () => Promise<unknown>;
    isDanger?: boolean;
}

/** Asks before it does what cannot be undone. */
export function Confirm({ trigger, title, children, submit, onConfirm, isDanger = true }: ConfirmProps) {
    const [isOpen, setOpen] = useState(false);
    const [isBusy, setBusy] = useState(false);
    const [problem, setProblem] = useState<unknown>(null);
    async function confirm() {
        setBusy(true);
        setProblem(null);
        try {
            await onConfirm();
            setOpen(false);
        } catch (error) {
            setProblem(error);
        } finally {
            setBusy(false);
        }
    }
    return (
        <>
            {trigger(() => {
                setProblem(null);
                setOpen(true);
            })}
            <FormDialog title={title} isOpen={isOpen} onClose={() => setOpen(false)} submit={submit} onSubmit={confirm}
                        isBusy={isBusy} isDanger={isDanger} problem={problem}>
                {children}
            </FormDialog>
        </>
    );
}

export interface TabEntry {
    id: string;
    label: ReactNode;
    panel: () => ReactNode; // made only while it is shown
}

/** Pages side by side; the caller keeps which one is shown (useQueryParam, so that a link finds it). */
export function Tabs({ label, tabs, selected, onSelect }: { label: string; tabs: TabEntry[]; selected: string; onSelect: (id: string) => void }) {
    return (
        <TabProvider selectedId={selected} setSelectedId={(id) => id && id !== selected && onSelect(id)} selectOnMove={false}>
            <TabList aria-label={label} className="tabs">
                {tabs.map((tab) => <Tab key={tab.id} id={tab.id} className="tab">{tab.label}</Tab>)}
            </TabList>
            {tabs.map((tab) => (
                <TabPanel key={tab.id} tabId={tab.id} unmountOnHide className="tab-panel">
                    {tab.id === selected ? tab.panel() : null}
                </TabPanel>
            ))}
        </TabProvider>
    );
}
