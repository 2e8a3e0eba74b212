"""A folder stands in for a platform: reviews go in, replies come out, each once."""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cases.models import Source
from cases.ports import PlatformError, PublicReply, ReviewPlatform
from reviews.access import Access
from reviews.folder import Folder as RealFolder

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
REPLY = PublicReply("rep-1", "google", "g-1", "Thank you for telling us.")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path


def put(root, name, content):
    (root / "in" / name).write_text(content, encoding="utf-8")


def settle(root):
    """Let the files look as if nobody had touched them for a minute."""
    for path in (root / "in").iterdir():
        os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns - 60_000_000_000))


def Folder(root, platform="folder", zone="UTC"):
    source = Source(id="board", name="board", platform="folder", place=str(root))
    return RealFolder(source, Access("board", {"platform": platform, "zone": zone}))


def shown(folder):
    (page,) = folder.pages(LONG_AGO)
    return page.reviews


def fetched(folder):
    return {row.external_id: row for row in shown(folder)}


def replies(root):
    return sorted((root / "replies").iterdir())


def test_a_folder_is_a_review_platform(root):
    folder: ReviewPlatform = Folder(root)
    assert folder.name == "folder"
    assert (folder.can.pull, folder.can.reply, folder.can.look) == (True, True, True)


def test_every_kind_of_file_is_fetched_and_others_are_left_alone(root):
    put(root, "a.csv", "id,text\n1,Rude\n")
    put(root, "b.json", '[{"id": 2, "text": "Late"}]')
    put(root, "c.jsonl", '{"id": 3, "text": "Loud"}')
    put(root, "notes.txt", "text\nNot a review\n")
    put(root, ".half.csv", "text\nNot yet\n")
    put(root, "d.csv.part", "text\nNot yet\n")
    assert list(fetched(Folder(root))) == ["1", "2", "3"]


def test_rows_keep_their_platform_and_others_get_the_folders(root):
    put(root, "a.csv", "id,platform,text\n1,Twitter,Rude\n2,,Late\n")
    rows = fetched(Folder(root, "vitals"))
    assert (rows["1"].platform, rows["2"].platform) == ("x", "vitals")
    assert fetched(Folder(root))["2"].platform == "folder"


def test_a_later_file_overrides_an_earlier_one(root):
    put(root, "2026-11-02.csv", "id,text,rating\n1,Better now,4\n")
    put(root, "2026-11-01.csv", "id,text,rating\n1,Rude,1\n")
    assert fetched(Folder(root))["1"].text == "Better now"
    assert Folder(root).look("1").rating == Decimal(4)


def test_a_review_is_looked_at_as_it_stands_now(root):
    folder = Folder(root)
    put(root, "a.csv", "id,text\n1,Rude\n")
    assert folder.look("1").text == "Rude"
    put(root, "a.csv", "id,text\n1,Late\n")
    assert folder.look("1").text == "Late"


def test_a_change_shows_even_after_the_folder_was_read_and_remembered(root):
    folder = Folder(root)
    put(root, "a.csv", "id,text\n1,Rude\n")
    settle(root)
    first = folder.look("1")
    assert folder.look("1") is first
    put(root, "b.csv", "id,text\n1,Late\n")
    settle(root)
    assert folder.look("1").text == "Late"


@pytest.mark.parametrize("line", ["1", "yelp:1"])
def test_what_was_taken_down_is_gone(root, line):
    put(root, "a.csv", "id,platform,text\n1,yelp,Rude\n2,yelp,Late\n")
    (root / "gone.txt").write_text(f"\n{line}\n", encoding="utf-8")
    folder = Folder(root)
    assert folder.look("1") is None
    assert folder.look("never seen") is None
    assert list(fetched(folder)) == ["2"]


def test_one_id_on_two_platforms_is_two_reviews(root):
    put(root, "a.csv", "id,platform,text\n1,yelp,Rude\n1,vitals,Late\n")
    folder = Folder(root)
    assert [row.text for row in shown(folder)] == ["Rude", "Late"]
    assert folder.look("1", platform="vitals").text == "Late"
    with pytest.raises(PlatformError) as error:
        folder.look("1")
    assert error.value.code == "folder-ambiguous"


def test_a_folder_that_is_not_there_is_an_error_rather_than_no_reviews(tmp_path):
    for ask in (lambda: shown(Folder(tmp_path)), lambda: Folder(tmp_path).look("1")):
        with pytest.raises(PlatformError) as error:
            ask()
        assert (error.value.code, error.value.sent) == ("folder-missing", False)


def test_what_cannot_be_read_is_reported_and_keeps_nothing_else_out(root, caplog):
    put(root, "a.csv", "id,text,rating\n1,Rude,great\n2,Late,2\n")
    put(root, "b.json", '[{"id": 3')
    put(root, "c.csv", "id,text\n4,Loud\n")
    assert list(fetched(Folder(root))) == ["2", "4"]
    report = (root / "rejects" / "a.csv.csv").read_text(encoding="utf-8")
    assert "rating: 'great' is no number of stars" in report
    assert "broken JSON" in (root / "rejects" / "b.json.csv").read_text(encoding="utf-8")
    assert "a.csv: 1 rows could not be read" in caplog.text
    assert "Rude" not in caplog.text


