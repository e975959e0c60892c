/** German texts of the widget, the portal and shared parts. */

import { wholeIn } from "../whole.ts";
import type * as english from "./en.ts";
import type { Like } from "./like.ts";

let lists: Intl.ListFormat | undefined;

export const number = /* @__PURE__ */ wholeIn(".");

/** Two forms: 1 Nachricht, 2 Nachrichten. */
export const count = (n: number, one: string, other: string): string => `${number(n)} ${n === 1 ? one : other}`;

export const list = (names: readonly string[]): string => (lists ??= new Intl.ListFormat("de")).format(names);

export const launcher: Like<typeof english.launcher> = {
  open: "Kundenchat öffnen",
  unread: (n) => `ungelesen: ${n}`,
  startFailed: "Der Chat startet nicht. Bitte versuchen Sie es erneut.",
  notHere: "Der Chat ist hier nicht verfügbar.",
};

const YOU = "Sie";
/** The polite "you" takes the plural. */
const has = (who: string, done: string): string => `${who} ${who === YOU ? "haben" : "hat"} ${done}`;

/** Only agents read these. */
export const desk: Like<typeof english.desk> = {
  card: "Verbrauch",
  seenAt: (time) => `Gelesen ${time}`,
  online: "online",
  away: "abwesend",
  offline: "offline",
  draftKept: "Entwurf gespeichert",
  onlyAgents: "Nur Ihr Team sieht das",
  noteBy: (who) => `Interne Notiz · ${who}`,
  openedWas: (was) => `Unterhaltung begonnen; vor der Anmeldung: ${was}`,
  assigned: (who, to) => has(who, `die Unterhaltung an ${to} übergeben`),
  assignedSelf: (who) => has(who, "die Unterhaltung übernommen"),
  unassigned: (who) => has(who, "die Zuweisung aufgehoben"),
  aFile: "Datei",
  aRating: "Bewertung",
  joined: (who) => `${who} ${who === YOU ? "sind" : "ist"} der Unterhaltung beigetreten`,
  usualDay: (value) => `üblicher Tag ${value}`,
  emptyTitle: "Noch keine Nachrichten",
  emptyText: "Schreiben Sie unten die erste.",
};

export const chart: Like<typeof english.chart> = {
  barChart: (what, from, to) => `Balkendiagramm: ${what}, ${from} bis ${to}`,
  period: "Zeitraum",
  value: "Verbrauch",
  measured: "gemessen",
  estimated: "geschätzt",
  gap: "keine Werte",
  unusual: "ungewöhnlich",
  unusualHours: "ungewöhnliche Stunden",
  until: (time) => `bis ${time}`,
  usualFor: (value) => `Üblich für diese Zeit: ${value}`,
  moreThanUsual: (value) => `${value} mehr als üblich`,
  lessThanUsual: (value) => `${value} weniger als üblich`,
  asUsual: "wie üblich",
  ofDay: (share) => `${share} des Tages`,
  about: (money) => `etwa ${money}`,
  partEstimated: (share) => `${share} geschätzt`,
  pointedAt: "vom Support gezeigt",
  perHour: "kWh je Stunde",
  perDay: "kWh je Tag",
  perMonth: "kWh je Monat",
  again: "Erneut versuchen",
  chartFailed: "Der Verbrauch konnte nicht geladen werden.",
  peak: (when, value) => `Spitze ${when}: ${value}`,
  noReadings: "Keine Messwerte in diesem Zeitraum.",
  table: "Als Tabelle zeigen",
  hideTable: "Tabelle ausblenden",
  csv: "Als CSV speichern",
  cardOf: (period) => `Verbrauch, ${period}`,
};

export const chat: Like<typeof english.chat> = {
  notLoaded: "Dieser Teil ließ sich nicht laden. Prüfen Sie Ihre Verbindung.",
  you: YOU,
  support: "Kundenservice",
  messagesWith: (name) => `Nachrichten mit ${name}`,
  write: "Ihre Nachricht",
  send: "Senden",
  loadEarlier: "Frühere Nachrichten laden",
  loading: "Wird geladen …",
  newMessages: (n) => count(n, "neue Nachricht", "neue Nachrichten"),
  toNewest: "Zur neuesten Nachricht",
  newLine: "Neu",
  today: "Heute",
  yesterday: "Gestern",
  sending: "Wird gesendet",
  waits: "Wird später gesendet",
  stored: "Gesendet",
  delivered: "Zugestellt",
  seen: "Gelesen",
  notSent: "Nicht gesendet",
  edited: "bearbeitet",
  deletedText: "Nachricht gelöscht",
  says: (who, time, tick) => [who, time, tick].filter(Boolean).join(", "),
  automatic: "Automatische Antwort",
  rating: (score) => `Bewertung: ${score} von 5`,
  unknownKind: "Diese Nachricht braucht eine neuere Version. Laden Sie die Seite neu.",
  typing: (names) => (names.length === 1 ? `${names[0]} schreibt` : `${list(names)} schreiben`),
  opened: "Unterhaltung begonnen",
  resolved: (who) => has(who, "die Unterhaltung abgeschlossen"),
  reopened: (who) => has(who, "die Unterhaltung wieder geöffnet"),
  erased: "Diese Unterhaltung wurde gelöscht",
  left: (n) => `noch ${count(n, "Zeichen", "Zeichen")}`,
  tooLong: (n) => `${count(n, "Zeichen", "Zeichen")} zu viel. Kürzen Sie die Nachricht oder senden Sie zwei.`,
  lineOffline: "Keine Verbindung. Was Sie schreiben, wird später gesendet.",
  unsent: (n) => `${count(n, "Nachricht wartet", "Nachrichten warten")}.`,
  tryNow: "Jetzt versuchen",
  memoryOnly: "Ungesendetes geht beim Schließen der Seite verloren.",
  refusedLine: (why) => `Keine Verbindung: ${why}`,
};

