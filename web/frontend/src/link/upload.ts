import type { File } from "../protocol/kinds.ts";
import { asFile } from "../protocol/payloads.ts";
import { postBytes, RestError, type Sending } from "./http.ts";
import type { Rest } from "./rest.ts";

/** Types for the file picker; the server checks the content. */
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,.pdf,.txt,.csv,.docx,.xlsx,.odt,.ods";
export const MAX_FILE_BYTES = 10 * 1024 * 1024;
const MAX_NAME = 200;

export interface Uploading extends Omit<Sending, "bearer"> {
  readonly client: string;
  /** Chosen by the sender; the same id is stored once. */
  readonly id: string;
  readonly name: string;
}

/** Upload a file and return it as stored. Raises: RestError, status 0 when not reached. */
export async function upload(rest: Rest, { client, id, name, ...sending }: Uploading): Promise<File> {
  const named = encodeURIComponent([...name].slice(0, MAX_NAME).join(""));
  const url = `${rest.base}/api/clients/${client}/files?id=${id}&name=${named}`;
  const file = asFile(await postBytes(url, { bearer: await rest.bearer(), ...sending }));
  if (!file) throw new RestError(200, "unexpected", "");
  return file;
}

/** Run in one tab; skip while another tab runs it. */
export async function inOneTab(name: string, run: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return run(); // only secure pages have locks
  await navigator.locks.request(`wattline/${name}`, { ifAvailable: true }, async (lock) => {
    if (lock) await run();
  });
}
