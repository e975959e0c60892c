/** Every state of every view of the board. Types come from the views: a missing state does not compile. */

import { render } from "preact";
import { useEffect } from "preact/hooks";
import type { Did } from "../board/actions.ts";
import type { NotificationState } from "../board/alerts.ts";
import { App } from "../board/app.tsx";
import { comparedWith, type Range, shownRange } from "../board/consumption.tsx";
import type { Mode } from "../board/drafts.ts";
import type { ActionState, Load } from "../board/request.tsx";
import { PAGES, type Pane, routeHash } from "../board/route.ts";
import type { SearchState } from "../board/searching.ts";
import type { SaveState } from "../board/settings-state.ts";
import { Board, type OpenDialog, type OpenMenu } from "../board/state.ts";
import type { InboxFilter } from "../core/inbox.ts";
import type { ShownKind, Tick } from "../core/view.ts";
import type { ConnectionState } from "../link/connection-state.ts";
import type { NoticeState } from "../link/desk-notices.ts";
import type { Status } from "../protocol/payloads.ts";
import type { Compared } from "../ui/consumption-compare.ts";
import { away, configFor, deskWith, outsideFor, refuse, type SampleDesk, waits } from "./desk.ts";
import { endingWith, NOW, summaries, ticked } from "./people.ts";
import { appears, frames, press, type Scene, type Scenes, write } from "./scene.ts";

interface BoardScene extends SampleDesk {
  readonly hash?: string;
  readonly filter?: InboxFilter;
  readonly range?: Range;
  readonly compared?: Compared;
  readonly checked?: readonly string[];
  readonly then?: (board: Board) => void | Promise<void>;
}

/** Draw the board; `onStaged` runs after it has read its address, which would undo earlier changes. */
function Staged({ board, onStaged }: { readonly board: Board; readonly onStaged: () => void }) {
  useEffect(onStaged, []);
  return <App board={board} />;
}

const scene = ({
  hash = "#/c-42",
  filter,
  range = "month",
  compared = "none",
  checked,
  then,
  ...options
}: BoardScene = {}): Scene => ({
  async draw(root, lang) {
    history.replaceState(null, "", hash);
    [shownRange.value, comparedWith.value] = [range, compared]; // shared by all clients
    const board = new Board(deskWith(options), configFor(lang, options.admin), outsideFor(options));
    if (filter) board.filter.value = filter;
    if (checked) board.selection.checkAll(checked);
    await new Promise<void>((staged) => render(<Staged board={board} onStaged={staged} />, root));
    await frames();
    await then?.(board);
  },
});

type Of<Union extends string | null> = Readonly<Record<Exclude<Union, null>, Scene>>;

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
  standard: comparing("standard", "[data-testid=legend]"),
} satisfies Of<Compared>;

const charts: Scenes = {
  loading: scene({ hash: "#/c-42/client", api: { consumption: waits } }),
  empty: scene({ hash: "#/c-42/client", api: { consumption: async () => ({ points: [], last: null }) } }),
  failed: scene({ hash: "#/c-42/client", api: { consumption: away } }),
};

const ranged = (range: Range, shown: string, options: BoardScene = {}): Scene =>
  scene({ hash: "#/c-42/client", range, ...options, then: async () => void (await appears(shown)) });
const years: Scenes = {
  loading: ranged("year", ".wl-chart-none[aria-busy=true]", { api: { quarters: waits } }),
  empty: ranged("year", ".wl-chart-none[aria-busy=false]", { api: { quarters: async () => ({ at: [], wh: [] }) } }),
  failed: ranged("year", ".wl-chart-none[aria-busy=false]", { api: { quarters: away } }),
};
const ranges = {
  day: ranged("day", ".wl-chart svg"),
  week: ranged("week", ".wl-chart svg"),
  month: ranged("month", ".wl-chart svg"),
  year: ranged("year", "[data-testid=year] canvas"),
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
  idle: searchFor("u", "[data-testid=results]"),
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
  tag: dialogOpen("tag"),
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

const OUTAGES = {
  "mill-street": { id: "n-mill", text: { en: "A cable is broken.", ro: "Un cablu este rupt." } },
  "old-mill": { id: "n-mill", text: { en: "A cable is broken.", ro: "Un cablu este rupt." } },
};

const STRUCK = summaries.map((row) =>
  row.waiting === null ? row : { ...row, area: "mill-street", assignee: "a-ana" },
);

const pages: Scenes = {
  ...Object.fromEntries(PAGES.map((page) => [page, scene({ hash: routeHash({ client: null, pane: "list", page }) })])),
  answers: scene({ hash: "#/settings/answers", then: () => press("summary") }),
  outage: scene({
    hash: "#/settings/outage",
    outages: OUTAGES,
  }),
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
      await press("[data-testid=reply]:first-child > summary");
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
      await write("[data-testid=outage-until]", "2099-11-28T17:30");
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
  page: pages,
  load: loads,
  save: saves,
  agents: doings,
  outage: outages,
};

export const boardScenes: Scenes = Object.fromEntries(
  Object.entries(GROUPS).flatMap(([group, scenes]) =>
    Object.entries(scenes).map(([state, each]) => [`board ${group} ${state}`, each]),
  ),
);
