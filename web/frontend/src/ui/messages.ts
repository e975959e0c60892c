/**
 * Every word a screen says, in English and in Romanian. A key missing in one language, or with other arguments, does
 * not compile. One constant for each screen, so that a bundle carries only the words it shows. What the widget says lies
 * in files by language (messages/*.en.ts, *.ro.ts): the widget is built once for each, so that nobody loads both.
 *
 * Plurals follow Intl.PluralRules; numbers and times come here already formatted (format.ts).
 */

import { chat as chatEn } from "./messages/chat.en.ts";
import { chat as chatRo } from "./messages/chat.ro.ts";
import { launcher as launcherEn } from "./messages/launcher.en.ts";
import { launcher as launcherRo } from "./messages/launcher.ro.ts";
import type { Like } from "./messages/like.ts";
import { widget as widgetEn } from "./messages/widget.en.ts";
import { widget as widgetRo } from "./messages/widget.ro.ts";
import { count as en, list as listEn, number as numberEn } from "./messages/words.en.ts";
import { count as ro, list as listRo, number as numberRo } from "./messages/words.ro.ts";

export type Lang = "en" | "ro";

export const LANGS: readonly Lang[] = ["en", "ro"];

type InBoth<T> = { readonly en: T; readonly ro: Like<T> };

const both = <T extends Record<string, string | ((...args: never[]) => string)>>(en: T, ro: Like<T>): InBoth<T> => ({
  en,
  ro,
});

/** The first of the wished languages that we speak; English otherwise. */
export function chooseLang(...wished: readonly (string | null | undefined)[]): Lang {
  for (const wish of wished) {
    const lang = wish?.toLowerCase().split("-")[0];
    if (lang === "en" || lang === "ro") return lang;
  }
  return "en";
}

const numbers = { en: { format: numberEn }, ro: { format: numberRo } };

const list = { en: { format: listEn }, ro: { format: listRo } };

export const chatMessages = /* @__PURE__ */ both(chatEn, chatRo);

export const widgetMessages = /* @__PURE__ */ both(widgetEn, widgetRo);
export const launcherMessages = /* @__PURE__ */ both(launcherEn, launcherRo);

