// npm install openid-client     (version 6, Node 20 or later)
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import * as oidc from "openid-client";

const { ISSUER, CLIENT_ID, CLIENT_SECRET, SITE } = process.env;   // SITE=https://vod.example.jp
const provider = await oidc.discovery(
  new URL(ISSUER), CLIENT_ID, undefined, oidc.ClientSecretBasic(CLIENT_SECRET));
const sessions = new Map();       // in a real site: a store that forgets after a while

async function signIn(session) {
  session.pending = {
    expectedState: oidc.randomState(),
    expectedNonce: oidc.randomNonce(),
    pkceCodeVerifier: oidc.randomPKCECodeVerifier(),
  };
  return oidc.buildAuthorizationUrl(provider, {
    redirect_uri: `${SITE}/callback`,
    scope: "openid",
    state: session.pending.expectedState,
    nonce: session.pending.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(session.pending.pkceCodeVerifier),
    code_challenge_method: "S256",
  });
}

async function callback(session, url) {
  const { pending } = session;
  delete session.pending;         // an answer is good for one sign-in
  session.tokens = await oidc.authorizationCodeGrant(provider, url, pending);
  session.viewer = session.tokens.claims();
}

async function refresh(session) {
  session.tokens = await oidc.refreshTokenGrant(provider, session.tokens.refresh_token);
}

function signOut(session) {
  return oidc.buildEndSessionUrl(provider, {
    id_token_hint: session.tokens.id_token,
    post_logout_redirect_uri: `${SITE}/`,
  });
}

async function viewer({ tokens, viewer }) {
  return { ...viewer, ...await oidc.fetchUserInfo(provider, tokens.access_token, viewer.sub) };
}

createServer(async (request, response) => {
  const url = new URL(request.url, SITE);
  let [, id] = /(?:^|; )site=([^;]+)/.exec(request.headers.cookie ?? "") ?? [];
  if (!sessions.has(id)) {
    sessions.set(id = randomUUID(), {});
    response.setHeader("set-cookie", `site=${id}; HttpOnly; SameSite=Lax; Path=/`);
  }
  const session = sessions.get(id);
  const goTo = (to) => response.writeHead(303, { location: to }).end();
  try {
    if (url.pathname === "/callback") {
      await callback(session, url);
      return goTo(`${SITE}/`);
    }
    if (!session.tokens) return goTo((await signIn(session)).href);
    if (url.pathname === "/refresh") await refresh(session);
    if (url.pathname === "/sign-out") {
      sessions.delete(id);
      return goTo(signOut(session).href);
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(await viewer(session)));
  } catch (error) {
    response.writeHead(400).end(`refused: ${error.message} ${error.cause?.message ?? ""}`);
  }
}).listen(new URL(SITE).port, "127.0.0.1");
