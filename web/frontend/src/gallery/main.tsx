/** The gallery's page: it says which scenes there are and draws the one that is asked for, by `?scene=…&lang=…` too. */

import { render } from "preact";

import {
  boardMessages,
  chatMessages,
  chooseLang,
  compareMessages,
  type Lang,
  pageMessages,
  widgetMessages,
  yearMessages,
} from "../ui/messages.ts";
import { frames, type Scenes } from "./scene.ts";
import { boardScenes } from "./scenes-board.tsx";
import { widgetScenes } from "./scenes-widget.tsx";

declare global {
  interface Window {
    wlScenes: readonly string[];
    wlDraw: (scene: string, lang: Lang) => Promise<void>;
    wlReady?: true;
    /** Texts that are English, and not of the other language too. */
    wlEnglish: (other: Lang) => readonly string[];
  }
}

const scenes: Scenes = { ...boardScenes, ...widgetScenes };
const root = document.getElementById("board") as HTMLElement;
window.wlScenes = Object.keys(scenes);
const texts = (which: Lang): readonly string[] =>
  [chatMessages, widgetMessages, boardMessages, compareMessages, pageMessages, yearMessages].flatMap((each) =>
    Object.values(each[which] as object).filter((text) => typeof text === "string"),
  );
window.wlEnglish = (other) => {
  const own = new Set(texts(other));
  return texts("en").filter((text) => !own.has(text));
};

const undrawn = (): boolean =>
  [document, ...[...document.body.children].flatMap(({ shadowRoot }) => shadowRoot ?? [])].some((part) =>
    part.querySelector(".wl-chart:not(:has(canvas))"),
  );
/** Draws a scene where the last one stood; done when it stands. */
window.wlDraw = async (name, lang) => {
  const scene = scenes[name];
  if (!scene) throw new Error(`no scene is called ${name}`);
  render(null, root);
  root.replaceChildren();
  // A widget stands beside the page's own elements, not in one of them.
  for (const element of [...document.body.children]) if (element !== root) element.remove();
  document.documentElement.lang = lang;
  await scene.draw(root, lang);
  // Effects come with the next frames, and charts, whose code is loaded when the first is seen.
  await frames();
  for (let patience = 100; patience > 0 && undrawn(); patience -= 1) await frames();
};

const wish = new URLSearchParams(location.search);
const wanted = wish.get("scene");
if (wanted !== null) await window.wlDraw(wanted, chooseLang(wish.get("lang")));
window.wlReady = true;
