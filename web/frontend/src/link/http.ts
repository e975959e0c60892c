/**
 * All HTTP requests of the browser. A failure raises `RestError` with the problem's code (RFC 9457). Imports nothing,
 * because the launcher loads a part of it.
 */

export class RestError extends Error {
  /** Args: status: 0: the server was not reached. */
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
    readonly retryMs: number | null = null,
  ) {
    super(text);
  }
}

/** Return the error of an answer that is a problem (RFC 9457), or none. */
function problemIn(status: number, answer: any): RestError {
  let { detail = "" } = answer ?? {};
  const { code = "unexpected", errors, retry_ms: retryMs } = answer ?? {};
  if (code === "origin") {
    console.error("Wattline:", detail); // for the page's developer, not for visitors
    detail = "";
  }
  // The board has forms: each malformed field has a sentence.
  if (__DESK__)
    detail = [detail, ...(errors ?? []).map(({ text }: { text?: string }) => text)].filter(Boolean).join(" ");
  return new RestError(status, code, detail, retryMs);
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
  throw problemIn(response.ok ? 502 : response.status, answer);
}

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
      else fail(problemIn(status, response));
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
