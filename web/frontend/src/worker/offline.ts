/** The page that the board's start shows without a connection: it brings its look along, and loads again when there is one. */

import { chooseLang, type Lang, offlineMessages } from "../ui/messages.ts";
import css from "./offline.css";

/** As web/static/icon.svg, which cannot be loaded. */
const LOGO =
  '<svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="7"/><path d="M18.5 5 8 18h6.5L13 27l11-13.5h-6.8z"/></svg>';
/** As `offline` in ui/icon.tsx. */
const CUT =
  '<svg viewBox="0 0 20 20" aria-hidden="true"><path d="M3 3l14 14M6 9.5a6.5 6.5 0 0 1 2-1.2M12 8.3a6.6 6.6 0 0 1 2 1.2M3 6.8a11 11 0 0 1 2.5-1.6M9 4.2a11 11 0 0 1 8 2.6M8.3 12.5a2.6 2.6 0 0 1 3.4 0M10 15.5v.1"/></svg>';
/** The agent's theme (board/theme.ts); and what the agent came for is behind the address's #. */
const SCRIPT =
  'const theme=localStorage.getItem("wl-theme");if(theme==="light"||theme==="dark")document.documentElement.dataset.theme=theme;' +
  // The company's name, as board/main.tsx stores it.
  'const name=localStorage.getItem("wl-company");if(name){document.querySelector("header").lastChild.data=name;document.title+=" · "+name}' +
  // A load that takes longer than the next look must not begin anew at each of them.
  'const again=()=>{clearInterval(looks);location.reload()};addEventListener("online",again);' +
  // The event is past where the connection came back meanwhile, and never comes where the server alone was away.
  'const looks=setInterval(()=>fetch("/healthz").then((told)=>told.ok&&again(),()=>{}),4000+4000*Math.random());' +
  'document.querySelector("a").onclick=(event)=>{event.preventDefault();again()};';

export function offline(wished: string | null): Response {
  const lang: Lang = chooseLang(wished);
  const t = offlineMessages[lang];
  const body = `<!doctype html>
<html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${t.title}</title><style>${css}</style>
<header>${LOGO}Wattline</header>
<main><i>${CUT}</i><h1>${t.title}</h1><p>${t.text}</p><a href="/board">${t.again}</a></main>
<script>${SCRIPT}</script></html>`;
  return new Response(body, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
