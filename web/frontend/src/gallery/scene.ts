/** A state of a view, drawn by itself. */

import type { Lang } from "../ui/messages.ts";

export interface Scene {
  /** Draws it into the element; done when what it shows stands there. */
  readonly draw: (root: HTMLElement, lang: Lang) => void | Promise<void>;
}
export type Scenes = Readonly<Record<string, Scene>>;

/** Until what a scene waits for is there; scenes ask for nothing outside the page, so it is a matter of frames. */
export async function appears(selector: string, root: ParentNode = document): Promise<HTMLElement> {
  for (let frame = 0; frame < 300; frame += 1) {
    const found = root.querySelector<HTMLElement>(selector);
    if (found) return found;
    await new Promise((done) => requestAnimationFrame(done));
  }
  throw new Error(`the scene never showed ${selector}`);
}

export const press = async (selector: string): Promise<void> => (await appears(selector)).click();

export async function choose(selector: string, value: string): Promise<void> {
  const field = (await appears(selector)) as HTMLSelectElement;
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

export async function write(selector: string, text: string): Promise<void> {
  const field = (await appears(selector)) as HTMLInputElement | HTMLTextAreaElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
