/** The welcome: the last conversation, and questions to begin one with. */

import type { ConversationView, Item } from "../core/view.ts";
import { Avatar } from "../ui/avatar.tsx";
import { BARS, CLOCK, Drawing } from "../ui/drawing.tsx";
import { whenNear } from "../ui/format.ts";
import type { WidgetTexts } from "../ui/messages.ts";
import { ownWords } from "../ui/rows.ts";

interface HomeProps {
  readonly wt: WidgetTexts;
  readonly view: ConversationView;
  readonly now: number;
  readonly nameOf: (item: Item) => string;
  readonly onShow: () => void;
  readonly ask: (text: string) => void;
}

const NEXT = "M8 5.5 12.5 10 8 14.5";
const BUBBLE = "M4 4h12v9H9l-4 3z";
/** Of the product's own questions: consumption, a date, electricity. */
const SIGNS = [BARS, CLOCK, "M11 3 5 11h4l-1 6 6-8h-4z"];
/** Later than this the chat opens at its welcome. */
const RECENT_MS = 12 * 3_600_000;

export function Home({ wt, view, now, nameOf, onShow, ask }: HomeProps) {
  const last = lastSaid(view);
  const who = last && nameOf(last);
  const isOwn = window.wattlineBrand?.texts[wt.lang]?.suggestion1;
  return (
    <div class="wl-home" data-testid="home">
      {last && who && (
        <button type="button" class="wl-home-row" onClick={onShow}>
          {last.mine ? <Drawing path={BUBBLE} /> : <Avatar name={who} id={last.sender} />}
          <span class="wl-panel-who">
            <strong>{who}</strong>
            <span class="wl-home-sub">{ownWords(last.text)}</span>
          </span>
          <span class="wl-time wl-muted">{whenNear(wt.lang, last.at, now)}</span>
          {view.unread > 0 && <span class="wl-launcher-count wl-count">{view.unread}</span>}
        </button>
      )}
      <h3>{wt.suggested}</h3>
      {[wt.suggestion1, wt.suggestion2, wt.suggestion3].map(
        (question, place) =>
          question && (
            <button key={question} type="button" class="wl-home-row" onClick={() => ask(question)}>
              <Drawing path={isOwn ? BUBBLE : (SIGNS[place] as string)} />
              {question}
              <Drawing path={NEXT} />
            </button>
          ),
      )}
    </div>
  );
}

const lastSaid = ({ items }: ConversationView): Item | undefined =>
  items.findLast(({ kind, deleted, sender }) => kind === "text" && !deleted && !/^[bs]/.test(sender));

/** Return whether the chat opens at its welcome: nothing is going on. */
export const opensAtHome = (view: ConversationView, now: number): boolean =>
  !view.loading &&
  (view.items.length === 0 || (view.unread === 0 && now - (view.items[view.items.length - 1]?.at ?? 0) > RECENT_MS));
