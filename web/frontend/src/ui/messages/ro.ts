/** Romanian texts of the widget, the portal and shared parts. */

import { wholeIn } from "../whole.ts";
import type * as english from "./en.ts";
import type { Like } from "./like.ts";

let lists: Intl.ListFormat | undefined;

export const number = /* @__PURE__ */ wholeIn(".");

/** Three forms: 1 mesaj, 2 mesaje, 20 de mesaje. */
export const count = (n: number, one: string, few: string): string => {
  const rest = n % 100;
  return `${number(n)} ${n === 1 ? one : !n || (rest && rest < 20) ? few : `de ${few}`}`;
};

export const list = (names: readonly string[]): string => (lists ??= new Intl.ListFormat("ro")).format(names);

export const launcher: Like<typeof english.launcher> = {
  open: "Deschideți conversația cu asistența",
  unread: (n) => `necitite: ${n}`,
  startFailed: "Conversația nu a putut porni. Încercați din nou.",
  notHere: "Conversația nu este disponibilă aici.",
};

const YOU = "Dvs.";
/** The polite "you" takes the plural. */
const has = (who: string, done: string): string => `${who} ${who === YOU ? "ați" : "a"} ${done}`;

/** Only agents read these. */
export const desk: Like<typeof english.desk> = {
  card: "Consum",
  seenAt: (time) => `Citit ${time}`,
  online: "conectat",
  away: "plecat",
  offline: "deconectat",
  draftKept: "Ciornă păstrată",
  onlyAgents: "Doar echipa dvs. vede asta",
  noteBy: (who) => `Notă internă · ${who}`,
  openedWas: (was) => `Conversație începută; înainte de autentificare: ${was}`,
  assigned: (who, to) => has(who, `atribuit conversația către ${to}`),
  assignedSelf: (who) => has(who, "preluat conversația"),
  unassigned: (who) => has(who, "retras atribuirea conversației"),
  joined: (who) => has(who, "intrat în conversație"),
  aFile: "Fișier",
  aRating: "Nota",
  usualDay: (value) => `o zi obișnuită ${value}`,
  emptyTitle: "Niciun mesaj încă",
  emptyText: "Scrieți primul mesaj mai jos.",
};

export const chart: Like<typeof english.chart> = {
  barChart: (what, from, to) => `Diagramă cu bare: ${what}, ${from} – ${to}`,
  period: "Perioada",
  value: "Consum",
  measured: "măsurat",
  estimated: "estimat",
  gap: "fără citiri",
  unusual: "neobișnuit",
  unusualHours: "ore neobișnuite",
  until: (time) => `până la ${time}`,
  usualFor: (value) => `Obișnuit pentru acest interval: ${value}`,
  moreThanUsual: (value) => `cu ${value} peste obișnuit`,
  lessThanUsual: (value) => `cu ${value} sub obișnuit`,
  asUsual: "ca de obicei",
  ofDay: (share) => `${share} din zi`,
  about: (money) => `aproximativ ${money}`,
  partEstimated: (share) => `${share} estimat`,
  pointedAt: "arătat de asistență",
  perHour: "kWh pe oră",
  perDay: "kWh pe zi",
  perMonth: "kWh pe lună",
  again: "Reîncercați",
  chartFailed: "Consumul nu a putut fi încărcat.",
  peak: (when, value) => `Vârf ${when}: ${value}`,
  noReadings: "Nicio citire în această perioadă.",
  table: "Afișați tabelul",
  hideTable: "Ascundeți tabelul",
  csv: "Salvați ca CSV",
  cardOf: (period) => `Consum, ${period}`,
};

