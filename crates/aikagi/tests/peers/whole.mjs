// openid-client with every kind of client of ours.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { CLIENT_KEY, CLIENT_SECRET, PLATFORM, discover, refused, signIn } from "./peer.mjs";

const key = await crypto.subtle.importKey(
  "pkcs8", Buffer.from(CLIENT_KEY, "base64"), { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const clients = {
  basic: await discover("basic", oidc.ClientSecretBasic(CLIENT_SECRET)),
  post: await discover("post", oidc.ClientSecretPost(CLIENT_SECRET)),
  signer: await discover("signer", oidc.PrivateKeyJwt(key)),
  app: await discover("app", oidc.None()),
  // A service of all stations, at the platform's issuer: the person chooses the station there.
  everywhere: await discover("everywhere", oidc.ClientSecretBasic(CLIENT_SECRET), PLATFORM),
};

// Every way to prove who it is: sign-in, userinfo, refresh.
const subjects = new Set();
for (const [name, provider] of Object.entries(clients)) {
  const tokens = await signIn(provider);
  const { sub, aud, iss } = tokens.claims();
  assert.deepEqual([aud, iss], [name, provider.serverMetadata().issuer]);
  subjects.add(sub);
  const person = await oidc.fetchUserInfo(provider, tokens.access_token, sub);
  assert.equal(person.operator, "OP0012");
  await refused("OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED",
    oidc.fetchUserInfo(provider, tokens.access_token, "somebody-else"));
  const next = await oidc.refreshTokenGrant(provider, tokens.refresh_token);
  assert.equal(next.claims()?.sub ?? sub, sub);
  await oidc.fetchUserInfo(provider, next.access_token, sub);
}
assert.equal(subjects.size, 1, "clients of one sector know the person by one name");

// Without a person: who keeps a secret or a key gets a token, who keeps none does not.
for (const name of ["basic", "post", "signer", "everywhere"]) {
  const tokens = await oidc.clientCredentialsGrant(clients[name], { scope: "decisions" });
  assert.equal(tokens.scope, "decisions");
  await refused("invalid_scope", oidc.clientCredentialsGrant(clients[name], { scope: "sms" }));
}
await refused("unauthorized_client", oidc.clientCredentialsGrant(clients.app, {}));

// Another proof than the registered one is none.
const other = [
  ["basic", oidc.ClientSecretPost(CLIENT_SECRET)],
  ["basic", oidc.ClientSecretBasic("a wrong secret of some length 0123456789")],
  ["basic", oidc.None()],
  ["post", oidc.ClientSecretBasic(CLIENT_SECRET)],
  ["signer", oidc.ClientSecretBasic(CLIENT_SECRET)],
  ["app", oidc.ClientSecretBasic(CLIENT_SECRET)],
];
for (const [name, proof] of other) {
  const answer = oidc.clientCredentialsGrant(await discover(name, proof), {});
  await assert.rejects(answer, (got) => got.status === 401 || got.cause?.status === 401, name);
}

// A code is good once, with its verifier; a refresh token that was used and used again ends its family.
await refused("invalid_grant",
  signIn(clients.app, { verifier: oidc.randomPKCECodeVerifier() }));
const first = await signIn(clients.app);
const second = await oidc.refreshTokenGrant(clients.app, first.refresh_token);
const third = await oidc.refreshTokenGrant(clients.app, second.refresh_token);
await refused("invalid_grant", oidc.refreshTokenGrant(clients.app, first.refresh_token));
await refused("invalid_grant", oidc.refreshTokenGrant(clients.app, third.refresh_token));

// The browser is signed in: nobody is asked, unless the service wants it.
const before = (await signIn(clients.basic, { asked: { prompt: "none" } })).claims();
await refused("login_required", signIn(clients.basic, { asked: { prompt: "none", max_age: "0" } }));
const asked = { prompt: "login", max_age: "60", login_hint: "takahashi.hanako", ui_locales: "en ja" };
const after = (await signIn(clients.basic, { asked, checks: { maxAge: 60 } })).claims();
assert.equal(after.sub, before.sub);
assert.ok(after.auth_time >= before.auth_time, "truthful, and verified against max_age");

// What is not asked well is told to the service, in the word of the protocol.
await refused("unsupported_response_type", signIn(clients.basic, { asked: { response_type: "token" } }));
await refused("invalid_scope", signIn(clients.basic, { asked: { scope: "decisions" } }));
await refused("invalid_request", signIn(clients.basic, { asked: { code_challenge_method: "plain" } }));
console.log("done");
process.exit(0);
