/** Texts that a message or a setting carries in several languages. Pure. */

/** By language code, in at least one language. */
export type Translated = Readonly<Record<string, string>>;

/** Return the text in a language; where it has none, the English one, or the first. */
export const inLang = (texts: Translated, lang: string): string =>
  texts[lang] ?? texts.en ?? Object.values(texts)[0] ?? "";

/** Return the texts without those that are empty, as a form leaves them behind. */
export const withoutEmpty = (texts: Translated): Translated =>
  Object.fromEntries(Object.entries(texts).filter(([, text]) => text.trim() !== ""));
