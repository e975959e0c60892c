/** What the chat shows when it is first needed: a complete chunk, with its own style sheet and texts. */

import { type ComponentChild, render } from "preact";
import { CardChart, type CardChartProps } from "../ui/card-chart.tsx";
import chart from "../ui/chart.css";
import type { FailedProps, RareBodyProps } from "../ui/message.tsx";
import parts from "../ui/message-parts.css";
import { MESSAGE_PARTS } from "../ui/message-parts.tsx";
import { type Lang, laterTextsFor } from "../ui/messages.ts";
import tokens from "../ui/tokens.css";
import { Chosen, type ChosenProps } from "./chosen.tsx";
import { Days, type DaysProps } from "./days.tsx";
import { Emoji, type EmojiProps } from "./emoji.tsx";
import { Ending, type EndingProps } from "./ending.tsx";
import { Files, type FilesProps } from "./files.tsx";
import look from "./later.css";
import { MailAsk, type MailAskProps, MailLeaving } from "./mail-ask.tsx";
import { MoreList, type MoreListProps } from "./more-list.tsx";
import { Naming, type NamingProps } from "./naming.tsx";
import { Outage, type OutageProps } from "./outage.tsx";
import { Peek, type PeekProps } from "./peek.tsx";
import { PushOffer, type PushOfferProps } from "./push-offer.tsx";
import { QuickReplies, type QuickRepliesProps } from "./quick-replies.tsx";
import { Sheet } from "./sheet.tsx";

export { fetchConsumption } from "../link/rest.ts";
// link/uploads.ts loads it from here (build.mjs, `laterApart`).
export { sendFile } from "../link/send-file.ts";
export { forget } from "./forget.ts";
export { keepPush } from "./push.ts";
export { ringOnce } from "./ring.ts";

export interface LaterParts {
  readonly card: CardChartProps;
  readonly days: Omit<DaysProps, "lt">;
  readonly rare: RareBodyProps;
  readonly failed: FailedProps;
  readonly files: FilesProps;
  readonly chosen: ChosenProps;
  readonly drop: { readonly lang: Lang };
  readonly outage: OutageProps;
  readonly peek: Omit<PeekProps, "lt">;
  readonly emoji: Omit<EmojiProps, "lt">;
  readonly replies: QuickRepliesProps;
  readonly ending: Omit<EndingProps, "lt">;
  readonly more: Omit<MoreListProps, "lt">;
  readonly naming: Omit<NamingProps, "lt">;
  readonly leaving: MailAskProps;
  readonly wait: MailAskProps & Omit<PushOfferProps, "lt">;
}
type Part = keyof LaterParts;
type Drawers = { readonly [P in Part]: (props: LaterParts[P]) => ComponentChild };

const drawers: Drawers = {
  card: (props) => <CardChart {...props} />,
  days: (props) => {
    const lt = laterTextsFor(props.t.lang);
    return (
      <Sheet label={lt.sharePeriod} onClose={props.onClose} onGone={props.onGone}>
        <Days {...props} lt={lt} />
      </Sheet>
    );
  },
  rare: (props) => <MESSAGE_PARTS.RareBody {...props} />,
  failed: (props) => <MESSAGE_PARTS.Failed {...props} />,
  files: (props) => <Files {...props} />,
  chosen: (props) => <Chosen {...props} />,
  drop: ({ lang }) => <div class="wl-drop">{laterTextsFor(lang).dropHere}</div>,
  outage: (props) => <Outage {...props} />,
  peek: (props) => <Peek {...props} lt={laterTextsFor(props.lang)} />,
  emoji: (props) => <Emoji {...props} lt={laterTextsFor(props.lang)} />,
  replies: (props) => <QuickReplies {...props} />,
  ending: (props) => <Ending {...props} lt={laterTextsFor(props.wt.lang)} />,
  more: (props) => <MoreList {...props} lt={laterTextsFor(props.wt.lang)} />,
  naming: (props) => <Naming {...props} lt={laterTextsFor(props.wt.lang)} />,
  leaving: (props) => <MailLeaving {...props} />,
  wait: (props) => (
    <>
      <MailAsk {...props} />
      <PushOffer {...props} lt={laterTextsFor(props.lang)} />
    </>
  ),
};

let sheet: CSSStyleSheet | null = null;

function adopt(root: Node): void {
  if (!(root instanceof ShadowRoot)) return;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(tokens + chart + parts + look); // tokens: the roles that the panel does not need
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** Draw a part, or draw it again with other properties. */
export function draw<P extends Part>(place: HTMLElement, part: P, props: LaterParts[P]): void {
  adopt(place.getRootNode());
  render(drawers[part](props), place);
}

export const remove = (place: HTMLElement): void => render(null, place);
