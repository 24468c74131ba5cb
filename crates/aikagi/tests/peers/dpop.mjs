// openid-client with tokens bound to a key, where every proof answers a word of ours.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { CLIENT_SECRET, ISSUER, discover, refused, signIn } from "./peer.mjs";

const provider = await discover("bound", oidc.ClientSecretBasic(CLIENT_SECRET));
const holder = () => oidc.randomDPoPKeyPair().then((pair) => oidc.getDPoPHandle(provider, pair));
const DPoP = await holder();

// The library is refused once, takes the word and repeats the call.
const tokens = await signIn(provider, { options: { DPoP } });
assert.equal(tokens.token_type, "dpop");
const { sub } = tokens.claims();
const person = await oidc.fetchUserInfo(provider, tokens.access_token, sub, { DPoP });
assert.equal(person.operator, "OP0012");
const next = await oidc.refreshTokenGrant(provider, tokens.refresh_token, undefined, { DPoP });
assert.equal(next.token_type, "dpop");
const own = await oidc.clientCredentialsGrant(provider, { scope: "decisions" }, { DPoP });
assert.equal(own.token_type, "dpop");

// Without a proof it gets nothing, and with another key the token is worth nothing.
await refused("invalid_dpop_proof", oidc.clientCredentialsGrant(provider, { scope: "decisions" }));
await assert.rejects(
  oidc.fetchUserInfo(provider, next.access_token, sub, { DPoP: await holder() }));
const answer = await fetch(`${ISSUER}/userinfo`, {
  headers: { authorization: `Bearer ${next.access_token}` },
});
assert.equal(answer.status, 401);
await oidc.fetchUserInfo(provider, next.access_token, sub, { DPoP });
console.log("done");
process.exit(0);
