import type { Canned, SettingValues } from "../../link/desk-api.ts";
import { withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import { languageName } from "../../ui/format.ts";
import { LANGS } from "../../ui/messages.ts";
import { Field, Pair } from "./field.tsx";
import type { PageProps } from "./loaded.tsx";
import { SettingForm, WithSettings } from "./setting.tsx";

/** A new id that none of them has. */
export function freshId(taken: readonly { readonly id: string }[], prefix: string): string {
  const ids = new Set(taken.map(({ id }) => id));
  let number = taken.length + 1;
  while (ids.has(`${prefix}_${number}`)) number += 1;
  return `${prefix}_${number}`;
}

const clean = ({ replies }: SettingValues["canned"]): SettingValues["canned"] => ({
  replies: replies.map((reply) => ({ ...reply, text: withoutEmpty(reply.text) })),
});

/** Show the canned replies, each in every language. */
export function CannedPage(props: PageProps) {
  const { t, words } = props;
  return (
    <WithSettings {...props}>
      {(settings) => (
        <SettingForm {...props} name="canned" kept={settings.canned.value} clean={clean}>
          {({ replies }, change, disabled) => {
            const put = (place: number, next: Canned): void =>
              change({ replies: replies.map((each, at) => (at === place ? next : each)) });
            return (
              <>
                <p class="wl-muted">{t.cannedHint}</p>
                {replies.length === 0 && <p>{t.cannedNone}</p>}
                {replies.map((reply, place) => (
                  <fieldset key={reply.id} class="wl-block">
                    <legend>{reply.title || t.cannedNew}</legend>
                    <Field
                      label={t.title}
                      value={reply.title}
                      maxLength={80}
                      required
                      disabled={disabled}
                      onInput={(title) => put(place, { ...reply, title })}
                    />
                    <Pair>
                      {LANGS.map((lang) => (
                        <Field
                          key={lang}
                          label={t.textIn(languageName(t.lang, lang))}
                          lang={lang}
                          rows={3}
                          value={reply.text[lang] ?? ""}
                          disabled={disabled}
                          onInput={(text) => put(place, { ...reply, text: { ...reply.text, [lang]: text } })}
                        />
                      ))}
                    </Pair>
                    {!disabled && (
                      <Button kind="quiet" onClick={() => change({ replies: replies.filter((_, at) => at !== place) })}>
                        {words.discard}
                      </Button>
                    )}
                  </fieldset>
                ))}
                {!disabled && (
                  <Button
                    data-testid="canned-add"
                    onClick={() =>
                      change({
                        replies: [...replies, { id: freshId(replies, "reply"), title: "", text: {} }],
                      })
                    }
                  >
                    {t.cannedAdd}
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
