import { expect, it } from "vitest";
import { DeskInbox, type DeskInboxOptions } from "./desk-inbox.ts";

const row = (client: string) => ({
  ...{ client, rev: 1, status: "open", assignee: null, priority: "normal", tags: [], unread: 0, last: null },
  ...{ name: null, online: true, waiting: null, notes: 0, until: null, did: [] },
});

it("drops no row where the snapshot is begun again before its last page came", async () => {
  let answerSecond: () => void = () => undefined;
  const isAnswered = new Promise<void>((done) => (answerSecond = done));
  let second: Promise<void> | null = null;
  let isBegun = false;
  const get = async (path: string): Promise<object> => {
    const query = new URL(path, "http://board").searchParams;
    if (query.has("status") || query.has("mentions")) return { summaries: [] };
    if (!query.has("cursor")) {
      if (isBegun) await isAnswered;
      return { summaries: [row("c-1")], cursor: "next" };
    }
    if (!isBegun) {
      isBegun = true;
      second = inbox.take(() => false);
    }
    return { summaries: [row("c-2")] };
  };
  const inbox = new DeskInbox({
    ...{ rest: { get }, areTeamsSeveral: () => true, isOpen: () => false, onPage: () => undefined },
  } as unknown as DeskInboxOptions);
  inbox.firstLook({ summaries: [row("c-1"), row("c-2"), row("c-3")] });
  const clients = (): string[] => Object.keys(inbox.state.peek().summaries);
  await inbox.take(() => false);
  expect(clients()).toEqual(["c-1", "c-2", "c-3"]);
  answerSecond();
  await second;
  expect(clients()).toEqual(["c-1", "c-2"]);
});
