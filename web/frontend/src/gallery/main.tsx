/** The gallery's page: `?scene=…&lang=…` draws one scene; the page says which there are, and when it has drawn. */

import { chooseLang } from "../ui/messages.ts";
import { boardScenes } from "./scenes-board.tsx";
import { widgetScenes } from "./scenes-widget.tsx";

declare global {
  interface Window {
    wlScenes: readonly string[];
    wlDrawn: string | null;
  }
}

const scenes = { ...boardScenes, ...widgetScenes };
const wish = new URLSearchParams(location.search);
const lang = chooseLang(wish.get("lang"));
document.documentElement.lang = lang;
window.wlScenes = Object.keys(scenes);
window.wlDrawn = null;

const name = wish.get("scene") ?? "";
const scene = scenes[name];
const root = document.getElementById("board");
if (scene && root) {
  await scene.draw(root, lang);
  // Effects and lazily loaded charts come with the next frames.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  window.wlDrawn = name;
}