export const boardMessages = /* @__PURE__ */ both(
  {
    search: "Search clients and words",
    clearSearch: "Clear the search",
    waitingCount: (n: number) => (n === 0 ? "nobody waits" : `${numbers.en.format(n)} waiting`),
    agentMenu: (name: string, state: string) => `${name}, ${state}: menu`,
    beOnline: "Online",
    beAway: "Away",
    signOut: "Sign out",
    theme: "Theme",
    themeAuto: "As the system",
    themeLight: "Light",
    themeDark: "Dark",
    language: "Language",
    keysHelp: "Keyboard",
    mine: "Mine",
    unassigned: "Unassigned",
    all: "All",
    snoozed: "Snoozed",
    resolved: "Resolved",
    more: "More",
    inboxLabel: "Conversations",
    tabCount: (tab: string, n: number) => `${tab}, ${en(n, "conversation", "conversations")}`,
    typing: "typing …",
    waitingFor: (time: string) => `waiting ${time}`,
    waitingLong: (time: string) => `waiting ${time}, longer than the target`,
    waitingTooLong: (time: string) => `waiting ${time}, more than twice the target`,
    unread: (n: number) => `${numbers.en.format(n)} unread`,
    assignedTo: (who: string) => `assigned to ${who}`,
    highPriority: "urgent",
    draftHere: "Draft",
    noConversation: "No conversation is open",
    noConversationText: "Choose one from the list, or press Enter on the first.",
    emptyMine: "Nothing is assigned to you",
    emptyMineText: "Take one from “Unassigned”: your first reply assigns it to you.",
    showUnassigned: (n: number) => `Show ${en(n, "unassigned conversation", "unassigned conversations")}`,
    emptyUnassigned: "Everybody has an answer",
    emptyUnassignedText: "New conversations appear here by themselves.",
    emptyAll: "No conversations yet",
    emptyAllText: "As soon as a client writes, you see it here.",
    emptySnoozed: "Nothing sleeps",
    emptySnoozedText: "A snoozed conversation comes back at its time, or when the client writes.",
    emptyResolved: "Nothing is resolved yet",
    emptyResolvedText: "What you resolve is kept here.",
    nothingFound: (q: string) => `Nothing matches “${q}”`,
    nothingFoundText: "The search looks at names, client ids, tags and last words.",
    loadMore: "Show more",
    back: "Back to the list",
    openContext: "Client",
    closeContext: "Back to the conversation",
    assign: "Assign",
    assignedMenu: (who: string) => `Assigned: ${who}`,
    toMe: "To me",
    toNobody: "To nobody",
    snooze: "Snooze",
    snoozeHour: "For an hour",
    snoozeEvening: "Until this evening, 18:00",
    snoozeTomorrow: "Until tomorrow, 9:00",
    snoozeMonday: "Until Monday, 9:00",
    snoozedUntil: (when: string) => `Snoozed until ${when}`,
    resolve: "Resolve",
    reopen: "Reopen",
    statusOpen: "open",
    statusAssigned: "assigned",
    statusSnoozed: "snoozed",
    statusResolved: "resolved",
    alsoLooking: (names: readonly string[]) =>
      names.length === 1
        ? `${names[0]} is looking at this conversation too`
        : `${list.en.format(names)} are looking at this conversation too`,
    alsoTyping: (names: readonly string[]) =>
      names.length === 1
        ? `${names[0]} is writing in this conversation too`
        : `${list.en.format(names)} are writing in this conversation too`,
    reply: "Reply",
    note: "Note",
    replyTo: (name: string) => `Reply to ${name}`,
    noteOn: (name: string) => `Note on ${name}, only agents see this`,
    writeReply: (name: string) => `Write to ${name}`,
    writeNote: "Write a note. Only agents see this",
    addNote: "Add note",
    replyOrNote: "Reply or note",
    consumption: "Consumption",
    step: "Step",
    hour: "Hour",
    day: "Day",
    month: "Month",
    lastHours: "last 24 hours",
    lastDays: "last 30 days",
    lastMonths: "last 12 months",
    now: (value: string) => `Now ${value}`,
    lastPower: (value: string) => `Last ${value}`,
    meterAgo: (time: string) => `meter ${time} ago`,
    meterNow: "meter just now",
    noLive: "No live reading yet",
    status: "Status",
    assignee: "Assignee",
    nobodyYet: "nobody",
    waitingSince: "Waiting",
    notWaiting: "answered",
    clientId: "Client id",
    priority: "Priority",
    low: "Low",
    normal: "Normal",
    high: "High",
    tags: "Tags",
    addTag: "Add a tag",
    addTagShort: "+ add",
    removeTag: (tag: string) => `Remove the tag ${tag}`,
    notes: "Notes",
    noNotes: "No notes yet. Press n to write one.",
    keysTitle: "Keys",
    keyNext: "Next conversation",
    keyPrevious: "Previous conversation",
    keyOpen: "Open it",
    keyReply: "Reply",
    keyNote: "Note",
    keyResolve: "Resolve, or reopen",
    keyAssign: "Assign",
    keySnooze: "Snooze",
    keySearch: "Search",
    keyHelp: "These keys",
    keyClose: "Close, or back to the list",
    keyTypingHint: "No key fires while you type. Esc leaves the field.",
    close: "Close",
    titleUnread: (n: number, title: string) => `(${numbers.en.format(n)}) ${title}`,
    commandRefused: (why: string) => `That did not work: ${why}`,
    signedOut: "You are signed out.",
    signInAgain: "Sign in again",
    loadFailed: "The conversation could not be loaded.",
  },
  {
    search: "Caută clienți și cuvinte",
    clearSearch: "Golește căutarea",
    waitingCount: (n) => (n === 0 ? "nu așteaptă nimeni" : `${numbers.ro.format(n)} în așteptare`),
    agentMenu: (name, state) => `${name}, ${state}: meniu`,
    beOnline: "Conectat",
    beAway: "Plecat",
    signOut: "Deconectare",
    theme: "Temă",
    themeAuto: "Ca sistemul",
    themeLight: "Luminoasă",
    themeDark: "Întunecată",
    language: "Limbă",
    keysHelp: "Tastatură",
    mine: "Ale mele",
    unassigned: "Neatribuite",
    all: "Toate",
    snoozed: "Amânate",
    resolved: "Încheiate",
    more: "Altele",
    inboxLabel: "Conversații",
    tabCount: (tab, n) => `${tab}, ${ro(n, "conversație", "conversații")}`,
    typing: "scrie …",
    waitingFor: (time) => `așteaptă de ${time}`,
    waitingLong: (time) => `așteaptă de ${time}, peste țintă`,
    waitingTooLong: (time) => `așteaptă de ${time}, peste dublul țintei`,
    unread: (n) => ro(n, "necitit", "necitite"),
    assignedTo: (who) => `atribuită lui ${who}`,
    highPriority: "urgent",
    draftHere: "Ciornă",
    noConversation: "Nicio conversație deschisă",
    noConversationText: "Alegeți una din listă sau apăsați Enter pe prima.",
    emptyMine: "Nu aveți nimic atribuit",
    emptyMineText: "Luați una din „Neatribuite”: primul răspuns v-o atribuie.",
    showUnassigned: (n) => `Arată ${ro(n, "conversație neatribuită", "conversații neatribuite")}`,
    emptyUnassigned: "Toată lumea are un răspuns",
    emptyUnassignedText: "Conversațiile noi apar aici singure.",
    emptyAll: "Nicio conversație încă",
    emptyAllText: "Imediat ce un client scrie, vedeți aici.",
    emptySnoozed: "Nimic amânat",
    emptySnoozedText: "O conversație amânată revine la ora ei sau când clientul scrie.",
    emptyResolved: "Nimic încheiat încă",
    emptyResolvedText: "Ce încheiați se păstrează aici.",
    nothingFound: (q) => `Nimic nu se potrivește cu „${q}”`,
    nothingFoundText: "Căutarea se uită la nume, id-uri de client, etichete și ultimele cuvinte.",
    loadMore: "Arată mai multe",
    back: "Înapoi la listă",
    openContext: "Client",
    closeContext: "Înapoi la conversație",
    assign: "Atribuie",
    assignedMenu: (who) => `Atribuită: ${who}`,
    toMe: "Mie",
    toNobody: "Nimănui",
    snooze: "Amână",
    snoozeHour: "Pentru o oră",
    snoozeEvening: "Până diseară, 18:00",
    snoozeTomorrow: "Până mâine, 9:00",
    snoozeMonday: "Până luni, 9:00",
    snoozedUntil: (when) => `Amânată până ${when}`,
    resolve: "Încheie",
    reopen: "Redeschide",
    statusOpen: "deschisă",
    statusAssigned: "atribuită",
    statusSnoozed: "amânată",
    statusResolved: "încheiată",
    alsoLooking: (names) =>
      names.length === 1
        ? `${names[0]} se uită și la această conversație`
        : `${list.ro.format(names)} se uită și la această conversație`,
    alsoTyping: (names) =>
      names.length === 1
        ? `${names[0]} scrie și în această conversație`
        : `${list.ro.format(names)} scriu și în această conversație`,
    reply: "Răspuns",
    note: "Notă",
    replyTo: (name) => `Răspuns către ${name}`,
    noteOn: (name) => `Notă despre ${name}, doar agenții o văd`,
    writeReply: (name) => `Scrieți către ${name}`,
    writeNote: "Scrieți o notă. Doar agenții o văd",
    addNote: "Adaugă nota",
    replyOrNote: "Răspuns sau notă",
    consumption: "Consum",
    step: "Pas",
    hour: "Oră",
    day: "Zi",
    month: "Lună",
    lastHours: "ultimele 24 de ore",
    lastDays: "ultimele 30 de zile",
    lastMonths: "ultimele 12 luni",
    now: (value) => `Acum ${value}`,
    lastPower: (value) => `Ultima dată ${value}`,
    meterAgo: (time) => `contor acum ${time}`,
    meterNow: "contor chiar acum",
    noLive: "Nicio citire în direct încă",
    status: "Stare",
    assignee: "Responsabil",
    nobodyYet: "nimeni",
    waitingSince: "Așteaptă",
    notWaiting: "a primit răspuns",
    clientId: "Id client",
    priority: "Prioritate",
    low: "Mică",
    normal: "Normală",
    high: "Mare",
    tags: "Etichete",
    addTag: "Adaugă o etichetă",
    addTagShort: "+ adaugă",
    removeTag: (tag) => `Scoate eticheta ${tag}`,
    notes: "Note",
    noNotes: "Nicio notă încă. Apăsați n pentru a scrie una.",
    keysTitle: "Taste",
    keyNext: "Conversația următoare",
    keyPrevious: "Conversația anterioară",
    keyOpen: "Deschide",
    keyReply: "Răspunde",
    keyNote: "Notă",
    keyResolve: "Încheie sau redeschide",
    keyAssign: "Atribuie",
    keySnooze: "Amână",
    keySearch: "Caută",
    keyHelp: "Aceste taste",
    keyClose: "Închide sau înapoi la listă",
    keyTypingHint: "Nicio tastă nu acționează cât timp scrieți. Esc iese din câmp.",
    close: "Închide",
    titleUnread: (n, title) => `(${numbers.ro.format(n)}) ${title}`,
    commandRefused: (why) => `Nu a mers: ${why}`,
    signedOut: "Ați fost deconectat.",
    signInAgain: "Autentificare",
    loadFailed: "Conversația nu a putut fi încărcată.",
  },
);

