/** `@wattline/widget/vue`: the chat's button as a component. */

import { defineComponent, onBeforeUnmount, onMounted, type PropType, watch } from "vue";
import type { Told } from "../widget/api.ts";
import { type Listeners, type Mounted, mountWidget, type Rating, type WidgetOptions } from "./widget.ts";

/** Shows the chat while it is mounted. Draws nothing itself: the chat has its own element in the page's body. */
export const Wattline = defineComponent({
  name: "Wattline",
  props: {
    url: { type: String, required: true },
    identity: { type: String as PropType<string | null>, default: null },
    identityUrl: { type: String, default: undefined },
    worker: { type: String, default: undefined },
    lang: { type: String as PropType<WidgetOptions["lang"]>, default: undefined },
    theme: { type: String as PropType<WidgetOptions["theme"]>, default: undefined },
  },
  emits: {
    ready: (_: Told["ready"]) => true,
    unread: (_: Told["unread"]) => true,
    open: (_: Told["open"]) => true,
    period: (_: Told["period"]) => true,
    message: (_: Told["message"]) => true,
    rated: (_: Rating) => true,
  },
  setup(props, { emit }) {
    const listeners: Listeners = {
      onReady: (value) => emit("ready", value),
      onUnread: (value) => emit("unread", value),
      onOpen: (value) => emit("open", value),
      onPeriod: (value) => emit("period", value),
      onMessage: (value) => emit("message", value),
      onRated: (value) => emit("rated", value),
    };
    let mounted: Mounted | null = null;
    onMounted(() => {
      mounted = mountWidget({ ...props } as WidgetOptions, () => listeners);
    });
    watch(
      () => [props.identity, props.lang, props.theme],
      () => mounted?.update({ ...props } as WidgetOptions),
    );
    onBeforeUnmount(() => mounted?.unmount());
    return () => null;
  },
});
