/** Every state of the board's pages. A missing state does not compile. */

import type { ActionState, Load } from "../board/request.tsx";
import { PAGES, routeHash } from "../board/route.ts";
import type { SaveState } from "../board/settings-state.ts";
import type { NoticeState } from "../link/desk-notices.ts";
import { type Of, scene } from "./board-scene.tsx";
import { away, refuse, type SampleDesk, waits } from "./desk.ts";
import { DAY, NOW, summaries } from "./people.ts";
import { EPISODES, reportOf } from "./samples.ts";
import { appears, choose, press, type Scene, type Scenes, write } from "./scene.ts";

const OUTAGES = {
  "mill-street": { id: "n-mill", text: { en: "A cable is broken.", ro: "Un cablu este rupt." } },
  "old-mill": { id: "n-mill", text: { en: "A cable is broken.", ro: "Un cablu este rupt." } },
};

const STRUCK = summaries.map((row) =>
  row.waiting === null ? row : { ...row, area: "mill-street", assignee: "a-ana" },
);

const pages: Scenes = {
  ...Object.fromEntries(PAGES.map((page) => [page, scene({ hash: routeHash({ client: null, pane: "list", page }) })])),
  missing: scene({ hash: "#/settings/nothing" }),
  answers: scene({ hash: "#/settings/answers", then: () => press("summary") }),
  outage: scene({
    hash: "#/settings/outage",
    outages: { ...OUTAGES, "vineyard-hill": OUTAGES["old-mill"] },
  }),
  "hours changed": scene({ hash: "#/settings/hours", then: () => write(".wl-week .wl-input", "08:00–16:00") }),
  "key made": scene({
    hash: "#/settings/keys",
    then: async () => {
      await press("[data-testid=key-add]");
      await write("[data-testid=key-name]", "Billing");
      await press(".wl-box button[type=submit]");
      await press("[data-testid=key-add]");
    },
  }),
  "row menu": scene({ hash: "#/settings/devices", then: () => press("[data-testid=row-menu]") }),
  "row asked": scene({
    hash: "#/settings/devices",
    then: async () => {
      await press("[data-testid=row-menu]");
      await press("[role=menuitem]");
    },
  }),
  delivery: scene({
    hash: "#/settings/outbound",
    then: async () => {
      await press("[data-testid=delivery] [data-testid=row-menu]");
      await press("[role=menuitem]");
    },
  }),
  "device kind": scene({ hash: "#/settings/devices", then: () => press(".wl-page-head .wl-button-primary") }),
  "device connected": scene({
    hash: "#/settings/devices",
    then: async () => {
      await press(".wl-page-head .wl-button-primary");
      await press("[data-testid=kind-shelly]");
      await write("[data-testid=device-id]", "new");
      await write("[data-testid=device-client]", "c-42");
      await press(".wl-wizard button[type=submit]");
    },
  }),
  incident: scene({ hash: "#/settings/outage/n-mill", outages: OUTAGES, rows: STRUCK }),
  "report of other days": scene({ hash: "#/reports", then: () => press(".wl-page-head .wl-step:last-child") }),
  "report of an agent": scene({
    hash: "#/reports",
    then: async () => {
      await appears("[data-testid=report-agent] > [value=a-ana]");
      await choose("[data-testid=report-agent]", "a-ana");
      await appears("[data-testid=figure-asked]");
    },
  }),
  "report of the first weeks": scene({
    hash: "#/reports",
    api: {
      report: async () => {
        const found = reportOf(30);
        const none = { person: 0, automatic: 0, open: 0 };
        const days = found.days.map((day, place) => (place < 11 ? { ...day, ...none } : day));
        return { ...found, days, before_is_whole: false, first_asked: NOW - 18 * DAY };
      },
    },
  }),
  "report list": scene({
    hash: "#/reports",
    api: { episodes: async () => ({ ...EPISODES, cursor: "next" }) },
    then: () => press("[data-testid=figure-first]"),
  }),
  "report list loading": scene({
    hash: "#/reports",
    api: { episodes: waits },
    then: () => press("[data-testid=figure-resolve]"),
  }),
  folded: scene({ hash: "#/", outages: OUTAGES, rows: STRUCK }),
  "incident ended": scene({ hash: "#/settings/outage/n-station" }),
};

const loads = {
  loading: scene({ hash: "#/reports", api: { report: waits } }),
  loaded: scene({ hash: "#/reports", then: () => press("[data-testid=figure-first]") }),
  failed: scene({ hash: "#/reports", api: { report: away } }),
} satisfies Of<Load<unknown>["state"]>;

const saved = (api: SampleDesk["api"]): Scene =>
  scene({
    hash: "#/settings/canned",
    api: api ?? {},
    then: async () => {
      await press("[data-testid=reply] > summary");
      await write("[data-testid=reply][open] .wl-input", "Welcome");
      await press(".wl-form-end button[type=submit]:enabled");
    },
  });
const saves = {
  resting: scene({ hash: "#/settings/canned", admin: false }),
  saving: saved({ save: waits }),
  saved: saved({}),
  stale: saved({ save: refuse(409, "stale", "Somebody has saved since.") }),
  refused: saved({ save: refuse(422, "bad_payload", "replies.0.title: String should have at least 1 character.") }),
} satisfies Of<SaveState["state"]>;

const agentAction = (api: SampleDesk["api"]): Scene =>
  scene({
    hash: "#/settings/agents",
    api: api ?? {},
    then: async () => {
      await press("[data-agent=a-radu] [data-testid=row-menu]");
      await press("[data-agent=a-radu] [role=menuitem]");
    },
  });
const doings = {
  resting: agentAction({}),
  running: agentAction({ newPassword: waits }),
  refused: agentAction({ newPassword: refuse(403, "not_admin", "Only an administrator may do this.") }),
} satisfies Of<ActionState["state"]>;

const outageOrder = (notice: NoticeState): Scene =>
  scene({
    hash: "#/settings/outage",
    notice,
    then: async () => {
      await press("[data-testid=area-mill-street]");
      await press("[data-testid=area-old-mill]");
      await write(".wl-outage-pair textarea", "A cable is damaged in Mill Street. Our crew is there.");
      await write("[data-testid=outage-until]", "28.11.2099, 17:30");
      await press(".wl-form-end button[type=submit]:enabled");
      if (notice.state !== "resting") await press("dialog .wl-button-primary");
    },
  });
const outages = {
  resting: scene({ hash: "#/settings/outage", admin: false }),
  sending: outageOrder({ state: "sending" }),
  done: outageOrder({ state: "done" }),
  refused: outageOrder({ state: "refused", why: "not_allowed", text: "Only an administrator publishes notices." }),
} satisfies Of<NoticeState["state"]>;

export const pageScenes: Readonly<Record<string, Scenes>> = {
  page: pages,
  load: loads,
  save: saves,
  agents: doings,
  outage: outages,
};
