/** Every state of every view of the board. Types come from the views: a missing state does not compile. */

import type { Did } from "../board/actions.ts";
import type { NotificationState } from "../board/alerts.ts";
import type { Range } from "../board/consumption.tsx";
import type { Mode } from "../board/drafts.ts";
import type { ActionState, Load } from "../board/request.tsx";
import type { Pane } from "../board/route.ts";
import type { SearchState } from "../board/searching.ts";
import type { OpenDialog, OpenMenu } from "../board/state.ts";
import type { InboxFilter } from "../core/inbox.ts";
import type { ShownKind, Tick } from "../core/view.ts";
import type { ConnectionState } from "../link/connection-state.ts";
import type { Status } from "../protocol/payloads.ts";
import type { Compared } from "../ui/consumption-compare.ts";
import { type BoardScene, type Of, scene } from "./board-scene.tsx";
import { away, refuse, type SampleDesk, waits } from "./desk.ts";
import { endingWith, NOW, summaries, ticked } from "./people.ts";
import { appears, press, type Scene, type Scenes, write } from "./scene.ts";
import { pageScenes } from "./scenes-pages.tsx";

const panes = {
  list: scene({ hash: "#/" }),
  conversation: scene({ draft: "Take your time. If it is on manual, turn it to “auto” and the", colleague: "looking" }),
  context: scene({
    hash: "#/c-42/client",
    outages: {
      "mill-street": {
        id: "o",
        text: { en: "A cable is broken. Back at 18:00.", ro: "Un cablu este rupt. Revine la 18:00." },
      },
    },
  }),
} satisfies Of<Pane>;

const connections = {
  idle: scene({ connection: "idle" }),
  connecting: scene({ connection: "connecting", rows: null, hash: "#/" }),
  live: scene({ colleague: "typing" }),
  offline: scene({ connection: "offline", told: ticked("sending") }),
  refused: scene({ connection: "refused" }),
} satisfies Of<ConnectionState["state"]>;

const lists = {
  mine: scene({ hash: "#/", rows: [] }),
  unassigned: scene({ hash: "#/", rows: [], filter: "unassigned" }),
  all: scene({ hash: "#/", filter: "all" }),
  snoozed: scene({ hash: "#/", rows: [], filter: "snoozed" }),
  resolved: scene({ hash: "#/", rows: [], filter: "resolved" }),
} satisfies Of<InboxFilter>;

const amounts: Scenes = {
  one: scene({ hash: "#/", rows: summaries.slice(0, 1), filter: "all" }),
  forty: scene({
    filter: "all",
    rows: [1, 2, 3, 4].flatMap((round) =>
      summaries.map((row) => ({ ...row, client: round === 1 ? row.client : `${row.client}${round}` })),
    ),
  }),
};

const maria = summaries.filter((summary) => summary.client === "c-42");
const statusOf = (status: Status): Scene =>
  scene({
    rows: maria.map((summary) => ({
      ...summary,
      status,
      assignee: status === "open" ? null : "a-radu",
      until: status === "snoozed" ? NOW + 86_400_000 : null,
    })),
    filter: "all",
  });
const statuses = {
  open: statusOf("open"),
  assigned: statusOf("assigned"),
  snoozed: statusOf("snoozed"),
  resolved: statusOf("resolved"),
} satisfies Of<Status>;

const ticks = {
  sending: scene({ told: ticked("sending") }),
  stored: scene({ told: ticked("stored") }),
  delivered: scene({ told: ticked("delivered") }),
  read: scene({ told: ticked("read") }),
  failed: scene({ told: ticked("failed") }),
} satisfies Of<Tick>;

const kinds = {
  text: scene({
    told: {
      heard: [
        {
          from: "b-rules",
          kind: "text",
          text: "Your bill is due on 30 November.",
          replies: ["Thank you", "A person please"],
        },
      ],
    },
  }),
  file: scene({ told: endingWith("file") }),
  card: scene({ told: endingWith("card") }),
  rating: scene({ told: endingWith("rating") }),
  opened: scene({ told: endingWith("opened") }),
  assigned: scene({ told: endingWith("assigned") }),
  joined: scene({ told: endingWith("joined") }),
  resolved: scene({ told: endingWith("resolved") }),
  reopened: scene({ told: endingWith("reopened") }),
  erased: scene({ told: endingWith("erased") }),
} satisfies Of<ShownKind>;

