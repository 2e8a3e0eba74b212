"""django-helpdesk with that many open tickets, some due; what it fires is a line of its history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fired import fire

_APPS = ("auth", "contenttypes", "sessions", "sites", "humanize", "admin", "messages")
_AT_ONCE = 2_000


def helpdesk(ground: Any, size: int) -> Callable[[], None]:
    """Return a run of `escalate_tickets`: one day to wait, no history yet."""
    url = ground.postgres()
    ground.prepare(lambda: _fill(url, ground.due, size))

    def run() -> None:
        _set_up(url)
        from django.core.management import call_command
        from django.db.models.signals import post_save
        from helpdesk.models import FollowUp

        post_save.connect(_note, sender=FollowUp, weak=False)
        call_command("escalate_tickets")

    return run


def _note(instance: Any, **_: Any) -> None:
    fire(instance.ticket_id)


def _set_up(url: str) -> None:
    import django
    from django.conf import settings

    at = urlsplit(url)
    folder = dict(part.split("=") for part in at.query.split("&") if part).get("host", at.hostname)
    settings.configure(
        INSTALLED_APPS=[*(f"django.contrib.{app}" for app in _APPS), "rest_framework", "helpdesk"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": at.path[1:],
                "USER": at.username,
                "PASSWORD": at.password or "",
                "HOST": folder,
                "PORT": at.port or "",
            }
        },
        USE_TZ=True,
        SITE_ID=1,
        SECRET_KEY="for this only",
        EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        ROOT_URLCONF=__name__,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        TEMPLATES=[
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ],
        HELPDESK_TEAMS_MODE_ENABLED=False,
    )
    django.setup()
    from django.urls import include, path

    urlpatterns.append(path("", include("helpdesk.urls", namespace="helpdesk")))


def _fill(url: str, due: int, size: int) -> None:
    from datetime import timedelta

    _set_up(url)
    from django.core.management import call_command
    from django.utils import timezone
    from helpdesk.models import Queue, Ticket

    call_command("migrate", verbosity=0)
    queue = Queue.objects.create(title="Reviews", slug="reviews", escalate_days=1)
    now = timezone.now()
    common = {"queue": queue, "submitter_email": "pat@mail.example", "priority": 3}
    for start in range(0, size, _AT_ONCE):
        some = range(start, min(start + _AT_ONCE, size))
        tickets = [Ticket(title=f"t{n}", created=now, modified=now, **common) for n in some]
        Ticket.objects.bulk_create(tickets)
    first = Ticket.objects.order_by("id").values_list("id", flat=True)[:due]
    Ticket.objects.filter(id__in=list(first)).update(created=now - timedelta(days=3))


urlpatterns: list[Any] = []
