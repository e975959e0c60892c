/** Of an outage's notice, in English. */

/** As clients see it. */
export const power = {
  titleIn: (area: string) => `Outage in ${area}`,
  updated: (when: string) => `Updated ${when}`,
  today: "today",
  tellMe: "Tell me when power is back",
  willTell: "We will write to you in the chat.",
  notLoaded: "Your choice could not be loaded. We keep trying.",
  failed: "That could not be saved. Please try again.",
};

/** What the bridge adds, and what stands in for words that are not written yet. The board's preview has each language. */
export const notices = {
  title: "Outage in your area",
  expected: (time: string, day: string) => `We expect power back by ${time}, ${day}.`,
  empty: "The text that you write",
};