export const chat: Like<typeof english.chat> = {
  notLoaded: "Nu s-a putut încărca. Verificați conexiunea.",
  you: YOU,
  support: "Asistență",
  messagesWith: (name) => `Mesaje cu ${name}`,
  write: "Scrieți un mesaj",
  send: "Trimiteți",
  loadEarlier: "Încărcați mesajele mai vechi",
  loading: "Se încarcă …",
  newMessages: (n) => count(n, "mesaj nou", "mesaje noi"),
  toNewest: "La cel mai nou mesaj",
  newLine: "Noi",
  today: "Astăzi",
  yesterday: "Ieri",
  sending: "Se trimite",
  waits: "Așteaptă trimiterea",
  stored: "Trimis",
  delivered: "Livrat",
  seen: "Citit",
  notSent: "Netrimis",
  edited: "editat",
  deletedText: "Mesaj șters",
  says: (who, time, tick) => [who, time, tick].filter(Boolean).join(", "),
  automatic: "Răspuns automat",
  rating: (score) => `Nota ${score} din 5`,
  unknownKind: "Mesaj de o versiune mai nouă. Reîncărcați pagina.",
  typing: (names) => (names.length === 1 ? `${names[0]} scrie` : `${list(names)} scriu`),
  opened: "Conversație începută",
  resolved: (who) => has(who, "încheiat conversația"),
  reopened: (who) => has(who, "redeschis conversația"),
  erased: "Această conversație a fost ștearsă",
  left: (n) => count(n, "caracter rămas", "caractere rămase"),
  tooLong: (n) => `Cu ${count(n, "caracter", "caractere")} prea mult. Scurtați mesajul sau trimiteți două.`,
  lineOffline: "Fără conexiune. Mesajele se trimit mai târziu.",
  unsent: (n) => `${count(n, "mesaj așteaptă", "mesaje așteaptă")}.`,
  tryNow: "Încercați acum",
  memoryOnly: "Mesajele netrimise se pierd la închiderea paginii.",
  refusedLine: (why) => `Fără conexiune: ${why}`,
};

export const widget: Like<typeof english.widget> = {
  title: "Asistență energie",
  close: "Închideți",
  here: (names) => (names.length === 1 ? `${names[0]} este aici` : `${list(names)} sunt aici`),
  noConnection: "Fără conexiune",
  nobody: "Nu este nimeni acum",
  usualReply: (minutes) => `răspuns în ${number(minutes)} min`,
  closedUntil: (when) => `Închis până ${when}`,
  closedTo: "Scrieți-ne oricând",
  welcome: (name) => `Bună ziua${name && `, ${name}`},\ncu ce vă putem ajuta?`,
  back: "Înapoi",
  addEmoji: "Adăugați un emoji",
  suggested: "Întrebări frecvente",
  suggestion1: "De ce am un consum atât de mare?",
  suggestion2: "Când este scadentă factura?",
  suggestion3: "Este o întrerupere în zona mea?",
  reload: "Reîncărcați",
  signedOut: "Ați fost deconectat.",
  notHere: "Conversația nu este disponibilă aici.",
  more: "Mai mult",
  answerFrom: (name) => `${name} a răspuns`,
  howWasIt: "Cum v-am ajutat?",
  thanks: "Vă mulțumim!",
  attachLabel: "Trimiteți o imagine sau un fișier",
  shareDay: "Trimiteți o perioadă",
  quickReplies: "Răspunsuri sugerate",
};

const OURS = "Eroarea este la noi. Încercați mai târziu.";
const FULL = "Serverul este aproape plin. Încercați mai târziu.";

export const unsent: Like<typeof english.unsent> = {
  discard: "Ștergeți",
  uploading: (name) => `Se încarcă ${name}`,
  retry: "Reîncercați",
  whyNot: (why, text) =>
    ({
      too_large: "Este prea mare: cel mult 10 MB.",
      wrong_type: "Trimiteți imagini, PDF, text sau documente.",
      broken_image: "Imagine deteriorată.",
      file_lost: "Fișierul nu mai există. Atașați-l din nou.",
      quota: "Ați atins limita de astăzi. Încercați mâine.",
      disk_low: FULL,
      too_fast: "Prea multe mesaje. Încercați mai târziu.",
      wrong_state: "Nu mai este posibil.",
      closed: "Conexiune închisă la trimitere.",
      internal: OURS,
    })[why] ?? text,
};

/** Of the widget's parts that load later. */
export const later: Like<typeof english.later> = {
  emoji: "Emoticoane",
  newAnswer: "Răspuns nou",
  answer: "Răspundeți",
  notNow: "Mai târziu",
  justNow: "chiar acum",
  hidePreview: "Ascundeți previzualizarea",
  askName: "Cum să vă spunem?",
  saveName: "Salvați",
  noName: "Nu, mulțumesc",
  mute: "Opriți sunetul",
  unmute: "Porniți sunetul",
  notify: "Anunțați-mă când primesc răspuns",
  notifyMe: "Anunțați-mă",
  notifyNoMore: "Opriți notificările",
  offerPush: "Vă putem notifica în acest browser când răspundem.",
  pushFailed: "Notificările nu au putut fi activate. Încercați din nou.",
  notifyDenied: "Browserul blochează notificările",
  savePage: "Salvați conversația ca pagină",
  saveText: "Salvați conversația ca text",
  nameFailed: "Numele nu a fost salvat. Încercați din nou.",
  score: (score) => ["Foarte rău", "Rău", "Acceptabil", "Bine", "Excelent"][score - 1] ?? String(score),
  change: "Modificați",
  word: "Comentariu (opțional)",
  rate: "Trimiteți",
  reopens: "Scrieți din nou pentru a redeschide conversația.",
  sharePeriod: "Trimiteți o perioadă",
  drag: "Atingeți o bară sau trageți peste mai multe.",
  days: "Zile",
  hours: "Ore",
  write: "Scrieți un mesaj",
  remove: (what) => `Eliminați: ${what}`,
  addPeriod: (period) => `Adăugați ${period} la mesaj`,
  hide: "Ascundeți",
  dropHere: "Lăsați aici pentru a trimite",
};

