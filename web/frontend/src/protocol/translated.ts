/** Texts in several languages, in a message or a setting. Pure. */

/** By language code; at least one. */
export type Translated = Readonly<Record<string, string>>;

/** Return the text in a language, else in English, else the first. */
export const inLang = (texts: Translated, lang: string): string =>
  texts[lang] ?? texts.en ?? Object.values(texts)[0] ?? "";

/** Return the texts without empty ones. */
export const withoutEmpty = (texts: Translated): Translated =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ""));
