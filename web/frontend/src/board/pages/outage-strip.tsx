import type { Incident } from "../../link/desk-api.ts";
import { areaName } from "../../ui/area-name.ts";
import { whenNear } from "../../ui/format.ts";
import { useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { Picture } from "./page-icon.tsx";
import { waitingFor } from "./waiting-for.ts";

/** Show each outage that is on: where, since when, whom it reaches and how many wait. */
export function OutageStrip({ board, t }: PageProps) {
  const outages = board.desk.notices.outages.value;
  const isAny = Object.keys(outages).length > 0;
  const { load } = useRequest<readonly Incident[]>({
    key: isAny ? "incidents" : null,
    ask: () => board.desk.api.incidents(),
    version: outages,
  });
  if (load.state !== "loaded") return null;
  const when = (at: number): string => whenNear(t.lang, at, board.now.value);
  return (
    <>
      {load.value
        .filter(({ ended }) => ended === null)
        .map((incident) => (
          <section key={incident.id} class="wl-box wl-outage-strip" data-testid="outage-strip">
            <span class="wl-mark wl-mark-bad">
              <Picture name="outage" small />
              {t.outageStrip}
            </span>
            <p class="wl-dotted">
              <strong>{t.outageSince(t.listed(incident.areas.map(areaName)), when(incident.since))}</strong>
              <span class="wl-muted">{t.clientCount(incident.clients)}</span>
              {incident.until !== null && <span class="wl-muted">{t.outageBackBy(when(incident.until))}</span>}
            </p>
            {waitingFor(board, incident).length > 0 && (
              <strong class="wl-number">{t.waitingCount(waitingFor(board, incident).length)}</strong>
            )}
            <a
              class="wl-button"
              href={routeHash({ client: null, pane: "list", page: "outage", incident: incident.id })}
            >
              {t.incidentOpen}
            </a>
          </section>
        ))}
    </>
  );
}