/** Of pictures: the lightbox, and the preview before one is sent. */
export const pictures: Like<typeof english.pictures> = {
  file: (name) => `Fișier: ${name}`,
  close: "Închideți",
  previous: "Imaginea anterioară",
  next: "Imaginea următoare",
  download: "Descărcați",
  actual: "Dimensiune reală",
  placeOf: (place: number, all: number) => `${place} din ${all}`,
  ask: (n: number) =>
    n === 1 ? "Trimiteți această fotografie?" : `Trimiteți ${count(n, "fotografie", "fotografii")}?`,
  send: (n: number) => (n > 1 ? `Trimiteți ${count(n, "fotografie", "fotografii")}` : "Trimiteți fotografia"),
  cancel: "Anulați",
  caption: "Descriere (opțional)",
  reading: "Se citește fotografia …",
  smaller: (was: string, is: string) => `Micșorată: ${was} → ${is}`,
  remove: (name: string) => `Eliminați ${name}`,
  notSent: "Nu toate fotografiile au putut fi trimise. Încercați din nou.",
  tooLarge: (name, bytes) => `${name} ${bytes ? "depășește 10 MB" : "este gol"}`,
  tooMany: (n: number) => `Se pot trimite odată cel mult ${count(n, "fotografie", "fotografii")}; primele sunt aici.`,
  captionTooLong: (most: number) => `Descrierea poate avea ${count(most, "caracter", "caractere")}. Scurtați-o.`,
  unread: (why: "heic" | "broken" | "large") =>
    ({
      heic: "Acest browser nu poate citi fotografii HEIC. Trimiteți-o ca JPEG sau trimiteți o captură de ecran.",
      broken: "Această imagine nu poate fi citită. Alegeți alta.",
      large: "Această imagine depășește 64 MB sau 100 de megapixeli. Alegeți una mai mică.",
    })[why],
};

export const mail: Like<typeof english.mail> = {
  away: "Momentan nu este nimeni aici. Unde vă putem trimite răspunsul?",
  busy: "Nu trebuie să așteptați: vă trimitem răspunsul și prin e-mail.",
  address: "Adresă de e-mail",
  send: "Trimiteți-mi răspunsul",
  no: "Nu, mulțumesc",
  offer: "Primiți răspunsuri prin e-mail",
  waiting: (address) => `Deschideți linkul trimis la ${address}. Apoi răspunsurile ajung și acolo.`,
  verified: (address) => `Răspunsurile necitite ajung și la ${address}.`,
  bounced: (address) => `E-mailurile către ${address} se întorc. Eliminați adresa și dați alta.`,
  stopped: (address) => `${address} s-a dezabonat de la e-mailurile noastre.`,
  remove: "Eliminați adresa",
  close: "Închideți",
  bad: "Aceasta nu este o adresă de e-mail. Scrieți-o ca maria@example.org.",
  unsubscribed: "Această adresă s-a dezabonat de la e-mailurile noastre. Dați alta.",
  tooFast: "Prea multe încercări. Încercați din nou peste câteva minute.",
  failed: "Nu s-a putut salva. Încercați din nou.",
};