export const widget: Like<typeof english.widget> = {
  title: "Kundenservice",
  close: "Schließen",
  here: (names) => (names.length === 1 ? `${names[0]} ist da` : `${list(names)} sind da`),
  noConnection: "Keine Verbindung",
  nobody: "Zurzeit ist niemand da",
  usualReply: (minutes) => `Antwort in ${number(minutes)} Min.`,
  closedUntil: (when) => `Geschlossen bis ${when}`,
  closedTo: "Schreiben Sie uns jederzeit",
  welcome: (name) => `Guten Tag${name && `, ${name}`},\nwie können wir helfen?`,
  back: "Zurück",
  addEmoji: "Emoji einfügen",
  suggested: "Häufige Fragen",
  suggestion1: "Warum ist mein Verbrauch so hoch?",
  suggestion2: "Wann ist meine Rechnung fällig?",
  suggestion3: "Gibt es in meinem Gebiet eine Störung?",
  reload: "Neu laden",
  signedOut: "Sie wurden abgemeldet.",
  notHere: "Der Chat ist hier nicht verfügbar.",
  more: "Mehr",
  answerFrom: (name) => `${name} hat geantwortet`,
  howWasIt: "Wie war unsere Hilfe?",
  thanks: "Vielen Dank!",
  attachLabel: "Bild oder Datei anhängen",
  shareDay: "Zeitraum teilen",
  quickReplies: "Vorgeschlagene Antworten",
};

const OURS = "Der Fehler liegt bei uns. Bitte versuchen Sie es in Kürze erneut.";
const FULL = "Der Server ist fast voll. Versuchen Sie es später.";

export const unsent: Like<typeof english.unsent> = {
  discard: "Löschen",
  uploading: (name) => `${name} wird hochgeladen`,
  retry: "Erneut senden",
  whyNot: (why, text) =>
    ({
      too_large: "Die Datei ist zu groß: höchstens 10 MB.",
      wrong_type: "Möglich sind Bilder, PDF, Text- und Office-Dateien.",
      broken_image: "Das Bild ist beschädigt.",
      file_lost: "Die Datei fehlt. Hängen Sie sie erneut an.",
      quota: "Das Limit für heute ist erreicht. Versuchen Sie es morgen wieder.",
      disk_low: FULL,
      too_fast: "Zu schnell. Versuchen Sie es gleich erneut.",
      wrong_state: "Das ist nicht mehr möglich.",
      closed: "Die Verbindung wurde beim Senden getrennt.",
      internal: OURS,
    })[why] ?? text,
};

/** Of the widget's parts that load later. */
export const later: Like<typeof english.later> = {
  emoji: "Emojis",
  newAnswer: "Neue Antwort",
  answer: "Antworten",
  notNow: "Später",
  justNow: "gerade eben",
  hidePreview: "Vorschau ausblenden",
  askName: "Wie dürfen wir Sie ansprechen?",
  saveName: "Speichern",
  noName: "Nein, danke",
  mute: "Ton ausschalten",
  unmute: "Ton einschalten",
  notify: "Bei Antworten benachrichtigen",
  notifyMe: "Benachrichtigen",
  notifyNoMore: "Keine Benachrichtigungen mehr",
  offerPush: "Wir können Sie in diesem Browser benachrichtigen, wenn wir antworten.",
  pushFailed: "Das ließ sich nicht einschalten. Bitte versuchen Sie es erneut.",
  notifyDenied: "Der Browser blockiert Benachrichtigungen",
  savePage: "Unterhaltung als Seite speichern",
  saveText: "Unterhaltung als Text speichern",
  nameFailed: "Der Name wurde nicht gespeichert.",
  score: (score) => ["Sehr schlecht", "Schlecht", "Mittel", "Gut", "Sehr gut"][score - 1] ?? String(score),
  change: "Ändern",
  word: "Kommentar (optional)",
  rate: "Senden",
  reopens: "Schreiben Sie erneut, um die Unterhaltung wieder zu öffnen.",
  sharePeriod: "Zeitraum teilen",
  drag: "Tippen Sie auf einen Balken oder ziehen Sie über mehrere.",
  days: "Tage",
  hours: "Stunden",
  write: "Nachricht schreiben",
  remove: (what) => `Entfernen: ${what}`,
  addPeriod: (period) => `${period} zur Nachricht hinzufügen`,
  hide: "Ausblenden",
  dropHere: "Zum Senden hier ablegen",
};

