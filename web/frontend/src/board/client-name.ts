/** What a client is called on the board: the portal's or the guest's own name, else what kind of client it is. Pure. */

import { isGuest } from "../protocol/ids.ts";
import { boardMessages, type Lang } from "../ui/messages.ts";

/** The id always stands beside it, so a client without a name is told apart all the same. */
export function clientName(lang: Lang, client: string, name: string | null | undefined): string {
  const t = boardMessages[lang];
  return name ?? (isGuest(client) ? t.guest : t.client);
}
