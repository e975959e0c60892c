import { whenNear } from "../../ui/format.ts";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { BrandingPreview } from "./branding-preview.tsx";
import { PageHead, Panel } from "./page-head.tsx";
import { SEEN_EVERY_MS, Seen } from "./seen.tsx";
import { WithSettings } from "./setting.tsx";
import { Snippet } from "./snippet.tsx";
import { useAgain } from "./use-again.ts";

/** Show the line that a portal adds to its pages, whether it works there, and which addresses may use it. */
export function PortalPage(props: PageProps) {
  const { board, t } = props;
  useAgain(() => board.settings.load(), SEEN_EVERY_MS);
  const toBranding = (
    <a class="wl-button" href={routeHash({ client: null, pane: "list", page: "branding" })}>
      {t.startSetPage}
    </a>
  );
  return (
    <WithSettings {...props}>
      {({ snippet, origins, branding, seen_origins: seen = [], refused_origins: refused = [] }) => (
        <>
          <PageHead title={t.pagePortal} sub={t.snippetText} />
          <div class="wl-brand-pair">
            <div class="wl-side">
              <Panel title={t.snippetPaste}>
                <Snippet line={snippet} t={t} />
              </Panel>
              <Panel title={t.seenTitle}>
                <Seen board={board} t={t} origins={seen} />
                {seen.length === 0 && <p class="wl-hint">{t.seenHint}</p>}
              </Panel>
              <Panel title={t.origins} aside={board.config.me.admin && toBranding}>
                {origins.length === 0 ? (
                  <p class="wl-muted">{t.noOrigins}</p>
                ) : (
                  <ul class="wl-origins">
                    {origins.map((origin) => (
                      <li key={origin}>{origin}</li>
                    ))}
                  </ul>
                )}
              </Panel>
              {refused.length > 0 && (
                <Panel title={t.refusedOrigins}>
                  <ul class="wl-plain" data-testid="refused-origins">
                    {refused.map(({ origin, at }) => (
                      <li key={origin}>
                        {origin} <span class="wl-muted">{whenNear(t.lang, at, board.outside.now())}</span>
                      </li>
                    ))}
                  </ul>
                  <p class="wl-hint">{t.refusedOriginsHint}</p>
                </Panel>
              )}
            </div>
            <BrandingPreview board={board} t={t} value={branding.value} lang={t.lang} />
          </div>
        </>
      )}
    </WithSettings>
  );
}
