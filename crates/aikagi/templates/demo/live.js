// A page that waits for something looks for it without coming anew: no key is lost, nothing is read out
// again, and who reads slowly is not sent back to its beginning.
"use strict";

/** Looks whether the page has become another one; a look that fails is made again. */
async function look(main) {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (answer.redirected) {
    location.replace(answer.url);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = page.querySelector("main");
  document.title = page.title;
  if (now.id !== main.id) {
    main.replaceWith(now);
    now.dispatchEvent(new Event("replaced", { bubbles: true }));
    return;
  }
  for (const part of main.querySelectorAll("[data-live]")) {
    part.textContent = now.querySelector(`#${part.id}`).textContent;
  }
  wait();
}

function wait() {
  const main = document.querySelector("main[data-seconds]");
  if (main === null) return;
  setTimeout(() => look(main).catch(wait), 1000 * Number(main.dataset.seconds));
}

wait();
