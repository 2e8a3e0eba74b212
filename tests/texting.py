"""A practice whose telephone company can call it: texts put in as Twilio does, signed."""

from __future__ import annotations

import warnings
from typing import Any
from urllib.parse import urlsplit

from console.web.app import create_app
from tests.story import Story

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a newer httpx than the rest of us can have
    from starlette.testclient import TestClient

PUBLIC = "https://amends.elm.example"
IN = f"{PUBLIC}/hooks/twilio/sms"


def connect(story: Story, **more: Any) -> None:
    """Let the telephone company call the practice's console, as the proxy in front of it does."""
    story.settings = story.settings.model_copy(update={"public_url": PUBLIC, **more})
    story.phone.clock = lambda: story.now
    app = create_app(story.settings, story.store, clock=lambda: story.now)
    client = TestClient(app, "http://127.0.0.1:8000")

    def post(address: str, form: dict[str, str], signature: str) -> Any:
        return client.post(
            urlsplit(address).path, data=form, headers={"X-Twilio-Signature": signature}
        )

    story.phone.calls_back = post


def says(story: Story, words: str, number: str, **more: str) -> str:
    """Let somebody text us; return what Twilio is told to text back."""
    answer: Any = story.phone.text(IN, number, words, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.text)
