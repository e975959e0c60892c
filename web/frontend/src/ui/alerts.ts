/** The browser's own sound and notifications. */

const LOUDNESS = 0.08;
const SILENCE = 0.0001;

/** Play short falling tones one after the other, made here: a portal's policy need not allow a sound file. */
export function beep(tonesHz: readonly number[], toneS: number): void {
  try {
    const audio = new AudioContext();
    let end = audio.currentTime;
    for (const frequency of tonesHz) {
      const tone = new OscillatorNode(audio, { frequency });
      const loudness = new GainNode(audio);
      loudness.gain.setValueAtTime(LOUDNESS, end);
      tone.connect(loudness).connect(audio.destination);
      tone.start(end);
      end += toneS;
      loudness.gain.exponentialRampToValueAtTime(SILENCE, end);
      tone.stop(end);
    }
    setTimeout(() => void audio.close(), 1000 * (end - audio.currentTime));
  } catch {
    // No sound in this browser, or not before the first click on the page.
  }
}

/** Null: this browser has no notifications. */
export const notifyPermission = (): NotificationPermission | null =>
  typeof Notification === "undefined" ? null : Notification.permission;

export interface Notice extends NotificationOptions {
  readonly title: string;
}

/** Show a notification; a click brings the page to the front. */
export function notify({ title, ...options }: Notice, onClick: () => void): void {
  try {
    const notice = new Notification(title, options);
    notice.onclick = () => {
      focus();
      onClick();
      notice.close();
    };
  } catch {
    // Some phones show them from a service worker alone, which a portal's page is not asked to have.
  }
}
