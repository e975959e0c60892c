import type { Canned } from "../../link/desk-api.ts";
import { withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import type { PageProps } from "../state.ts";
import { Check, Field, IfEditable, Pair, Select, TranslatedFields } from "./field.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { freshId, replaced, SettingForm, without } from "./setting.tsx";

const NO_ACTIONS = { tag: null, assign: false, resolve: false, snooze: null, priority: null, key: null };
const LEVELS = ["low", "normal", "high"] as const;
const DIGITS = [..."123456789"] as NonNullable<Canned["replies"][number]["key"]>[];

const SNOOZES = ["hour", "evening", "tomorrow", "monday"] as const;

const snoozeName = (t: PageProps["t"], end: (typeof SNOOZES)[number]): string =>
  ({ hour: t.snoozeHour, evening: t.snoozeEvening, tomorrow: t.snoozeTomorrow, monday: t.snoozeMonday })[end];

const clean = ({ replies }: Canned): Canned => ({
  replies: replies.map((reply) => ({ ...reply, text: withoutEmpty(reply.text) })),
});

/** Edit the canned replies, each in every language. */
export function CannedPage(props: PageProps) {
  const { t, words } = props;
  return (
    <SettingForm {...props} name="canned" clean={clean}>
      {({ replies }, change) => {
        const put = (next: typeof replies): void => change({ replies: next });
        return (
          <>
            <PageHead title={t.pageCanned} sub={t.cannedHint}>
              <IfEditable>
                <Button
                  data-testid="canned-add"
                  onClick={() =>
                    put([{ id: freshId(replies, "reply"), title: "", text: {}, ...NO_ACTIONS }, ...replies])
                  }
                >
                  <Picture name="add" small />
                  {t.cannedAdd}
                </Button>
              </IfEditable>
            </PageHead>
            {replies.length === 0 && (
              <Panel>
                <Nothing picture="canned" title={t.cannedNone} text={t.cannedNoneText} />
              </Panel>
            )}
            {replies.map((reply, place) => (
              <Panel
                key={reply.id}
                title={reply.title || t.cannedNew}
                aside={
                  <IfEditable>
                    <Button kind="quiet" onClick={() => put(without(replies, place))}>
                      {words.discard}
                    </Button>
                  </IfEditable>
                }
              >
                <Field
                  label={t.title}
                  value={reply.title}
                  maxLength={80}
                  required
                  onInput={(title) => put(replaced(replies, place, { ...reply, title }))}
                />
                <TranslatedFields
                  shownIn={t.lang}
                  label={t.textIn}
                  rows={3}
                  value={reply.text}
                  onInput={(text) => put(replaced(replies, place, { ...reply, text }))}
                />
                <Field
                  label={t.cannedTag}
                  hint={t.cannedActionsHint}
                  value={reply.tag ?? ""}
                  maxLength={32}
                  onInput={(tag) => put(replaced(replies, place, { ...reply, tag: tag === "" ? null : tag }))}
                />
                <Check
                  label={t.cannedAssign}
                  checked={reply.assign}
                  onChange={(assign) => put(replaced(replies, place, { ...reply, assign }))}
                />
                <Pair>
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
                      put(replaced(replies, place, { ...reply, snooze, resolve: then === "resolve" }));
                    }}
                  />
                  <Select
                    label={t.priority}
                    value={reply.priority ?? ""}
                    choices={[["", t.cannedNothing], ...LEVELS.map((level) => [level, t[level]] as const)]}
                    onChange={(chosen) => {
                      const priority = LEVELS.find((level) => level === chosen) ?? null;
                      put(replaced(replies, place, { ...reply, priority }));
                    }}
                  />
                  <Select
                    label={t.cannedKey}
                    hint={t.cannedKeyHint}
                    value={reply.key ?? ""}
                    choices={[
                      ["", t.cannedNothing],
                      ...DIGITS.filter((digit) => reply.key === digit || replies.every(({ key }) => key !== digit)).map(
                        (digit) => [digit, digit] as const,
                      ),
                    ]}
                    onChange={(chosen) => {
                      const key = DIGITS.find((digit) => digit === chosen) ?? null;
                      put(replaced(replies, place, { ...reply, key }));
                    }}
                  />
                </Pair>
              </Panel>
            ))}
          </>
        );
      }}
    </SettingForm>
  );
}
