/** A conversation's uploads. Each is tried once when the outbox says so; the outbox repeats. */

import { type Signal, signal } from "@preact/signals";
import type { Happened } from "../core/conversation.ts";
import type { Pending } from "../core/outbox.ts";
import type { File } from "../protocol/kinds.ts";
import { asFile } from "../protocol/payloads.ts";
import { inOneTab } from "./environment.ts";
import { postBytes, RestError, type Sending } from "./http.ts";
import type { Rest } from "./rest.ts";
import { type Store, tooLate } from "./store.ts";

/** Types for the file picker; the server checks the content. A browser that reads HEIC sends it as JPEG. */
export const ACCEPTED =
  "image/heic,.heic,.heif,image/jpeg,image/png,image/webp,image/gif,.pdf,.txt,.csv,.docx,.xlsx,.odt,.ods";
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_NAME = 200;

const NO_ROOM = 507; // the server's disk is nearly full

export interface UploadsOptions {
  readonly client: string;
  readonly store: Store;
  readonly rest: Rest;
}

export class Uploads {
  /** Progress of this tab's uploads, 0 to 1, by message id. */
  readonly shares: Signal<Readonly<Record<string, number>>> = signal({});
  readonly #running = new Map<string, AbortController>();

  constructor(
    private readonly options: UploadsOptions,
    private readonly happen: (happening: Happened) => void,
  ) {}

  async run({ id, said }: Pending): Promise<void> {
    const { client, rest, store } = this.options;
    if (this.#running.has(id) || !said?.file) return;
    const abort = new AbortController();
    this.#running.set(id, abort);
    const { name } = said.file;
    const onProgress = (share: number): void => {
      this.shares.value = { ...this.shares.peek(), [id]: share };
    };
    try {
      await inOneTab(`upload/${id}`, async () => {
        // A file that cannot be read fails, so that nothing waits for it.
        const blob = await Promise.race([store.file(id), tooLate()]).catch(() => undefined);
        if (!blob) throw new RestError(404, "file_lost", "");
        const file = await upload(rest, { client, id, name, blob, onProgress, signal: abort.signal });
        this.happen({ type: "uploaded", id, file });
        await store.dropFile(id);
      });
    } catch (fault) {
      this.#failed(id, fault);
    } finally {
      this.#running.delete(id);
      const { [id]: _, ...others } = this.shares.peek();
      this.shares.value = others;
    }
  }

  drop(id: string): void {
    this.#running.get(id)?.abort();
    void this.options.store.dropFile(id).catch(() => {});
  }

  /** Report a refusal, and a full disk at once; the outbox repeats the rest. */
  #failed(id: string, fault: unknown): void {
    if (!(fault instanceof RestError) || fault.status === 0 || fault.status === 401) return;
    const { code: why, message: text, status } = fault;
    if (status >= 500 && status !== NO_ROOM) return;
    this.happen({ type: "refusal", refusal: { id, why, text, retryMs: status === NO_ROOM ? null : fault.retryMs } });
  }
}

interface Uploading extends Omit<Sending, "bearer"> {
  readonly client: string;
  /** Chosen by the sender; the same id is stored once. */
  readonly id: string;
  readonly name: string;
}

/** Upload a file and return it as stored. Raises: RestError, status 0 when not reached. */
async function upload(rest: Rest, { client, id, name, ...sending }: Uploading): Promise<File> {
  const named = encodeURIComponent([...name].slice(0, MAX_NAME).join(""));
  const url = `${rest.base}/api/clients/${client}/files?id=${id}&name=${named}`;
  const file = asFile(await postBytes(url, { bearer: await rest.bearer(), ...sending }));
  if (!file) throw new RestError(200, "unexpected", "");
  return file;
}
