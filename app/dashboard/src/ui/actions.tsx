import { Button as AriaButton, Menu as AriaMenu, MenuButton, MenuItem, MenuProvider } from "@ariakit/react";
import type { ComponentProps, ReactNode } from "react";
import type { MouseEvent } from "react";
import { useRef, useState } from "react";
import { Link } from "wouter";
import { t } from "../strings";
import { toast } from "./toast";

type Look = "primary" | "secondary" | "plain" | "danger";

export interface ButtonProps extends Omit<ComponentProps<"button">, "ref"> {
    look?: Look;
    isSmall?: boolean;
    /** Something is under way: it cannot be pressed again, and says so. */
    isBusy?: boolean;
}

export function Button({ look = "secondary", isSmall, isBusy, className, disabled, ...rest }: ButtonProps) {
    return (
        <AriaButton
            type="button"
            {...rest}
            className={`button ${look} ${isSmall ? "small" : ""} ${className ?? ""}`}
            disabled={disabled || isBusy}
            accessibleWhenDisabled
            aria-busy={isBusy || undefined}
        />
    );
}

/** A link that looks like a button; `to` is a path below /app. */
export function LinkButton({ to, look = "secondary", children }: { to: string; look?: Look; children: ReactNode }) {
    return <Link to={to} className={`button ${look}`}>{children}</Link>;
}

/** A button that shows a sign only; `label` is what it is called. */
export function IconButton({ label, children, ...rest }: { label: string; children: ReactNode } & ButtonProps) {
    return (
        <Button look="plain" isSmall title={label} aria-label={label} {...rest}>
            <span aria-hidden="true">{children}</span>
        </Button>
    );
}

interface ChipButtonProps {
    label: string;
    onRemove: () => void;
}

/** Takes its chip out of a list. The focus goes on to the neighbour, or to the box that chips come from. */
export function ChipButton({ label, onRemove }: ChipButtonProps) {
    function remove(event: MouseEvent) {
        const item = event.currentTarget.closest("li")!;
        const neighbour = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("button");
        const box = item.parentElement!.parentElement?.querySelector<HTMLElement>("input, select");
        onRemove();
        (neighbour ?? box)?.focus();
    }
    return <IconButton label={label} onClick={remove}>✕</IconButton>;
}

/** Also where the page came without TLS, and so has no clipboard of its own. */
async function copied(text: string): Promise<boolean> {
    if (navigator.clipboard)
        return navigator.clipboard.writeText(text).then(() => true, () => false);
    const put = (event: ClipboardEvent) => {
        event.clipboardData?.setData("text/plain", text);
        event.preventDefault();
    };
    document.addEventListener("copy", put);
    const isDone = document.execCommand("copy");
    document.removeEventListener("copy", put);
    return isDone;
}

export function CopyButton({ text, label = t.copy }: { text: string; label?: string }) {
    const [isCopied, setCopied] = useState(false);
    async function copy() {
        if (!(await copied(text)))
            return toast(t.copyByHand);
        setCopied(true);
        setTimeout(() => setCopied(false), 2_000);
    }
    return <Button isSmall onClick={copy}><span aria-live="polite">{isCopied ? t.copied : label}</span></Button>;
}

export interface MenuEntry {
    label: string;
    onSelect: () => void;
    isDanger?: boolean;
    isDisabled?: boolean;
}

/** A button that opens a list of actions. */
export function Menu({ label, items, children }: { label: string; items: MenuEntry[]; children?: ReactNode }) {
    const button = useRef<HTMLButtonElement>(null);
    function select(item: MenuEntry) {
        button.current?.focus(); // a dialog that opens now gives the focus back to where it found it
        item.onSelect();
    }
    return (
        <MenuProvider>
            <MenuButton ref={button} className="button secondary" aria-label={label}>{children ?? "⋯"}</MenuButton>
            <AriaMenu className="menu" gutter={4} portal preserveTabOrder={false} unmountOnHide>
                {items.map((item) => (
                    <MenuItem key={item.label} className={`menu-item ${item.isDanger ? "danger" : ""}`}
                              disabled={item.isDisabled} onClick={() => select(item)}>
                        {item.label}
                    </MenuItem>
                ))}
            </AriaMenu>
        </MenuProvider>
    );
}
