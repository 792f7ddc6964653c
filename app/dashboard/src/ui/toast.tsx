/* Short words about what has just happened, at the foot of the page and to screen readers. */
import { useSyncExternalStore } from "react";

interface Toast {
    id: number;
    text: string;
}

let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
    toasts = next;
    listeners.forEach((listener) => listener());
}

export function toast(text: string): void {
    const id = ++last;
    set([...toasts, { id, text }]);
    setTimeout(() => set(toasts.filter((item) => item.id !== id)), 6_000);
}

export function Toaster() {
    const shown = useSyncExternalStore((listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
    }, () => toasts);
    return (
        <div className="toaster" role="status" aria-live="polite">
            {shown.map((item) => <p key={item.id} className="toast">{item.text}</p>)}
        </div>
    );
}
