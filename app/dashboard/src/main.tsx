import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";
import { ApiError } from "./api/client";
import { App } from "./App";
import { isSignInLink } from "./session";
import { applyTheme } from "./theme";
import "./theme.css";
import "./ui/ui.css";

applyTheme();

const AGAIN_MS = 3_000;

// What passes by itself is tried again, also after it was shown; what the API refuses is shown at once.
const queries = new QueryClient({
    defaultOptions: {
        queries: {
            staleTime: 3_000,
            retry: (count, error) => error instanceof ApiError && error.isPassing && count < 3,
            retryDelay: (count) => Math.min(500 * 2 ** count, 4_000),
            refetchInterval: ({ state: { error } }) => (error instanceof ApiError && error.isPassing ? AGAIN_MS : false),
            networkMode: "always",
        },
        mutations: { networkMode: "always" },
    },
});

// A link that is opened over the page changes the address only.
window.addEventListener("hashchange", () => isSignInLink() && location.reload());

createRoot(document.getElementById("root")!).render(
    <StrictMode>
        <QueryClientProvider client={queries}>
            <Router base="/app">
                <App />
            </Router>
        </QueryClientProvider>
    </StrictMode>,
);
