/** A conversation's uploads. Each is tried once when the outbox says so; the outbox repeats. */

import { type Signal, signal } from "@preact/signals";
import type { Happened } from "../core/conversation.ts";
import type { Pending } from "../core/outbox.ts";
import { RestError } from "./http.ts";
import type { Rest } from "./rest.ts";
import { type Store, tooLate } from "./store.ts";
import { inOneTab, upload } from "./upload.ts";

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
