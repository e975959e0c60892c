import { Fragment } from "preact";
import { useState } from "preact/hooks";

import type { Rule, SettingValues } from "../../link/desk-api.ts";
import { inLang, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import type { Lang } from "../../ui/messages.ts";
import type { PageProps } from "../state.ts";
import {
  AttributesField,
  Check,
  Field,
  type FieldProps,
  IfEditable,
  LanguageSteps,
  Pair,
  RemoveItem,
  Switch,
  TranslatedField,
  useOpened,
} from "./field.tsx";
import { Fold, Folds } from "./fold.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { freshId, replaced, SettingForm, without } from "./setting.tsx";

const EMPTY: Omit<Rule, "id"> = {
  on: true,
  title: {},
  words: {},
  answer: {},
  replies: null,
  person: false,
  attributes: [],
};
/** Split a text into phrases, one on each line. Empty lines stay while the agent types. */
const lines = (text: string): readonly string[] => (text === "" ? [] : text.split("\n"));

type Labels = Pick<FieldProps, "label" | "hint" | "rows" | "maxLength" | "inputRef">;

interface RuleFieldsProps {
  readonly rule: Rule;
  /** Whether it was added just now: the focus goes to its title. */
  readonly isAdded: boolean;
  readonly put: (rule: Rule) => void;
  readonly remove: () => void;
  readonly t: PageProps["t"];
}

/** Edit one answer, one language at a time, folded to its title. */
function RuleFields({ rule, isAdded, put, remove, t }: RuleFieldsProps) {
  const [lang, setLang] = useState<Lang>(t.lang);
  const [isNew] = useState(Object.keys(rule.answer).length === 0);
  const title = useOpened<HTMLInputElement>(isAdded);
  const text = (name: "title" | "answer", field: Labels) => (
    <Field
      {...field}
      lang={lang}
      value={rule[name][lang] ?? ""}
      onInput={(typed) => put({ ...rule, [name]: { ...rule[name], [lang]: typed } })}
    />
  );
  const phrases = (name: "words" | "replies", field: Labels) => (
    <Field
      {...field}
      lang={lang}
      value={(rule[name]?.[lang] ?? []).join("\n")}
      onInput={(typed) => put({ ...rule, [name]: { ...rule[name], [lang]: lines(typed) } })}
    />
  );
  return (
    <Fold
      testId="rule"
      open={isNew}
      title={inLang(rule.title, t.lang) || t.ruleNew}
      text={inLang(rule.answer, t.lang).replace("{next}", "").trim()}
      marks={
        <>
          {rule.person && <span class="wl-mark wl-mark-info">{t.rulePersonShort}</span>}
          {!rule.on && <span class="wl-mark">{t.ruleOff}</span>}
        </>
      }
    >
      <div class="wl-inline wl-choices">
        <Check label={t.ruleOn} checked={rule.on} onChange={(on) => put({ ...rule, on })} />
        <Check label={t.rulePerson} checked={rule.person} onChange={(person) => put({ ...rule, person })} />
      </div>
      <div class="wl-inline">
        <LanguageSteps {...{ t, lang, setLang }} hasText={(each) => Boolean(rule.answer[each]?.trim())} />
      </div>
      <Fragment key={lang}>
        {text("title", { label: t.title, maxLength: 80, inputRef: title })}
        <Pair>
          {text("answer", { label: t.ruleAnswer, hint: t.ruleAnswerHint, rows: 4 })}
          {phrases("words", { label: t.ruleWords, hint: t.ruleWordsHint, rows: 4 })}
          {phrases("replies", { label: t.ruleReplies, hint: t.ruleRepliesHint, rows: 4 })}
        </Pair>
      </Fragment>
      <AttributesField
        t={t}
        label={t.ruleAttributes}
        hint={t.ruleAttributesHint}
        value={rule.attributes}
        onChange={(attributes) => put({ ...rule, attributes })}
      />
      <RemoveItem t={t} remove={remove} />
    </Fold>
  );
}

const tidy = (phrases: readonly string[]): readonly string[] => phrases.map((each) => each.trim()).filter(Boolean);
const tidyEach = (phrases: Rule["words"]): Rule["words"] =>
  Object.fromEntries(
    Object.entries(phrases)
      .map(([lang, each]) => [lang, tidy(each)] as const)
      .filter(([, each]) => each.length > 0),
  );
const orNull = <T extends object>(texts: T): T | null => (Object.keys(texts).length > 0 ? texts : null);

const clean = ({ away, rules, ...rest }: SettingValues["rules"]): SettingValues["rules"] => ({
  ...rest,
  away: orNull(withoutEmpty(away ?? {})),
  rules: rules.map((rule) => ({
    ...rule,
    title: withoutEmpty(rule.title),
    words: tidyEach(rule.words),
    answer: withoutEmpty(rule.answer),
    replies: orNull(tidyEach(rule.replies ?? {})),
  })),
});

/** Edit what the bot answers. */
export function AnswersPage(props: PageProps) {
  const { t } = props;
  const [lang, setLang] = useState<Lang>(t.lang);
  const [added, setAdded] = useState<string | null>(null);
  return (
    <SettingForm {...props} name="rules" clean={clean}>
      {(value, change) => {
        const { rules } = value;
        const put = (next: typeof rules): void => change({ ...value, rules: next });
        return (
          <>
            <PageHead title={t.pageAnswers} sub={t.answersHint}>
              <IfEditable>
                <Button
                  kind="primary"
                  onClick={() => {
                    const id = freshId(rules, "rule");
                    setAdded(id);
                    put([{ ...EMPTY, id }, ...rules]);
                  }}
                >
                  <Picture name="add" small />
                  {t.ruleAdd}
                </Button>
              </IfEditable>
            </PageHead>
            <Panel
              title={t.answersOn}
              aside={<Switch label={t.answersOn} checked={value.on} onChange={(on) => change({ ...value, on })} />}
            >
              {rules.length > 0 && <p class="wl-hint">{t.answersOwn}</p>}
              <TranslatedField
                {...{ t, lang, setLang }}
                label={t.awayAnswer}
                hint={t.awayHint}
                value={value.away ?? {}}
                onInput={(away) => change({ ...value, away })}
                testId="away"
              />
            </Panel>
            {rules.length === 0 ? (
              <Panel>
                <Nothing picture="answers" title={t.ruleNone} text={t.answersOwn} />
              </Panel>
            ) : (
              <Folds columns={[t.title, t.ruleAnswer]}>
                {rules.map((rule, place) => (
                  <RuleFields
                    key={rule.id}
                    rule={rule}
                    isAdded={rule.id === added}
                    t={t}
                    put={(next) => put(replaced(rules, place, next))}
                    remove={() => put(without(rules, place))}
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
