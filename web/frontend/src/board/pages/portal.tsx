import { whenNear } from "../../ui/format.ts";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { PageHead, Panel } from "./page-head.tsx";
import { WithSettings } from "./setting.tsx";
import { Snippet } from "./snippet.tsx";

/** Show the line that a portal adds to its pages, and which origins may use it. */
export function PortalPage(props: PageProps) {
  const { board, t } = props;
  return (
    <WithSettings {...props}>
      {({ snippet, origins, refused_origins: refused = [] }) => (
        <>
          <PageHead title={t.pagePortal} sub={t.snippetText} />
          <Panel>
            <Snippet line={snippet} t={t} />
          </Panel>
          <Panel title={t.origins}>
            {origins.length === 0 ? (
              <p class="wl-muted">{t.noOrigins}</p>
            ) : (
              <ul class="wl-origins">
                {origins.map((origin) => (
                  <li key={origin}>{origin}</li>
                ))}
              </ul>
            )}
            <p class="wl-hint">
              <span>
                {t.originsHint}{" "}
                <a href={routeHash({ client: null, pane: "list", page: "branding" })}>{t.pageBranding}</a>
              </span>
            </p>
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
        </>
      )}
    </WithSettings>
  );
}
