/** A conversation's uploads. Each is tried once when the outbox says so; the outbox repeats. */

import { type Signal, signal } from "@preact/signals";
import type { Happened } from "../core/conversation.ts";
import type { Pending } from "../core/outbox.ts";
import { inOneTab } from "./environment.ts";
import type { Rest } from "./rest.ts";
import { sendFile } from "./send-file.ts";
import type { Store } from "./store.ts";

/** Types for the file picker; the server checks the content. A browser that reads HEIC sends it as JPEG. */
export const ACCEPTED =
  "image/heic,.heic,.heif,image/jpeg,image/png,image/webp,image/gif,.pdf,.txt,.csv,.docx,.xlsx,.odt,.ods";
export const MAX_FILE_BYTES = 10 * 1024 * 1024;

interface UploadsOptions {
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
    const name = said?.file?.name;
    if (this.#running.has(id) || name === undefined) return;
    const abort = new AbortController();
    this.#running.set(id, abort);
    const onProgress = (share: number): void => {
      this.shares.value = { ...this.shares.peek(), [id]: share };
    };
    const { signal } = abort;
    await inOneTab(`upload/${id}`, async () => {
      // The widget loads it now. A chunk of the board's would cost its first load more than it saves.
      const send = __DESK__ ? sendFile : (await import("./send-file.ts")).sendFile;
      const happened = await send({ ...this.options, id, name, onProgress, signal });
      if (happened) this.happen(happened);
      if (happened?.type === "uploaded") await this.options.store.dropFile(id);
    }).catch(() => {}); // the code could not be loaded: the outbox repeats
    this.#running.delete(id);
    const { [id]: _, ...others } = this.shares.peek();
    this.shares.value = others;
  }

  drop(id: string): void {
    this.#running.get(id)?.abort();
    void this.options.store.dropFile(id).catch(() => {});
  }
}