/** Of pictures: the lightbox, and the preview before one is sent. */
export const pictures: Like<typeof english.pictures> = {
  file: (name) => `Datei: ${name}`,
  close: "Schließen",
  previous: "Vorheriges Bild",
  next: "Nächstes Bild",
  download: "Herunterladen",
  actual: "Originalgröße",
  placeOf: (place: number, all: number) => `${place} von ${all}`,
  ask: (n: number) => (n === 1 ? "Dieses Foto senden?" : `${number(n)} Fotos senden?`),
  send: (n: number) => (n > 1 ? `${number(n)} Fotos senden` : "Foto senden"),
  cancel: "Abbrechen",
  caption: "Bildtext (optional)",
  reading: "Das Foto wird gelesen …",
  smaller: (was: string, is: string) => `Verkleinert: ${was} → ${is}`,
  remove: (name: string) => `${name} entfernen`,
  notSent: "Nicht alle Fotos ließen sich senden. Bitte versuchen Sie es erneut.",
  tooLarge: (name, bytes) => `${name} ist ${bytes ? "größer als 10 MB" : "leer"}`,
  tooMany: (n: number) => `${number(n)} Fotos lassen sich auf einmal senden; die ersten ${number(n)} sind hier.`,
  captionTooLong: (most: number) => `Der Bildtext darf ${number(most)} Zeichen haben. Kürzen Sie ihn.`,
  unread: (why: "heic" | "broken" | "large") =>
    ({
      heic: "Dieser Browser kann HEIC-Fotos nicht lesen. Senden Sie es als JPEG oder als Bildschirmfoto.",
      broken: "Dieses Bild lässt sich nicht lesen. Wählen Sie ein anderes.",
      large: "Dieses Bild ist größer als 64 MB oder 100 Megapixel. Wählen Sie ein kleineres.",
    })[why],
};

export const mail: Like<typeof english.mail> = {
  away: "Gerade ist niemand da. Wohin dürfen wir die Antwort senden?",
  busy: "Sie müssen nicht warten: Wir senden die Antwort auch per E-Mail.",
  address: "E-Mail-Adresse",
  send: "Antwort zusenden",
  no: "Nein, danke",
  offer: "Antworten per E-Mail erhalten",
  waiting: (address) => `Öffnen Sie den Link, den wir an ${address} gesendet haben. Dann gehen Antworten auch dorthin.`,
  verified: (address) => `Ungelesene Antworten gehen auch an ${address}.`,
  bounced: (address) => `E-Mails an ${address} kommen zurück. Entfernen Sie die Adresse und geben Sie eine andere an.`,
  stopped: (address) => `${address} hat sich von unseren E-Mails abgemeldet.`,
  remove: "Adresse entfernen",
  close: "Schließen",
  bad: "Das ist keine E-Mail-Adresse. Schreiben Sie sie wie maria@example.org.",
  unsubscribed: "Diese Adresse hat sich von unseren E-Mails abgemeldet. Geben Sie eine andere an.",
  tooFast: "Zu viele Versuche. Bitte versuchen Sie es in einigen Minuten erneut.",
  failed: "Das konnte nicht gespeichert werden. Bitte versuchen Sie es erneut.",
};

