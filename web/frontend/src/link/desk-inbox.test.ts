import { beforeEach, describe, expect, it } from "vitest";
import { DeskInbox, type DeskInboxOptions } from "./desk-inbox.ts";

const row = (client: string) => ({
  ...{ client, rev: 1, status: "open", assignee: null, priority: "normal", tags: [], unread: 0, last: null },
  ...{ name: null, online: true, waiting: null, notes: 0, until: null, did: [] },
});
type Answer = (query: URLSearchParams) => Promise<object> | object;
let asked: URLSearchParams[] = [];

function inboxOf(answer: Answer, isOpen = (_client: string): boolean => false): DeskInbox {
  const get = async (path: string): Promise<object> => {
    const query = new URL(path, "http://board").searchParams;
    asked.push(query);
    return answer(query);
  };
  const options = { rest: { get }, areTeamsSeveral: () => true, isOpen, onPage: () => undefined };
  return new DeskInbox(options as unknown as DeskInboxOptions);
}
const clientsOf = (inbox: DeskInbox): string[] => Object.keys(inbox.state.peek().summaries);
const live = (): boolean => false;

beforeEach(() => {
  asked = [];
});

describe("a snapshot of the inbox", () => {
  it("asks for the rows of the agent's teams, and keeps an open conversation that is still to be read", async () => {
    const inbox = inboxOf(
      (query) => ({ summaries: query.get("q") === "c-2" ? [row("c-2")] : query.has("team") ? [row("c-1")] : [] }),
      (client) => client === "c-2",
    );
    inbox.firstLook({ summaries: [row("c-1"), row("c-2"), row("c-3")] });
    await inbox.take(live);
    expect(clientsOf(inbox)).toEqual(["c-1", "c-2"]);
    const lists = asked.filter((query) => !query.has("q") && !query.has("mentions"));
    expect(lists.map((query) => query.get("team"))).toEqual(["mine", "mine", "mine"]);
  });

  it("drops nothing where the list is longer than what is fetched", async () => {
    const inbox = inboxOf((query) => (query.has("status") ? { summaries: [] } : { summaries: [], cursor: "more" }));
    inbox.firstLook({ summaries: [row("c-1")] });
    await inbox.take(live);
    expect(clientsOf(inbox)).toEqual(["c-1"]);
  });

  it("drops no row where it is begun again before its last page came", async () => {
    let answerSecond: () => void = () => undefined;
    const isAnswered = new Promise<void>((done) => (answerSecond = done));
    let second: Promise<void> | null = null;
    let isBegun = false;
    const inbox = inboxOf(async (query) => {
      if (query.has("status") || query.has("mentions")) return { summaries: [] };
      if (!query.has("cursor")) {
        if (isBegun) await isAnswered;
        return { summaries: [row("c-1")], cursor: "next" };
      }
      if (!isBegun) {
        isBegun = true;
        second = inbox.take(live);
      }
      return { summaries: [row("c-2")] };
    });
    inbox.firstLook({ summaries: [row("c-1"), row("c-2"), row("c-3")] });
    await inbox.take(live);
    expect(clientsOf(inbox)).toEqual(["c-1", "c-2", "c-3"]);
    answerSecond();
    await second;
    expect(clientsOf(inbox)).toEqual(["c-1", "c-2"]);
  });
});
