/** English texts of the widget, the portal and shared parts; the source of the other languages. */

let rules: Intl.PluralRules | undefined;
let numbers: Intl.NumberFormat | undefined;
let lists: Intl.ListFormat | undefined;

export const number = (n: number): string => (numbers ??= new Intl.NumberFormat("en")).format(n);

export const count = (n: number, one: string, other: string): string =>
  `${number(n)} ${(rules ??= new Intl.PluralRules("en")).select(n) === "one" ? one : other}`;

export const list = (names: readonly string[]): string => (lists ??= new Intl.ListFormat("en")).format(names);

export const launcher = {
  open: "Open the chat with support",
  /** Without Intl, whose plural rules cost a page 20 ms. */
  unread: (n: number) => `${n} unread message${n === 1 ? "" : "s"}`,
  startFailed: "The chat could not start. Try again.",
  notHere: "The chat is not available here.",
};

/** Only agents read these. */
export const desk = {
  card: "Consumption",
  seenAt: (time: string) => `Read ${time}`,
  online: "online",
  away: "away",
  offline: "offline",
  draftKept: "Draft saved",
  onlyAgents: "Only your team sees this",
  noteBy: (who: string) => `Internal note · ${who}`,
  openedWas: (was: string) => `Conversation started; before signing in: ${was}`,
  assigned: (who: string, to: string) => `${who} assigned this to ${to}`,
  assignedSelf: (who: string) => `${who} took this conversation`,
  unassigned: (who: string) => `${who} unassigned this conversation`,
  joined: (who: string) => `${who} joined`,
  aFile: "File",
  aRating: "Rated",
  usualDay: (value: string) => `usual day ${value}`,
  emptyTitle: "No messages yet",
  emptyText: "Write the first one below.",
};

export const chart = {
  barChart: (what: string, from: string, to: string) => `Bar chart: ${what}, ${from} to ${to}`,
  period: "Period",
  value: "Consumption",
  measured: "measured",
  estimated: "estimated",
  gap: "no readings",
  unusual: "unusual",
  unusualHours: "unusual hours",
  until: (time: string) => `until ${time}`,
  usualFor: (value: string) => `Usual for this time: ${value}`,
  moreThanUsual: (value: string) => `${value} more than usual`,
  lessThanUsual: (value: string) => `${value} less than usual`,
  ofDay: (share: string) => `${share} of the day`,
  about: (money: string) => `about ${money}`,
  partEstimated: (share: string) => `${share} estimated`,
  pointedAt: "shown by support",
  perHour: "kWh per hour",
  perDay: "kWh per day",
  perMonth: "kWh per month",
  chartFailed: "The consumption could not be loaded.",
  peak: (when: string, value: string) => `Peak ${when}: ${value}`,
  noReadings: "No readings in this period.",
  table: "Show as a table",
  hideTable: "Hide the table",
  csv: "Save as CSV",
  cardOf: (period: string) => `Consumption, ${period}`,
};

export const chat = {
  notLoaded: "This part could not be loaded. Check your connection.",
  you: "You",
  support: "Support",
  messagesWith: (name: string) => `Messages with ${name}`,
  write: "Write a message",
  send: "Send",
  loadEarlier: "Load earlier messages",
  loading: "Loading …",
  newMessages: (n: number) => count(n, "new message", "new messages"),
  toNewest: "To the newest message",
  newLine: "New",
  today: "Today",
  yesterday: "Yesterday",
  sending: "Sending",
  waits: "Waiting to be sent",
  stored: "Sent",
  delivered: "Delivered",
  seen: "Read",
  notSent: "Not sent",
  edited: "edited",
  deletedText: "Message deleted",
  says: (who: string, time: string, tick: string) => [who, time, tick].filter(Boolean).join(", "),
  automatic: "Automatic answer",
  rating: (score: number) => `Rated ${score} of 5`,
  unknownKind: "This message needs a newer version. Reload the page.",
  typing: (names: readonly string[]) => (names.length === 1 ? `${names[0]} is typing` : `${list(names)} are typing`),
  opened: "Conversation started",
  resolved: (who: string) => `${who} resolved this conversation`,
  reopened: (who: string) => `${who} reopened this conversation`,
  erased: "This conversation was erased",
  left: (n: number) => count(n, "character left", "characters left"),
  tooLong: (n: number) => `${count(n, "character", "characters")} too many. Shorten the message or send two.`,
  connecting: "Connecting …",
  lineOffline: "No connection. What you write is kept and sent later.",
  unsent: (n: number) => `${count(n, "message waits", "messages wait")}.`,
  tryNow: "Try now",
  memoryOnly: "Unsent messages are lost when you close the page.",
  refusedLine: (why: string) => `No connection: ${why}`,
};

