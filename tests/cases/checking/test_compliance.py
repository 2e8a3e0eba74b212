"""What may stand in a public reply or in a message to a patient."""

import random
import unicodedata
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checking.compliance import READ_AT_MOST, Level, blocked, check_private, check_public

PERSON, PHONE, EMAIL = "Ana Ruiz", "+12125550123", "ana@clinic.example"
CONTACT = f"Please reach {PERSON}, our clinical director, at (212) 555-0123 or {EMAIL}."
GOOD = f"Thank you for taking the time to write. We are sorry to read this. {CONTACT}"

# code, a sentence that must be stopped under that code
BLOCKED = [
    ("confirms_relationship", "Thank you for choosing our practice."),
    ("confirms_relationship", "We appreciate your recent visit to the office."),
    ("confirms_relationship", "We are sorry your appointment ran late."),
    ("confirms_relationship", "We have looked at our records and want to talk."),
    ("confirms_relationship", "Our records show that everything was in order."),
    ("confirms_relationship", "As we discussed, we will look into it."),
    ("confirms_relationship", "We see you were kept in the lobby."),
    ("confirms_relationship", "Please come back and see us."),
    ("confirms_relationship", "We have no record of you as a patient."),
    ("confirms_relationship", "You have never been a patient here."),
    ("confirms_relationship", "We couldn't find your name in our system."),
    ("confirms_relationship", "We do not have a patient by that name."),
    ("confirms_relationship", "You aren't one of our patients, so this is odd."),
    ("confirms_relationship", "You must be thinking of a different practice."),
    ("confirms_relationship", "Congratulations on your new arrival!"),
    ("confirms_relationship", "We're sorry you waited so long."),
    ("confirms_relationship", "It was a pleasure caring for you."),
    ("confirms_relationship", "We hope to see you again soon."),
    ("confirms_relationship", "When you were here, the phones were down."),
    ("confirms_relationship", "You are a valued patient and we are sorry."),
    ("confirms_relationship", "We wish you a speedy recovery."),
    ("confirms_relationship", "We apologize for making you wait."),
    ("confirms_relationship", "Dr. Vale saw you as quickly as possible."),
    ("confirms_relationship", "The care you received fell short."),
    ("confirms_relationship", "We can confirm that you are a patient of ours."),
    ("confirms_relationship", "Sorry about your experience at our office."),
    ("confirms_relationship", "Gracias por su visita."),
    ("confirms_relationship", "Lamentamos que su cita se retrasara."),
    ("confirms_relationship", "No tenemos ningún registro de usted."),
    ("confirms_relationship", "The doctor spent an hour with you."),
    ("confirms_relationship", "Nobody by that name has ever been seen here."),
    ("confirms_relationship", "We are sorry we could not get you in sooner."),
    ("names", "Dear Mrs. Larkspur, we are sorry."),
    ("names", "Hello Juniper, we are listening."),
    ("names", "Thank you, Juniper, for writing."),
    ("names", "Mr. Larkspur deserves better from us."),
    ("names", "Estimada Jacinta, gracias por escribir."),
    ("dates", "We read about what went on at 03/14/2024."),
    ("dates", "On March 3rd the office was very busy."),
    ("dates", "The day you came in on Tuesday was difficult."),
    ("dates", "You arrived at 3:40 pm, and we were full."),
    ("dates", "It was in early February 2023 and we were short of staff."),
    ("dates", "La clínica estaba llena el 3 de marzo."),
    ("treatment", "Your root canal was difficult."),
    ("treatment", "We prescribed an antibiotic at once."),
    ("treatment", "You were diagnosed with asthma."),
    ("treatment", "The crown we placed is under warranty."),
    ("treatment", "Your symptoms were taken seriously."),
    ("treatment", "Ozempic is not suitable for everybody."),
    ("treatment", "You needed an extraction and we explained it."),
    ("treatment", "Lamentamos que su endodoncia doliera."),
    ("insurance_billing", "Your insurance denied the request."),
    ("insurance_billing", "The $240 was a copay."),
    ("insurance_billing", "You still owe a balance."),
    ("insurance_billing", "Medicaid did not cover this."),
    ("insurance_billing", "Su seguro no lo cubre."),
    ("argues_facts", "That is simply not true."),
    ("argues_facts", "This isn't what happened."),
    ("argues_facts", "You were rude to our front desk."),
    ("argues_facts", "You failed to mention that we called twice."),
    ("argues_facts", "Your allegations are surprising."),
    ("argues_facts", "We strongly disagree with this review."),
    ("argues_facts", "Eso no es cierto."),
    ("argues_facts", "You canceled three times."),
    ("argues_facts", "We have video footage of that morning."),
    ("other_person", "Your daughter was very brave."),
    ("other_person", "Another patient had an emergency that morning."),
    ("other_person", "Su hijo fue muy valiente."),
    ("asks_removal", "Would you kindly consider updating your review?"),
    ("asks_removal", "Please take this review down."),
    ("asks_removal", "We hope you will reconsider your stars."),
    ("asks_removal", "If we make it right, could the rating be changed?"),
    ("asks_removal", "We would love for you to give us five stars."),
    ("asks_removal", "Le pedimos que elimine su reseña."),
    ("incentive", "Please accept a gift card with our apologies."),
    ("incentive", "We will gladly offer a full refund."),
    ("incentive", "The next one is a free cleaning."),
    ("incentive", "Le ofrecemos un descuento."),
    ("retaliation", "Our attorney will be in touch."),
    ("retaliation", "We will no longer treat you."),
    ("retaliation", "This is defamation."),
    ("retaliation", "Please find another dentist."),
    ("retaliation", "Hablaremos con nuestro abogado."),
    ("solicits_phi", "Please post your date of birth so we can look."),
    ("solicits_phi", "Tell us your symptoms below."),
    ("solicits_phi", "Reply with your full name and phone number."),
    ("solicits_phi", "Which doctor saw you?"),
]

