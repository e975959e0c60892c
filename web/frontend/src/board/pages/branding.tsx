import { useContext, useId, useRef, useState } from "preact/hooks";

import type { Branding } from "../../link/desk-api.ts";
import { Button } from "../../ui/button.tsx";
import { capital, languageName } from "../../ui/format.ts";
import { chatMessages, LANGS, type Lang, widgetTextsFor } from "../../ui/messages.ts";
import type { PageProps } from "../state.ts";
import { StepSign, Steps } from "../steps.tsx";
import { BrandingPreview } from "./branding-preview.tsx";
import { Editable, Field, IfEditable, Pair } from "./field.tsx";
import { LogoThumbnail } from "./logo-thumbnail.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { Questions } from "./questions.tsx";
import { SettingForm } from "./setting.tsx";

const ACCENTS = ["0b6e4f", "1c56b0", "6a3fb5", "b0402f", "8a5a00", "1f2a37"].map((digits) => `#${digits}`);
const READABLE = 4.5;
const MOST_LOGO_BYTES = 100_000;
const ORIGIN = /^https?:\/\/[a-z0-9.\-[\]:]{1,200}$/u;

interface PartProps {
  readonly value: Branding;
  readonly change: (value: Branding) => void;
  readonly t: PageProps["t"];
}

