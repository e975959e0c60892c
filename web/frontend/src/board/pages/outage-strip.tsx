import type { Incident } from "../../link/desk-api.ts";
import { areaName } from "../../ui/area-name.ts";
import { whenNear } from "../../ui/format.ts";
import { useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { PageProps } from "../state.ts";
import { withBoldNumbers } from "./ask.tsx";
import { Picture } from "./page-icon.tsx";
import { earlierOf, waitingFor } from "./waiting-for.ts";

/** Show each outage that is on: where, since when, whom it reaches, how many asked and how many wait. */
export function OutageStrip(props: PageProps) {
  const { board } = props;
  const outages = board.desk.notices.outages.value;
  const isAny = Object.keys(outages).length > 0;
  const { load } = useRequest<readonly Incident[]>({
    key: isAny ? "incidents" : null,
    ask: () => board.desk.api.incidents(),
    version: outages,
  });
  if (load.state !== "loaded") return null;
  return (
    <>
      {load.value
        .filter(({ ended }) => ended === null)
        .map((incident) => (
          <Strip key={incident.id} {...props} incident={incident} />
        ))}
    </>
  );
}

function Strip({ board, t, incident }: PageProps & { readonly incident: Incident }) {
  const waiting = waitingFor(board, incident);
  const { load } = useRequest({
    key: `incident ${incident.id}`,
    ask: () => board.desk.api.incident(incident.id),
    version: waiting.map(({ client }) => client).join(),
  });
  const reach = load.state === "loaded" ? load.value : null;
  const reached = reach?.incident.reached ?? incident.reached;
  const when = (at: number): string => whenNear(t.lang, at, board.now.value);
  const address = { client: null, pane: "list", page: "outage", incident: incident.id } as const;
  return (
    <section class="wl-box wl-outage-strip" data-testid="outage-strip">
      <span class="wl-mark wl-mark-bad">
        <Picture name="outage" small />
        {t.outageStrip}
      </span>
      <p class="wl-dotted">
        <strong>{t.outageSince(t.listed(incident.areas.map(areaName)), when(incident.began ?? incident.since))}</strong>
        <span class="wl-muted">
          {reached === null
            ? t.clientCount(incident.clients)
            : `${t.count(reached)} ${t.incidentReached(incident.clients)}`}
        </span>
        {incident.until !== null && <span class="wl-muted">{t.outageBackBy(when(incident.until))}</span>}
      </p>
      {reach && (
        <span class="wl-muted wl-number">
          {withBoldNumbers(t.episodesFound(reach.asked + earlierOf(reach, waiting)))}
        </span>
      )}
      {waiting.length > 0 && (
        <span class="wl-muted wl-number" data-testid="outage-waiting">
          {withBoldNumbers(t.waitingCount(waiting.length))}
        </span>
      )}
      <span class="wl-inline">
        {board.config.me.admin && (
          <a class="wl-button" href={routeHash({ ...address, update: true })}>
            {t.incidentUpdate}
          </a>
        )}
        <a class="wl-button wl-button-quiet" href={routeHash(address)}>
          {t.incidentOpen}
        </a>
      </span>
    </section>
  );
}
