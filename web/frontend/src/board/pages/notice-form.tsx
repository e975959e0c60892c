import type { ComponentChildren } from "preact";

import type { Area } from "../../link/desk-api.ts";
import type { NoticeTimes } from "../../link/desk-notices.ts";
import { areaName } from "../../ui/area-name.ts";
import { clock, dayInFull, languageName, whenNear, type Zone } from "../../ui/format.ts";
import { LANGS, type Lang } from "../../ui/messages.ts";
import { OutageCard } from "../../ui/outage-card.tsx";
import { noticeMessages } from "../../ui/outage-tables.gen.ts";
import { PowerSwitch } from "../../ui/power-back.tsx";
import type { PageProps } from "../state.ts";
import { Ask, withBoldNumbers } from "./ask.tsx";

type T = PageProps["t"];

/** Return the text with the sentence that the bridge adds. Args: lang: the text's, not the agent's; zone: the desk's. */
export const withEnd = (lang: Lang, text: string, until: number | null, zone: Zone): string =>
  until === null || text === ""
    ? text
    : `${text} ${noticeMessages[lang].expected(clock(lang, until, zone), dayInFull(lang, until, zone))}`;

interface PreviewProps {
  readonly lang: Lang;
  /** Each client reads its own area's name; the first one stands for them. */
  readonly areas: readonly string[];
  readonly text: string;
  readonly until: number | null;
  readonly zone: Zone;
  readonly now: number;
  /** When the text came; null: nobody knows. */
  readonly at: number | null;
  readonly isOver?: boolean;
}

/** Show the notice as its readers' chat and portal show it, in their language. The switch is theirs. */
export const Preview = ({ lang, areas: [area], text, until, zone, now, at, isOver = false }: PreviewProps) => (
  <OutageCard
    {...{ lang, zone, now, at }}
    area={area ?? ""}
    {...(area === undefined ? { title: noticeMessages[lang].title } : {})}
    text={withEnd(lang, text, until, zone) || noticeMessages[lang].empty}
    testId="outage-preview"
  >
    {!isOver && <PowerSwitch lang={lang} box={<input type="checkbox" disabled />} />}
  </OutageCard>
);

export interface ReachedProps {
  readonly clients: number;
  readonly displays: number;
}

/** Count whom a notice in these areas reaches. */
export const reachOf = (areas: readonly Area[], chosen: readonly string[]): ReachedProps =>
  areas
    .filter(({ area }) => chosen.includes(area))
    .reduce((sum, { clients, displays }) => ({ clients: sum.clients + clients, displays: sum.displays + displays }), {
      clients: 0,
      displays: 0,
    });

interface ConfirmProps {
  readonly t: T;
  readonly areas: readonly string[];
  /** Whom it reaches; null: unknown. */
  readonly reached: ReachedProps | null;
  readonly langs: readonly string[];
  readonly times: NoticeTimes;
  readonly now: number;
  /** The desk's, in which clients read the time. */
  readonly zone: Zone;
  readonly publish: () => void;
  readonly onClose: () => void;
  /** The notice as clients will read it, where it is not beside the form. */
  readonly children?: ComponentChildren;
}

/** Ask before publishing: clients have read it when it is taken back. */
export function Confirm({ t, areas, reached, langs, times, now, zone, publish, onClose, children }: ConfirmProps) {
  const names = t.listed(areas.map(areaName));
  const named = (codes: readonly string[]): readonly string[] => codes.map((lang) => languageName(t.lang, lang));
  const when = (at: number | undefined): string | null => (at ? whenNear(t.lang, at, now, zone) : null);
  const readInstead = langs.includes("en") ? "en" : (langs[0] ?? "en");
  const without = LANGS.filter((lang) => !langs.includes(lang));
  return (
    <Ask
      title={reached === null ? t.outageTellAsk : t.publishAsk(reached.clients)}
      text={t.outageNoRecall}
      facts={[
        ["place", <strong>{names}</strong>],
        ["chat", reached === null ? t.outageHint : withBoldNumbers(t.outageScreens(reached.clients))],
        ...(reached === null ? [] : [["devices", withBoldNumbers(t.outageDisplays(reached.displays))] as const]),
        ["check", t.outageLangs(named(langs))],
        ...(without.length > 0
          ? [["warning", t.outageLangsNone(named(without), named([readInstead])[0] ?? "")] as const]
          : []),
        ["hours", t.noticeSays(when(times.until), when(times.ends))],
      ]}
      warning={reached?.clients === 0 ? t.outageNobody(names) : ""}
      action={reached === null ? t.outageTellAnyway : t.publishTo(reached.clients)}
      back={t.backToForm}
      run={publish}
      onClose={onClose}
    >
      {children}
    </Ask>
  );
}
