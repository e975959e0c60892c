/** The browser's own notifications and sound, as the alerts want them. */

import type { Doors } from "./alerts.ts";

const TONE_HZ = [880, 660] as const;
const TONE_S = 0.12;
const LOUD = 0.08;

/** Two short tones, made here: no file is fetched for them. */
function beep(): void {
  const context = new AudioContext();
  TONE_HZ.forEach((frequency, place) => {
    const tone = new OscillatorNode(context, { frequency });
    const gain = new GainNode(context, { gain: LOUD });
    tone.connect(gain).connect(context.destination);
    tone.start(context.currentTime + place * TONE_S);
    tone.stop(context.currentTime + (place + 1) * TONE_S);
    if (place === TONE_HZ.length - 1) tone.onended = () => void context.close();
  });
}

export const pageDoors = (keep: Doors["keep"], kept: Doors["kept"]): Doors => ({
  permission: () => (typeof Notification === "undefined" ? null : Notification.permission),
  ask: () => Notification.requestPermission(),
  notify(title, body, client, onClick) {
    const notice = new Notification(title, { body, tag: `wattline/${client}`, icon: "/icon.svg" });
    notice.onclick = () => {
      window.focus();
      onClick();
      notice.close();
    };
  },
  beep,
  watched: () => document.visibilityState === "visible" && document.hasFocus(),
  keep,
  kept,
});
