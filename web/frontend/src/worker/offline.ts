/** The page that the board's start shows without a connection. */

import { chooseLang, type Lang, offlineMessages } from "../ui/messages.ts";

export function offline(wished: string | null): Response {
  const lang: Lang = chooseLang(wished);
  const t = offlineMessages[lang];
  const body = `<!doctype html>
<html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${t.title}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-inline-size:28rem;margin:20vh auto;padding:0 1.5rem}</style>
<main><h1>${t.title}</h1><p>${t.text}</p><p><a href="/board">${t.again}</a></p></main></html>`;
  return new Response(body, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
