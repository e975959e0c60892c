import { type Lang, whyNot } from "../ui/messages.ts";

/** Why the server refused: its code, and its own sentence, which is English; both empty where it was not reached. */
export interface Fault {
  readonly why: string;
  readonly text: string;
}

export const NOT_REACHED: Fault = { why: "", text: "" };

export function faultOf(thrown: unknown): Fault {
  const { status = 0, code = "", message = "" } = thrown as { status?: number; code?: string; message?: string };
  return status === 0 ? NOT_REACHED : { why: code, text: message };
}

/** What to tell of it in a language; nothing where the server was not reached. */
export const faultText = (lang: Lang, { why, text }: Fault): string => whyNot(lang, why, text);
