/** Send one file's bytes. The widget loads this when a file is sent. */

import type { Happened } from "../core/conversation.ts";
import type { File } from "../protocol/kinds.ts";
import { asFile } from "../protocol/payloads.ts";
import { postBytes, RestError } from "./http.ts";
import type { Rest } from "./rest.ts";
import { type Store, tooLate } from "./store.ts";

interface FileToSend {
  readonly client: string;
  /** Chosen by the sender; the same id is stored once. */
  readonly id: string;
  readonly name: string;
  readonly rest: Rest;
  readonly store: Store;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

const MAX_NAME = 200;
const NO_ROOM = 507; // the server's disk is nearly full

/** Upload the stored file; return what happened to its message, or null when it is to be tried again. */
export async function sendFile(sending: FileToSend): Promise<Happened | null> {
  const { id, store } = sending;
  try {
    // A file that cannot be read fails, so that nothing waits for it.
    const blob = await Promise.race([store.file(id), tooLate()]).catch(() => undefined);
    if (!blob) throw new RestError(404, "file_lost", "");
    return { type: "uploaded", id, file: await upload(sending, blob) };
  } catch (fault) {
    return refusalOf(id, fault);
  }
}

/** Return the refusal, and a full disk at once; the outbox repeats the rest. */
function refusalOf(id: string, fault: unknown): Happened | null {
  if (!(fault instanceof RestError) || fault.status === 0 || fault.status === 401) return null;
  const { code: why, message: text, status } = fault;
  if (status >= 500 && status !== NO_ROOM) return null;
  return { type: "refusal", refusal: { id, why, text, retryMs: status === NO_ROOM ? null : fault.retryMs } };
}

/** Upload a file and return it as stored. Raises: RestError, status 0 when not reached. */
async function upload({ rest, client, id, name, onProgress, signal }: FileToSend, blob: Blob): Promise<File> {
  const named = encodeURIComponent([...name].slice(0, MAX_NAME).join(""));
  const url = `${rest.base}/api/clients/${client}/files?id=${id}&name=${named}`;
  const file = asFile(await postBytes(url, { bearer: await rest.bearer(), blob, onProgress, signal }));
  if (!file) throw new RestError(200, "unexpected", "");
  return file;
}
