import { defineConfig } from "vitest/config";

// `npm run dev` serves the page from its sources and passes everything else on to a stack
// (tools/stack up), whose address stands in MUSTER_URL.
const stack = process.env.MUSTER_URL ?? "http://127.0.0.1:8080";

/**
 * Few files, since small ones compress badly: the frame, all pages but those of the builder and the
 * import, these two with their libraries, and the chart library.
 */
function chunkOf(id: string): string | undefined {
    if (id.includes("/uplot/"))
        return "charts";
    if (/\/(react-querybuilder|@react-querybuilder|pragmatic-drag-and-drop|@reduxjs|redux|react-redux|immer|reselect|numeric-quantity|papaparse)\//.test(id) ||
        /\/src\/pages\/(builder|imports)\//.test(id))
        return "builder";
    return /\/src\/(pages\/(?!signin)|charts)/.test(id) ? "pages" : "frame";
}

export default defineConfig({
    base: "/app/",
    esbuild: { jsx: "automatic" },
    build: {
        outDir: process.env.MUSTER_DASHBOARD_OUT ?? "dist/app", // nginx's root is the folder above
        emptyOutDir: true,
        target: "es2022",
        assetsInlineLimit: 0, // the content security policy allows no data: URL
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 700,
        minify: "terser", // a twentieth smaller than esbuild's
        terserOptions: { compress: { passes: 2 } },
        rollupOptions: {
            output: { manualChunks: chunkOf },
            // "use client" is for servers that render React; there is none.
            onwarn: (warning, warn) => warning.code === "MODULE_LEVEL_DIRECTIVE" || warn(warning),
        },
    },
    server: {
        host: "127.0.0.1", // not every host knows a localhost
        proxy: { "^/(?!app/)": stack },
    },
    test: { environment: "node", include: ["src/**/*.test.ts"] },
});
