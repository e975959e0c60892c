// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";

import { isPhoto, readPhoto } from "./photo.ts";
import { PhotoForm } from "./photo-form.tsx";

const root = document.body.appendChild(document.createElement("div"));
const photos = ["one.jpg", "two.jpg"].map((name) => new File(["x"], name, { type: "image/jpeg" }));
const close = vi.fn();

function stubPictures(width: number, height: number): void {
  vi.stubGlobal("createImageBitmap", async () => ({ width, height, close }));
  const paint = { drawImage: () => undefined, fillRect: () => undefined };
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(paint as never);
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation((done) =>
    done(new Blob(["x"], { type: "image/jpeg" })),
  );
}

afterEach(() => {
  act(() => render(null, root));
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  close.mockClear();
});

const show = (attach: (file: File) => Promise<boolean>, onDone: () => void): Promise<void> =>
  act(async () =>
    render(<PhotoForm lang="en" files={photos} say={() => undefined} attach={attach} onDone={onDone} />, root),
  );

test("a refused photo stays in the form with a sentence; those that were sent leave it", async () => {
  stubPictures(40, 30);
  const onDone = vi.fn();
  await show(async ({ name }) => name !== "two.jpg", onDone);
  const submit = root.querySelector<HTMLButtonElement>("[type=submit]");
  await vi.waitFor(() => expect(submit?.disabled).toBe(false));
  await act(async () => submit?.click());
  await vi.waitFor(() => expect(root.textContent).toContain("Not all photos could be sent"));
  expect(onDone).not.toHaveBeenCalled();
  expect([root.textContent?.includes("one.jpg"), root.textContent?.includes("two.jpg")]).toEqual([false, true]);
  expect(submit?.disabled).toBe(false);
});

test("a photo that fails while it is read is told of as broken", async () => {
  stubPictures(40, 30);
  vi.spyOn(HTMLCanvasElement.prototype, "toBlob").mockImplementation(() => {
    throw new Error("no memory");
  });
  await show(
    async () => true,
    () => undefined,
  );
  await vi.waitFor(() => expect(root.textContent?.match(/This picture cannot be read/g)).toHaveLength(2));
});

test("a photo of more than 100 megapixels is refused and given back at once; a preview is a small copy", async () => {
  stubPictures(20_000, 10_000);
  expect(await readPhoto(photos[0] as File)).toBe("large");
  expect(close).toHaveBeenCalledOnce();
  stubPictures(4_000, 2_000);
  const photo = await readPhoto(photos[0] as File);
  expect(typeof photo === "string" || [photo.canvas.width, photo.canvas.height]).toEqual([800, 400]);
});

test("a HEIC photo that this browser cannot read is told of by its format, any other one as broken", async () => {
  vi.stubGlobal("createImageBitmap", () => Promise.reject(new Error("format")));
  const read = [
    ["one.heic", ""],
    ["one", "image/heif"],
    ["one.jpg", "image/jpeg"],
  ] as const;
  expect(await Promise.all(read.map(([name, type]) => readPhoto(new File(["x"], name, { type }))))).toEqual([
    "heic",
    "heic",
    "broken",
  ]);
});

test("what tells where it was taken is a photo, also HEIC without a type; a GIF is a file, and moves", () => {
  const named = [
    ["one.jpg", "image/jpeg"],
    ["two.HEIC", ""],
    ["three.gif", "image/gif"],
    ["bill.pdf", "application/pdf"],
  ] as const;
  expect(named.map(([name, type]) => isPhoto(new File(["x"], name, { type })))).toEqual([true, true, false, false]);
});