export const portal: Like<typeof english.portal> = {
  perHour: "Energie je Stunde",
  perDay: "Energie je Tag",
  perMonth: "Energie je Monat",
  before: "Früher",
  after: "Später",
  chooseDay: "Datum",
  shown: "Gezeigter Zeitraum",
  day: "Tag",
  month: "Monat",
  year: "Jahr",
  clear: "Aufheben",
  loading: "Wird geladen …",
  askAbout: (period) => `Zu ${period} fragen`,
  pointsAt: (period) => `Der Support zeigt Ihnen ${period}`,
  showPeriod: "Anzeigen",
  todayUntil: (time) => `Heute bis ${time}`,
  monthUntil: (month) => `${month} bis heute`,
  askHint: "Zum Fragen einen Balken antippen oder über mehrere ziehen.",
  askKeys: "Tasten: Pfeile, Umschalt + Pfeile, Eingabe.",
  begun: "der Tag hat gerade begonnen",
  meterAgo: (time) => `Zähler vor ${time}`,
  meterNow: "Zähler gerade eben",
  noMeter: "Warten auf den Zähler",
  daysCompared: (known, all) => `verglichene Tage: ${known} von ${all}`,
  unusualDays: (n) => count(n, "ungewöhnlicher Tag", "ungewöhnliche Tage"),
  usualDay: (value) => `Üblich sind ${value} am Tag.`,
  highest: (value, day) => `Höchstwert: ${value} am ${day}`,
  failed: "Ihre Messwerte konnten nicht geladen werden. Die Seite versucht es automatisch erneut.",
  noReadings: "Noch keine Messwerte: Sie erscheinen, sobald Ihr Zähler sendet.",
  noReadingsIn: (period) => `Keine Messwerte, ${period}`,
  lastReading: (when) => `Letzter Messwert: ${when}.`,
  mayBeOff: "Der Zähler ist vielleicht aus oder nicht erreichbar.",
  showOther: (period) => `${period} zeigen`,
  outageOver: "Die Störung in Ihrem Gebiet ist behoben.",
  outageSince: (when) => `Seit ${when}`,
};

export const compare: Like<typeof english.compare> = {
  usual: "üblicher Verbrauch",
  ofUsual: "üblich: Median der letzten 28 Tage",
  moreUsual: (share) => `${share} mehr als üblich`,
  lessUsual: (share) => `${share} weniger als üblich`,
  likeUsual: "Etwa wie üblich",
  compareWith: "Vergleich",
  none: "aus",
  week: "Vorwoche",
  month: "Vormonat",
  standard: "Standardhaushalt",
  ofWeek: "Vorwoche",
  ofStandard: "Standardhaushalt (BDEW H0)",
  moreWeek: (share) => `${share} mehr als in der Vorwoche`,
  lessWeek: (share) => `${share} weniger als in der Vorwoche`,
  likeWeek: "Etwa wie in der Vorwoche",
  moreMonth: (share, month) => `${share} mehr als im ${month}`,
  lessMonth: (share, month) => `${share} weniger als im ${month}`,
  likeMonth: (month) => `Etwa wie im ${month}`,
  onStandard: (year) => `Gegenüber einem Standardhaushalt mit ${year} im Jahr`,
  nothingKnown: "Noch nichts zum Vergleichen",
};

const GONE = "Ihre Anmeldung ist nicht mehr gültig. Bitte melden Sie sich erneut an.";
const CHANGED = "Inzwischen hat jemand anders dies geändert. Laden Sie neu und versuchen Sie es noch einmal.";
/** What the server refused, by its code. */
const FAULTS: Readonly<Record<string, string>> = {
  not_signed_in: GONE,
  token_refused: GONE,
  token_expired: GONE,
  disabled: "Dieses Konto ist deaktiviert.",
  not_allowed: "Dazu haben Sie keine Berechtigung.",
  other_team: "Diese Unterhaltung gehört einem anderen Team. Bitten Sie darum, sie zu verschieben.",
  not_admin: "Das kann nur ein Administrator.",
  last_admin: "Das muss ein anderer Administrator tun, damit einer übrig bleibt.",
  not_found: "Das gibt es nicht oder nicht mehr.",
  exists: "Diese Kennung ist schon vergeben.",
  wrong_state: "Das geht im jetzigen Zustand nicht, oder es ist schon so.",
  stale: CHANGED,
  replaced: CHANGED,
  not_confirmed: "Geben Sie zur Bestätigung genau die Kennung ein.",
  too_large: "Das ist zu groß.",
  too_long: "Das ist zu lang.",
  too_fast: "Das war zu schnell. Warten Sie einen Moment und versuchen Sie es dann erneut.",
  bad_id: "Diese Kennung ist ungültig. Erlaubt sind Kleinbuchstaben, Ziffern, - und _.",
  bad_query: "Ein Filter ist unverständlich. Schreiben Sie zum Beispiel before:2026-11-01 oder tag:rechnung.",
  internal: OURS,
  disk_low: FULL,
  unavailable: OURS,
  store_down: OURS,
  broker_down: OURS,
  disk_full: "Der Speicher ist voll: Es wird nichts gespeichert, bis Platz geschaffen ist.",
};

/** What the board shows that starts without a connection. */
export const offline = {
  title: "Keine Verbindung",
  text: "Das Board ist nicht erreichbar. Entwürfe und nicht gesendete Antworten bleiben in diesem Browser.",
  again: "Erneut versuchen",
};

export const faults: Like<typeof english.faults> = {
  whyNot: (why, text) => FAULTS[why] ?? (why === "bad_payload" ? `Ein Feld ist ungültig (${text})` : text),
};
