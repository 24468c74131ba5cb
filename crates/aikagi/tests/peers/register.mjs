// A site that registers itself with openid-client, signs somebody in, and leaves again.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { ISSUER, SITE, refused, signIn } from "./peer.mjs";

const { INITIAL_TOKEN } = process.env;
const wanted = {
  client_name: "㈱髙橋の動画",
  redirect_uris: [`${SITE}/callback`],
  grant_types: ["authorization_code", "refresh_token"],
  token_endpoint_auth_method: "client_secret_post",
};
const register = (metadata, initialAccessToken) =>
  oidc.dynamicClientRegistration(new URL(ISSUER), metadata, undefined, { initialAccessToken });

await assert.rejects(register(wanted, "guessed"));
await refused("invalid_redirect_uri",
  register({ ...wanted, redirect_uris: ["http://vod.example.jp/cb"] }, INITIAL_TOKEN));
await refused("invalid_client_metadata", register({ ...wanted, scope: "sms" }, INITIAL_TOKEN));

const provider = await register(wanted, INITIAL_TOKEN);
const mine = provider.clientMetadata();
assert.equal(mine.client_secret_expires_at, 0);
const tokens = await signIn(provider);
assert.ok(tokens.claims().sub);
assert.ok((await oidc.refreshTokenGrant(provider, tokens.refresh_token)).access_token);
await assert.rejects(register(wanted, INITIAL_TOKEN), "one use is one client");

const manage = (method) => fetch(mine.registration_client_uri, {
  method, headers: { authorization: `Bearer ${mine.registration_access_token}` },
});
assert.equal((await (await manage("GET")).json()).client_id, mine.client_id);
assert.equal((await manage("DELETE")).status, 204);
await refused("OAUTH_WWW_AUTHENTICATE_CHALLENGE",
  oidc.refreshTokenGrant(provider, tokens.refresh_token));
console.log("done");
process.exit(0);
