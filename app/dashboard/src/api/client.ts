/* The one way to the API: JSON in, JSON out, errors as ApiError, the session's key on every call. */
import { session } from "../session";
import { t } from "../strings";

interface FieldProblem {
    field: string;
    message: string;
}

/** What the API, nginx or the network answered instead of a result. */
export class ApiError extends Error {
    readonly status: number; // 0: no answer at all
    readonly code: string;
    readonly requestId: string;
    readonly fields: FieldProblem[];

    constructor(status: number, body: ErrorBody | null, fallback: string) {
        super(body?.message ?? fallback);
        this.name = "ApiError";
        this.status = status;
        this.code = body?.code ?? "";
        this.requestId = body?.requestId ?? "";
        this.fields = body?.errors ?? [];
    }

    /** Whether the same request may work in a moment. */
    get isPassing(): boolean {
        return this.status === 0 || this.status === 429 || this.status >= 502;
    }
}

interface ErrorBody {
    code: string;
    message: string;
    requestId: string;
    errors?: FieldProblem[];
}

export type QueryValue = string | number | boolean | null | undefined;

interface CallOptions {
    query?: Record<string, QueryValue>;
    body?: unknown; // JSON, unless it is a Blob or FormData
    signal?: AbortSignal;
    withoutKey?: boolean;
}

/** A path of the API with its parts encoded: route`/segments/${id}/contacts`. */
export function route(text: TemplateStringsArray, ...parts: (string | number)[]): string {
    return text.reduce((path, piece, i) => path + encodeURIComponent(String(parts[i - 1])) + piece);
}

export function withQuery(path: string, query: Record<string, QueryValue> = {}): string {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value !== undefined && value !== null && value !== "")
            search.set(name, String(value));
    }
    const text = search.toString();
    return text ? `${path}?${text}` : path;
}

function requestOf(method: string, options: CallOptions, key: string | null): RequestInit {
    const headers: Record<string, string> = {};
    if (key)
        headers.Authorization = `Bearer ${key}`;
    let body: BodyInit | undefined;
    if (options.body instanceof Blob || options.body instanceof FormData) {
        body = options.body;
    } else if (options.body !== undefined) {
        headers["Content-Type"] = "application/json";
        body = JSON.stringify(options.body);
    }
    return { method, headers, body, signal: options.signal, credentials: "omit", cache: "no-store" };
}

function errorFrom(status: number, text: string): ApiError {
    let body: ErrorBody | null = null;
    try {
        const parsed = JSON.parse(text);
        body = typeof parsed.error === "string" ? { code: "", requestId: "", message: parsed.error } : parsed.error;
    } catch {
        // not JSON: somebody between us and the API
    }
    return new ApiError(status, body, t.answered(status));
}

/** Sends a request and returns the answer whatever its type; throws ApiError, or AbortError. */
async function call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const key = options.withoutKey ? null : session.key();
    let response: Response;
    try {
        response = await fetch(withQuery(path, options.query), requestOf(method, options, key));
    } catch (problem) {
        if (problem instanceof DOMException && problem.name === "AbortError")
            throw problem;
        throw new ApiError(0, null, t.unreachable);
    }
    if (response.ok)
        return response;
    const error = errorFrom(response.status, await response.text().catch(() => ""));
    if (response.status === 401)
        session.expire(key);
    throw error;
}

async function json<T>(method: string, path: string, options?: CallOptions): Promise<T> {
    const response = await call(method, path, options);
    return (response.status === 204 ? undefined : await response.json()) as T;
}

export const api = {
    get: <T>(path: string, query?: CallOptions["query"], signal?: AbortSignal) => json<T>("GET", path, { query, signal }),
    post: <T>(path: string, body?: unknown, options?: CallOptions) => json<T>("POST", path, { ...options, body }),
    put: <T>(path: string, body?: unknown) => json<T>("PUT", path, { body }),
    patch: <T>(path: string, body?: unknown) => json<T>("PATCH", path, { body }),
    delete: <T = void>(path: string, body?: unknown) => json<T>("DELETE", path, { body }),
};

/** Saves what a GET answers as a file of the reader's. */
export async function download(path: string, query: CallOptions["query"], name: string): Promise<void> {
    const response = await call("GET", path, { query });
    const url = URL.createObjectURL(await response.blob());
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

interface UploadOptions {
    query?: CallOptions["query"];
    onProgress: (sent: number, total: number) => void;
    signal?: AbortSignal;
}

/** Posts a form with files. XMLHttpRequest, since fetch does not tell how much was sent. */
export function upload<T>(path: string, form: FormData, { query, onProgress, signal }: UploadOptions): Promise<T> {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open("POST", withQuery(path, query));
        const key = session.key();
        if (key)
            request.setRequestHeader("Authorization", `Bearer ${key}`);
        request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
        request.onload = () => {
            if (request.status >= 200 && request.status < 300)
                return resolve(JSON.parse(request.responseText) as T);
            if (request.status === 401)
                session.expire(key);
            reject(errorFrom(request.status, request.responseText));
        };
        request.onerror = () => reject(new ApiError(0, null, t.unreachable));
        request.onabort = () => reject(new DOMException("The upload was stopped", "AbortError"));
        signal?.addEventListener("abort", () => request.abort(), { once: true });
        request.send(form);
    });
}
