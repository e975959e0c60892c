/**
 * Show a typed password where it is wished, and say before it is sent that a new one is too short or not repeated.
 *
 * Without this script sign-in and set-up work as well: the server says the same.
 */

for (const button of document.querySelectorAll<HTMLButtonElement>(".wl-password > button")) {
  const input = button.previousElementSibling as HTMLInputElement;
  const show = (isShown: boolean): void => {
    input.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // A password manager saves what was a password.
  input.form?.addEventListener("submit", () => show(false));
}

/** Say what is wrong with a field below it; "" says that nothing is. */
function say(input: HTMLInputElement, fault: string): void {
  const place = document.getElementById(`${input.id}-fault`);
  if (!place?.lastElementChild) return;
  input.setAttribute("aria-invalid", String(fault !== ""));
  place.lastElementChild.textContent = fault;
  place.hidden = fault === "";
}

const form = document.querySelector<HTMLFormElement>("form[data-min]");
const [password, again] = form?.querySelectorAll<HTMLInputElement>(".wl-password > input") ?? [];
if (form && password && again) {
  const { min = "0", short = "", differ = "" } = form.dataset;
  const faults = (): readonly [HTMLInputElement, string][] => {
    const { length } = password.value;
    if (length < Number(min)) return [[password, short.replace("{has}", String(length))]];
    return password.value === again.value ? [] : [[again, differ]];
  };
  form.addEventListener("submit", (event) => {
    for (const field of [password, again]) say(field, "");
    for (const [field, fault] of faults()) {
      event.preventDefault();
      say(field, fault);
      field.focus();
    }
  });
  // What was wrong is corrected as one types; nothing new is blamed before it is sent.
  form.addEventListener("input", () => {
    const wrong = new Map(faults());
    for (const field of [password, again])
      if (field.getAttribute("aria-invalid") === "true") say(field, wrong.get(field) ?? "");
  });
}

export {}; // a module, whose names are its own
