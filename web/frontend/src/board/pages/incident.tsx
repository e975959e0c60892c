import { useState } from "preact/hooks";

import { askedFrom, type Folded } from "../../core/incident.ts";
import type { Incident, Reach } from "../../link/desk-api.ts";
import { inLang, type Translated, withoutEmpty } from "../../protocol/translated.ts";
import { areaName } from "../../ui/area-name.ts";
import { Button } from "../../ui/button.tsx";
import { clock, languageName, whenNear } from "../../ui/format.ts";
import type { Lang } from "../../ui/messages.ts";
import { type Request, useRequest } from "../request.tsx";
import { routeHash } from "../route.ts";
import type { Board, PageProps } from "../state.ts";
import { Ask, type Fact, withBoldNumbers } from "./ask.tsx";
import { DataTable } from "./data-table.tsx";
import { Check, TranslatedField } from "./field.tsx";
import { ClientsSee } from "./incident-notice.tsx";
import { comesDown, endOf, period } from "./incident-times.ts";
import { withEnd } from "./notice-form.tsx";
import { NotFound, PageHead, Panel } from "./page-head.tsx";
import { Picture } from "./page-icon.tsx";
import { ShareBar } from "./report-charts.tsx";
import { earlierOf, waitingFor } from "./waiting-for.ts";
import { WhenLoaded } from "./when-loaded.tsx";

type T = PageProps["t"];

const addressOf = ({ id }: Incident): string => routeHash({ client: null, pane: "list", page: "outage", incident: id });

type IncidentsProps = PageProps & { readonly request: Request<readonly Incident[]> };

/** List the outages that stand, and those that ended lately. */
export const Incidents = ({ board, t, words, request }: IncidentsProps) => (
  <Panel title={t.outagesNow}>
    <WhenLoaded request={request} t={t} words={words}>
      {(incidents) =>
        incidents.length === 0 ? (
          <p class="wl-hint">{t.outagesNone}</p>
        ) : (
          <ul class="wl-outages" aria-label={t.outagesNow}>
            {incidents.map((incident) => (
              <li key={incident.id} data-testid="outage" data-area={incident.areas[0]}>
                <State incident={incident} t={t} />
                <span class="wl-outages-text">
                  <strong>{t.listed(incident.areas.map(areaName))}</strong>
                  <span class="wl-hint wl-dotted">
                    {[
                      period(t, incident),
                      comesDown(t, incident, board.now.value),
                      incident.ended !== null && incident.reached !== null
                        ? `${t.count(incident.reached)} ${t.incidentReached(incident.clients)}`
                        : t.clientCount(incident.clients),
                      incident.ended === null && waitingFor(board, incident).length > 0
                        ? t.waitingCount(waitingFor(board, incident).length)
                        : "",
                    ]
                      .filter(Boolean)
                      .map((fact) => (
                        <span key={fact}>{fact}</span>
                      ))}
                  </span>
                </span>
                <a class="wl-button" href={addressOf(incident)}>
                  {incident.ended === null ? t.incidentOpen : t.incidentReport}
                </a>
                <span class="wl-outages-notice">
                  {incident.ended !== null && (
                    <>
                      <strong>{endOf(t, incident, board.now.value)}</strong> {t.incidentTold}{" "}
                    </>
                  )}
                  {withEnd(t.lang, inLang(incident.text, t.lang), incident.until, board.config.tz)}
                </span>
              </li>
            ))}
          </ul>
        )
      }
    </WhenLoaded>
  </Panel>
);

const State = ({ incident, t }: { readonly incident: Incident; readonly t: T }) =>
  incident.ended === null ? (
    <span class="wl-mark wl-mark-bad">{t.incidentOn}</span>
  ) : (
    <span class="wl-mark wl-mark-ok">{t.incidentEnded}</span>
  );

type IncidentPageProps = PageProps & { readonly id: string; readonly incidents: Request<readonly Incident[]> };

/** Show whom an outage reached, answer all who wait, and end it. Args: id: the incident's or its notice's. */
export function IncidentPage(props: IncidentPageProps) {
  const { board, t, id, incidents, words } = props;
  const areas = Object.entries(board.desk.notices.outages.value).flatMap(([area, outage]) =>
    outage.id === id ? [area] : [],
  );
  const isIt = (each: Incident): boolean =>
    each.id === id || (each.ended === null && each.areas.some((area) => areas.includes(area)));
  return (
    <WhenLoaded request={incidents} t={t} words={words}>
      {(all) => {
        const found = all.find(isIt);
        return found ? (
          <Shown {...props} incident={found} />
        ) : (
          <NotFound title={t.noOutage} text={t.incidentGone}>
            <BackToAll t={t} />
          </NotFound>
        );
      }}
    </WhenLoaded>
  );
}

