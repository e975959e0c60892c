/** A file's way to the server, with its progress. The only XMLHttpRequest: fetch tells nothing of what was sent. */

import { asFile, type File } from "../protocol/payloads.ts";
import { type Rest, RestError } from "./rest.ts";

/** What the server takes; it looks at the content, this is only what the picker offers. */
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,.pdf,.txt,.csv,.docx,.xlsx,.odt,.ods";
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** A line that moved nothing for so long is given up, and tried again later. */
const STALLED_MS = 20_000;
const MAX_NAME = 200;

export interface Uploading {
  readonly client: string;
  /** The uploader's own: the same again is stored once. */
  readonly id: string;
  readonly name: string;
  readonly blob: Blob;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** The file as the server has it. Raises: RestError, with status 0 where it was not reached. */
export async function upload(rest: Rest, { client, id, name, blob, onProgress, signal }: Uploading): Promise<File> {
  const bearer = await rest.bearer();
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
      const answer = request.response ?? {};
      const file = request.status === 200 ? asFile(answer) : null;
      if (file) done(file);
      else
        fail(new RestError(request.status, answer.code ?? "unexpected", answer.detail ?? "", answer.retry_ms ?? null));
    };
    request.onerror = unreachable;
    request.onabort = unreachable;
    request.onloadend = () => clearTimeout(stalled);
    signal.addEventListener("abort", () => request.abort());
    const named = encodeURIComponent([...name].slice(0, MAX_NAME).join(""));
    request.open("POST", `${rest.base}/api/clients/${client}/files?id=${id}&name=${named}`);
    request.responseType = "json";
    request.setRequestHeader("Authorization", `Bearer ${bearer}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.send(blob);
    moved();
  });
}

/** Runs it in one tab alone; whoever comes meanwhile leaves it to that one. */
export async function inOneTab(name: string, run: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return run(); // only secure pages have them
  await navigator.locks.request(`wattline/${name}`, { ifAvailable: true }, async (lock) => {
    if (lock) await run();
  });
}
