# pip install authlib flask requests     (Authlib 1.6 or later)
import os
import secrets

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, redirect, request, session

SITE = os.environ["SITE"]  # https://vod.example.jp
site = Flask(__name__)
site.secret_key = secrets.token_bytes(32)  # in a real site: the same after a restart
site.config["SESSION_COOKIE_SAMESITE"] = "Lax"

aikagi = OAuth(site).register(
    "aikagi",
    server_metadata_url=os.environ["ISSUER"] + "/.well-known/openid-configuration",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={"scope": "openid", "code_challenge_method": "S256"},
)
tokens = {}  # by session; in a real site: a store that forgets after a while


@site.get("/")
def viewer():
    token = tokens.get(session.get("id"))
    if token is None:
        return aikagi.authorize_redirect(SITE + "/callback")
    return {**token["userinfo"], **aikagi.userinfo(token=token)}


@site.get("/callback")
def callback():
    if request.args.get("iss") != aikagi.load_server_metadata()["issuer"]:
        abort(400)  # an answer of somebody else; the library does not look (RFC 9207)
    token = aikagi.authorize_access_token()  # state, nonce and signature are verified here
    session["id"] = secrets.token_urlsafe()
    tokens[session["id"]] = token
    return redirect(SITE + "/")


@site.get("/refresh")
def refresh():
    token = tokens[session["id"]]
    new = aikagi.fetch_access_token(
        grant_type="refresh_token", refresh_token=token["refresh_token"])
    tokens[session["id"]] = {**token, **new}
    return viewer()


@site.get("/sign-out")
def sign_out():
    token = tokens.pop(session.pop("id"))
    return aikagi.logout_redirect(SITE + "/", id_token_hint=token["id_token"])


@site.errorhandler(AuthlibBaseError)
def refused(error):
    return f"refused: {error}", 400


if __name__ == "__main__":
    site.run("127.0.0.1", int(SITE.rsplit(":", 1)[1]))