const modes = {
  reply: scene({
    draft: "x".repeat(4_010),
    order: { refusal: { why: "wrong_state", text: "It is resolved already." } },
    then: (board) => board.command("c-42", { do: "resolve" }),
  }),
  note: scene({ then: (board) => board.drafts.setMode("c-42", "note") }),
} satisfies Of<Mode>;

const conversations: Scenes = {
  loading: scene({ conversation: { items: [], loading: true } }),
  empty: scene({ conversation: { items: [], empty: true } }),
  older: scene({ conversation: { hasOlder: true, keptInMemoryOnly: true } }),
  found: scene({ hash: "#/c-42/at/5" }),
};

const notes = {
  loading: scene({ hash: "#/c-42/client", api: { notes: waits } }),
  loaded: scene({ hash: "#/c-42/client" }),
  failed: scene({ hash: "#/c-42/client", api: { notes: away } }),
} satisfies Of<Load<unknown>["state"]>;

const earlier = {
  loading: scene({ hash: "#/c-42/client", api: { earlier: waits } }),
  loaded: scene({ hash: "#/c-42/client" }),
  failed: scene({ hash: "#/c-42/client", api: { earlier: away } }),
} satisfies Of<Load<unknown>["state"]>;

const comparing = (compared: Compared, shown: string): Scene =>
  scene({ hash: "#/c-42/client", compared, then: async () => void (await appears(shown)) });
const compared = {
  none: comparing("none", "[data-testid=compare]"),
  usual: comparing("usual", "[data-testid=compare]"),
  week: comparing("week", "[data-testid=legend]"),
  month: comparing("month", "[data-testid=legend]"),
  standard: comparing("standard", "[data-testid=legend]"),
} satisfies Of<Compared>;

const charts: Scenes = {
  loading: scene({ hash: "#/c-42/client", api: { consumption: waits } }),
  empty: scene({ hash: "#/c-42/client", api: { consumption: async () => ({ points: [], last: null }) } }),
  failed: scene({ hash: "#/c-42/client", api: { consumption: away } }),
};

const ranged = (range: Range, shown: string): Scene =>
  scene({ hash: "#/c-42/client", range, then: async () => void (await appears(shown)) });
/** A year whose quarter hours are shown below its months. */
const inQuarters = (shown: string, api: SampleDesk["api"] = {}): Scene =>
  scene({
    hash: "#/c-42/client",
    range: "year",
    api,
    then: async () => {
      await press(".wl-pane-context .wl-chart-more:last-of-type > summary");
      await appears(shown);
    },
  });
const years: Scenes = {
  loading: inQuarters(".wl-chart-more .wl-chart-none[aria-busy=true]", { quarters: waits }),
  empty: inQuarters(".wl-chart-more .wl-chart-none[aria-busy=false]", { quarters: async () => ({ at: [], wh: [] }) }),
  failed: inQuarters(".wl-chart-more .wl-empty", { quarters: away }),
  drawn: inQuarters("[data-testid=year] canvas"),
};
const ranges = {
  day: ranged("day", ".wl-chart svg"),
  week: ranged("week", ".wl-chart svg"),
  month: ranged("month", ".wl-chart svg"),
  year: ranged("year", ".wl-chart svg"),
} satisfies Of<Range>;

const searchFor = (query: string, shown: string, api: SampleDesk["api"] = {}): Scene =>
  scene({
    hash: "#/",
    api,
    then: async () => {
      await write("#wl-search", query);
      await appears(shown);
    },
  });
const searches = {
  idle: searchFor("m", "[data-testid=results]"),
  searching: searchFor("use", "[data-testid=results]", { search: waits }),
  found: searchFor("use", "[data-testid=hit]"),
  nothing: searchFor("zzz", ".wl-rows .wl-empty"),
  refused: searchFor("before:yesterday", ".wl-rows .wl-bad", {
    search: refuse(422, "bad_query", "“yesterday” is no day. Write before:2026-11-01."),
  }),
  failed: searchFor("use", ".wl-rows .wl-bad", { search: away }),
} satisfies Of<SearchState["state"]>;

const dialogOpen = (dialog: Exclude<OpenDialog, null>, options: BoardScene = {}): Scene =>
  scene({
    ...options,
    then: async (board) => {
      if (dialog === "canned") board.openCanned();
      else board.dialog.value = dialog;
      await appears("dialog[open]");
    },
  });
