"""A provider that is down is left alone, longer each time, and asked again."""

from datetime import timedelta

from cases.models import Circuit, Role
from cases.ports import ChannelError
from cases.talking import resting
from tests.builders import HOUR, MINUTE, T0, a_person, moment

BUSY = ChannelError("twilio-429")
OURS = ChannelError("twilio-20003", ours=True)


def a_circuit(**changes: object) -> Circuit:
    return Circuit(**{"id": "sms", "version": 1, **changes})


def test_a_channel_rests_longer_each_time() -> None:
    rests, circuit = list[timedelta](), None
    for _ in range(6):
        change = resting.tripped("sms", circuit, BUSY, moment())
        values = (change.adds or change.sets)[0].values
        rests.append(values["until"] - T0)
        circuit = a_circuit(failures=values["failures"], until=values["until"])
    assert rests == [n * MINUTE for n in (2, 5, 10, 15, 15, 15)]


def test_it_is_asked_again_when_its_rest_is_over() -> None:
    circuit = a_circuit(failures=1, until=T0 + 2 * MINUTE)
    assert resting.rests(circuit, T0 + MINUTE)
    assert not resting.rests(circuit, T0 + 2 * MINUTE)
    assert not resting.rests(None, T0)


def test_what_came_through_ends_the_count() -> None:
    values = resting.recovered(a_circuit(failures=4, until=T0), moment()).sets[0].values
    assert values == {"failures": 0, "until": None, "code": ""}


def test_one_bad_address_is_no_outage_and_neither_is_our_own_delay() -> None:
    assert not resting.is_outage(ChannelError("smtp-550", permanent=True))
    assert not resting.is_outage(ChannelError("lease"))
    assert resting.is_outage(ChannelError("timeout", sent=None))


def test_what_is_ours_to_mend_is_told_by_the_other_way() -> None:
    admin = a_person("alex", Role.ADMINISTRATOR, phone="+12125550111")
    texts = resting.tripped("sms", None, OURS, moment(), [admin])
    assert [(n["channel"], n["person_id"]) for n in texts.notices] == [("email", "alex")]
    mails = resting.tripped("email", None, OURS, moment(), [admin])
    assert [n["channel"] for n in mails.notices] == ["sms"]
    assert resting.tripped("sms", None, BUSY, moment(), [admin]).notices == []
    until = texts.adds[0].values["until"]
    assert until == T0 + HOUR
