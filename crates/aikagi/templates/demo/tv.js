// The television's page: arrow keys move the focus and never lose it.
"use strict";
const things = () => [...document.querySelectorAll("a[href], button")];

/** Focus is always on something. */
function hold() {
  if (!things().includes(document.activeElement)) {
    (document.querySelector("[autofocus]") ?? things()[0])?.focus();
  }
}

/** How far `to` lies ahead of `from`, and how far aside; nothing: it does not lie there. */
const ahead = {
  ArrowLeft: (from, to) => sideways(from, to, from.left - to.right),
  ArrowRight: (from, to) => sideways(from, to, to.left - from.right),
  ArrowUp: (from, to) => upright(from, to, from.top - to.bottom),
  ArrowDown: (from, to) => upright(from, to, to.top - from.bottom),
};

/** Left and right stay in the row. */
function sideways(from, to, distance) {
  const sameRow = to.top < from.bottom && from.top < to.bottom;
  return sameRow && distance >= 0 ? [distance, 0] : null;
}

/** Up and down go to the next row, there to what is nearest. */
function upright(from, to, distance) {
  const aside = Math.max(0, to.left - from.right, from.left - to.right);
  return distance >= 0 ? [distance, aside] : null;
}

function move(way) {
  const from = document.activeElement.getBoundingClientRect();
  let best = null;
  let least = null;
  for (const thing of things()) {
    const cost = way(from, thing.getBoundingClientRect());
    const nearer = cost && (!least || cost[0] < least[0] || (cost[0] === least[0] && cost[1] < least[1]));
    if (nearer) {
      [best, least] = [thing, cost];
    }
  }
  best?.focus();
}

document.addEventListener("keydown", (event) => {
  const way = ahead[event.key];
  if (way === undefined) return;
  event.preventDefault();
  hold();
  move(way);
});
document.addEventListener("focusout", () => setTimeout(hold));

document.addEventListener("replaced", hold);

hold();