/** Choose an image; it is part of the document. */
function LogoField({ value, change, t }: PartProps) {
  const [isWrong, setWrong] = useState(false);
  const read = async (file: File): Promise<void> => {
    const { type } = file;
    const isFit = (type === "image/png" || type === "image/svg+xml") && file.size <= MOST_LOGO_BYTES;
    setWrong(!isFit);
    if (!isFit) return;
    const bytes = new Uint8Array(await file.arrayBuffer());
    change({ ...value, logo: { type, data: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")) } });
  };
  return (
    <div class="wl-field">
      <span class="wl-field-label" id="wl-logo">
        {t.brandingLogo}
      </span>
      <span class="wl-inline">
        {value.logo && <LogoThumbnail logo={value.logo} label={t.brandingLogo} />}
        <label class="wl-button">
          {value.logo ? t.brandingReplace : t.brandingChoose}
          <input
            class="wl-hidden"
            type="file"
            accept="image/png,image/svg+xml"
            aria-labelledby="wl-logo"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              event.currentTarget.value = ""; // the same file can be chosen again
              if (file) void read(file);
            }}
          />
        </label>
        {value.logo && (
          <Button kind="quiet" onClick={() => change({ ...value, logo: null })}>
            {t.remove}
          </Button>
        )}
      </span>
      {isWrong ? (
        <p class="wl-field-error">
          <Picture name="warning" small />
          {t.brandingLogoWrong}
        </p>
      ) : (
        <p class="wl-hint">{t.brandingLogoHint}</p>
      )}
    </div>
  );
}

/** Draw a colour; SVG, because pages allow no inline style. */
const Swatch = ({ colour }: { readonly colour: string | null }) => (
  <svg class="wl-swatch" viewBox="0 0 28 28" aria-hidden="true">
    <rect width="28" height="28" rx="8" fill={colour ?? "none"} />
  </svg>
);

function AccentField({ value, change, t }: PartProps) {
  const id = useId();
  const isEditable = useContext(Editable);
  const [typed, setTyped] = useState<string | null>(null);
  const text = typed ?? value.accent;
  const colour = colourIn(text);
  const contrast = colour === null ? "" : t.whiteOn(t.decimal(contrastWithWhite(colour)));
  const error = errorOf(colour, t);
  return (
    <div class="wl-field" role="group" aria-label={t.brandingAccent}>
      <span class="wl-field-label">{t.brandingAccent}</span>
      <div class="wl-inline wl-accent">
        <IfEditable>
          {ACCENTS.map((accent) => (
            <button
              key={accent}
              type="button"
              class="wl-swatch-button"
              aria-label={accent}
              aria-pressed={accent === colour}
              onClick={() => {
                change({ ...value, accent });
                setTyped(null);
              }}
            >
              <Swatch colour={accent} />
            </button>
          ))}
        </IfEditable>
        <span class="wl-accent-field" data-own={colour !== null && !ACCENTS.includes(colour)}>
          <Swatch colour={colour} />
          <input
            class="wl-input"
            aria-label={t.brandingAccent}
            aria-describedby={id}
            aria-invalid={error !== ""}
            maxLength={7}
            spellcheck={false}
            autocomplete="off"
            disabled={!isEditable}
            value={text}
            onInput={(event) => {
              const text = event.currentTarget.value;
              setTyped(text);
              change({ ...value, accent: colourIn(text) ?? text }); // also a wrong one, which the form does not save
            }}
          />
        </span>
      </div>
      <p id={id} class={error ? "wl-field-error" : "wl-hint wl-hint-ok"} role="status">
        <Picture name={error ? "warning" : "check"} small />
        {contrast} {error || t.brandingReadable}
      </p>
    </div>
  );
}

/** Return the colour that a text names, in lower case; null for none. */
const colourIn = (text: string): string | null =>
  /^#[0-9a-f]{6}$/u.test(text.toLowerCase()) ? text.toLowerCase() : null;

/** Return why the chat cannot have a colour; empty where it can. */
const errorOf = (colour: string | null, t: PageProps["t"]): string =>
  colour === null ? t.brandingAccentWrong : contrastWithWhite(colour) < READABLE ? t.brandingUnreadable : "";

function Look(props: PartProps) {
  const { value, change, t } = props;
  const sides = { left: t.brandingLeft, right: t.brandingRight } as const;
  const icons = { chat: t.brandingIconChat, bolt: t.brandingIconBolt } as const;
  return (
    <Panel title={t.brandingLook}>
      <Pair>
        <Field
          label={t.brandingName}
          value={value.name}
          placeholder={widgetTextsFor(t.lang).title}
          maxLength={60}
          onInput={(name) => change({ ...value, name })}
          testId="branding-name"
        />
        <Field
          label={t.brandingBot}
          hint={t.brandingBotHint}
          placeholder={capital(chatMessages[t.lang].automatic)}
          value={value.bot}
          maxLength={40}
          onInput={(bot) => change({ ...value, bot })}
        />
      </Pair>
      <IfEditable>
        <Pair>
          <LogoField {...props} />
          <div class="wl-field">
            <span class="wl-field-label">{t.brandingLauncher}</span>
            <span class="wl-inline">
              <Steps
                options={["chat", "bolt"] as const}
                chosen={value.icon}
                nameOf={(icon) => (
                  <span title={icons[icon]}>
                    <Picture name={icon} small />
                    <span class="wl-hidden">{icons[icon]}</span>
                  </span>
                )}
                onChoose={(icon) => change({ ...value, icon })}
                aria-label={t.brandingIcon}
              />
              <Steps
                options={["left", "right"] as const}
                chosen={value.side}
                nameOf={(side) => sides[side]}
                onChoose={(side) => change({ ...value, side })}
                aria-label={t.brandingSide}
              />
            </span>
          </div>
        </Pair>
      </IfEditable>
      <AccentField {...props} />
    </Panel>
  );
}

interface WelcomeProps extends PartProps {
  readonly lang: Lang;
  readonly setLang: (lang: Lang) => void;
}

/** Edit greeting, questions and launcher's text in one language at a time. */
function Welcome({ value, change, t, lang, setLang }: WelcomeProps) {
  const own = widgetTextsFor(lang);
  // The page has the product's texts in its own language only; the preview shows the others.
  const isRead = lang === t.lang;
  const asked = value.questions[lang] ?? [];
  const put = (next: readonly string[]): void => change({ ...value, questions: { ...value.questions, [lang]: next } });
  const texts = [value.greeting, value.questions];
  // Another language has its own text where this one has none.
  const isIncomplete = (each: Lang): boolean =>
    texts.some((text) => !text[each]?.length && LANGS.some((other) => text[other]?.length));
  return (
    <Panel
      title={t.brandingWelcome}
      aside={
        <Steps
          options={LANGS}
          chosen={lang}
          nameOf={(each) => (
            <>
              {capital(languageName(each, each))}
              <StepSign>
                {isIncomplete(each) && (
                  <>
                    <Picture name="warning" small />
                    <span class="wl-hidden"> ({t.incomplete})</span>
                  </>
                )}
              </StepSign>
            </>
          )}
          onChoose={setLang}
          aria-label={t.textsLanguage}
        />
      }
    >
      <Field
        label={t.brandingGreeting}
        hint={t.brandingGreetingHint}
        placeholder={isRead ? own.welcome("{name}").replace("\n", " ") : ""}
        lang={lang}
        maxLength={200}
        rows={1} // the text of Wattline may be longer than a line of a phone
        value={value.greeting[lang] ?? ""}
        onInput={(text) =>
          change({ ...value, greeting: { ...value.greeting, [lang]: text.replace(/\s*\n\s*/gu, " ") } })
        }
        testId="branding-greeting"
      />
      <Questions
        key={lang}
        {...{ t, lang, asked, put }}
        own={isRead ? [own.suggestion1, own.suggestion2, own.suggestion3].join(" · ") : ""}
      />
      <Field
        label={t.brandingLabel}
        hint={t.brandingLabelHint}
        lang={lang}
        maxLength={40}
        value={value.label[lang] ?? ""}
        onInput={(text) => change({ ...value, label: { ...value.label, [lang]: text } })}
      />
    </Panel>
  );
}

/** Edit the addresses that may show the chat, one a line. */
export function Origins({ value, change, t }: PartProps) {
  const wrong = value.origins.find((origin) => origin.trim() !== "" && !ORIGIN.test(originOf(origin)));
  return (
    <Field
      label={t.brandingOrigins}
      hint={t.brandingOriginsHint}
      {...(wrong === undefined ? {} : { error: t.brandingOriginWrong + wrong })}
      rows={3}
      value={value.origins.join("\n")}
      onInput={(text) => change({ ...value, origins: text === "" ? [] : text.split("\n") })}
      testId="branding-origins"
    />
  );
}

const originOf = (typed: string): string => typed.trim().toLowerCase().replace(/\/+$/u, "");
const filled = (texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ""));