export const portalMessages = /* @__PURE__ */ both(
  {
    onUsual: (difference: string, weekday: string) => `${difference} on a usual ${weekday}`,
    likeUsual: (weekday: string) => `like a usual ${weekday}`,
    meterAgo: (time: string) => `meter ${time} ago`,
    meterNow: "meter just now",
    noMeter: "waiting for the meter",
    about: (money: string) => `about ${money}`,
    last30: "Last 30 days",
    unusualDays: (n: number) => en(n, "unusual day", "unusual days"),
    usualDay: (value: string) => `A usual day is ${value}.`,
    highest: (value: string, day: string) => `Highest: ${value} on ${day}.`,
    askHint: "Something looks odd? Ask in the chat.",
    failed: "Your readings could not be loaded.",
    failedText: "The page tries again by itself.",
    noReadings: "No readings yet: they appear as soon as your meter reports.",
  },
  {
    onUsual: (difference, weekday) => `${difference} față de o zi obișnuită de ${weekday}`,
    likeUsual: (weekday) => `ca într-o zi obișnuită de ${weekday}`,
    meterAgo: (time) => `contor acum ${time}`,
    meterNow: "contor chiar acum",
    noMeter: "se așteaptă contorul",
    about: (money) => `aproximativ ${money}`,
    last30: "Ultimele 30 de zile",
    unusualDays: (n) => ro(n, "zi neobișnuită", "zile neobișnuite"),
    usualDay: (value) => `O zi obișnuită are ${value}.`,
    highest: (value, day) => `Maxim: ${value} (${day}).`,
    askHint: "Ceva pare ciudat? Întrebați în discuție.",
    failed: "Citirile dvs. nu au putut fi încărcate.",
    failedText: "Pagina încearcă din nou singură.",
    noReadings: "Nicio citire încă: apar imediat ce contorul dvs. raportează.",
  },
);

type Spoken<T> = Like<T> & { readonly lang: Lang };

/** The words of conversation parts (bubbles, composer, connection line), with the language they are in. */
export type Texts = Spoken<(typeof chatMessages)["en"]>;
export type WidgetTexts = Spoken<(typeof widgetMessages)["en"]>;
export type BoardTexts = Spoken<(typeof boardMessages)["en"]>;
export type PortalTexts = Spoken<(typeof portalMessages)["en"]>;

export const textsFor = (lang: Lang): Texts => ({ ...chatMessages[lang], lang });
export const widgetTextsFor = (lang: Lang): WidgetTexts => ({ ...widgetMessages[lang], lang });
export const boardTextsFor = (lang: Lang): BoardTexts => ({ ...boardMessages[lang], lang });
export const portalTextsFor = (lang: Lang): PortalTexts => ({ ...portalMessages[lang], lang });
