/** The gallery's page: lists the scenes and draws the wanted one, also by `?scene=…&lang=…`. */

import { render } from "preact";

import { capital } from "../ui/format.ts";
import {
  boardMessages,
  chartMessages,
  chatMessages,
  chooseLang,
  compareMessages,
  deskMessages,
  type Lang,
  laterMessages,
  widgetMessages,
} from "../ui/messages.ts";
import { pageMessages, settingPageMessages } from "../ui/page-tables.gen.ts";
import { frames, type Scenes } from "./scene.ts";
import { boardScenes } from "./scenes-board.tsx";
import { widgetScenes } from "./scenes-widget.tsx";

declare global {
  interface Window {
    wlScenes: readonly string[];
    wlDraw: (scene: string, lang: Lang) => Promise<void>;
    wlReady?: true;
    /** English texts that differ in the other language. */
    wlEnglish: (other: Lang) => readonly string[];
  }
}

const scenes: Scenes = { ...boardScenes, ...widgetScenes };
const root = document.getElementById("board") as HTMLElement;
window.wlScenes = Object.keys(scenes);
const texts = (which: Lang): readonly string[] =>
  [
    chatMessages,
    chartMessages,
    deskMessages,
    laterMessages,
    widgetMessages,
    boardMessages,
    compareMessages,
    pageMessages,
    settingPageMessages,
  ].flatMap((each) => Object.values(each[which] as object).filter((text) => typeof text === "string"));
window.wlEnglish = (other) => {
  // Menus and filters begin a text with a capital letter.
  const own = new Set(texts(other).flatMap((text) => [text, capital(text)]));
  return texts("en").filter((text) => !own.has(text));
};

const undrawn = (): boolean =>
  [document, ...[...document.body.children].flatMap(({ shadowRoot }) => shadowRoot ?? [])].some((part) =>
    // A hidden one is drawn when it is shown.
    [...part.querySelectorAll(".wl-chart:not(:has(canvas, svg))")].some(({ clientWidth }) => clientWidth > 0),
  );
/** Replaces the drawn scene; resolves when it is complete. */
window.wlDraw = async (name, lang) => {
  const scene = scenes[name];
  if (!scene) throw new Error(`no scene is called ${name}`);
  render(null, root);
  root.replaceChildren();
  // A widget is a child of the body, beside the page's own elements.
  for (const element of [...document.body.children]) if (element !== root) element.remove();
  document.documentElement.lang = lang;
  await scene.draw(root, lang);
  // Effects run in the next frames, and charts load their code when first shown.
  await frames();
  for (let patience = 100; patience > 0 && undrawn(); patience -= 1) await frames();
};

const wish = new URLSearchParams(location.search);
const wanted = wish.get("scene");
if (wanted !== null) await window.wlDraw(wanted, chooseLang(wish.get("lang")));
window.wlReady = true;
