/** The emoji that an agent can choose; any other one can be typed or pasted. */
export const EMOJI = [..."🙂😊😀😉🙏👍👎👌👏💪🎉✅❌⚠❗❓⚡💡🔌🔋🔧🏠🌡☀🌙❄📷📄📅📞⏰💶"] as const;
