// @vitest-environment happy-dom
import { render } from "preact";
import { expect, test, vi } from "vitest";

import { ConnectionBar } from "./connection-bar.tsx";
import { textsFor } from "./messages.ts";

test.each(["connecting", "offline"] as const)(
  "after more than a blink without a connection (%s) it says that what is written is kept, and how much waits",
  async (state) => {
    const t = textsFor("en");
    const root = document.createElement("div");
    const connection = { state, sinceMs: 0, reason: null };
    render(<ConnectionBar {...{ connection, t }} pending={2} clock={() => 10_000} />, root);
    await vi.waitFor(() => expect(root.querySelector("[role=status]")?.textContent).toContain(t.lineOffline));
    expect(root.textContent?.replace("\u00a0", " ")).toContain(t.unsent(2));
    render(null, root);
  },
);