const dialogs = {
  help: dialogOpen("help"),
  palette: dialogOpen("palette"),
  canned: dialogOpen("canned"),
  erase: dialogOpen("erase"),
  delete: dialogOpen("delete"),
  start: dialogOpen("start"),
  "bulk-reply": dialogOpen("bulk-reply", { checked: ["c-42", "c-107"] }),
  tag: dialogOpen("tag"),
  "tag-open": dialogOpen("tag-open"),
  snooze: dialogOpen("snooze"),
  face: dialogOpen("face"),
  views: scene({
    hash: "#/",
    then: async (board) => {
      board.show("all", ["unread", "area:mill-street"]);
      await board.views.load();
      board.dialog.value = "views";
      await appears("dialog[open]");
    },
  }),
  attribute: dialogOpen("attribute", { hash: "#/" }),
  mention: dialogOpen("mention"),
  notices: dialogOpen("notices"),
} satisfies Of<OpenDialog>;

const openSettings = (api: SampleDesk["api"]): Scene => dialogOpen("canned", { api: api ?? {} });
const settings = {
  loading: openSettings({ settings: waits }),
  loaded: openSettings({}),
  failed: openSettings({ settings: away }),
} satisfies Of<Load<unknown>["state"]>;

const erasing = (api: SampleDesk["api"]): Scene =>
  scene({
    api: api ?? {},
    then: async (board) => {
      board.dialog.value = "erase";
      await write("[data-testid=erase-confirm]", "c-42");
      await press("dialog button[type=submit]:enabled");
    },
  });
const erases = {
  resting: dialogOpen("erase"),
  running: erasing({ erase: waits }),
  refused: erasing({ erase: refuse(403, "not_admin", "Only an administrator may do this.") }),
} satisfies Of<ActionState["state"]>;

const menuOpen = (menu: Exclude<OpenMenu, null>, options: BoardScene = {}): Scene =>
  scene({
    ...options,
    then: async (board) => {
      board.menu.value = menu;
      await appears("[role=menu]");
    },
  });
const menus = {
  agent: menuOpen("agent", { hash: "#/" }),
  assign: menuOpen("assign"),
  snooze: menuOpen("snooze"),
  views: menuOpen("views", { hash: "#/" }),
  actions: menuOpen("actions"),
  "bulk-assign": menuOpen("bulk-assign", { checked: ["c-42", "c-107"] }),
  "bulk-snooze": menuOpen("bulk-snooze", { checked: ["c-42", "c-107"] }),
  emoji: menuOpen("emoji"),
  send: menuOpen("send", { draft: "Turn it to “auto”." }),
  order: menuOpen("order", { hash: "#/" }),
  facet: menuOpen("facet", { hash: "#/" }),
  csv: scene({
    hash: "#/reports",
    then: async () => {
      await press("main [aria-haspopup=menu]"); // whose page loads later
      await appears("[role=menu]");
    },
  }),
} satisfies Of<OpenMenu>;

const toasts = {
  resolve: scene({ then: (board) => board.actions.resolve(["c-42"]) }),
  snooze: scene({ then: (board) => board.actions.snooze(["c-42"], NOW) }),
  assign: scene({ then: (board) => board.actions.assign(["c-42", "c-107"], "a-radu") }),
  tag: scene({ then: (board) => board.actions.tag(["c-42"], "bill") }),
  refused: scene({
    order: { refusal: { why: "wrong_state", text: "It is resolved already." } },
    then: (board) => board.actions.resolve(["c-42", "c-107"]),
  }),
} satisfies Of<Did | "refused">;

const notified = (permission: NotificationPermission | null): Scene => menuOpen("agent", { hash: "#/", permission });
const notices = {
  off: notified("default"),
  on: notified("granted"),
  refused: notified("denied"),
  impossible: notified(null),
} satisfies Of<NotificationState>;

const GROUPS: Readonly<Record<string, Scenes>> = {
  pane: panes,
  line: connections,
  list: lists,
  amount: amounts,
  status: statuses,
  tick: ticks,
  kind: kinds,
  mode: modes,
  conversation: conversations,
  notes,
  earlier,
  chart: charts,
  year: years,
  range: ranges,
  compared,
  search: searches,
  dialog: dialogs,
  settings,
  erase: erases,
  menu: menus,
  toast: toasts,
  notice: notices,
  ...pageScenes,
};

export const boardScenes: Scenes = Object.fromEntries(
  Object.entries(GROUPS).flatMap(([group, scenes]) =>
    Object.entries(scenes).map(([state, each]) => [`board ${group} ${state}`, each]),
  ),
);
