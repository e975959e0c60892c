import type { Settings } from "../../link/desk-api.ts";
import type { Lang } from "../../ui/messages.ts";
import type { PageProps } from "../state.ts";
import { Picture } from "./page-icon.tsx";

/** Ask again so often whether a page was seen, while the tab is shown. */
export const SEEN_EVERY_MS = 20_000;

/** Return "2 minutes ago" in the language. */
export function ago(lang: Lang, ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  const words = new Intl.RelativeTimeFormat(lang);
  return minutes < 60 ? words.format(-minutes, "minute") : words.format(-Math.floor(minutes / 60), "hour");
}

type SeenProps = Pick<PageProps, "board" | "t"> & { readonly origins: Settings["seen_origins"] };

/** Say of each website that asked for the chat how long ago, or that none has yet. */
export function Seen({ board, t, origins }: SeenProps) {
  if (origins.length === 0)
    return (
      <p class="wl-banner wl-banner-warn" role="status" data-testid="seen">
        <Picture name="warning" />
        {t.seenNowhere}
      </p>
    );
  return (
    <div class="wl-side" role="status" data-testid="seen">
      {origins.map(({ origin, at }) => (
        <p key={origin} class="wl-banner wl-banner-ok">
          <Picture name="check" />
          {t.startSeen(origin, ago(t.lang, board.now.value - at))}
        </p>
      ))}
    </div>
  );
}
