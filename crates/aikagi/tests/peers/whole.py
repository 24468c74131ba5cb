# Authlib's session for requests, with every client and every grant of ours. What it is told and how it
# says that a person is to open an address stands in tests/it/peers/scripts.rs.
import base64
import os
import sys
from urllib.parse import parse_qs, urlparse

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from cryptography.hazmat.primitives.serialization import (
    Encoding, NoEncryption, PrivateFormat, load_der_private_key)
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER, SITE, SECRET = (os.environ[name] for name in ("ISSUER", "SITE", "CLIENT_SECRET"))
discovery = requests.get(ISSUER + "/.well-known/openid-configuration").json()
assert discovery == requests.get(
    ISSUER.replace("/o/", "/.well-known/oauth-authorization-server/o/")).json(), "RFC 8414"
assert discovery["issuer"] == ISSUER
keys = KeySet.import_key_set(requests.get(discovery["jwks_uri"]).json())
TOKEN = discovery["token_endpoint"]
KEY = ECKey.import_key(
    load_der_private_key(base64.b64decode(os.environ["CLIENT_KEY"]), None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def browse(url):
    print("browse", url, flush=True)
    return sys.stdin.readline().strip()


def session(client, method, secret=SECRET):
    made = OAuth2Session(
        client, secret, token_endpoint_auth_method=method, scope="openid",
        redirect_uri=SITE + "/callback", code_challenge_method="S256", token_endpoint=TOKEN)
    if method == "private_key_jwt":
        made.register_client_auth_method(PrivateKeyJWT(TOKEN, alg="ES256"))
    return made


def sign_in(client, verifier=None):
    mine = base64.urlsafe_b64encode(os.urandom(48)).decode()
    url, state = client.create_authorization_url(
        discovery["authorization_endpoint"], code_verifier=mine, nonce="髙-" + mine)
    back = browse(url)
    assert parse_qs(urlparse(back).query)["iss"] == [ISSUER]
    token = client.fetch_token(
        TOKEN, authorization_response=back, state=state, code_verifier=verifier or mine)
    claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
    registry = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": client.client_id},
        nonce={"essential": True, "value": "髙-" + mine}, exp={"essential": True})
    registry.validate(claims)
    return token, claims


def refused(error, work):
    try:
        work()
    except OAuthError as got:
        assert got.error == error, got
    else:
        raise AssertionError(f"{error} expected")


clients = {
    "basic": session("basic", "client_secret_basic"),
    "post": session("post", "client_secret_post"),
    "signer": session("signer", "private_key_jwt", KEY),
    "app": session("app", "none", None),
}
for name, client in clients.items():
    token, claims = sign_in(client)
    person = client.get(discovery["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"] and person["operator"] == "OP0012", person
    newer = client.refresh_token(TOKEN, token["refresh_token"])
    assert newer["refresh_token"] != token["refresh_token"]
    assert client.get(discovery["userinfo_endpoint"]).json() == person
    newest = client.refresh_token(TOKEN, newer["refresh_token"])
    refused("invalid_grant", lambda: client.refresh_token(TOKEN, token["refresh_token"]))
    refused("invalid_grant", lambda: client.refresh_token(TOKEN, newest["refresh_token"]))

for name, method, secret in [
    ("basic", "client_secret_basic", SECRET),
    ("post", "client_secret_post", SECRET),
    ("signer", "private_key_jwt", KEY),
]:
    itself = session(name, method, secret)
    token = itself.fetch_token(TOKEN, grant_type="client_credentials", scope="decisions")
    assert token["scope"] == "decisions" and "refresh_token" not in token, token
    refused("invalid_scope", lambda: itself.fetch_token(
        TOKEN, grant_type="client_credentials", scope="sms"))
wrong = session("basic", "client_secret_basic", "a wrong secret of some length 0123456789")
refused("invalid_client", lambda: wrong.fetch_token(TOKEN, grant_type="client_credentials"))
refused("invalid_grant", lambda: sign_in(clients["app"], verifier="v" * 43))
print("done")
