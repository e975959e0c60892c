/** One state of a view. */

import type { Lang } from "../ui/messages.ts";

export interface Scene {
  /** Draws it into the element; resolves when it is complete. */
  readonly draw: (root: HTMLElement, lang: Lang) => void | Promise<void>;
}
export type Scenes = Readonly<Record<string, Scene>>;

const frame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(done));

/** Wait until a change and its effects, such as a moved focus, are drawn. */
export async function frames(): Promise<void> {
  for (let left = 4; left > 0; left -= 1) await frame();
}

/** Wait for an element; scenes need no network, so some frames are enough. Throws when it does not come. */
export async function appears(selector: string, root: ParentNode = document): Promise<HTMLElement> {
  for (let patience = 300; patience > 0; patience -= 1) {
    const found = root.querySelector<HTMLElement>(selector);
    if (found) return found;
    await frame();
  }
  throw new Error(`the scene never showed ${selector}`);
}

export const press = async (selector: string): Promise<void> => (await appears(selector)).click();

export async function write(selector: string, text: string): Promise<void> {
  const field = (await appears(selector)) as HTMLInputElement | HTMLTextAreaElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

export async function choose(selector: string, value: string): Promise<void> {
  const list = (await appears(selector)) as HTMLSelectElement;
  list.value = value;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}
