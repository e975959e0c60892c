import { useEffect, useRef, useState } from "preact/hooks";

import type { Branding } from "../../link/desk-api.ts";

type Logo = NonNullable<Branding["logo"]>;

const bytesOf = ({ data }: Logo): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(data), (char) => char.charCodeAt(0));

/** Return the address under which the server shows a saved logo; null where the browser cannot compute it. */
async function addressOf(logo: Logo): Promise<string | null> {
  // Without TLS a browser has no digests, except on this machine.
  const digest = await globalThis.crypto.subtle?.digest("SHA-256", bytesOf(logo));
  if (!digest) return null;
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `/brand/logo-${hex.slice(0, 16)}`;
}

interface LogoThumbnailProps {
  readonly logo: Logo;
  readonly label: string;
}

/** Show a logo small. Pages allow images of the server only: a PNG is drawn, an SVG is shown as soon as it is saved. */
export function LogoThumbnail({ logo, label }: LogoThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [address, setAddress] = useState<string | null>(null);
  const isDrawn = logo.type === "image/png";
  useEffect(() => {
    let isGone = false;
    setAddress(null);
    const draw = async (): Promise<void> => {
      const bitmap = await createImageBitmap(new Blob([bytesOf(logo)], { type: logo.type }));
      const to = canvas.current;
      if (isGone || !to) return;
      to.width = bitmap.width;
      to.height = bitmap.height;
      to.getContext("2d")?.drawImage(bitmap, 0, 0);
    };
    const find = async (): Promise<void> => {
      const found = await addressOf(logo);
      if (!isGone) setAddress(found);
    };
    // A broken image shows nothing; the server says what is wrong with it.
    (isDrawn ? draw() : find()).catch(() => {});
    return () => {
      isGone = true;
    };
  }, [logo]);
  if (isDrawn) return <canvas ref={canvas} class="wl-logo-thumbnail" role="img" aria-label={label} />;
  return address && <img class="wl-logo-thumbnail" src={address} alt={label} onError={() => setAddress(null)} />;
}