const BackToAll = ({ t }: { readonly t: T }) => (
  <span>
    <a class="wl-button" href={routeHash({ client: null, pane: "list", page: "outage" })}>
      {t.incidentAll}
    </a>
  </span>
);

function Shown({ board, t, words, incident }: PageProps & { readonly incident: Incident }) {
  const { admin } = board.config.me;
  const canChange = admin && incident.ended === null;
  const [isEnding, setEnding] = useState(false);
  const waiting = waitingFor(board, incident);
  const from = askedFrom(incident);
  const since = whenNear(t.lang, from, board.now.value);
  const request = useRequest({
    key: `incident ${incident.id}`,
    ask: () => board.desk.api.incident(incident.id),
    version: `${waiting.map(({ client }) => client).join()} ${incident.ended}`,
    // The bridge counts an answer a moment after it.
    polling: { isComplete: ({ who }) => who.every(({ waiting, answered }) => waiting !== null || answered !== null) },
  });
  return (
    <>
      <PageHead
        title={t.outageOf(t.listed(incident.areas.map(areaName)))}
        sub={[
          period(t, incident),
          comesDown(t, incident, board.now.value),
          incident.origin === "storm" ? t.incidentByMeters(incident.ended === null) : "",
        ]
          .filter(Boolean)
          .join(" · ")}
      >
        <State incident={incident} t={t} />
        <BackToAll t={t} />
        {canChange && <Button onClick={() => setEnding(true)}>{t.outageEnd}</Button>}
      </PageHead>
      <div class="wl-outage-pair">
        <div class="wl-side">
          <ClientsSee {...{ board, t, incident, canChange }} />
          {incident.ended === null && <ReplyToAll board={board} t={t} words={words} waiting={waiting} />}
          <WhenLoaded request={request} t={t} words={words}>
            {(reach) => <Who board={board} t={t} reach={reach} />}
          </WhenLoaded>
        </div>
        {request.load.state === "loaded" && <Reached t={t} reach={request.load.value} waiting={waiting} />}
      </div>
      {isEnding && (
        <Ask
          title={t.incidentEndAsk}
          text={t.incidentEndText}
          facts={[
            ["place", <strong>{t.listed(incident.areas.map(areaName))}</strong>],
            ["chat", withBoldNumbers(t.incidentEndScreens(incident.clients))],
            [
              "check",
              withBoldNumbers(
                t.incidentEndAskers(
                  request.load.state === "loaded" ? (request.load.value.told ?? null) : null,
                  from === incident.began ? since : t.incidentHourBefore(since),
                ),
              ),
            ],
          ]}
          action={t.outageEnd}
          back={t.cancel}
          run={() => void board.desk.notices.order(incident.areas, null)}
          onClose={() => setEnding(false)}
        />
      )}
    </>
  );
}

/** Answer all who wait: each once, in its own conversation and language. */
function ReplyToAll({ board, t, waiting }: PageProps & { readonly waiting: Folded["waiting"] }) {
  const [text, setText] = useState<Translated>({});
  const [lang, setLang] = useState<Lang>(t.lang);
  const [resolves, setResolves] = useState(false);
  const [hasSent, setSent] = useState(board.replies.isRunning);
  const [isAsking, setAsking] = useState(false);
  const texts = withoutEmpty(text);
  const { isRunning } = board.replies;
  const send = (): void => {
    const clients = waiting.map(({ client }) => client);
    const replies = waiting.map(({ client, lang }) => ({ client, text: inLang(texts, lang ?? "") }));
    board.replies.send(replies, () => resolves && board.resolve(clients));
    setSent(true);
    setText({});
  };
  const said = hasSent && t.incidentSent(board.replies.sent.value, board.replies.clients.value.length);
  if (waiting.length === 0)
    return hasSent ? (
      <p class="wl-banner wl-banner-ok" role="status">
        <Picture name="check" small />
        {said}
      </p>
    ) : null;
  const isReady = !isRunning && Object.keys(texts).length > 0;
  return (
    <form
      class="wl-box"
      onSubmit={(event) => {
        event.preventDefault();
        setAsking(isReady);
      }}
    >
      <div class="wl-box-head">
        <h2>{t.incidentReply}</h2>
        <strong class="wl-number" data-testid="incident-waiting">
          {t.waitingCount(waiting.length)}
        </strong>
      </div>
      <p class="wl-hint">{t.incidentReplyHint}</p>
      <TranslatedField
        {...{ t, lang, setLang }}
        value={text}
        onInput={setText}
        label={t.outageMessage}
        hint={t.outageHintLangs}
        maxLength={1000}
        testId="incident-reply"
      />
      <Check label={t.incidentResolve} checked={resolves} onChange={setResolves} />
      <div class="wl-inline wl-inline-end">
        <span class="wl-form-said" role="status">
          {said}
        </span>
        <Button kind="primary" type="submit" disabled={!isReady}>
          {t.incidentSend(waiting.length)}
        </Button>
      </div>
      {isAsking && (
        <Ask
          title={t.incidentSendAsk(waiting.length)}
          text={t.incidentSendText}
          facts={[
            ["chat", withBoldNumbers(t.incidentSendEach(waiting.length))],
            ["canned", t.outageLangs(Object.keys(texts).map((lang) => languageName(t.lang, lang)))],
            ["agents", t.incidentSendYours],
            ...(resolves ? [["check", t.incidentSendResolves] as const] : []),
          ]}
          action={t.incidentSend(waiting.length)}
          back={t.backToForm}
          run={send}
          onClose={() => setAsking(false)}
        />
      )}
    </form>
  );
}

