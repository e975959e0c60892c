import { useEffect, useRef } from "preact/hooks";

import { pageTextsFor, textsFor } from "../ui/messages.ts";
import { AgentsPage } from "./pages/agents.tsx";
import { DevicesPage } from "./pages/devices.tsx";
import { OutagePage } from "./pages/outage.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import { PortalPage } from "./pages/portal.tsx";
import { PAGES, type Page, pageName, routeHash } from "./route.ts";
import { SETTING_VIEWS } from "./setting-views.gen.ts";
import type { Board } from "./state.ts";

const VIEWS = {
  ...SETTING_VIEWS,
  overview: OverviewPage,
  agents: AgentsPage,
  outage: OutagePage,
  devices: DevicesPage,
  portal: PortalPage,
} as const satisfies Record<Page, unknown>;

const SETTINGS = PAGES.filter((page) => page !== "overview");

/** Draw a page beside the conversations: the overview, or one of the settings. */
export function Pages({ board, page }: { readonly board: Board; readonly page: Page }) {
  const { lang } = board.config;
  const t = pageTextsFor(lang);
  const View = VIEWS[page];
  const title = useRef<HTMLHeadingElement>(null);

  // A page is a new screen: a screen reader continues from its title.
  useEffect(() => title.current?.focus({ preventScroll: true }), [page]);

  return (
    <main class="wl-pages">
      {page !== "overview" && (
        <nav class="wl-pages-nav" aria-label={t.settings}>
          {SETTINGS.map((each) => (
            <a
              key={each}
              class="wl-tab"
              href={routeHash({ client: null, pane: "list", page: each })}
              aria-current={each === page ? "page" : undefined}
            >
              {pageName(t, each)}
            </a>
          ))}
        </nav>
      )}
      <div class="wl-pages-body" tabIndex={0} role="region" aria-label={pageName(t, page)}>
        <h1 ref={title} tabIndex={-1}>
          {pageName(t, page)}
        </h1>
        {page !== "overview" && !board.config.me.admin && <p class="wl-line">{t.adminOnly}</p>}
        <View board={board} t={t} words={textsFor(lang)} />
      </div>
    </main>
  );
}
