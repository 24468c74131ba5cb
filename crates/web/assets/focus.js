// Moves the focus to the nearest thing that can be pressed, in the direction of an arrow key: for a remote control, which
// has nothing else. Only where the screen is a television's or nothing points: at a desk, arrow keys scroll.
//
// What a person types in is left alone: left and right move within a text; the other two leave it, so that nobody is caught.
// A list is passed like all else, and changed by nobody who only passes: OK begins to choose in it, up and down choose, OK and
// every other key of a remote control end it. Without this script the tab key does the same in one line.
"use strict";
(() => {
  const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const wide = matchMedia("(min-width: 1900px)");
  const pointed = matchMedia("(any-pointer: fine), (any-pointer: coarse)");
  const pressed = "a[href], button, input:not([type=hidden]), select, textarea, summary";

  // Keys that end choosing; on a remote control the last ones are called back.
  const ends = ["Enter", "ArrowLeft", "ArrowRight", "Escape", "Backspace", "GoBack", "BrowserBack"];

  const all = () =>
    [...document.querySelectorAll(pressed)].filter((one) => !one.disabled && one.getClientRects().length > 0);

  // Whether the key belongs to what is typed in.
  function keeps(one, [across]) {
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

  // What a key does in a list; whether it did.
  function chooses(list, key) {
    if (!("choosing" in list.dataset)) {
      if (key === "Enter") list.dataset.choosing = "";
      return key === "Enter";
    }
    const step = steps[key];
    if (step && step[1] !== 0) {
      const open = [...list.options].filter((one) => !one.disabled);
      const next = open[open.indexOf(list.options[list.selectedIndex]) + step[1]];
      if (next) {
        next.selected = true;
        list.dispatchEvent(new Event("change", { bubbles: true }));
      }
      return true;
    }
    if (ends.includes(key)) delete list.dataset.choosing;
    return ends.includes(key);
  }

  // Where the keys begin: at what stands first on the page itself.
  function first() {
    const main = document.getElementById("main");
    const here = all();
    return here.find((one) => main && main.contains(one)) || here[0];
  }

  const moves = () => wide.matches || !pointed.matches;

  document.addEventListener("keydown", (event) => {
    if (!moves() || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const [step, from] = [steps[event.key], document.activeElement];
    const list = from instanceof HTMLSelectElement;
    // By itself a browser would change the list, or send its form.
    if (list && (step || chooses(from, event.key))) event.preventDefault();
    if (!step || (list && "choosing" in from.dataset && chooses(from, event.key))) return;
    const lost = !from || from === document.body || !document.contains(from);
    if (!lost && keeps(from, step)) return;
    const next = lost ? first() : nearest(from, step);
    const half = innerHeight / 2;
    // Nothing there: the page scrolls, the focus stays where it is.
    if (!next) return list ? scrollBy(0, step[1] * half) : undefined;
    event.preventDefault();
    // What lies between is read first, half a screen at a time.
    const there = next.getBoundingClientRect();
    if (!lost && step[1] > 0 && there.top > innerHeight + half) return scrollBy(0, half);
    if (!lost && step[1] < 0 && there.bottom < -half) return scrollBy(0, -half);
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  document.addEventListener("focusout", (event) => delete event.target.dataset.choosing);

  // Where the strip of pages is wider than the screen, the page one is on is in sight.
  const current = document.querySelector("nav.own [aria-current]");
  if (current) current.scrollIntoView({ block: "nearest", inline: "center" });

  // A page that opens on a television shows at once where the keys are.
  if (moves() && document.activeElement === document.body) {
    const begin = first();
    if (begin) begin.focus({ preventScroll: true });
  }
})();
