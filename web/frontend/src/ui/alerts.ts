/** The browser's sound and desktop notifications. */

const LOUDNESS = 0.08;
const SILENCE = 0.0001;

/** Play a short falling tone. Synthesized: a portal's policy need not allow a sound file. */
export function beep(frequency: number, toneS: number): void {
  try {
    const audio = new AudioContext();
    const end = audio.currentTime + toneS;
    const tone = new OscillatorNode(audio, { frequency });
    const loudness = new GainNode(audio, { gain: LOUDNESS });
    loudness.gain.exponentialRampToValueAtTime(SILENCE, end);
    tone.connect(loudness).connect(audio.destination);
    tone.onended = () => void audio.close();
    tone.start();
    tone.stop(end);
  } catch {
    // This browser has no sound, or none before the first click.
  }
}

/** Return the permission; null when the browser has no notifications. */
export const notifyPermission = (): NotificationPermission | null =>
  typeof Notification === "undefined" ? null : Notification.permission;

interface Notice extends NotificationOptions {
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
    // Some phones show them from a service worker only, which a portal need not have.
  }
}
