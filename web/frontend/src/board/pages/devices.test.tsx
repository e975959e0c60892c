// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import type { DevicePart } from "../../link/desk-api.ts";
import { span } from "../../ui/format.ts";
import { textsFor } from "../../ui/messages.ts";
import { pageTextsFor } from "../../ui/page-messages.ts";
import type { Board } from "../state.ts";
import { clientOf, DeviceWizard, ownTopics } from "./device-wizard.tsx";
import { DevicesPage } from "./devices.tsx";

test("topics stand apart by space or comma, and a number's unit before its topic", () => {
  expect(ownTopics("tele/a/SENSOR, kwh=main/energy\n W=main/power")).toEqual({
    topics: ["tele/a/SENSOR", "main/energy", "main/power"],
    forms: { "main/energy": "kwh", "main/power": "w" },
  });
  expect(ownTopics("home/x=1")).toEqual({ topics: ["home/x=1"], forms: {} });
  expect(ownTopics(" ")).toEqual({ topics: [], forms: {} });
});

test("a device's client is taken by id or by a name that only one has", async () => {
  const all = [
    { id: "c-42", name: "Ioana Pană", area: null },
    { id: "c-43", name: "Ion Dan", area: null },
    { id: "c-44", name: "Ion Dan", area: null },
  ];
  const board = { desk: { api: { findClients: async () => all } } } as unknown as Board;
  expect(await Promise.all(["c-43", "ioana pana", "Ion Dan", "c-99"].map((typed) => clientOf(board, typed)))).toEqual([
    "c-43",
    "c-42",
    "Ion Dan",
    "c-99",
  ]);
});

test("a step has the keyboard, a device's id out of form is told at its field; a new one is heard only after it was added, by the server's clock, also where that answers late", async () => {
  const asked: number[] = [];
  const heard = async (_device: string, since: number) => {
    asked.push(since);
    if (since === 0) await new Promise((done) => setTimeout(done, 3_000));
    return { now: 5_000, at: since < 4_000 ? 4_000 : null, wh: null, w: null };
  };
  const addDevice = async () => ({ username: "d-hall", client: "c-42", parts: [], certificate: null });
  const api = { addDevice, heard, findClients: async () => [] };
  const board = { desk: { api }, clientName: (id: string) => id } as unknown as Board;
  const t = pageTextsFor("en");
  const root = document.createElement("div");
  document.body.append(root);
  vi.useFakeTimers();
  render(<DeviceWizard board={board} t={t} onAdded={() => {}} onClose={() => {}} />, root);
  expect((document.activeElement as HTMLElement).dataset.testid).toBe("kind-micropython"); // the first choice
  root.querySelector<HTMLElement>('[data-testid="kind-esphome"]')?.focus();
  root.querySelector<HTMLElement>('[data-testid="kind-esphome"]')?.click();
  await vi.advanceTimersByTimeAsync(100);
  expect(document.activeElement?.textContent).toContain(t.wizardWhose); // the pressed button is gone
  expect(root.querySelector('[data-testid="device-kind"]')?.textContent).toBe("ESPHome");
  const client = root.querySelector<HTMLInputElement>('[data-testid="device-client"]') as HTMLInputElement;
  client.value = "c-42";
  client.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.advanceTimersByTimeAsync(100);
  const id = root.querySelector<HTMLInputElement>('[data-testid="device-id"]') as HTMLInputElement;
  const add = async (typed: string): Promise<void> => {
    id.value = typed;
    id.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.advanceTimersByTimeAsync(100);
    root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  };
  await add("Hall!");
  await vi.advanceTimersByTimeAsync(100);
  expect(root.querySelector(".wl-field-error")?.textContent).toBe(t.deviceIdWrong);
  await add("hall");
  await vi.advanceTimersByTimeAsync(5_500); // both answers to questions without a begin are here
  vi.useRealTimers();
  expect(asked).toEqual([0, 0, 5_000]);
  expect(root.querySelector('[data-testid="device-heard"]')?.textContent).toBe(t.wizardWaits(false));
});

