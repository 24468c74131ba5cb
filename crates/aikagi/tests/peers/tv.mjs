// openid-client as an application on a television: a code on the screen, confirmed on a phone.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { discover, person, refused } from "./peer.mjs";

const provider = await discover("tv", oidc.None());
const GRANT = "urn:ietf:params:oauth:grant-type:device_code";

function ask() {
  return oidc.initiateDeviceAuthorization(provider, {
    scope: "openid offline_access", device_model: "STB-9000 ㈱北浜", device_id: "0001c0ffee",
  });
}

// Confirmed while the television asks.
const shown = await ask();
assert.match(shown.user_code, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
assert.match(shown.confirmation_number, /^\d\d$/);
const polling = oidc.pollDeviceAuthorizationGrant(provider, shown);
await person("confirm", shown.verification_uri_complete, shown.confirmation_number);
const tokens = await polling;
const { sub, aud } = tokens.claims();
assert.equal(aud, "tv");
const viewer = await oidc.fetchUserInfo(provider, tokens.access_token, sub);
assert.equal(viewer.operator, "OP0012");
const next = await oidc.refreshTokenGrant(provider, tokens.refresh_token);
await oidc.fetchUserInfo(provider, next.access_token, sub);

// Asked before anybody confirmed, too often, with a code nobody gave, and after the viewer refused.
const refusedOne = await ask();
const redeem = (device_code) => oidc.genericGrantRequest(provider, GRANT, { device_code });
await refused("authorization_pending", redeem(refusedOne.device_code));
await refused("slow_down", redeem(refusedOne.device_code));
await refused("invalid_grant", redeem("of-somebody-else"));
await person("refuse", refusedOne.verification_uri_complete, refusedOne.confirmation_number);
await refused("access_denied", oidc.pollDeviceAuthorizationGrant(provider, refusedOne));
console.log("done");
process.exit(0);
