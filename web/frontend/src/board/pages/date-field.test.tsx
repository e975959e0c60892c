// @vitest-environment happy-dom
import { render } from "preact";
import { useState } from "preact/hooks";
import { act } from "preact/test-utils";
import { expect, test } from "vitest";
import { pageTextsFor } from "../../ui/page-messages.ts";
import { DayField, MomentField, readDay, readMoment, writeDay, writeMoment } from "./date-field.tsx";

test("days are written in the page's order, whatever the browser's language", () => {
  expect([writeDay("en", "2026-11-30"), writeDay("ro", "2026-11-30"), writeDay("de", "2026-11-30")]).toEqual([
    "30/11/2026",
    "30.11.2026",
    "30.11.2026",
  ]);
  expect(["30/11/2026", " 30.11.2026 ", "30-11-2026", "2026-11-30"].map(readDay)).toEqual(Array(4).fill("2026-11-30"));
  expect(readDay("1.2.2026")).toBe("2026-02-01");
  expect(readDay("")).toBe("");
  expect(["11/30/2026", "31.11.2026", "30.11.26", "30.11.", "soon"].map(readDay)).toEqual(Array(5).fill(undefined));
});

test("times are written by 24 hours; a day without a time, or a time without a day, is none", () => {
  expect(writeMoment("en", "2026-11-30T17:30")).toBe("30/11/2026, 17:30");
  expect(["30/11/2026, 17:30", "30.11.2026 17.30", "2026-11-30T17:30"].map(readMoment)).toEqual(
    Array(3).fill("2026-11-30T17:30"),
  );
  expect(readMoment("30.11.2026 8:05")).toBe("2026-11-30T08:05");
  expect(readMoment(" ")).toBe("");
  expect(["30.11.2026", "17:30", "30.11.2026 24:00"].map(readMoment)).toEqual(Array(3).fill(undefined));
});

test("a wrong day stays in its field, is not sent, and is named when the field is left; the calendar's replaces it", async () => {
  const t = pageTextsFor("de");
  const root = document.createElement("div");
  document.body.append(root);
  let shown = "2026-11-30";
  function Form() {
    const [value, setValue] = useState(shown);
    shown = value;
    return (
      <form>
        <DayField t={t} label="Tag" value={value} onInput={setValue} />
      </form>
    );
  }
  await act(() => render(<Form />, root));
  const [field, calendar] = [...root.querySelectorAll("input")] as [HTMLInputElement, HTMLInputElement];
  expect(field.value).toBe("30.11.2026");
  await act(() => {
    field.value = "31.11.2026";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  expect([shown, field.value, field.checkValidity()]).toEqual(["2026-11-30", "31.11.2026", false]);
  expect(root.querySelector(".wl-field-error")).toBeNull();
  await act(() => void field.dispatchEvent(new Event("blur")));
  expect(root.querySelector(".wl-field-error")?.textContent).toBe(t.dateWrong(t.dayPattern));
  await act(() => {
    calendar.value = "2026-12-01";
    calendar.dispatchEvent(new Event("change", { bubbles: true }));
  });
  expect([shown, field.value, field.checkValidity()]).toEqual(["2026-12-01", "01.12.2026", true]);
  render(null, root);
});

test("the calendar changes a moment's day and keeps its time", async () => {
  const root = document.createElement("div");
  const asked: string[] = [];
  await act(() =>
    render(
      <MomentField t={pageTextsFor("en")} label="End" value="2026-11-30T17:30" onInput={(v) => asked.push(v)} />,
      root,
    ),
  );
  const calendar = root.querySelector("input[type=date]") as HTMLInputElement;
  calendar.value = "2026-12-02";
  calendar.dispatchEvent(new Event("change", { bubbles: true }));
  expect(asked).toEqual(["2026-12-02T17:30"]);
  render(null, root);
});