def test_a_mended_file_is_no_longer_reported(root):
    put(root, "a.csv", "id,text,rating\n1,Rude,great\n")
    shown(Folder(root))
    put(root, "a.csv", "id,text,rating\n1,Rude,1\n")
    shown(Folder(root))
    assert list((root / "rejects").iterdir()) == []


def test_times_without_a_zone_are_read_in_the_folders(root):
    put(root, "a.csv", "id,text,date\n1,Rude,2026-11-05 10:00\n")
    (row,) = shown(Folder(root, zone="America/New_York"))
    assert row.posted_at == datetime(2026, 11, 5, 15, tzinfo=UTC)


def test_a_reply_is_published_as_one_file(root):
    published = Folder(root).publish(REPLY)
    (path,) = replies(root)
    assert (published.external_id, published.live) == ("rep-1", True)
    assert root / published.url == path
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["text"] == "Thank you for telling us."
    assert (content["platform"], content["external_id"]) == ("google", "g-1")


def test_the_same_reply_is_published_once(root):
    first = Folder(root).publish(REPLY)
    before = replies(root)[0].stat()
    assert Folder(root).publish(REPLY) == first
    assert replies(root)[0].stat().st_ino == before.st_ino
    assert replies(root)[0].stat().st_mtime_ns == before.st_mtime_ns


def test_another_reply_to_the_same_review_replaces_it(root):
    folder = Folder(root)
    first = folder.publish(REPLY)
    second = folder.publish(PublicReply("rep-2", "google", "g-1", "We called you today."))
    assert second.url == first.url
    (path,) = replies(root)
    assert json.loads(path.read_text(encoding="utf-8"))["text"] == "We called you today."


def test_a_late_repeat_does_not_bring_a_replaced_reply_back(root):
    folder = Folder(root)
    folder.publish(REPLY)
    folder.publish(PublicReply("rep-2", "google", "g-1", "We called you today."))
    repeat = folder.publish(REPLY)
    assert (repeat.external_id, repeat.live) == ("rep-1", False)
    assert "We called you today." in replies(root)[0].read_text(encoding="utf-8")


def test_one_reply_in_other_words_is_refused(root):
    folder = Folder(root)
    folder.publish(REPLY)
    with pytest.raises(PlatformError) as error:
        folder.publish(PublicReply("rep-1", "google", "g-1", "Something else."))
    assert (error.value.code, error.value.permanent) == ("folder-reply-differs", True)
    assert "Thank you" in replies(root)[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "strange", ["../../etc/x", "..", "a/b", "A" * 500, "日本", "", "nul\0", "a:b"]
)
def test_no_id_leads_out_of_the_folder(root, strange):
    published = Folder(root).publish(PublicReply("rep-1", "google", strange, "Thank you."))
    (path,) = replies(root)
    assert path == root / published.url
    assert path.suffix == ".json"


def test_ids_that_look_alike_do_not_share_a_file(root):
    folder = Folder(root)
    for n, strange in enumerate(("a/b", "a-b", "A-b", "a:b")):
        folder.publish(PublicReply(f"rep-{n}", "google", strange, "Thank you."))
    assert len({path.name.casefold() for path in replies(root)}) == 4


def test_a_reply_that_cannot_be_written_was_not_sent(root):
    (root / "replies").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(PlatformError) as error:
        Folder(root).publish(REPLY)
    assert (error.value.code, error.value.sent) == ("folder-write", False)


def test_a_damaged_reply_file_is_left_for_a_person(root):
    Folder(root).publish(REPLY)
    replies(root)[0].write_text('{"reply_id', encoding="utf-8")
    with pytest.raises(PlatformError) as error:
        Folder(root).publish(REPLY)
    assert (error.value.code, error.value.sent) == ("folder-reply-unreadable", None)
    assert replies(root)[0].read_text(encoding="utf-8") == '{"reply_id'


def test_a_write_cut_short_leaves_the_old_reply_and_no_litter(root, monkeypatch):
    folder = Folder(root)
    folder.publish(REPLY)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(PlatformError) as error:
        folder.publish(PublicReply("rep-2", "google", "g-1", "We called you today."))
    assert (error.value.code, error.value.sent) == ("folder-write", False)
    (path,) = replies(root)
    assert "Thank you" in path.read_text(encoding="utf-8")


def test_a_reply_is_asked_about_and_taken_back(root):
    put(root, "a.csv", "id,platform,text\ng-1,google,Rude\n")
    folder = Folder(root)
    folder.publish(REPLY)
    assert folder.state(REPLY).state == "live"
    folder.publish(PublicReply("rep-2", "google", "g-1", "We are sorry."))
    assert folder.state(REPLY).state == "pending"
    folder.delete_reply("g-1")
    with pytest.raises(PlatformError) as gone:
        folder.state(REPLY)
    assert gone.value.trouble == "gone"


def test_what_a_folder_cannot_do_it_says(root):
    for ask in (Folder(root).hide, Folder(root).block):
        with pytest.raises(PlatformError) as refused:
            ask("g-1")
        assert (refused.value.trouble, refused.value.permanent) == ("unsupported", True)