export const portal: Like<typeof english.portal> = {
  perHour: "Energie pe oră",
  perDay: "Energie pe zi",
  perMonth: "Energie pe lună",
  before: "Mai devreme",
  after: "Mai târziu",
  chooseDay: "Ziua",
  shown: "Perioada afișată",
  day: "Zi",
  month: "Lună",
  year: "An",
  clear: "Renunțați",
  loading: "Se încarcă …",
  askAbout: (period) => `Întrebați despre ${period}`,
  pointsAt: (period) => `Asistența vă arată ${period}`,
  showPeriod: "Afișați",
  todayUntil: (time) => `Azi până la ${time}`,
  monthUntil: (month) => `${month} până astăzi`,
  askHint: "Atingeți o bară sau trageți peste mai multe ca să întrebați.",
  askKeys: "Taste: săgeți, Shift + săgeți, Enter.",
  begun: "ziua abia a început",
  meterAgo: (time) => `citit acum ${time}`,
  meterNow: "citit chiar acum",
  noMeter: "se așteaptă contorul",
  daysCompared: (known, all) => `zile comparate: ${known} din ${all}`,
  unusualDays: (n) => count(n, "zi neobișnuită", "zile neobișnuite"),
  usualDay: (value) => `O zi obișnuită are ${value}.`,
  highest: (value, day) => `Maxim: ${value} (${day})`,
  failed: "Citirile dvs. nu au putut fi încărcate. Pagina încearcă din nou automat.",
  noReadings: "Nicio citire încă: apar imediat ce contorul dvs. raportează.",
  noReadingsIn: (period) => `Nicio citire, ${period}`,
  lastReading: (when) => `Ultima citire: ${when}.`,
  mayBeOff: "Contorul poate fi oprit sau inaccesibil.",
  showOther: (period) => `Afișați ${period}`,
  outageOver: "Întreruperea din zona dvs. s-a încheiat.",
  outageSince: (when) => `Din ${when}`,
};

export const compare: Like<typeof english.compare> = {
  usual: "consum obișnuit",
  ofUsual: "obișnuit: mediana pe 28 de zile",
  moreUsual: (share) => `${share} peste obișnuit`,
  lessUsual: (share) => `${share} sub obișnuit`,
  likeUsual: "Cam ca de obicei",
  compareWith: "Comparație",
  none: "oprită",
  week: "săptămâna dinainte",
  month: "luna dinainte",
  standard: "gospodărie standard",
  ofWeek: "săptămâna dinainte",
  ofStandard: "gospodărie standard (BDEW H0)",
  moreWeek: (share) => `${share} peste săptămâna dinainte`,
  lessWeek: (share) => `${share} sub săptămâna dinainte`,
  likeWeek: "Cam ca în săptămâna dinainte",
  moreMonth: (share, month) => `${share} peste ${month}`,
  lessMonth: (share, month) => `${share} sub ${month}`,
  likeMonth: (month) => `Cam ca în ${month}`,
  onStandard: (year) => `Față de o gospodărie standard cu ${year} pe an`,
  nothingKnown: "Încă nu este nimic de comparat",
};

const GONE = "Autentificarea nu mai este valabilă. Autentificați-vă din nou.";
const CHANGED = "Altcineva a schimbat asta între timp. Reîncărcați și încercați din nou.";
/** Refusals, by the server's code. */
const FAULTS: Readonly<Record<string, string>> = {
  not_signed_in: GONE,
  token_refused: GONE,
  token_expired: GONE,
  disabled: "Acest cont nu este în uz.",
  not_allowed: "Nu aveți dreptul să faceți asta.",
  other_team: "Conversația aparține altei echipe. Cereți să fie mutată.",
  not_admin: "Doar un administrator poate face asta.",
  last_admin: "Trebuie să o facă alt administrator, ca să rămână unul.",
  not_found: "Nu există, sau nu mai există.",
  exists: "Există deja unul cu acest id.",
  wrong_state: "Nu se poate în starea de acum, sau este deja așa.",
  stale: CHANGED,
  replaced: CHANGED,
  not_confirmed: "Scrieți exact id-ul pentru a confirma.",
  too_large: "Este prea mare.",
  too_long: "Este prea lung.",
  too_fast: "A fost prea repede. Așteptați puțin, apoi încercați din nou.",
  bad_id: "Acest id nu are forma cerută: litere mici, cifre, - și _.",
  bad_query: "Un filtru nu se înțelege. Scrieți, de exemplu, before:2026-11-01 sau tag:factura.",
  internal: OURS,
  disk_low: FULL,
  unavailable: OURS,
  store_down: OURS,
  broker_down: OURS,
  disk_full: "Nu mai este loc pe disc: nimic nu se salvează până se face loc.",
};

/** What the board shows that starts without a connection. */
export const offline = {
  title: "Fără conexiune",
  text: "Panoul nu poate fi deschis acum. Ciornele și răspunsurile netrimise rămân în acest browser.",
  again: "Încercați din nou",
};

export const faults: Like<typeof english.faults> = {
  whyNot: (why, text) => FAULTS[why] ?? (why === "bad_payload" ? `Un câmp nu are forma cerută (${text})` : text),
};
