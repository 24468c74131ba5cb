# Authlib as an application on a television: a code on the screen, confirmed on a phone.
import os
import sys
import time

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

ISSUER = os.environ["ISSUER"]
discovery = requests.get(ISSUER + "/.well-known/openid-configuration").json()
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
assert GRANT in discovery["grant_types_supported"]
shown = requests.post(
    discovery["device_authorization_endpoint"],
    {"client_id": "tv", "scope": "openid", "device_model": "STB-9000"}).json()
tv = OAuth2Session("tv", token_endpoint_auth_method="none")
confirmed = False
while True:
    try:
        token = tv.fetch_token(
            discovery["token_endpoint"], grant_type=GRANT, device_code=shown["device_code"])
        break
    except OAuthError as waiting:
        assert waiting.error == "authorization_pending", waiting
    if not confirmed:
        print("confirm", shown["verification_uri_complete"], shown["confirmation_number"], flush=True)
        sys.stdin.readline()
        confirmed = True
    time.sleep(shown["interval"])
assert confirmed, "never without the viewer"
assert tv.get(discovery["userinfo_endpoint"]).json()["operator"] == "OP0012"
print("done")
