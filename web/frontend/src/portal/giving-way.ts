/** Let the chat's launcher give way: it never lies over a chart of the page, its words, or the question about selected bars. */

const WORDS = "main :is(h2, p, dd, li, summary)";

let isAsked = false;
let due = 0;

/** Return whether the launcher would lie over a chart or over words. At the page's end, which has room for it, it stays. */
function isOver(launcher: DOMRect): boolean {
  const { scrollHeight } = document.documentElement;
  if (scrollY + innerHeight >= scrollHeight - 1) return false;
  const covers = ({ left, right, top, bottom }: DOMRect): boolean =>
    left < launcher.right && right > launcher.left && top < launcher.bottom && bottom > launcher.top;
  const words = document.createRange();
  return (
    [...document.querySelectorAll(".wl-chart")].some((each) => covers(each.getBoundingClientRect())) ||
    [...document.querySelectorAll(WORDS)].some((each) => {
      words.selectNodeContents(each); // their lines may end before the block does
      return covers(words.getBoundingClientRect());
    })
  );
}

function decide(): void {
  const chat = document.querySelector("wattline-chat");
  const launcher = chat?.shadowRoot?.querySelector(".wl-launcher");
  if (launcher) chat?.toggleAttribute("data-quiet", isAsked || isOver(launcher.getBoundingClientRect()));
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
