/**
 * All HTTP requests of the browser. A failure raises `RestError` with the problem's code (RFC 9457). Imports nothing,
 * because the launcher loads a part of it.
 */

export class RestError extends Error {
  /** 0: the server was not reached. */
  readonly status: number;
  readonly code: string;
  readonly retryMs: number | null;
  constructor(status: number, code: string, text: string, retryMs: number | null = null) {
    super(text);
    this.status = status;
    this.code = code;
    this.retryMs = retryMs;
  }
}

export interface Asking {
  readonly bearer?: string | null;
  /** Sends the sign-in cookie with this CSRF token; without it no cookie is sent. */
  readonly csrf?: string | null;
  /** Sends the page's own cookies, for a portal's route. */
  readonly cookies?: boolean;
  /** For a request with a body. */
  readonly method?: "POST" | "PUT";
}

const TIMEOUT_MS = 15_000;
const JSON_TYPE = "application/json";

export async function ask(
  url: string,
  { bearer, csrf, cookies = Boolean(csrf), method = "POST" }: Asking,
  body?: unknown,
): Promise<any> {
  const headers: Record<string, string> = { Accept: JSON_TYPE };
  if (body !== undefined) headers["Content-Type"] = JSON_TYPE;
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  if (csrf) headers["X-CSRFToken"] = csrf;
  const rest = body === undefined ? {} : { method, body: JSON.stringify(body) };
  let response: Response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const credentials = cookies ? "same-origin" : "omit";
    response = await fetch(url, { headers, credentials, cache: "no-store", signal, ...rest });
  } catch (fault) {
    throw new RestError(0, "unreachable", String(fault));
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  const { code = "unexpected", retry_ms: retryMs = null } = answer ?? {};
  let { detail = "" } = answer ?? {};
  if (code === "origin") {
    console.error("Wattline:", detail); // for the page's developer, not for visitors
    detail = "";
  }
  // The board has forms: each malformed field has a sentence.
  if (__DESK__) detail = [detail, ...textsOf(answer?.errors)].filter(Boolean).join(" ");
  throw new RestError(response.ok ? 502 : response.status, code, detail, retryMs);
}

const textsOf = (errors: readonly { readonly text?: string }[] = []): readonly (string | undefined)[] =>
  errors.map(({ text }) => text);

/**
 * Read with a bearer token, without fetch, which costs a page with a closed chat a fifth more. Args: hear: called once;
 * status 0 means no answer.
 */
export function readText(url: string, bearer: string, hear: (status: number, text: string) => void): void {
  const request = new XMLHttpRequest();
  request.open("GET", url);
  request.setRequestHeader("Authorization", `Bearer ${bearer}`);
  request.timeout = TIMEOUT_MS;
  request.onloadend = () => hear(request.status, request.responseText);
  request.send();
}

/** An upload without progress for this long is aborted and tried later. */
const STALLED_MS = 20_000;

export interface Sending {
  readonly bearer: string;
  readonly blob: Blob;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** Post bytes and return the answer's JSON. Not by fetch, which reports no progress. Raises: RestError. */
export function postBytes(url: string, { bearer, blob, onProgress, signal }: Sending): Promise<unknown> {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const unreachable = (): void => fail(new RestError(0, "unreachable", ""));
    let stalled: ReturnType<typeof setTimeout>;
    const moved = (): void => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    request.upload.onprogress = ({ loaded, total }) => {
      moved();
      onProgress(total > 0 ? loaded / total : 0);
    };
    request.onload = () => {
      const { status, response } = request;
      if (status === 200 && response) done(response);
      else {
        const { code = "unexpected", detail = "", retry_ms: retryMs = null } = response ?? {};
        fail(new RestError(status, code, detail, retryMs));
      }
    };
    request.onerror = unreachable;
    request.onabort = unreachable;
    request.onloadend = () => clearTimeout(stalled);
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", url);
    request.responseType = "json";
    request.setRequestHeader("Authorization", `Bearer ${bearer}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(blob);
    moved();
  });
}
