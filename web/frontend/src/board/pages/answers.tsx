import type { Rule, SettingValues } from "../../link/desk-api.ts";
import { inLang, withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { languageName } from "../../ui/format.ts";
import { LANGS } from "../../ui/messages.ts";
import { freshId } from "./canned.tsx";
import { Check, Field, Pair } from "./field.tsx";
import type { PageProps } from "./loaded.tsx";
import { SettingForm, WithSettings } from "./setting.tsx";

const EMPTY: Omit<Rule, "id"> = { on: true, title: {}, words: {}, answer: {}, replies: null, person: false };
/** One phrase a line: a comma may stand in it. Empty lines stay while one writes. */
const lines = (text: string): readonly string[] => (text === "" ? [] : text.split("\n"));

interface RuleFieldsProps {
  readonly rule: Rule;
  readonly put: (rule: Rule) => void;
  readonly remove: () => void;
  readonly disabled: boolean;
  readonly t: PageProps["t"];
}

function RuleFields({ rule, put, remove, disabled, t }: RuleFieldsProps) {
  return (
    <details class="wl-block" data-testid="rule">
      <summary>
        <strong>{inLang(rule.title, t.lang) || t.ruleNew}</strong>{" "}
        <span class="wl-muted">
          {[rule.on ? t.ruleOn : t.ruleOff, rule.person ? t.rulePersonShort : ""].filter(Boolean).join(" · ")}
        </span>
      </summary>
      <Check label={t.ruleOn} checked={rule.on} disabled={disabled} onChange={(on) => put({ ...rule, on })} />
      <Check
        label={t.rulePerson}
        checked={rule.person}
        disabled={disabled}
        onChange={(person) => put({ ...rule, person })}
      />
      <Pair>
        {LANGS.map((lang) => (
          <div key={lang} class="wl-lang-column">
            <Field
              label={`${t.title} (${languageName(t.lang, lang)})`}
              lang={lang}
              value={rule.title[lang] ?? ""}
              maxLength={80}
              disabled={disabled}
              onInput={(title) => put({ ...rule, title: { ...rule.title, [lang]: title } })}
            />
            <Field
              label={t.ruleWords}
              hint={t.ruleWordsHint}
              lang={lang}
              rows={3}
              value={(rule.words[lang] ?? []).join("\n")}
              disabled={disabled}
              onInput={(text) => put({ ...rule, words: { ...rule.words, [lang]: lines(text) } })}
            />
            <Field
              label={t.ruleAnswer}
              hint={t.ruleAnswerHint}
              lang={lang}
              rows={4}
              value={rule.answer[lang] ?? ""}
              disabled={disabled}
              onInput={(text) => put({ ...rule, answer: { ...rule.answer, [lang]: text } })}
            />
            <Field
              label={t.ruleReplies}
              hint={t.ruleRepliesHint}
              lang={lang}
              rows={2}
              value={(rule.replies?.[lang] ?? []).join("\n")}
              disabled={disabled}
              onInput={(text) => put({ ...rule, replies: { ...rule.replies, [lang]: lines(text) } })}
            />
          </div>
        ))}
      </Pair>
      {!disabled && (
        <Button kind="quiet" onClick={remove}>
          {t.remove}
        </Button>
      )}
    </details>
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

/** What the bot answers by itself. */
export function AnswersPage(props: PageProps) {
  const { t } = props;
  return (
    <WithSettings {...props}>
      {(settings) => (
        <SettingForm {...props} name="rules" kept={settings.rules.value} clean={clean}>
          {(value, change, disabled) => {
            const put = (rules: readonly Rule[]): void => change({ ...value, rules });
            return (
              <>
                <p class="wl-muted">{t.answersHint}</p>
                <p class="wl-muted">{t.answersOwn}</p>
                <Check
                  label={t.answersOn}
                  checked={value.on}
                  disabled={disabled}
                  onChange={(on) => change({ ...value, on })}
                />
                <Pair>
                  {LANGS.map((lang) => (
                    <Field
                      key={lang}
                      label={t.awayAnswer(languageName(t.lang, lang))}
                      hint={t.awayHint}
                      lang={lang}
                      rows={3}
                      value={value.away?.[lang] ?? ""}
                      disabled={disabled}
                      onInput={(text) => change({ ...value, away: { ...value.away, [lang]: text } })}
                    />
                  ))}
                </Pair>
                {value.rules.map((rule, place) => (
                  <RuleFields
                    key={rule.id}
                    rule={rule}
                    disabled={disabled}
                    t={t}
                    put={(next) => put(value.rules.map((each, at) => (at === place ? next : each)))}
                    remove={() => put(value.rules.filter((_, at) => at !== place))}
                  />
                ))}
                {!disabled && (
                  <Button onClick={() => put([...value.rules, { ...EMPTY, id: freshId(value.rules, "rule") }])}>
                    {t.ruleAdd}
                  </Button>
                )}
              </>
            );
          }}
        </SettingForm>
      )}
    </WithSettings>
  );
}
