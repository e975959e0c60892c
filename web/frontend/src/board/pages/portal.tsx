import type { PageProps } from "./loaded.tsx";
import { Once } from "./once.tsx";
import { WithSettings } from "./setting.tsx";

/** What a portal puts into its pages, and which origins may. */
export function PortalPage(props: PageProps) {
  const { t } = props;
  return (
    <WithSettings {...props}>
      {({ snippet, origins }) => (
        <>
          <p>{t.snippetText}</p>
          <Once label={t.snippet} text={snippet} t={t} testId="snippet" />
          <h2>{t.origins}</h2>
          {origins.length === 0 ? (
            <p class="wl-muted">{t.noOrigins}</p>
          ) : (
            <ul class="wl-plain">
              {origins.map((origin) => (
                <li key={origin}>{origin}</li>
              ))}
            </ul>
          )}
          <p class="wl-muted">{t.originsHint}</p>
        </>
      )}
    </WithSettings>
  );
}
