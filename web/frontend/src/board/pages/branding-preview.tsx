import { useEffect, useRef, useState } from "preact/hooks";

import type { Branding } from "../../link/desk-api.ts";
import type { Lang } from "../../ui/messages.ts";
import type { Board, PageProps } from "../state.ts";
import { Steps } from "../steps.tsx";

/** The frame loads anew when typing pauses. */
const DRAW_AFTER_MS = 400;
const THEMES = ["light", "dark"] as const;
const SCREENS = ["welcome", "chat", "launcher"] as const;

interface BrandingPreviewProps {
  readonly board: Board;
  readonly t: PageProps["t"];
  readonly value: Branding;
  readonly lang: Lang;
}

/** Show the real widget with the typed branding, in a frame without network: it signs nobody in. */
export function BrandingPreview({ board, t, value, lang }: BrandingPreviewProps) {
  const [theme, setTheme] = useState<(typeof THEMES)[number]>("light");
  const [screen, setScreen] = useState<(typeof SCREENS)[number]>("welcome");
  const wanted = JSON.stringify({ value, lang, theme, screen });
  const [drawn, setDrawn] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setDrawn(wanted), DRAW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  const screens = { welcome: t.brandingWelcome, chat: t.brandingChat, launcher: t.brandingLauncher };
  const themes = { light: t.brandingLight, dark: t.brandingDark };
  return (
    <section class="wl-brand-preview" aria-label={t.brandingPreview}>
      <div class="wl-box-head">
        <h2>{t.brandingPreview}</h2>
        <span class="wl-inline">
          <Steps
            options={SCREENS}
            chosen={screen}
            nameOf={(each) => screens[each]}
            onChoose={setScreen}
            aria-label={t.brandingPreview}
          />
          <Steps
            options={THEMES}
            chosen={theme}
            nameOf={(each) => themes[each]}
            onChoose={setTheme}
            aria-label={t.brandingTheme}
          />
        </span>
      </div>
      <Frame key={drawn} drawn={drawn} csrf={board.config.csrf} title={t.brandingPreview} />
    </section>
  );
}

interface FrameProps {
  readonly drawn: string;
  readonly csrf: string;
  readonly title: string;
}

function Frame({ drawn, csrf, title }: FrameProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.submit(), []);
  const { value, ...fields } = JSON.parse(drawn) as { readonly value: Branding; readonly screen: string } & Record<
    string,
    string
  >;
  const sent = { csrf_token: csrf, value: JSON.stringify(value), ...fields };
  return (
    <>
      <form ref={form} class="wl-hidden" method="post" action="/brand/preview" target="wl-brand-preview">
        {Object.entries(sent).map(([name, text]) => (
          <input key={name} type="hidden" name={name} value={text} />
        ))}
      </form>
      <div class="wl-brand-well">
        <iframe
          name="wl-brand-preview"
          class="wl-brand-frame"
          title={title}
          data-testid="branding-preview"
          data-screen={fields.screen}
        />
      </div>
    </>
  );
}