# What reads alike and gives nothing away
SAFE = [
    "Privacy law prevents us from saying whether anyone is a patient.",
    "We cannot confirm or deny whether you are or were a patient here.",
    "We can't confirm that anyone is a patient of ours.",
    "Federal privacy rules keep us from discussing anything specific here.",
    "For privacy reasons we cannot respond in detail in public.",
    "If you are a patient, please call us.",
    "Please do not post any personal or health information here.",
    "Please call Dr. Root at extension 930.",
    "Our office is on April Lane.",
    "We are at 12 Crown Street, beside the park.",
    "Crown Street Dental takes every comment seriously.",
    "Ask for extension 3:30 if the line is busy.",
    "We answer the telephone Monday to Friday, 9 to 5.",
    "The line is open Monday through Friday from 8:30 am to 5:00 pm.",
    "We take long waits seriously.",
    "We strive to give every patient timely, kind attention.",
    "Anyone who contacts us will be heard.",
    "All patients deserve respect.",
    "We want to hear what happened and how we can do better.",
    "Feel free to call at any time.",
    "Thank you for your feedback and your honesty.",
    "We read each review and use it to improve how we work.",
    "We are sorry to learn of your frustration.",
    "Our team has added a second telephone line.",
    "We take questions about billing seriously.",
    "We would never ask anyone to change a review.",
    "This is not the standard we set for ourselves.",
    "Courtesy from the first phone call matters to us.",
    "You may call us on Monday.",
    "Our clinical director would like to listen.",
    "We have no excuse for discourtesy.",
    "It takes courage to speak up.",
    "We may have fallen short.",
    "We accept most insurance plans, and our office manager can explain them.",
    "Hello there, and thank you.",
    "Dear reviewer, we hear the concern.",
    "La ley de privacidad no nos permite confirmar si alguien es paciente.",
    "Gracias por escribirnos; lamentamos la molestia.",
    "We have shared the comment with the whole team.",
    "Thank you for bringing this to our attention.",
    "We are sorry to hear about your experience.",
    "Dr. April Crown leads our team and will listen.",
    "We are open Saturday, 10 to 12.",
    "Waiting rooms should be clean and calm.",
]

PRIVATE = [
    ("treatment", "Your biopsy result is in."),
    ("treatment", "How is your knee?"),
    ("asks_removal", "Would you update your review now?"),
    ("incentive", "Here is a voucher for the trouble."),
    ("retaliation", "Our lawyers have seen the post."),
    ("solicits_phi", "Please confirm your date of birth."),
]


def public(text, author="blue_kite", **more):
    return check_public(text, author=author, point_person=PERSON, phone=PHONE, email=EMAIL, **more)


def codes(findings, level=None):
    return {finding.code for finding in findings if level in (None, finding.level)}


@pytest.mark.parametrize(("code", "sentence"), BLOCKED)
def test_what_gives_somebody_away_is_blocked_under_its_code(code, sentence):
    findings = public(f"{GOOD} {sentence}")
    assert code in codes(findings, Level.BLOCK)
    assert blocked(findings)


