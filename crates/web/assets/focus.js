// Moves the focus to the nearest thing that can be pressed, in the direction of an arrow key: for a remote control, which
// has nothing else. Only where the screen is a television's or nothing points: at a desk, arrow keys scroll.
//
// What a person types or chooses in is left alone: left and right move within a text, up and down within a list; the other
// two leave it, so that nobody is caught. Without this script the tab key does the same in one line.
"use strict";
(() => {
  const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const wide = matchMedia("(min-width: 1900px)");
  const pointed = matchMedia("(any-pointer: fine), (any-pointer: coarse)");
  const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";

  const all = () =>
    [...document.querySelectorAll(pressed)].filter((one) => !one.disabled && one.getClientRects().length > 0);

  // Whether the key belongs to what is typed or chosen in.
  function keeps(one, [across]) {
    if (one instanceof HTMLSelectElement) return across === 0;
    if (one instanceof HTMLTextAreaElement) return true;
    if (!(one instanceof HTMLInputElement)) return false;
    const pressed = ["checkbox", "radio", "submit", "button"];
    return !pressed.includes(one.type) && across !== 0 && one.value !== "";
  }

  // How far `to` is, seen from `from` in the direction of the step; none when it is not there. To the side, only what stands
  // in the same line; above and below, what is not straight ahead is further away than it looks.
  function distance(from, to, [across, down]) {
    const along = across !== 0 ? ["left", "right"] : ["top", "bottom"];
    const beside = across !== 0 ? ["top", "bottom"] : ["left", "right"];
    const ahead = across + down > 0 ? to[along[0]] - from[along[1]] : from[along[0]] - to[along[1]];
    if (ahead < -1) return undefined;
    const aside = Math.max(0, to[beside[0]] - from[beside[1]], from[beside[0]] - to[beside[1]]);
    if (across !== 0 && aside > 0) return undefined;
    return Math.max(0, ahead) + 2 * aside;
  }

  function nearest(from, step) {
    const seen = from.getBoundingClientRect();
    let [best, least] = [undefined, Infinity];
    for (const one of all()) {
      if (one === from) continue;
      const far = distance(seen, one.getBoundingClientRect(), step);
      if (far !== undefined && far < least) [best, least] = [one, far];
    }
    return best;
  }

  // A list keeps up and down: the other two lead on as the tab key would.
  function beyond(from, [across]) {
    const here = all();
    return here[here.indexOf(from) + across];
  }

  // Where the keys begin: at what stands first on the page itself.
  function first() {
    const main = document.getElementById("main");
    const here = all();
    return here.find((one) => main && main.contains(one)) || here[0];
  }

  const moves = () => wide.matches || !pointed.matches;

  document.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || !moves() || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const from = document.activeElement;
    const lost = !from || from === document.body || !document.contains(from);
    if (!lost && keeps(from, step)) return;
    const leads = from instanceof HTMLSelectElement ? beyond : nearest;
    const next = lost ? first() : leads(from, step);
    // Nothing there: the page scrolls, the focus stays where it is.
    if (!next) return;
    event.preventDefault();
    // What lies between is read first, half a screen at a time.
    const there = next.getBoundingClientRect();
    const half = innerHeight / 2;
    if (!lost && step[1] > 0 && there.top > innerHeight + half) return scrollBy(0, half);
    if (!lost && step[1] < 0 && there.bottom < -half) return scrollBy(0, -half);
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  // Where the strip of pages is wider than the screen, the page one is on is in sight.
  const current = document.querySelector("nav.own [aria-current]");
  if (current) current.scrollIntoView({ block: "nearest", inline: "center" });

  // A page that opens on a television shows at once where the keys are.
  if (moves() && document.activeElement === document.body) {
    const begin = first();
    if (begin) begin.focus({ preventScroll: true });
  }
})();
