"""What goes wrong in a panel that speaks Indonesian, whatever the magics speak."""

from __future__ import annotations

import pytest

from tests.notebook.test_errors_in_indonesian import english_in
from tests.panel.conftest import settled
from tests.panel.test_prompt import asked
from tests.panel.test_trust import mine as mine
from tests.panel.test_trust import section_of
from zg_jupyter.errors import BadInput
from zg_jupyter.notebook import language
from zg_jupyter.panel.start import Start
from zg_jupyter.panel.wallet import Wallet
from zg_jupyter.panel.words import Words


@pytest.fixture
def id_room(room, home):
    room.words = Words("id")
    return room


@pytest.fixture
def id_online(online):
    online.words = Words("id")
    return online


def test_a_prompt_to_a_model_that_nobody_has(id_online):
    section, said = asked(id_online, "hello", ("", "gpt-9"))
    assert section._line.kind == "error"
    assert "Tidak ada yang menawarkan model 'gpt-9' di sini." in said
    assert "Tidak ada biaya yang ditagih." in said
    assert not english_in(said)


def test_a_key_that_is_none(id_room):
    section = Start(id_room)
    section._use_key({"key": "hello"})
    said = settled(section._line)
    assert "Itu bukan kunci API" in said
    assert not english_in(said)


def test_a_deposit_of_more_than_there_is(id_online):
    id_online.client()
    section = Wallet(id_online)
    section.front = True
    moves = section._moves
    moves._kind.value = "deposit"
    moves._amount.value = "1000000000"
    moves._pressed()
    said = settled(moves._line)
    assert "tetapi diperlukan" in said
    assert not english_in(said)
    moves._amount.value = "1,5"
    moves._pressed()
    assert "Pakai titik sebelum desimal" in moves._fee.text
    assert not english_in(moves._fee.text)
    section.close()


def test_every_check_of_an_attestation_says_why(mine):
    mine.words = Words("id")
    section = section_of(mine)
    section._attested._rows.children[0].children[0].click()
    settled(section._attested._line)
    rows = section._attested._checks.rows
    assert rows
    assert not english_in(" ".join(f"{row['check']} {row['why']}" for row in rows))


def test_the_panel_speaks_its_language_and_not_that_of_the_magics(room):
    error = BadInput("The prompt is empty.", next_step="Try again.")
    language.speak("id")
    try:
        assert "Prompt-nya kosong." in str(error)
        assert room.words.error(error) == "The prompt is empty. Nothing was charged. Try again."
        assert room.words.error(error, charged=False) == "The prompt is empty. Try again."
    finally:
        language.speak("en")
    assert Words("id").error(error, charged=False) == "Prompt-nya kosong. Coba lagi."
    assert str(error) == "The prompt is empty. Nothing was charged. Try again."