test("a client that is none is told at its field, and nothing is sent", async () => {
  const addDevice = vi.fn();
  const board = { desk: { api: { addDevice, findClients: async () => [] } } } as unknown as Board;
  const t = pageTextsFor("en");
  const root = document.body.appendChild(document.createElement("div"));
  render(<DeviceWizard board={board} t={t} onAdded={() => {}} onClose={() => {}} />, root);
  root.querySelector<HTMLElement>('[data-testid="kind-esphome"]')?.click();
  for (const [name, typed] of [
    ["id", "Hall!"],
    ["client", "d-hall"],
  ]) {
    const field = await vi.waitFor(() => {
      const found = root.querySelector<HTMLInputElement>(`[data-testid="device-${name}"]`);
      expect(found).not.toBeNull();
      return found as HTMLInputElement;
    });
    field.value = typed as string;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await vi.waitFor(() => expect(field.getAttribute("value") ?? field.value).toBe(typed));
  }
  root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
  const errors = () => [...root.querySelectorAll(".wl-field-error")].map(({ textContent }) => textContent);
  await vi.waitFor(() => expect(errors()).toEqual([t.deviceIdWrong, t.deviceClientWrong])); // both at once
  expect(root.querySelector('[data-testid="device-client"]')?.getAttribute("aria-invalid")).toBe("true");
  expect(addDevice).not.toHaveBeenCalled();
  render(null, root);
});

test("what a device is given is copied without a word of instruction: as a whole, value by value, or saved as a file", async () => {
  const t = pageTextsFor("ro");
  const shown = async (kind: string, parts: readonly DevicePart[], certificate: string | null) => {
    const api = {
      addDevice: async () => ({ username: "d-hall", client: "c-42", parts, certificate }),
      heard: async () => ({ now: 1, at: null, wh: null, w: null }),
      findClients: async () => [],
    };
    const board = { desk: { api }, clientName: () => "Maria Pop" } as unknown as Board;
    const root = document.createElement("div");
    document.body.append(root);
    render(<DeviceWizard board={board} t={t} onAdded={() => {}} onClose={() => {}} />, root);
    root.querySelector<HTMLElement>(`[data-testid="kind-${kind}"]`)?.click();
    await vi.waitFor(() => expect(root.querySelector("[data-testid=device-id]")).not.toBeNull());
    for (const [name, typed] of [
      ["id", "hall"],
      ["client", "c-42"],
    ]) {
      const field = root.querySelector<HTMLInputElement>(`[data-testid=device-${name}]`) as HTMLInputElement;
      field.value = typed as string;
      await act(() => void field.dispatchEvent(new Event("input", { bubbles: true })));
    }
    await vi.waitFor(() => {
      root.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
      expect(root.querySelector("[data-testid=device-heard]")).not.toBeNull();
    });
    const values = [...root.querySelectorAll<HTMLInputElement>("input, textarea")].map(({ value }) => value);
    const { textContent } = root;
    const buttons = [...root.querySelectorAll("button")].map((button) => button.textContent);
    render(null, root);
    return { values, textContent, buttons };
  };
  const tasmota = [
    { name: "console", text: "Backlog MqttHost h\n", fields: [] },
    { name: "rules", text: "Rule1 ON\nRule2 ON\n", fields: [] },
  ];
  const typed = await shown("tasmota", tasmota, "");
  expect(typed.values).toEqual(["Backlog MqttHost h", "Rule1 ON\nRule2 ON"]);
  for (const told of [t.wizardPart("console", "Maria Pop"), t.wizardPart("rules", ""), t.wizardTls("tasmota", "")])
    expect(typed.textContent).toContain(told);
  const fields = [
    { label: "Server", value: "h:1883" },
    { label: "Password", value: "pw" },
  ];
  const entered = await shown("shelly", [{ name: "shelly", text: "Server: h:1883\nPassword: pw\n", fields }], null);
  expect(entered.values).toEqual(["h:1883", "pw"]);
  expect(entered.textContent).not.toContain("TLS");
  const program = { name: "main.py", text: "import config\n", fields: [] };
  const saved = await shown("micropython", [{ name: "config.py", text: "HOST = 1\n", fields: [] }, program], null);
  expect(saved.values).toEqual(["HOST = 1"]);
  expect(saved.buttons).toContain("main.py");
});