/** Return the document without empty texts and with origins in their one form. */
export const cleanBranding = (value: Branding): Branding => ({
  ...value,
  name: value.name.trim(),
  bot: value.bot.trim(),
  label: filled(value.label),
  greeting: filled(value.greeting),
  questions: Object.fromEntries(
    Object.entries(value.questions)
      .map(([lang, all]) => [lang, all.map((each) => each.trim()).filter(Boolean)] as const)
      .filter(([, all]) => all.length > 0),
  ),
  origins: [...new Set(value.origins.map(originOf).filter(Boolean))],
});

/** Edit how the chat looks on the company's portal, with the widget beside the form. */
export function BrandingPage(props: PageProps) {
  const { board, t } = props;
  const [lang, setLang] = useState<Lang>(t.lang);
  const { state } = board.settings;
  const saved = state.value.state === "loaded" ? state.value.value.branding.value.accent : (ACCENTS[0] as string);
  const readable = useRef<string | null>(null);
  /** Return what the server would refuse while it is typed, as the preview has it: it keeps the last readable colour. */
  const drawn = ({ accent }: Branding): Pick<Branding, "accent" | "origins"> => {
    if (contrastWithWhite(accent) >= READABLE) readable.current = accent;
    return { accent: readable.current ?? saved, origins: [] };
  };
  return (
    <SettingForm {...props} name="branding" clean={cleanBranding}>
      {(value, change) => {
        const part = { value, change, t };
        return (
          <>
            <PageHead title={t.pageBranding} sub={t.brandingSub} />
            <div class="wl-brand-pair">
              <Look {...part} />
              <BrandingPreview board={board} t={t} value={{ ...cleanBranding(value), ...drawn(value) }} lang={lang} />
              <div class="wl-side">
                <Welcome {...part} lang={lang} setLang={setLang} />
                <Panel>
                  <Origins {...part} />
                </Panel>
              </div>
            </div>
          </>
        );
      }}
    </SettingForm>
  );
}

/** Return the contrast ratio of white and a colour, `#rrggbb`, as WCAG 2.2 defines it. */
function contrastWithWhite(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
