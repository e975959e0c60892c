/** Every state of every view of the widget. */

import type { Scenes } from "./scene.ts";

export const widgetScenes: Scenes = {};