/** Count whom the outage reached, and how many asked and were answered. */
function Reached({ t, reach, waiting }: { readonly t: T; readonly reach: Reach; readonly waiting: Folded["waiting"] }) {
  const { incident } = reach;
  const { clients, reached, displays } = incident;
  const earlier = earlierOf(reach, waiting);
  const facts: readonly Fact[] = [
    ...(reached === null ? [["place", t.incidentClients(clients, incident.areas.length)] as const] : []),
    ...(displays > 0 ? [["devices", t.incidentDisplays(displays, incident.ended === null)] as const] : []),
    ["chat", t.incidentAsked(reach.asked)],
    ["check", t.incidentAnswered(reach.answered)],
    ...(incident.ended !== null && reach.told !== undefined
      ? [["outbound", t.incidentToldEnd(reach.told)] as const]
      : []),
    ...(earlier > 0 ? [["hours", t.incidentEarlier(earlier)] as const] : []),
    ...(incident.ended === null && incident.silent > 0 ? [["gauge", t.incidentSilent(incident.silent)] as const] : []),
  ];
  return (
    <Panel title={t.incidentWho}>
      {reached !== null && (
        <>
          <p class="wl-figure" data-testid="reached">
            {t.count(reached)} <small>{t.incidentReached(clients)}</small>
          </p>
          <ShareBar share={reached / Math.max(1, clients)} />
          <p class="wl-hint">{incident.ended === null ? t.incidentReachedHint : t.incidentReachedAfter}</p>
        </>
      )}
      <ul class="wl-facts">
        {facts.map(([picture, says]) => (
          <li key={picture}>
            <Picture name={picture} small />
            <span>{withBoldNumbers(String(says))}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** List who asked during the outage, and how far each is. */
function Who({
  board,
  t,
  reach: { incident, asked, who },
}: {
  readonly board: Board;
  readonly t: T;
  readonly reach: Reach;
}) {
  return (
    <>
      {who.length === 0 && (
        <Panel title={t.incidentAskers}>
          <p class="wl-hint">{t.incidentNobody(incident.ended === null)}</p>
        </Panel>
      )}
      {who.length > 0 && (
        <Panel title={t.incidentAskers}>
          {asked > who.length && <p class="wl-hint">{t.incidentMore(asked - who.length)}</p>}
          <div class="wl-askers">
            <DataTable
              label={t.incidentAskers}
              columns={[
                {
                  id: "client",
                  label: t.deviceClient,
                  sortBy: ({ name, client }) => name ?? client,
                  cell: ({ client, name }) => (
                    <a href={routeHash({ client, pane: "conversation" })}>{board.clientName(client, name)}</a>
                  ),
                },
                { id: "area", label: t.area, sortBy: ({ area }) => area, cell: ({ area }) => areaName(area) },
                {
                  id: "asked",
                  label: t.incidentAskedAt,
                  sortBy: ({ asked }) => asked,
                  cell: ({ asked }) => whenNear(t.lang, asked, board.now.value),
                },
                {
                  id: "state",
                  label: t.status,
                  cell: ({ waiting, answered }) =>
                    waiting !== null ? (
                      <span class="wl-mark wl-mark-warn">{t.incidentWaits}</span>
                    ) : answered !== null ? (
                      <span class="wl-mark wl-mark-ok">{t.incidentWasAnswered(clock(t.lang, answered))}</span>
                    ) : (
                      <span class="wl-mark">{t.incidentAutomatic}</span>
                    ),
                },
              ]}
              rows={who}
              keyOf={({ client }) => client}
              mark={({ client }) => ({ "data-testid": "asked", "data-client": client })}
            />
          </div>
        </Panel>
      )}
    </>
  );
}