@pytest.mark.parametrize("sentence", SAFE)
def test_what_gives_nothing_away_passes_in_silence(sentence):
    assert codes(public(f"{GOOD} {sentence}")) == set()


@pytest.mark.parametrize(("code", "sentence"), PRIVATE)
def test_a_message_to_a_patient_may_not_say(code, sentence):
    assert code in codes(check_private(sentence), Level.BLOCK)


def test_a_plain_message_to_a_patient_passes():
    assert check_private("This is Ana from the office. May we call about your visit?") == ()


def test_a_refund_may_be_settled_in_private_but_not_tied_to_a_review():
    assert not blocked(check_private("The refund is on its way."))
    assert blocked(check_private("We will refund it once you remove the post."))
    assert blocked(public("We will refund it."))


def test_a_good_reply_passes_in_silence():
    assert public(GOOD) == ()


def test_a_finding_marks_the_very_words_in_the_original():
    text = "So sorry.  “Your\u00a0re\u200bcent\n vi\u0455it” matters."
    (found,) = (f for f in public(text) if f.code == "confirms_relationship")
    assert found.words == text[found.start : found.end] == "Your\u00a0re\u200bcent\n vi\u0455it"
    assert found.as_dict()["span"] == [found.start, found.end]
    assert set(found.as_dict()) == {
        "code", "level", "span", "words", "why", "source", "instead"
    }  # fmt: skip


@pytest.mark.parametrize(("code", "sentence"), BLOCKED)
def test_each_finding_says_why_on_what_ground_and_what_instead(code, sentence):
    for found in public(sentence):
        assert found.why
        assert found.source
        assert found.instead
        assert found.words == sentence[found.start : found.end]


def test_the_public_handle_and_the_point_person_may_be_named():
    assert not blocked(public("Dear Juniper, thank you.", author="Juniper L."))
    assert blocked(public("Dear Juniper Larkspur, thank you.", author="J", names=["Larkspur"]))
    assert not blocked(check_public("Please ask for Mrs. Ruiz.", point_person="Ana Ruiz"))


def test_a_known_name_is_found_whole_or_in_part_unless_it_is_an_everyday_word():
    assert "names" in codes(public("We told larkspur so.", names=["Juniper Larkspur"]))
    assert "names" not in codes(public("A long wait is hard.", names=["Juniper Long"]))
    assert "names" in codes(public("We know Juniper Long.", names=["Juniper Long"]))


def test_a_clinical_word_counts_when_it_echoes_the_review():
    sentence = "We take questions about a filling seriously."
    assert not blocked(public(sentence))
    assert "treatment" in codes(public(sentence, review="My filling fell out!"))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("no_thanks", f"We are sorry. {CONTACT}"),
        ("no_apology", f"Thank you. {CONTACT}"),
        ("no_contact", "Thank you. We are sorry. Ask for Ana Ruiz at (212) 555-0123."),
        ("no_contact", GOOD.replace(PERSON, "somebody")),
        ("no_contact", GOOD.replace("0123", "0199")),
        ("too_long_reader", GOOD + " We want to do better." * 20),
        ("shouting", GOOD + " WE CARE SO MUCH."),
        ("shouting", GOOD + " Call us!!!"),
        ("defensive", GOOD + " We pride ourselves on kindness."),
        ("placeholder", GOOD + " Signed, [NAME]"),
        ("placeholder", GOOD + " Signed, {{ name }}"),
        ("placeholder", GOOD + " Signed, XXX"),
    ],
)
def test_what_weakens_a_reply_is_a_warning(code, text):
    findings = public(text)
    assert codes(findings) == {code}
    assert not blocked(findings)


def test_a_missing_contact_names_what_is_missing():
    (found,) = public("Thank you, we are sorry. Ana Ruiz, (212) 555-0123.")
    assert "e-mail" in found.why
    assert "telephone" not in found.why


@pytest.mark.parametrize(
    ("unit", "text", "fits"),
    [
        ("characters", "é" * 10, 10),
        ("bytes", "é" * 10, 20),
        ("weighted", "é" * 10, 10),
        ("weighted", "語" * 10, 20),
        ("weighted", "https://clinic.example/a/very/long/path/to/somewhere", 23),
    ],
)
def test_length_is_counted_the_platforms_way(unit, text, fits):
    assert "too_long_platform" not in codes(public(text, limit=fits, unit=unit))
    assert "too_long_platform" in codes(public(text, limit=fits - 1, unit=unit))