test("the list names the client, says the kind, and asks again when devices were heard", async () => {
  let now = 5_000;
  const heat = { id: "d-heat", client: "c-9", name: "Elena", topics: [], kind: "tasmota", heard: 2_000 };
  const devices = async () => ({ now, devices: [heat], next: null });
  const board = { config: { me: { admin: false } }, desk: { api: { devices } } } as unknown as Board;
  const t = pageTextsFor("en");
  const root = document.createElement("div");
  vi.useFakeTimers();
  render(<DevicesPage board={board} t={t} words={textsFor("en")} />, root);
  const cells = (): (string | null)[] => [...root.querySelectorAll("td")].map(({ textContent }) => textContent);
  await vi.advanceTimersByTimeAsync(100);
  expect(cells()).toEqual(["Elenad-heat · c-9", "Tasmota", t.deviceRead(span("en", 3_000))]);
  now = 15_000;
  await vi.advanceTimersByTimeAsync(11_000);
  vi.useRealTimers();
  expect(cells().at(-1)).toBe(t.deviceRead(span("en", 13_000)));
  render(null, root);
});

test("the list asks nothing while its tab is hidden, and at once when it is shown again", async () => {
  const devices = vi.fn(async () => ({ now: 5_000, devices: [], next: null }));
  const board = { config: { me: { admin: false } }, desk: { api: { devices } } } as unknown as Board;
  const root = document.createElement("div");
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  render(<DevicesPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  await vi.waitFor(() => expect(devices).toHaveBeenCalledTimes(1)); // effects run together: the tab is watched now
  document.dispatchEvent(new Event("visibilitychange"));
  expect(devices).toHaveBeenCalledTimes(1);
  hidden.mockRestore();
  document.dispatchEvent(new Event("visibilitychange"));
  expect(devices).toHaveBeenCalledTimes(2);
  render(null, root);
});

test("the list says what is heard of a kind of device, and of a display that silence is no fault", async () => {
  const device = { id: "d-1", client: "c-9", name: null, topics: [] as string[], kind: null as string | null };
  const topics = ["tele/heat/SENSOR"];
  const all = [
    { ...device, heard: null },
    { ...device, id: "d-2", kind: "esphome", heard: null },
    { ...device, id: "d-3", kind: "esphome", heard: 2_000 },
    { ...device, id: "d-4", kind: "tasmota", topics, heard: null },
    { ...device, id: "d-5", kind: "other", topics, heard: 2_000 },
  ];
  const devices = async () => ({ now: 5_000, devices: all, next: null });
  const board = { config: { me: { admin: false } }, desk: { api: { devices } } } as unknown as Board;
  const root = document.createElement("div");
  render(<DevicesPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  const heard = () => [...root.querySelectorAll("td:last-child")].map((cell) => cell.textContent);
  const ago = span("en", 3_000);
  await vi.waitFor(() =>
    expect(heard()).toEqual([
      "Not heard yetHeard with its first reading or a press of its button.",
      "Not heard yetHeard when its button is pressed.",
      `Button pressed ${ago} ago`,
      "Not heard yet",
      `Heard ${ago} ago`,
    ]),
  );
  expect(root.querySelector("td")?.textContent).toBe("c-9d-1");
  render(null, root);
});

test("the list says of each device what it is, or at least how it came", async () => {
  const kinds = ["nodered", "shell", "command-line", "demo", null];
  const all = kinds.map((kind, place) => ({ id: `d-${place}`, client: "c-9", name: null, topics: [], kind, heard: 1 }));
  const devices = async () => ({ now: 5_000, devices: all, next: null });
  const board = { config: { me: { admin: false } }, desk: { api: { devices } } } as unknown as Board;
  const root = document.createElement("div");
  render(<DevicesPage board={board} t={pageTextsFor("en")} words={textsFor("en")} />, root);
  const shown = () => [...root.querySelectorAll("td:nth-child(2)")].map((cell) => cell.textContent);
  await vi.waitFor(() =>
    expect(shown()).toEqual([
      "Node-RED",
      "Shell script",
      "Added at the command line",
      "Meter of the demo",
      "Other device",
    ]),
  );
  render(null, root);
});
