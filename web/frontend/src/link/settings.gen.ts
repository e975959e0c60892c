/** Generated from chat_core/domain/settings.py by scripts/settings_types.py. */

export interface Alarms {
  readonly on: boolean;
  readonly times_usual: number | null;
  readonly at_least_wh: number;
  readonly limit_wh: number | null;
  readonly limits: Readonly<Record<string, number>>;
  readonly silent: boolean;
  readonly silent_minutes: number;
  readonly storm_meters: number;
  readonly tamper: boolean;
}

export interface Branding {
  readonly name: string;
  readonly bot: string;
  readonly accent: string;
  readonly logo: Logo | null;
  readonly side: "left" | "right";
  readonly icon: "chat" | "bolt";
  readonly label: Readonly<Record<string, string>>;
  readonly greeting: Readonly<Record<string, string>>;
  readonly questions: Readonly<Record<string, ReadonlyArray<string>>>;
  readonly origins: ReadonlyArray<string>;
}

export interface Canned {
  readonly replies: ReadonlyArray<CannedReply>;
}

export interface CannedReply {
  readonly id: string;
  readonly title: Readonly<Record<string, string>>;
  readonly text: Readonly<Record<string, string>>;
  readonly tag: string | null;
  readonly assign: boolean;
  readonly resolve: boolean;
  readonly snooze: "hour" | "evening" | "tomorrow" | "monday" | null;
  readonly priority: "low" | "normal" | "high" | null;
  readonly key: "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | null;
}

export interface Holiday {
  readonly date: string;
  readonly name: string;
}

export interface Hours {
  readonly week: Readonly<Record<"mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun", ReadonlyArray<readonly [string, string]>>> | null;
  readonly holidays: ReadonlyArray<Holiday>;
}

export interface Logo {
  readonly type: "image/png" | "image/svg+xml";
  readonly data: string;
}

export interface Rule {
  readonly id: string;
  readonly on: boolean;
  readonly title: Readonly<Record<string, string>>;
  readonly words: Readonly<Record<string, ReadonlyArray<string>>>;
  readonly answer: Readonly<Record<string, string>>;
  readonly replies: Readonly<Record<string, ReadonlyArray<string>>> | null;
  readonly person: boolean;
  readonly attributes: ReadonlyArray<string>;
}

export interface Rules {
  readonly on: boolean;
  readonly away: Readonly<Record<string, string>> | null;
  readonly rules: ReadonlyArray<Rule>;
}

export interface Target {
  readonly minutes: number;
}

export interface Tariff {
  readonly currency: string | null;
  readonly price: number | null;
}

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly members: ReadonlyArray<string>;
  readonly areas: ReadonlyArray<string>;
  readonly langs: ReadonlyArray<string>;
  readonly attributes: ReadonlyArray<string>;
}

export interface Teams {
  readonly teams: ReadonlyArray<Team>;
}

export interface SettingValues {
  readonly canned: Canned;
  readonly hours: Hours;
  readonly target: Target;
  readonly rules: Rules;
  readonly alarms: Alarms;
  readonly tariff: Tariff;
  readonly teams: Teams;
  readonly branding: Branding;
}

/** The pages of the board that change settings. */
export const SETTING_PAGES = ["canned", "hours", "answers", "alarms", "teams", "branding"] as const;

/** Changes with every change of the types. */
export const SETTINGS_FORM = "1002bac8";
