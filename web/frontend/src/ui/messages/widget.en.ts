/** What the opened widget says. */

import { list, number } from "./words.en.ts";

export const widget = {
  title: "Energy support",
  close: "Close",
  minimise: "Minimise",
  here: (names: readonly string[]) =>
    names.length === 1 ? `${names[0]} is here` : `${list(names)} are here`,
  nobody: "Nobody is here right now",
  usualReply: (minutes: number) => `usually replies in ${number(minutes)} min`,
  closedUntil: (when: string) => `Back ${when}. Your message will be answered then`,
  closed: "We are away. Your message will be answered when we are back",
  welcome: "Hello! How can we help?",
  suggested: "Suggested questions",
  suggestion1: "Why is my consumption so high?",
  suggestion2: "When is my bill due?",
  suggestion3: "Is there an outage in my area?",
  askName: "What may we call you?",
  name: "Name",
  saveName: "Save",
  noName: "No, thank you",
  resolvedText: "This conversation is closed. Write again and it reopens.",
  signedOut: "You were signed out. Reload the page to go on.",
  more: "More",
  mute: "Turn sound off",
  unmute: "Turn sound on",
  notify: "Notify me of answers",
  outage: "Outage",
  from: (name: string, text: string) => `${name}: ${text}`,
  agentSaid: (name: string) => `New message from ${name}`,
};
