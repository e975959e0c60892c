import { useEffect, useRef } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { textsFor } from "../ui/messages.ts";
import { pageTextsFor } from "../ui/page-messages.ts";
import { lazy } from "./lazy.tsx";
import { AdminOnly } from "./pages/admin-only.tsx";
import { AgentsPage } from "./pages/agents.tsx";
import { DevicesPage } from "./pages/devices.tsx";
import { OutagePage } from "./pages/outage.tsx";
import { NotFound } from "./pages/page-head.tsx";
import { Picture } from "./pages/page-icon.tsx";
import { PortalPage } from "./pages/portal.tsx";
import { StartPage } from "./pages/start.tsx";
import { type Page, pageName, routeHash } from "./route.ts";
import { SETTING_VIEWS } from "./setting-views.gen.ts";
import type { Board, PageProps } from "./state.ts";

const KeysPage = lazy<PageProps>(() => import("./pages/large-pages.ts").then((chunk) => chunk.KeysPage));
const OutboundPage = lazy<PageProps>(() => import("./pages/large-pages.ts").then((chunk) => chunk.OutboundPage));
const ReportsPage = lazy<PageProps>(() => import("./pages/large-pages.ts").then((chunk) => chunk.ReportsPage));

const VIEWS = {
  ...SETTING_VIEWS,
  reports: ReportsPage,
  agents: AgentsPage,
  outage: OutagePage,
  devices: DevicesPage,
  portal: PortalPage,
  keys: KeysPage,
  outbound: OutboundPage,
  start: StartPage,
} as const satisfies Record<Page, unknown>;

type T = ReturnType<typeof pageTextsFor>;

const groupsOf = (t: T): readonly (readonly [string, readonly Page[]])[] => [
  [t.groupWorkspace, ["start", "branding", "agents", "teams", "hours"]],
  [t.groupConversations, ["canned", "answers"]],
  [t.groupEnergy, ["alarms", "outage", "devices"]],
  [t.groupInstall, ["portal", "keys", "outbound"]],
];

/** List the settings' pages by subject. */
function SettingsList({ board, t, page }: { readonly board: Board; readonly t: T; readonly page: Page }) {
  const list = useRef<HTMLElement>(null);
  // On a phone the list is one line that scrolls.
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [page]);
  return (
    <nav ref={list} class="wl-pages-nav" aria-label={t.settings}>
      <strong class="wl-pages-title">{t.settings}</strong>
      <label class="wl-pages-all">
        <Picture name="list" />
        <select
          aria-label={t.allSettings}
          value={page}
          onChange={(event) => board.go({ client: null, pane: "list", page: event.currentTarget.value as Page })}
        >
          {groupsOf(t).map(([group, names]) => (
            <optgroup key={group} label={group}>
              {names.map((each) => (
                <option key={each} value={each}>
                  {pageName(t, each)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      {groupsOf(t).map(([group, names]) => (
        <div key={group} class="wl-pages-group">
          <span>{group}</span>
          {names.map((each) => (
            <a
              key={each}
              href={routeHash({ client: null, pane: "list", page: each })}
              aria-current={each === page ? "page" : undefined}
            >
              <Picture name={each} />
              {pageName(t, each)}
            </a>
          ))}
        </div>
      ))}
    </nav>
  );
}

/** So much of a mistyped address is shown, as on the server's page. */
const ADDRESS_CHARS = 120;

/** Say that an address names no page, as the server's page does. */
const Missing = ({ board, t }: PageProps) => (
  <NotFound
    title={t.noPage}
    text={
      <>
        {t.noPageText} <code>{`${location.pathname}${location.hash}`.slice(0, ADDRESS_CHARS)}</code>
      </>
    }
    picture="place"
  >
    <p class="wl-error-ways">
      <a class="wl-button wl-button-primary" href="#/">
        {t.openInbox}
      </a>
      <Button
        onClick={() => {
          board.go({ client: null, pane: "list" });
          queueMicrotask(() => document.getElementById("wl-search")?.focus());
        }}
      >
        {t.searchClients}
      </Button>
    </p>
  </NotFound>
);

/** What every agent uses, and what says itself who may. */
const OPEN: ReadonlySet<Page> = new Set(["reports", "outage", "keys", "outbound"]);

/** Draw a page beside the conversations: the reports, or one of the settings. */
export function Pages({ board, page }: { readonly board: Board; readonly page: Page | "missing" }) {
  const { lang } = board.config;
  const t = pageTextsFor(lang);
  const View = page === "missing" ? Missing : VIEWS[page];
  const body = useRef<HTMLDivElement>(null);
  // The list of outages and the page of one share their view: each opens at its top.
  useEffect(() => void body.current?.scrollTo(0, 0), [page, board.route.value.incident]);
  return (
    <main class="wl-pages">
      {page !== "reports" && page !== "missing" && <SettingsList {...{ board, t, page }} />}
      <div
        ref={body}
        class="wl-pages-body"
        tabIndex={0}
        role="region"
        aria-label={page === "missing" ? t.noPage : pageName(t, page)}
      >
        <div class="wl-pages-in">
          {page !== "missing" && !OPEN.has(page) && !board.config.me.admin && <AdminOnly board={board} t={t} />}
          <View key={page} board={board} t={t} words={textsFor(lang)} />
        </div>
      </div>
    </main>
  );
}
