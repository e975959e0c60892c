import { Fragment } from "preact";
import { useState } from "preact/hooks";

import type { Canned } from "../../link/desk-api.ts";
import { inLang, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import type { Lang } from "../../ui/messages.ts";
import type { PageProps } from "../state.ts";
import { Check, Field, IfEditable, LanguageSteps, RemoveItem, Select, useOpened } from "./field.tsx";
import { Fold, Folds } from "./fold.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { freshId, replaced, SettingForm, without } from "./setting.tsx";

type Reply = Canned["replies"][number];

const NO_ACTIONS = { tag: null, assign: false, resolve: false, snooze: null, priority: null, key: null };
const LEVELS = ["low", "normal", "high"] as const;
const DIGITS = [..."123456789"] as NonNullable<Reply["key"]>[];

const SNOOZES = ["hour", "evening", "tomorrow", "monday"] as const;

const snoozeName = (t: PageProps["t"], end: (typeof SNOOZES)[number]): string =>
  ({ hour: t.snoozeHour, evening: t.snoozeEvening, tomorrow: t.snoozeTomorrow, monday: t.snoozeMonday })[end];

const clean = ({ replies }: Canned): Canned => ({
  replies: replies.map((reply) => ({ ...reply, title: withoutEmpty(reply.title), text: withoutEmpty(reply.text) })),
});

const isBlank = (texts: Reply["title"]): boolean => Object.keys(withoutEmpty(texts)).length === 0;

interface ReplyProps {
  readonly reply: Reply;
  /** Whether it was added just now: the focus goes to its title. */
  readonly isAdded: boolean;
  /** The digits that no other reply has. */
  readonly free: readonly NonNullable<Reply["key"]>[];
  readonly put: (reply: Reply) => void;
  readonly remove: () => void;
  readonly t: PageProps["t"];
}

/** Choose what a reply does beside its text. */
function Actions({ reply, free, put, t }: Omit<ReplyProps, "remove" | "isAdded">) {
  return (
    <>
      <div class="wl-pair wl-pair-four">
        <Field
          label={t.cannedTag}
          value={reply.tag ?? ""}
          maxLength={32}
          onInput={(tag) => put({ ...reply, tag: tag === "" ? null : tag })}
        />
        <Select
          label={t.cannedThen}
          value={reply.resolve ? "resolve" : (reply.snooze ?? "")}
          choices={[
            ["", t.cannedNothing],
            ["resolve", t.cannedResolve],
            ...SNOOZES.map((end) => [end, `${t.snooze}: ${snoozeName(t, end)}`] as const),
          ]}
          onChange={(then) => {
            const snooze = SNOOZES.find((end) => end === then) ?? null;
            put({ ...reply, snooze, resolve: then === "resolve" });
          }}
        />
        <Select
          label={t.priority}
          value={reply.priority ?? ""}
          choices={[["", t.cannedSamePriority], ...LEVELS.map((level) => [level, t[level]] as const)]}
          onChange={(chosen) => put({ ...reply, priority: LEVELS.find((level) => level === chosen) ?? null })}
        />
        <Select
          label={t.cannedKey}
          value={reply.key ?? ""}
          choices={[["", t.cannedNoKey], ...free.map((digit) => [digit, digit] as const)]}
          onChange={(chosen) => put({ ...reply, key: DIGITS.find((digit) => digit === chosen) ?? null })}
        />
      </div>
      <Check label={t.cannedAssign} checked={reply.assign} onChange={(assign) => put({ ...reply, assign })} />
      <p class="wl-hint">
        {t.cannedActionsHint} {t.cannedKeyHint}
      </p>
    </>
  );
}

/** Edit one reply, one language at a time, folded to its title and the begin of its text. */
function ReplyFields({ reply, isAdded, free, put, remove, t }: ReplyProps) {
  const [isNew] = useState(isBlank(reply.title));
  const [lang, setLang] = useState<Lang>(t.lang);
  const title = useOpened<HTMLInputElement>(isAdded);
  return (
    <Fold
      testId="reply"
      open={isNew}
      title={inLang(reply.title, t.lang) || t.cannedNew}
      text={inLang(reply.text, t.lang)}
      marks={
        <>
          {reply.tag && <span class="wl-mark">{reply.tag}</span>}
          {(reply.resolve || reply.snooze) && (
            <span class="wl-mark wl-mark-info">{reply.resolve ? t.resolve : t.snooze}</span>
          )}
          {reply.key && <kbd class="wl-key">{reply.key}</kbd>}
        </>
      }
    >
      <div class="wl-inline">
        <LanguageSteps {...{ t, lang, setLang }} hasText={(each) => Boolean(reply.text[each]?.trim())} />
      </div>
      <Fragment key={lang}>
        <Field
          inputRef={title}
          label={t.title}
          lang={lang}
          value={reply.title[lang] ?? ""}
          maxLength={80}
          {...(isBlank(reply.title) && { required: t.fieldNeeded })} // agents of another language see the title that is there
          onInput={(typed) => put({ ...reply, title: { ...reply.title, [lang]: typed } })}
        />
        <Field
          label={t.cannedText}
          hint={t.outageHintLangs}
          lang={lang}
          rows={3}
          value={reply.text[lang] ?? ""}
          onInput={(typed) => put({ ...reply, text: { ...reply.text, [lang]: typed } })}
        />
      </Fragment>
      <Actions {...{ reply, free, put, t }} />
      <RemoveItem t={t} remove={remove} />
    </Fold>
  );
}

/** Edit the saved replies, each in every language. */
export function CannedPage(props: PageProps) {
  const { t } = props;
  const [added, setAdded] = useState<string | null>(null);
  return (
    <SettingForm {...props} name="canned" clean={clean}>
      {({ replies }, change) => {
        const put = (next: typeof replies): void => change({ replies: next });
        const isFree = (digit: Reply["key"]): boolean => replies.every(({ key }) => key !== digit);
        return (
          <>
            <PageHead title={t.pageCanned} sub={t.cannedHint}>
              <IfEditable>
                <Button
                  kind="primary"
                  data-testid="canned-add"
                  onClick={() => {
                    const id = freshId(replies, "reply");
                    setAdded(id);
                    put([{ id, title: {}, text: {}, ...NO_ACTIONS }, ...replies]);
                  }}
                >
                  <Picture name="add" small />
                  {t.cannedAdd}
                </Button>
              </IfEditable>
            </PageHead>
            {replies.length === 0 ? (
              <Panel>
                <Nothing picture="canned" title={t.cannedNone} text={t.cannedNoneText} />
              </Panel>
            ) : (
              <Folds columns={[t.title, t.cannedText]}>
                {replies.map((reply, place) => (
                  <ReplyFields
                    key={reply.id}
                    reply={reply}
                    isAdded={reply.id === added}
                    free={DIGITS.filter((digit) => reply.key === digit || isFree(digit))}
                    put={(next) => put(replaced(replies, place, next))}
                    remove={() => put(without(replies, place))}
                    t={t}
                  />
                ))}
              </Folds>
            )}
          </>
        );
      }}
    </SettingForm>
  );
}
