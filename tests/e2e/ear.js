/**
 * What a screen reader would be told, in window.heard: of a log what is added, of a status or an alert all of it when
 * anything in it changes. Shadow roots included; what is hidden from the tree, or live no
 * more, is left out.
 */
(() => {
  window.heard = [];
  const LIVE = "[role='log'], [role='status'], [role='alert'], [aria-live]";

  const spoken = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data;
    if (!(node instanceof Element) || node.getAttribute("aria-hidden") === "true") return "";
    if (getComputedStyle(node).display === "none") return "";
    return node.getAttribute("aria-label") ?? node.getAttribute("alt") ?? [...node.childNodes].map(spoken).join("");
  };
  const hiddenAbove = (node) => (node instanceof Element ? node : node.parentElement)?.closest("[aria-hidden='true']");
  const regionOf = (node) => (node instanceof Element ? node : node.parentElement)?.closest(LIVE) ?? null;
  const tell = (text) => {
    const said = text.replace(/\s+/gu, " ").trim();
    if (said) window.heard.push(said);
  };

  const hear = (records) => {
    const whole = new Set();
    const added = new Set();
    for (const { type, target, addedNodes } of records) {
      const region = regionOf(target);
      if (!region || region.getAttribute("aria-live") === "off" || hiddenAbove(target)) continue;
      if (region.getAttribute("role") !== "log") whole.add(region);
      else if (type === "childList") for (const node of addedNodes) if (node.isConnected) added.add(node);
    }
    // A node that came inside another one was told with it.
    for (const node of added) {
      let above = node.parentNode;
      while (above && !added.has(above)) above = above.parentNode;
      if (!above) tell(spoken(node));
    }
    for (const region of whole) if (region.isConnected) tell(spoken(region));
  };
  const listen = (root) => new MutationObserver(hear).observe(root, { subtree: true, childList: true, characterData: true });

  const attachShadow = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attachShadow.call(this, options);
    listen(root);
    return root;
  };
  listen(document);
})();
