"""Every platform says what it can do, and how a person does the rest."""

from urllib.parse import urlsplit

import pytest

from cases.arriving.sources import as_data, probed
from cases.models import Review, Source
from cases.ports import Capabilities
from reviews import (
    capabilities,
    connect,
    guide,
    kind_of,
    modules,
    sources_can_have,
    way_out,
)
from tests.builders import T0

BY_HAND = ("healthgrades", "ratemds", "vitals", "webmd")


def a_review(**changes: object) -> Review:
    usual = {"id": "r", "platform": "google", "external_id": "1", "clinic_id": "elm", "seen_at": T0}
    return Review(**{**usual, **changes})


def a_source(source_id: str, platform: str = "google", **changes: object) -> Source:
    return Source(id=source_id, name=source_id, platform=platform, place="x", **changes)


@pytest.mark.parametrize("name", sorted(modules()))
def test_each_platform_says_what_it_can_do_and_how_a_person_does_the_rest(name: str) -> None:
    can, way = modules()[name].CAN, guide(name)
    assert isinstance(can, Capabilities)
    assert can.reply_limit > 0
    assert can.reply == (can.reply and kind_of(name) is not None)
    assert way.steps
    assert way.report_steps
    for address in (way.home, way.report_url):
        assert not address or urlsplit(address).scheme == "https"


@pytest.mark.parametrize("name", BY_HAND)
def test_where_no_program_gets_in_no_source_can_be_connected(name: str) -> None:
    assert name not in sources_can_have()
    assert not modules()[name].CAN.named()
    with pytest.raises(ValueError, match="is none of"):
        connect(a_source("s", name))


def test_the_link_is_the_review_s_where_it_is_the_platform_s_own() -> None:
    own = "https://www.healthgrades.com/physician/dr-x#reviews"
    assert guide("healthgrades").deep_link(a_review(url=own)) == own
    for other in ("https://healthgrades.com.evil.example/x", "http://healthgrades.com/x", ""):
        assert guide("healthgrades").deep_link(a_review(url=other)) == guide("healthgrades").home


def test_a_review_is_answered_where_it_came_from() -> None:
    other, mine = a_source("a"), a_source("b")
    assert way_out(a_review(source_id="b"), [other, mine]) is mine


def test_a_review_from_a_mail_is_answered_by_its_clinic_s_own_source() -> None:
    mail, elm, oak = a_source("m", "mail"), a_source("e", clinic_id="elm"), a_source("o")
    oak.clinic_id = "oak"
    assert way_out(a_review(source_id="m"), [mail, oak, elm]) is elm
    assert way_out(a_review(source_id="m"), [mail, oak]) is None


def test_what_was_probed_goes_before_what_the_file_says() -> None:
    source = a_source("f", "folder", can={"reply": False})
    assert not capabilities(a_review(platform="folder"), [source]).reply
    assert capabilities(a_review(platform="folder"), [a_source("f", "folder")]).reply


def test_capabilities_come_back_from_the_record_as_they_were() -> None:
    can = Capabilities(reply=True, keep_text=T0 - T0.replace(day=1), note="Mind the gap.")
    assert probed(as_data(can), Capabilities()) == can
    assert probed({"flies": True}, can) == can  # of another version
