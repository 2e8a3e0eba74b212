"""Signing in at X: an access token for two hours, and a refresh token that works once."""

from __future__ import annotations

from hashlib import sha256

import httpx

from cases.ports import PlatformError
from reviews import web
from reviews.access import Access
from reviews.wire import Raw, text

API = "https://api.x.com"


class SignIn:
    """One account's tokens, as every process that works on the record finds them."""

    def __init__(self, access: Access, http: httpx.Client) -> None:
        self.access, self.http = access, http

    def token(self, refused: str = "") -> str:
        """Return an access token other than the refused one. Raises PlatformError("x-auth")."""
        with self.access.lock:
            held = self._held()
            return held if held and held != refused else self._renewed()

    def _held(self) -> str:
        """Return the access token that came with the refresh token we have now, if it is kept."""
        mark, _, token = self.access.secret("access_token").get_secret_value().partition(" ")
        return token if mark == _mark(self.access.need("refresh_token")) else ""

    def _renewed(self) -> str:
        """Return a new access token. X takes a refresh token once: its heir is kept before use."""
        old = self.access.need("refresh_token")
        try:
            said = self._refresh(old)
        except PlatformError as error:
            held = self._held()
            if error.trouble == "auth" and held and self.access.need("refresh_token") != old:
                return held  # another process was quicker
            raise
        token, heir = text(said, "access_token"), text(said, "refresh_token") or old
        if not token:
            raise PlatformError("x-odd", "no access token in the answer")
        if heir != old:
            self.access.keep("refresh_token", heir)
            if self.access.need("refresh_token") != heir:
                raise PlatformError("x-token-not-kept", "the new refresh token was not kept")
        self.access.keep("access_token", f"{_mark(heir)} {token}")
        return token

    def _refresh(self, old: str) -> Raw:
        client = self.access.need("client_id")
        secret = self.access.secret("client_secret").get_secret_value()
        form = {"grant_type": "refresh_token", "refresh_token": old, "client_id": client}
        url = f"{self.access.base_url(API)}/2/oauth2/token"
        request = self.http.build_request("POST", url, data=form)
        if secret:
            request = next(httpx.BasicAuth(client, secret).auth_flow(request))
        return web.content(web.ask(self.http, request, "x", explain=_no_sign_in), "x")


def _no_sign_in(response: httpx.Response) -> PlatformError | None:
    if response.status_code in (400, 401, 403):
        return PlatformError("x-auth", "X gives no access for this refresh token")
    return None


def _mark(token: str) -> str:
    return sha256(token.encode()).hexdigest()[:16]
