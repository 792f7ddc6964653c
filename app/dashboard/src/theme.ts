/* Light, dark, or as the system has it (the default). */
const STORED = "muster.theme";

export type Theme = "system" | "light" | "dark";

export function theme(): Theme {
    const stored = localStorage.getItem(STORED);
    return stored === "light" || stored === "dark" ? stored : "system";
}

export function applyTheme(next: Theme = theme()): void {
    if (next === "system") {
        localStorage.removeItem(STORED);
        delete document.documentElement.dataset.theme;
    } else {
        localStorage.setItem(STORED, next);
        document.documentElement.dataset.theme = next;
    }
    window.dispatchEvent(new Event("muster-theme"));
}
