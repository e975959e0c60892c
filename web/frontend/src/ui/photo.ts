/** Read a photo, turn it upright and make it smaller. What a camera stores beside the pixels, such as the place, is lost. */

/** The longest edge of a sent photo: digits of a meter stay readable. */
const LONGEST_PX = 2048;
/** A larger one would take the memory of a phone. */
const MAX_READ_BYTES = 64 * 1024 * 1024;
const MAX_READ_PIXELS = 100_000_000;
/** The longest edge of a preview. */
const PREVIEW_PX = 800;
/** A PNG stays one up to this size: drawings and texts keep sharp edges. */
const MAX_PNG_BYTES = 1_000_000;
const QUALITY = 0.85;
const HEIC = /hei[cf]$/i;

export interface Photo {
  readonly file: File;
  /** The picture as it is sent, in a size for previews. */
  readonly canvas: HTMLCanvasElement;
}
export type Unread = "heic" | "broken" | "large";

/** Return whether the file is a photo, which is previewed. A GIF may move, and has no place or camera to lose. */
export const isPhoto = ({ type, name }: File): boolean => /^image\/(?!gif)/.test(type) || HEIC.test(name);

/** Return the size of a picture within a square; a smaller one keeps its own. */
function fitted(width: number, height: number, longest: number): readonly [number, number] {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

const toBlob = (canvas: HTMLCanvasElement, type: string): Promise<Blob | null> =>
  new Promise((done) => canvas.toBlob(done, type, QUALITY));

/** Return the photo as it is sent, or why it cannot be read. */
export async function readPhoto(file: File): Promise<Photo | Unread> {
  if (file.size > MAX_READ_BYTES) return "large";
  // Turns it as the camera was held. Not an <img>: a portal's policy may forbid it blob: addresses.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  const unread = HEIC.test(file.type) || HEIC.test(file.name) ? "heic" : "broken";
  if (!bitmap) return unread;
  if (bitmap.width * bitmap.height > MAX_READ_PIXELS) {
    bitmap.close();
    return "large";
  }
  const canvas = canvasFor(bitmap, LONGEST_PX);
  const png = file.type === "image/png" ? await draw(canvas, bitmap, "image/png") : null;
  const blob = png && png.size <= MAX_PNG_BYTES ? png : await draw(canvas, bitmap, "image/jpeg");
  bitmap.close();
  if (!blob) return unread;
  const preview = canvasFor(canvas, PREVIEW_PX);
  preview.getContext("2d")?.drawImage(canvas, 0, 0, preview.width, preview.height);
  canvas.width = 0; // frees its pixels at once
  const suffix = blob.type === "image/png" ? ".png" : ".jpg";
  const sent = new File([blob], file.name.replace(/\.\w+$/, "") + suffix, { type: blob.type });
  return { file: sent, canvas: preview };
}

function canvasFor({ width, height }: ImageBitmap | HTMLCanvasElement, longest: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = fitted(width, height, longest);
  return canvas;
}

/** Draw it and return its bytes. A JPEG has no transparency: what shines through is white, not black. */
function draw(canvas: HTMLCanvasElement, bitmap: ImageBitmap, type: "image/png" | "image/jpeg"): Promise<Blob | null> {
  const paint = canvas.getContext("2d");
  if (!paint) return Promise.resolve(null);
  if (type === "image/jpeg") {
    paint.fillStyle = "white";
    paint.fillRect(0, 0, canvas.width, canvas.height);
  }
  paint.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return toBlob(canvas, type);
}
