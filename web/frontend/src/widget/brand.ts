import type { Lang, Texts, WidgetTexts } from "../ui/messages.ts";

/** What administrators set under Branding; /widget.js begins with it (web/branding.py). */
export interface Brand {
  /** Rules for the shadow root. */
  readonly css: string;
  /** The text beside the launcher's icon. */
  readonly label: Partial<Record<Lang, string>>;
  /** The company's own texts, in the place of the product's; an empty question shows none. */
  readonly texts: Partial<Record<Lang, Partial<WidgetTexts & Texts>>>;
}
