/** Read the demo portal's configuration from the page. */

import { chooseLang, type Lang } from "../ui/messages.ts";

interface PortalConfig {
  readonly api: string;
  readonly lang: Lang;
  readonly tz: string | undefined;
  readonly client: string;
  readonly identity: string;
  readonly identityUrl: string;
}

export function readPortalConfig(page: Document): PortalConfig {
  const raw = JSON.parse(page.getElementById("wl-config")?.textContent ?? "{}") as {
    api?: string;
    lang?: string;
    tz?: string;
    client?: { id: string };
    identity?: string;
    identity_url?: string;
  };
  if (!raw.client || !raw.identity || !raw.identity_url) throw new Error("the portal's page names no client");
  return {
    api: raw.api ?? "",
    lang: chooseLang(raw.lang, page.documentElement.lang),
    tz: raw.tz,
    client: raw.client.id,
    identity: raw.identity,
    identityUrl: raw.identity_url,
  };
}
