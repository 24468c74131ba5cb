// A keyboard on the screen, for who has a remote control and nothing else: OK in a field shows the characters it is made of,
// arrow keys go over them. The field names them (data-keys), its form says what the other keys are called. Only on a
// television; a field something is typed into stays what fields are.
"use strict";
(() => {
  if (!matchMedia("(min-width: 1900px)").matches) return;

  function key(text, pressed) {
    const one = document.createElement("button");
    one.type = "button";
    one.className = "button second";
    one.textContent = text;
    one.addEventListener("click", pressed);
    return one;
  }

  // What comes after the field in its form.
  function after(field) {
    const all = [...field.form.elements].filter((one) => one.type !== "hidden" && !one.closest(".keys"));
    return all[all.indexOf(field) + 1];
  }

  function give(field) {
    const { open, erase, done } = field.form.dataset;
    const board = document.createElement("div");
    board.className = "keys";
    board.hidden = true;
    board.setAttribute("role", "group");
    board.setAttribute("aria-label", field.labels[0].firstChild.textContent.trim());
    for (const letter of field.dataset.keys) board.append(key(letter, () => (field.value += letter)));
    board.append(
      key(erase, () => (field.value = field.value.slice(0, -1))),
      key(done, () => {
        board.hidden = true;
        after(field).focus();
      }),
    );
    field.after(board);
    // A television would show a keyboard of its own over this one.
    field.inputMode = "none";
    if (!field.placeholder) field.placeholder = open;
    let typed = false;
    field.addEventListener("input", () => (typed = true));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || typed) return;
      event.preventDefault();
      board.hidden = false;
      board.firstChild.focus();
      board.scrollIntoView({ block: "nearest" });
    });
  }

  for (const field of document.querySelectorAll("input[data-keys]")) give(field);
})();
