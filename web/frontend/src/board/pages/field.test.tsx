// @vitest-environment happy-dom
import { render } from "preact";
import { useState } from "preact/hooks";
import { expect, test, vi } from "vitest";
import { Field } from "./field.tsx";

function Two() {
  const [values, setValues] = useState(["", ""]);
  const field = (place: number) => (
    <Field
      label={`Field ${place}`}
      hint="Such as d-hall."
      required="Fill in this field."
      value={values[place] ?? ""}
      onInput={(text) => setValues(values.with(place, text))}
    />
  );
  return (
    <form>
      {field(0)}
      {field(1)}
    </form>
  );
}

test("an empty field that is needed says so beside itself, the first one is focused, and typing ends it", async () => {
  const root = document.createElement("div");
  document.body.append(root);
  render(<Two />, root);
  const [first, second] = [...root.querySelectorAll("input")];
  if (!first || !second) throw new Error("no fields");
  const refused = [first, second].map((field) => {
    const event = new Event("invalid", { cancelable: true });
    field.dispatchEvent(event);
    return event.defaultPrevented;
  });
  expect(refused).toEqual([true, true]);
  expect(document.activeElement).toBe(first);
  const errors = () => [...root.querySelectorAll(".wl-field-error")].map(({ textContent }) => textContent);
  await vi.waitFor(() => expect(errors()).toEqual(Array(2).fill("Fill in this field. Such as d-hall.")));
  expect(first.getAttribute("aria-invalid")).toBe("true");
  first.value = "d-hall";
  first.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(errors()).toHaveLength(1));
  render(null, root);
});
