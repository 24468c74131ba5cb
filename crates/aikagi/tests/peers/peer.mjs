// What the scripts with openid-client share: where the provider is, and a person with a browser.
// How they speak with the test stands in tests/it/peers/scripts.rs.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import * as oidc from "openid-client";

export const { ISSUER, PLATFORM, CLIENT_SECRET, CLIENT_KEY, SITE } = process.env;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// Lets the person do something and answers the address where the browser is afterwards.
export async function person(verb, ...words) {
  console.log([verb, ...words].join(" "));
  return new URL((await answers.next()).value);
}

export function discover(id, proof, issuer = ISSUER) {
  return oidc.discovery(new URL(issuer), id, undefined, proof);
}

// Signs a person in and redeems the code.
export async function signIn(provider, { verifier, checks, asked, options } = {}) {
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const expectedState = oidc.randomState();
  const expectedNonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(provider, {
    redirect_uri: `${SITE}/callback`,
    scope: "openid",
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    ...asked,
  });
  const back = await person("browse", url);
  return oidc.authorizationCodeGrant(provider, back, {
    pkceCodeVerifier: verifier ?? pkceCodeVerifier, expectedState, expectedNonce, ...checks,
  }, undefined, options);
}

// What we refuse, in the word of the protocol.
export async function refused(error, promise) {
  await assert.rejects(promise, (got) => {
    assert.equal(got.error ?? got.code, error, `${got.stack} ${JSON.stringify(got.cause)}`);
    return true;
  });
}
