// Speaks to the browser of passkeys, on the sign-in page and on the page where a person keeps theirs. Asks our
// server what is wanted, hands that to the browser, and sends the answer with the page's own form. Without
// this script the form stays hidden and everything else works. Source: Web Authentication Level 3 §5.1.
"use strict";
(() => {
  const form = document.getElementById("passkey");
  if (!form || !window.PublicKeyCredential || !navigator.credentials) return;
  const making = form.dataset.kind === "new";
  const failed = document.getElementById("passkey-failed");
  const unsupported = document.getElementById("passkey-unsupported");

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function ask() {
    const body = new URLSearchParams({ proof: form.elements.proof.value });
    const answer = await fetch(form.dataset.ask, { method: "POST", body, credentials: "same-origin" });
    // Signed in too long ago: the page says so itself when it is loaded again.
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error("refused");
    const asked = await answer.json();
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const one of asked.excludeCredentials || []) one.id = bytes(one.id);
    for (const one of asked.allowCredentials || []) one.id = bytes(one.id);
    return asked;
  }

  function send(credential) {
    const response = {};
    const parts = making
      ? ["clientDataJSON", "attestationObject"]
      : ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
    for (const part of parts) {
      if (credential.response[part]) response[part] = text(credential.response[part]);
    }
    if (making && credential.response.getTransports) {
      response.transports = credential.response.getTransports();
    }
    form.elements.credential.value = JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
    form.submit();
  }

  // The browser offers passkeys while the person is about to type their login id.
  let waiting = null;
  async function offer() {
    const known = PublicKeyCredential.isConditionalMediationAvailable;
    if (!known || !(await known.call(PublicKeyCredential))) return;
    const publicKey = await ask();
    if (waiting === false) return;
    waiting = new AbortController();
    const { signal } = waiting;
    const mediation = "conditional";
    send(await navigator.credentials.get({ publicKey, mediation, signal }));
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (waiting) waiting.abort();
    waiting = false;
    failed.hidden = true;
    try {
      const publicKey = await ask();
      const store = navigator.credentials;
      send(await (making ? store.create({ publicKey }) : store.get({ publicKey })));
    } catch {
      failed.hidden = false;
    }
  });

  form.hidden = false;
  if (unsupported) unsupported.hidden = true;
  // Not again right after one was refused: the button is there.
  if (!making && !document.getElementById("message")) offer().catch(() => {});
})();
