/** The typed client: cookies, the CSRF header, and errors as Failures. */
import createClient, { type Middleware } from "openapi-fetch";
import { Failure } from "../lib/failure";
import type { paths } from "./schema.gen";

const CSRF_COOKIE = "basis_csrf";
const TIMEOUT_MS = 30_000;

function cookie(name: string): string | null {
  const pair = document.cookie.split("; ").find((entry) => entry.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : null;
}

const csrf: Middleware = {
  onRequest({ request }) {
    const token = cookie(CSRF_COOKIE);
    if (request.method !== "GET" && token) request.headers.set("X-CSRF-Token", token);
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: window.location.origin,
  credentials: "same-origin",
  fetch: (request) => fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }),
});
api.use(csrf);

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer; throws a Failure for any other. */
export async function body<T>(request: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await request;
  if (response.ok) return data as T;
  throw failureFrom(error, response);
}

function failureFrom(error: unknown, response: Response): Failure {
  const envelope = error as { error?: Partial<Record<string, unknown>>; request_id?: unknown } | undefined;
  const inner = envelope?.error;
  const requestId =
    typeof envelope?.request_id === "string" ? envelope.request_id : response.headers.get("X-Request-ID");
  if (!inner || typeof inner["code"] !== "string") {
    return new Failure("GEN-0001", `The server answered ${response.status}.`, response.status, requestId);
  }
  const details = (inner["details"] ?? {}) as Record<string, unknown>;
  return new Failure(inner["code"], String(inner["message"] ?? ""), response.status, requestId, details);
}
