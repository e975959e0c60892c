/** Generated from chat_core/contract/languages.py by scripts/text_tables.py. */

/** The first one is the default. */
export const LANGS = ["en", "ro", "de"] as const;
export type Lang = (typeof LANGS)[number];
