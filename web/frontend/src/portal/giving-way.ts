/**
 * Let the chat's launcher give way: it never lies over a chart of the page, its words, or the question about selected
 * bars. On the first screen they make room for it instead: whoever comes with a question finds it there.
 */

const WORDS = "main :is(h2, p, dd, li, summary, .wl-energy-head button, .wl-energy-head label, .wl-outage label)";
/** What ends beside the launcher (pages.css). */
const MAKES_ROOM =
  ".wl-outage, .wl-tile, .wl-energy-head :is(.wl-sub, .wl-segments, .wl-compare, .wl-energy-tools > .wl-button), .wl-chart";

let isAsked = false;
let due = 0;

/** Return the charts and words that the launcher would lie over. At the page's end, which has room for it, there are none. */
function below(launcher: DOMRect): readonly Element[] {
  const { scrollHeight } = document.documentElement;
  if (scrollY + innerHeight >= scrollHeight - 1) return [];
  const covers = ({ left, right, top, bottom }: DOMRect): boolean =>
    left < launcher.right && right > launcher.left && top < launcher.bottom && bottom > launcher.top;
  const words = document.createRange();
  return [
    ...[...document.querySelectorAll(".wl-chart")].filter((each) => covers(each.getBoundingClientRect())),
    ...[...document.querySelectorAll(WORDS)].filter((each) => {
      words.selectNodeContents(each); // their lines may end before the block does
      return covers(words.getBoundingClientRect());
    }),
  ];
}

/** Let what the launcher lies over end beside it, which may move more of the page below it. */
function makeRoom(launcher: DOMRect): void {
  for (const each of document.querySelectorAll("[data-beside]")) each.removeAttribute("data-beside");
  for (;;) {
    const places = below(launcher).map((each) => each.closest(MAKES_ROOM));
    const next = places.filter((place) => place?.hasAttribute("data-beside") === false);
    if (next.length === 0) return;
    for (const place of next) place?.setAttribute("data-beside", "");
  }
}

function decide(): void {
  const chat = document.querySelector("wattline-chat");
  const launcher = chat?.shadowRoot?.querySelector(".wl-launcher")?.getBoundingClientRect();
  if (!launcher) return;
  // It has no width while the chat is open.
  if (launcher.width > 0 && scrollY < 1 && !isAsked) makeRoom(launcher);
  chat?.toggleAttribute("data-quiet", isAsked || below(launcher).length > 0);
}

const soon = (): void => {
  cancelAnimationFrame(due);
  due = requestAnimationFrame(decide);
};

/** Decide again whenever the page scrolls, changes its size or draws something else. */
export function letLauncherGiveWay(): void {
  for (const move of ["scroll", "resize", "wattline:ready"])
    addEventListener(move, soon, { capture: true, passive: true });
  const main = document.querySelector("main");
  if (main) new MutationObserver(soon).observe(main, { childList: true, subtree: true });
  soon();
}

/** On a phone the launcher makes room for the question about selected bars. */
export function giveWayToQuestion(isShown: boolean): void {
  isAsked = isShown;
  soon();
}
