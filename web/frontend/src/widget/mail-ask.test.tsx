// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { RestError } from "../link/http.ts";
import { type Mail, MailAsk, MailChoice, MailLeaving } from "./mail-ask.tsx";

let root: HTMLElement;
let mail: Mail;
let sent: unknown[];
let fault: RestError | null;
const rest = {
  get: async () => mail,
  async send(_: "PUT", path: string, body: unknown): Promise<Mail> {
    sent.push([path, body]);
    if (fault) throw fault;
    const { address } = body as Pick<Mail, "address">;
    return { offered: true, address, state: address ? "waiting" : "none" };
  },
};
const done = vi.fn();
const ask = (isAway: boolean) => <MailAsk lang="en" client="c-5" rest={rest} isAway={isAway} onDone={done} />;
const idle = () => act(async () => undefined);
const settled = async (element: preact.ComponentChild): Promise<void> => {
  await act(async () => render(element, root));
  await idle(); // loaded
};

beforeEach(() => {
  root = document.createElement("div");
  document.body.replaceChildren(root);
  localStorage.clear();
  mail = { offered: true, address: null, state: "none" };
  sent = [];
  fault = null;
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  render(null, root);
  vi.useRealTimers();
});

async function give(address: string): Promise<void> {
  const field = root.querySelector("input") as HTMLInputElement;
  field.value = address;
  await act(async () => void field.dispatchEvent(new Event("input", { bubbles: true })));
  await act(async () => root.querySelector<HTMLButtonElement>("[type=submit]")?.click());
  await idle(); // answered
}

test("a client is asked at once while nobody is here, else after a minute", async () => {
  await settled(ask(true));
  expect(root.textContent).toContain("Nobody is here");
  render(null, root);
  await settled(ask(false));
  expect(root.textContent).toBe("");
  await act(async () => void (await vi.advanceTimersByTimeAsync(60_000)));
  expect(root.textContent).toContain("No need to wait");
});

test("a client who leaves the page with an open question is asked at once", async () => {
  await settled(ask(false));
  await act(async () => void document.dispatchEvent(new Event("visibilitychange")));
  await idle();
  expect(root.textContent).toContain("No need to wait");
});

test("nobody is asked where no mail is sent, or who has an address, or declined", async () => {
  for (const found of [
    { ...mail, offered: false },
    { offered: true, address: "m@example.org", state: "verified" },
  ] as const) {
    mail = found;
    await settled(ask(true));
    expect(root.textContent).toBe("");
    render(null, root);
  }
  mail = { offered: true, address: null, state: "none" };
  await settled(ask(true));
  await act(async () => [...root.querySelectorAll("button")].at(-1)?.click());
  await idle();
  expect([root.textContent, done.mock.calls.length]).toEqual(["", 1]);
  render(null, root);
  await settled(ask(true));
  expect(root.textContent).toBe("");
});

test("whoever leaves is asked once, unless asked before in the chat; an address is taken", async () => {
  const leave = <MailLeaving lang="en" client="c-5" rest={rest} isAway={false} onDone={done} />;
  await settled(leave);
  expect(root.textContent).toContain("No need to wait");
  expect([...root.querySelectorAll("button")].at(-1)?.textContent).toBe("Later");
  await give("maria@example.org");
  expect(root.textContent).toContain("Open the link that we sent to maria@example.org");
  render(null, root);
  await settled(leave);
  expect(root.textContent).toBe("");
  render(null, root);
  localStorage.clear();
  await settled(ask(true));
  render(null, root);
  await settled(leave);
  expect(root.textContent).toBe("");
  await settled(ask(true)); // not declined
  expect(root.textContent).toContain("Nobody is here");
});

test("whoever puts the question off is asked again in the chat", async () => {
  await settled(<MailLeaving lang="en" client="c-5" rest={rest} isAway={false} onDone={done} />);
  await act(async () => [...root.querySelectorAll("button")].at(-1)?.click());
  expect(root.textContent).toBe("");
  render(null, root);
  await settled(ask(true));
  expect(root.textContent).toContain("Nobody is here");
});

test("Escape puts the question off, unless it ends an input method's composition; the page does not hear it", async () => {
  const heard = vi.fn();
  root.addEventListener("keydown", heard);
  const place = root.appendChild(document.createElement("div"));
  await act(async () => render(<MailLeaving lang="en" client="c-5" rest={rest} isAway={false} onDone={done} />, place));
  await idle();
  const press = (isComposing: boolean) =>
    act(async () => {
      const event = new KeyboardEvent("keydown", { key: "Escape", isComposing, bubbles: true });
      place.querySelector("input")?.dispatchEvent(event);
    });
  await press(true);
  expect(place.textContent).toContain("No need to wait");
  heard.mockClear();
  await press(false);
  expect([place.textContent, heard.mock.calls.length]).toEqual(["", 0]);
  render(null, place);
});

test("an address that is refused says why and stays in the field; a good one says what to do next", async () => {
  await settled(ask(true));
  fault = new RestError(422, "bad_address", "");
  await give("maria");
  expect(root.querySelector("[role=status]")?.textContent).toContain("Write it like maria@example.org");
  expect(root.querySelector("input")?.value).toBe("maria");
  fault = null;
  await give("maria@example.org ");
  expect(sent.at(-1)).toEqual(["/api/clients/c-5/mail", { address: "maria@example.org" }]);
  expect(root.textContent).toContain("Open the link that we sent to maria@example.org");
});

test("the client sees and removes the address", async () => {
  mail = { offered: true, address: "m@example.org", state: "verified" };
  await settled(<MailChoice lang="en" client="c-5" rest={rest} />);
  expect(root.textContent).toContain("Unread answers also go to m@example.org.");
  await act(async () => root.querySelector("button")?.click());
  await idle();
  expect(sent).toEqual([["/api/clients/c-5/mail", { address: null }]]);
  expect(root.textContent).toBe("Get answers by e-mail");
});