export const widget = {
  title: "Energy support",
  close: "Close",
  here: (names: readonly string[]) => (names.length === 1 ? `${names[0]} is here` : `${list(names)} are here`),
  noConnection: "No connection",
  nobody: "Nobody is here right now",
  usualReply: (minutes: number) => `replies in ${number(minutes)} min`,
  closedUntil: (when: string) => `Closed · back ${when}`,
  closed: "Closed for now",
  closedTo: "Write to us at any time",
  welcome: (name: string) => `Hello${name && ` ${name}`},\nhow can we help?`,
  back: "Back",
  addEmoji: "Add an emoji",
  suggested: "Common questions",
  suggestion1: "Why is my consumption so high?",
  suggestion2: "When is my bill due?",
  suggestion3: "Is there an outage in my area?",
  reload: "Reload",
  signedOut: "You were signed out.",
  notHere: "The chat is not available on this page.",
  more: "More",
  answerFrom: (name: string) => `${name} answered`,
  howWasIt: "How was our help?",
  thanks: "Thank you!",
  attachLabel: "Attach a picture or a file",
  shareDay: "Share a period",
  quickReplies: "Suggested answers",
};

export const unsent = {
  discard: "Delete",
  uploading: (name: string) => `Uploading ${name}`,
  retry: "Retry",
  whyNot: (why: string, text: string) =>
    ({
      too_large: "It is too large: 10 MB at most.",
      wrong_type: "Pictures, PDF, text and office files can be sent.",
      broken_image: "The picture is damaged.",
      file_lost: "The file is no longer available. Attach it again.",
      quota: "You have reached today’s limit. Try again tomorrow.",
      disk_low: "The server’s disk is almost full. Try again later.",
      too_fast: "Too many messages at once. Wait a moment, then retry.",
      wrong_state: "This is no longer possible.",
      closed: "The connection closed when this was sent.",
      internal: "The fault is ours. Try again in a moment.",
    })[why] ?? text,
};

/** Of the widget's parts that load later. */
export const later = {
  emoji: "Emoji",
  newAnswer: "New answer",
  answer: "Answer",
  notNow: "Later",
  justNow: "just now",
  hidePreview: "Hide this preview",
  askName: "What may we call you?",
  saveName: "Save",
  noName: "No, thank you",
  mute: "Turn sound off",
  unmute: "Turn sound on",
  notify: "Notify me of answers",
  notifyMe: "Notify me",
  notifyNoMore: "Stop notifications",
  offerPush: "We can notify you in this browser when we answer.",
  pushFailed: "That could not be turned on. Please try again.",
  notifyDenied: "The browser blocks notifications",
  savePage: "Save this conversation as a page",
  saveText: "Save this conversation as text",
  nameFailed: "The name could not be saved. Please try again.",
  score: (score: number) => ["Very bad", "Bad", "Okay", "Good", "Great"][score - 1] ?? String(score),
  change: "Change",
  word: "What could we do better?",
  rate: "Send comment",
  reopens: "Send a message to reopen this conversation.",
  sharePeriod: "Share a period",
  drag: "Tap a bar, or drag over several.",
  days: "Days",
  hours: "Hours",
  remove: (what: string) => `Remove: ${what}`,
  addPeriod: (period: string) => `Add ${period} to the message`,
  hide: "Hide",
  dropHere: "Drop it here to send it",
};

/** Of pictures: the lightbox, and the preview before one is sent. */
export const pictures = {
  file: (name: string) => `File: ${name}`,
  close: "Close",
  previous: "Previous picture",
  next: "Next picture",
  download: "Download",
  actual: "Actual size",
  placeOf: (place: number, all: number) => `${place} of ${all}`,
  ask: (n: number) => (n === 1 ? "Send this photo?" : `Send ${number(n)} photos?`),
  send: (n: number) => (n > 1 ? `Send ${number(n)} photos` : "Send photo"),
  cancel: "Cancel",
  caption: "Caption (optional)",
  reading: "Reading the photo …",
  smaller: (was: string, is: string) => `Made smaller: ${was} → ${is}`,
  remove: (name: string) => `Remove ${name}`,
  notSent: "Not all photos could be sent. Please try again.",
  tooLarge: (name: string) => `${name} is empty or larger than 10 MB`,
  tooMany: (n: number) => `${number(n)} photos can be sent at once; the first ${number(n)} are here.`,
  captionTooLong: (most: number) => `The caption may have ${number(most)} characters. Shorten it.`,
  unread: (why: "heic" | "broken" | "large") =>
    ({
      heic: "This browser cannot read HEIC photos. Send it as JPEG, or send a screenshot of it.",
      broken: "This picture cannot be read. Choose another one.",
      large: "This picture is larger than 64 MB or 100 megapixels. Choose a smaller one.",
    })[why],
};

