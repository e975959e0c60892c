import type { Canned } from "../../link/desk-api.ts";
import { withoutEmpty } from "../../protocol/translated.ts";
import { Button } from "../../ui/button.tsx";
import type { PageProps } from "../state.ts";
import { Check, Field, IfEditable, TranslatedFields } from "./field.tsx";
import { Nothing, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { freshId, replaced, SettingForm, without } from "./setting.tsx";

const NO_ACTIONS = { tag: null, assign: false, resolve: false };

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
                <Check
                  label={t.cannedResolve}
                  checked={reply.resolve}
                  onChange={(resolve) => put(replaced(replies, place, { ...reply, resolve }))}
                />
              </Panel>
            ))}
          </>
        );
      }}
    </SettingForm>
  );
}