def test_what_exceeds_the_limit_is_marked():
    found = next(f for f in check_private("0123456789", limit=7) if f.code == "too_long_platform")
    assert (found.start, found.words) == (7, "789")


def verdict(text):
    return codes(public(text), Level.BLOCK)


def widened(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


SENTENCES = [sentence for _, sentence in BLOCKED] + SAFE


@given(st.sampled_from(SENTENCES), st.randoms(use_true_random=False))
def test_the_verdict_does_not_turn_on_how_it_is_written(sentence, chance: random.Random):
    plain = verdict(sentence)
    cased = "".join(chance.choice([str.upper, str.lower])(c) for c in sentence)
    spaced = sentence.replace(" ", chance.choice(["  ", "\n", "\u00a0", " \t ", "\u2003"]))
    hidden = "".join(c + chance.choice(["", "\u200b", "\u2060", "\u00ad"]) for c in sentence)
    shaped = [unicodedata.normalize(form, sentence) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    curly = sentence.replace("'", "’")
    for written in (cased, spaced, hidden, curly, widened(sentence), *shaped):
        assert verdict(written) == plain


@given(
    st.sampled_from(BLOCKED),
    st.lists(st.sampled_from(SAFE), max_size=4),
    st.lists(st.sampled_from(SAFE), max_size=4),
)
def test_a_blocking_sentence_stays_blocking_among_safe_ones(entry, before, after):
    code, sentence = entry
    assert code in verdict(" ".join([*before, sentence, *after]))


@given(st.text(max_size=200))
def test_any_text_gets_spans_that_lie_within_it(text):
    for found in (*public(text), *check_private(text, limit=5)):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.words == text[found.start : found.end]


@pytest.mark.parametrize(
    "filler",
    ["your ", "your recent ", "a", "a.", "a@", "a.b@", "1", "1 ", "1-", "[", "{{", "<a", "é ",
     "your visit. ", "do not share your ", "XX ", "$1", "whether you are ", "'a", "(212) ",
     "\u200b"],
)  # fmt: skip
def test_a_hundred_kilobytes_of_anything_still_find_the_sentence_at_the_end(filler):
    hostile = (filler * 100_000)[:100_000]
    sentence = " . We have no record of you as a patient."
    found = [f for f in public(hostile + sentence) if f.code == "confirms_relationship"]
    assert found[-1].end > len(hostile)


def test_the_middle_of_a_text_without_end_is_not_read_and_blocks():
    text = "We care. " * 10_000
    found = next(f for f in public(text) if f.code == "unread")
    assert found.level is Level.BLOCK
    assert len(text) - READ_AT_MOST == found.end - found.start
    assert "unread" in codes(check_private(text))
    assert "unread" not in codes(public(text[:READ_AT_MOST]))


def test_what_stands_after_the_unread_middle_is_found_where_it_stands():
    text = "We care. " * 10_000 + "Your crown came loose."
    found = next(f for f in public(text) if f.code == "treatment")
    assert found.words == text[found.start : found.end]
    assert found.start >= len(text) - 22


@pytest.mark.parametrize(
    "filler", ["\U0001d4d0é\u0456", "0123 -/(", "was you the ", "a@b.c,", "n't "]
)
def test_a_hostile_text_is_answered_in_a_tenth_of_a_second(filler: str):
    public("Your visit was on Monday.")
    began = process_time()
    public((filler * 100_000)[:100_000])
    assert process_time() - began < 0.2  # twice the goal: other work shares the machine


@pytest.mark.parametrize(
    "text",
    [
        "Please ask for our manager, Luis, at any time.",
        "Ruth, office manager, would like to listen.",
        "Our lobby was repainted in June.",
        "We never charge for asking a question.",
        "Recovery takes patience, and so does listening.",
        "You raised important points.",
        "Many people feel nervous before an MRI.",
    ],
)
def test_what_is_said_of_everybody_stays_silent(text: str):
    assert not blocked(public(text))


@pytest.mark.parametrize(
    "text",
    [
        "The reviewer left before being examined.",
        "She was given clear aftercare instructions.",
        "Keep icing it and the bruise will fade.",
        "It was coded as a specialist visit.",
        "Not one word of this is true.",
        "Everyone in the room heard you curse.",
        "Nuestro doctor le explicó las opciones.",
        "The pathology was benign.",
        "Grandma is a delight.",
    ],
)
def test_what_takes_somebody_we_know_for_granted_blocks(text: str):
    assert blocked(public(text))
