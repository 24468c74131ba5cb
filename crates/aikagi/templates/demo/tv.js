// Arrow keys move the focus to the nearest thing in their direction, and never lose it.
"use strict";
const things = () => [...document.querySelectorAll("a[href], button")];
const middle = (box) => [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
const along = {
  ArrowLeft: ([x, y]) => [-x, y],
  ArrowRight: ([x, y]) => [x, y],
  ArrowUp: ([x, y]) => [-y, x],
  ArrowDown: ([x, y]) => [y, x],
};

function hold() {
  if (!things().includes(document.activeElement)) {
    (document.querySelector("[autofocus]") ?? things()[0])?.focus();
  }
}

function move(way) {
  const from = middle(document.activeElement.getBoundingClientRect());
  let best = null;
  let least = Infinity;
  for (const thing of things()) {
    const to = middle(thing.getBoundingClientRect());
    const [ahead, aside] = way([to[0] - from[0], to[1] - from[1]]);
    const cost = ahead + 3 * Math.abs(aside);
    if (ahead > 1 && cost < least) {
      [best, least] = [thing, cost];
    }
  }
  best?.focus();
}

document.addEventListener("keydown", (event) => {
  const way = along[event.key];
  if (way === undefined) return;
  event.preventDefault();
  hold();
  move(way);
});
document.addEventListener("focusout", () => setTimeout(hold));
hold();
