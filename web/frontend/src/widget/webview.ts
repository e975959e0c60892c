/** The page `/chat`: the chat as a whole screen, for the WebView of an app (docs/embedding.md#in-an-app). */

import full from "./webview.css";

type Post = { postMessage(message: unknown): void };
interface AppWindow {
  readonly webkit?: { readonly messageHandlers?: { readonly wattline?: Post } };
  readonly WattlineApp?: Post;
  readonly ReactNativeWebView?: Post;
}

/** Tell the app, in the way of its platform: iOS, Android, React Native. */
function tell(type: string, value: unknown): void {
  const { webkit, WattlineApp, ReactNativeWebView } = window as AppWindow;
  const message = { type, value };
  webkit?.messageHandlers?.wattline?.postMessage(message);
  for (const app of [WattlineApp, ReactNativeWebView]) app?.postMessage(JSON.stringify(message));
}

const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", location.pathname); // a token stays in no history
const script = document.createElement("script");
script.src = "/widget.js";
script.dataset.lang = given.get("lang") ?? "";
script.dataset.identity = given.get("token") ?? "";
document.addEventListener("wattline:ready", () => {
  const api = window.Wattline;
  const root = document.querySelector("wattline-chat")?.shadowRoot;
  if (!api || !root) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(full);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  let wasOpen = false;
  api.on("open", (isOpen) => {
    if (isOpen || wasOpen) tell("open", isOpen);
    wasOpen ||= isOpen;
    // On a phone the chat has made its entry; Back closes it at any width here.
    if (isOpen && history.state?.wattline !== true) history.pushState({ wattline: true }, "");
  });
  for (const what of ["unread", "message", "rated"] as const) api.on(what, (value) => tell(what, value));
  const theme = given.get("theme");
  if (theme === "light" || theme === "dark") api.theme(theme);
  api.open(given.get("draft") ?? undefined);
});
document.head.append(script);
