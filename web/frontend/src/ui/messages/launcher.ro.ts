import type { launcher as english } from "./launcher.en.ts";
import type { Like } from "./like.ts";
import { count } from "./words.ro.ts";

export const launcher: Like<typeof english> = {
  open: "Deschide discuția cu asistența",
  openUnread: (n) => `Deschide discuția cu asistența, ${count(n, "mesaj necitit", "mesaje necitite")}`,
  startFailed: "Discuția nu a putut porni. Încercați din nou în câteva momente.",
};
