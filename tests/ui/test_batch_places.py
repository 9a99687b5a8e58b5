"""Which folders the page may choose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.ui.batch_places import NotAllowed, check, complete, roots
from tests.refusals import refused


@pytest.fixture
def settings(tmp_path, monkeypatch):
    for name in ("home", "here", "data", "more", "elsewhere"):
        (tmp_path / name / "Pictures" / "2024").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("FORENSICS_ROOTS", str(tmp_path / "more"))
    monkeypatch.chdir(tmp_path / "here")
    return Settings(data_dir=tmp_path / "data")


def test_home_data_current_and_named_folders_are_allowed(settings, tmp_path):
    for name in ("home", "here", "data", "more"):
        assert check(settings, str(tmp_path / name / "Pictures")) == (tmp_path / name / "Pictures").resolve()
    assert check(settings, "~/Pictures") == (tmp_path / "home" / "Pictures").resolve()


@pytest.mark.parametrize("typed", ["../elsewhere", "../here/../elsewhere/Pictures", "../nothing", os.path.abspath(os.sep)])
def test_outside_is_refused_alike_whether_or_not_it_exists(settings, typed):
    with refused(NotAllowed, "opens only folders in"):
        check(settings, typed)


def test_a_neighbour_with_the_same_beginning_is_outside(settings, tmp_path):
    (tmp_path / "home2").mkdir()
    with pytest.raises(NotAllowed):
        check(settings, str(tmp_path / "home2"))


@pytest.mark.skipif(os.name != "posix", reason="making links needs rights on Windows")
def test_a_link_that_leads_out_is_outside(settings, tmp_path):
    (tmp_path / "home" / "way out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotAllowed):
        check(settings, str(tmp_path / "home" / "way out"))
    assert str(tmp_path / "home" / "way out") not in complete(settings, str(tmp_path / "home") + os.sep)


def test_a_file_or_nothing_is_no_folder(settings, tmp_path):
    (tmp_path / "home" / "a.txt").write_text("a")
    for name in ("a.txt", "nothing"):
        with refused(ForensicsError, "There is no folder"):
            check(settings, str(tmp_path / "home" / name))
    for typed in ("", "  ", "a\0b"):
        with pytest.raises(ForensicsError):
            check(settings, typed)


def test_where_other_machines_reach_the_app_no_folder_is(settings, tmp_path):
    open_to_others = Settings(data_dir=settings.data_dir, host="0.0.0.0")
    assert roots(open_to_others) == [] and complete(open_to_others, str(tmp_path / "home") + os.sep) == []
    with refused(NotAllowed, "other machines"):
        check(open_to_others, str(tmp_path / "home"))


def test_a_program_started_from_the_top_does_not_offer_the_machine(settings, monkeypatch):
    monkeypatch.chdir(Path(os.path.abspath(os.sep)))
    assert Path(os.path.abspath(os.sep)) not in roots(settings)


def test_completion_offers_what_begins_like_the_words_and_nothing_hidden(settings, tmp_path):
    (tmp_path / "home" / "Places").mkdir()
    (tmp_path / "home" / ".secret").mkdir()
    home = (tmp_path / "home").resolve()
    assert complete(settings, f"{home}{os.sep}") == [str(home / "Pictures"), str(home / "Places")]
    assert complete(settings, f"{home}{os.sep}pIc") == [str(home / "Pictures")]
    assert complete(settings, str(tmp_path / "elsewhere") + os.sep) == []
    assert str(home) in complete(settings, "")
