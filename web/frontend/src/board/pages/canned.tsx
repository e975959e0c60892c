import type { Canned } from "../../link/desk-api.ts";
import { withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import type { PageProps } from "../state.ts";
import { Field, IfEditable, TranslatedFields } from "./field.tsx";
import { freshId, replaced, SettingForm, without } from "./setting.tsx";

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
                  onInput={(title) => put(replaced(replies, place, { ...reply, title }))}
                />
                <TranslatedFields
                  shownIn={t.lang}
                  label={t.textIn}
                  rows={3}
                  value={reply.text}
                  onInput={(text) => put(replaced(replies, place, { ...reply, text }))}
                />
                <IfEditable>
                  <Button kind="quiet" onClick={() => put(without(replies, place))}>
                    {words.discard}
                  </Button>
                </IfEditable>
              </fieldset>
            ))}
            <IfEditable>
              <Button
                data-testid="canned-add"
                onClick={() => put([...replies, { id: freshId(replies, "reply"), title: "", text: {} }])}
              >
                {t.cannedAdd}
              </Button>
            </IfEditable>
          </>
        );
      }}
    </SettingForm>
  );
}
