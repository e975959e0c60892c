/** Generated from chat_core/domain/settings.py by scripts/settings_types.py. */

import { AlarmsPage } from "./pages/alarms.tsx";
import { AnswersPage } from "./pages/answers.tsx";
import { BrandingPage } from "./pages/branding.tsx";
import { CannedPage } from "./pages/canned.tsx";
import { HoursPage } from "./pages/hours.tsx";
import { TeamsPage } from "./pages/teams.tsx";

export const SETTING_VIEWS = {
  canned: CannedPage,
  hours: HoursPage,
  answers: AnswersPage,
  alarms: AlarmsPage,
  teams: TeamsPage,
  branding: BrandingPage,
};