/** Of the address to which unread answers go by e-mail. */
export const mail = {
  away: "Nobody is here right now. Where may we send the answer?",
  busy: "No need to wait: we also send the answer by e-mail.",
  address: "E-mail address",
  send: "Send me the answer",
  no: "No, thank you",
  offer: "Get answers by e-mail",
  waiting: (address: string) => `Open the link that we sent to ${address}. Then answers also reach you there.`,
  verified: (address: string) => `Unread answers also go to ${address}.`,
  bounced: (address: string) => `E-mail to ${address} comes back. Remove it and give another address.`,
  stopped: (address: string) => `${address} has unsubscribed from our e-mail.`,
  remove: "Remove address",
  close: "Close",
  bad: "This is not an e-mail address. Write it like maria@example.org.",
  unsubscribed: "This address has unsubscribed from our e-mail. Give another one.",
  tooFast: "Too many attempts. Please try again in a few minutes.",
  failed: "That could not be saved. Please try again.",
};

/** Of an outage's notice. */
export const power = {
  titleIn: (area: string) => `Outage in ${area}`,
  updated: (when: string) => `Updated ${when}`,
  today: "today",
  tellMe: "Tell me when power is back",
  willTell: "We will write to you in the chat.",
  notLoaded: "Your choice could not be loaded. We keep trying.",
  failed: "That could not be saved. Please try again.",
};

export const portal = {
  perHour: "Energy per hour",
  perDay: "Energy per day",
  perMonth: "Energy per month",
  before: "Earlier",
  after: "Later",
  chooseDay: "Day",
  shown: "Period shown",
  day: "Day",
  month: "Month",
  year: "Year",
  clear: "Clear",
  loading: "Loading …",
  askAbout: (period: string) => `Ask about ${period}`,
  pointsAt: (period: string) => `Support shows you ${period}`,
  showPeriod: "Show",
  todayUntil: (time: string) => `Today until ${time}`,
  monthUntil: (month: string) => `${month} until today`,
  askHint: "Tap a bar or drag over several to ask about them.",
  askKeys: "Keys: arrows, Shift + arrows, Enter.",
  begun: "the day has just begun",
  meterAgo: (time: string) => `meter ${time} ago`,
  meterNow: "meter just now",
  noMeter: "waiting for the meter",
  daysCompared: (known: number, all: number) => `days compared: ${known} of ${all}`,
  unusualDays: (n: number) => count(n, "unusual day", "unusual days"),
  usualDay: (value: string) => `A usual day is ${value}.`,
  highest: (value: string, day: string) => `Highest: ${value} on ${day}`,
  failed: "Your readings could not be loaded. The page tries again automatically.",
  noReadings: "No readings yet: they appear as soon as your meter reports.",
  noReadingsIn: (period: string) => `No readings, ${period}`,
  lastReading: (when: string) => `Last reading: ${when}.`,
  mayBeOff: "The meter may be off or out of reach.",
  showOther: (period: string) => `Show ${period}`,
  outageOver: "The outage in your area is over.",
};

export const compare = {
  usual: "usual use",
  ofUsual: "usual: median of the previous 28 days",
  moreUsual: (share: string) => `${share} more than usual`,
  lessUsual: (share: string) => `${share} less than usual`,
  likeUsual: "About as usual",
  compareWith: "Compare",
  none: "off",
  week: "week before",
  month: "month before",
  standard: "standard household",
  ofWeek: "the week before",
  ofStandard: "standard household (BDEW H0)",
  moreWeek: (share: string) => `${share} more than the week before`,
  lessWeek: (share: string) => `${share} less than the week before`,
  likeWeek: "About as in the week before",
  moreMonth: (share: string, month: string) => `${share} more than in ${month}`,
  lessMonth: (share: string, month: string) => `${share} less than in ${month}`,
  likeMonth: (month: string) => `About as in ${month}`,
  onStandard: (year: string) => `Compared with a standard household of ${year} a year`,
  nothingKnown: "Nothing to compare with yet",
};

/** What the board shows that starts without a connection. */
export const offline = {
  title: "No connection",
  text: "The board cannot be reached. Your drafts and unsent replies are kept in this browser.",
  again: "Try again",
};

/** The server's sentences are English. */
export const faults = { whyNot: (_why: string, text: string) => text };
