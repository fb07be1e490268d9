"""Sentences found again in a catalogue: whole, one by one, and in each other's values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zg_jupyter.errors import BadInput, ContractReverted, ZgError
from zg_jupyter.notebook import indonesian
from zg_jupyter.notebook.translate import MOST_CHARACTERS, Translator

CATALOGUE = {
    "Nothing was charged.": "Tidak ada biaya.",
    "Provider {} was silent for {} s.": "Selama {1} dtk penyedia {0} diam.",
    "Provider {} refused: {}.": "Penyedia {0} menolak: {1}.",
    "Provider {} refused.": "Penyedia {0} menolak.",
    "Trying {} instead.": "Mencoba {0}.",
    "the key has ended": "kuncinya berakhir",
    "It is not there.": "Itu tidak ada.",
    "Run: %zg deposit {}": "Jalankan: %zg deposit {0}",
    "Or wait.": "Atau tunggu.",
    "{} is damaged.": "{0} rusak.",
    "{}: {} are left": "{0}: sisa {1}",
    "Write {{ and }} for braces.": "Tulis {{ dan }} untuk kurung.",
    "nothing": "tidak ada",
    "Recorded: {}": "Direkam: {0}",
}
say = Translator(lambda: CATALOGUE)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("Nothing was charged.", "Tidak ada biaya."),
        ("Provider A was silent for 3 s.", "Selama 3 dtk penyedia A diam."),
        # The line that has more of the words.
        ("Provider A refused: no.", "Penyedia A menolak: no."),
        # One after the other, in any number; full stops in a value end nothing.
        (
            "Provider A. Lovelace was silent for 3 s. Trying B instead. Nothing was charged.",
            "Selama 3 dtk penyedia A. Lovelace diam. Mencoba B. Tidak ada biaya.",
        ),
        (
            "Provider A refused: no. Provider B refused: no.",
            "Penyedia A menolak: no. Penyedia B menolak: no.",
        ),
        # A command has no full stop behind it.
        ("Run: %zg deposit 5 Or wait.", "Jalankan: %zg deposit 5 Atau tunggu."),
        # Reasons in sentences: whole, without their full stop, with a small letter.
        ("Provider A refused: the key has ended.", "Penyedia A menolak: kuncinya berakhir."),
        ("Provider A refused: It is not there.", "Penyedia A menolak: Itu tidak ada."),
        ("Provider A refused: it is not there.", "Penyedia A menolak: itu tidak ada."),
        ("Recorded: Provider A refused.", "Direkam: Penyedia A menolak."),
        ("Recorded: nothing", "Direkam: tidak ada"),
        # A contract's name for its refusal.
        ("It is not there (NotThere).", "Itu tidak ada (NotThere)."),
        # Braces are text.
        ("Write {{ and }} for braces.", "Tulis {{ dan }} untuk kurung."),
        ("Trying {0} {} {x} instead.", "Mencoba {0} {} {x}."),
        ("Trying a\nb instead.", "Mencoba a\nb."),
        ("Trying  instead.", "Mencoba ."),
    ],
)
def test_what_is_known_is_said_in_the_other_language(english, said):
    assert say(english) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nobody knows this.",
        "provider A refused",
        "Provider",
        "The disk of the school is damaged.",  # a sentence of its own, not a value
        "Selama 3 dtk penyedia A diam.",
        "\n \n",
        "Tom says hello: 3 are left",  # too few words to be sure
    ],
)
def test_what_is_not_known_stays_as_it_is(text):
    assert say(text) == text


def test_what_is_known_beside_what_is_not_is_said():
    assert say("Nobody knows this. Nothing was charged.") == "Nobody knows this. Tidak ada biaya."


def test_a_text_longer_than_any_sentence_stays_as_it_is():
    text = "Nothing was charged. " * (MOST_CHARACTERS // 10)
    assert say(text) == text


ODD = st.text("{}[]()\\\n\t\"'<>&%$#0123456789 ", max_size=300)


@settings(deadline=None)
@given(ODD, ODD)
def test_any_value_comes_through_as_it_is(name, seconds):
    if " s." in seconds + name or " was " in name:
        return
    whole = f"Provider {name} was silent for {seconds} s."
    assert say(whole) == f"Selama {seconds} dtk penyedia {name} diam."


PIECES = st.sampled_from(
    [*CATALOGUE, "Provider ", " was silent for ", ". ", " A", "{}", "{0}", "\n", "é", " s.", ": "]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=80).map("".join))
def test_any_mixture_of_our_own_words_is_said_in_the_end_and_the_same_way_again(text):
    full = Translator(indonesian.sentences)
    assert full(text) == full(text)
    assert isinstance(say(text), str)


def test_hostile_repetition_is_bounded_by_parts_and_not_by_patience():
    """Every part fits, every value holds a sentence: nobody waits for the end of it."""
    compared = 0

    class Counting(Translator):
        def _candidates(self, text):
            nonlocal compared
            compared += 1
            return super()._candidates(text)

    text = ("Provider " * 200 + "refused: " * 100 + "A was silent for 1 s. ")[:MOST_CHARACTERS]
    Counting(lambda: CATALOGUE)(text)
    assert compared <= 3_000


def test_an_error_is_said_part_by_part_and_stays_english_inside(monkeypatch):
    from zg_jupyter import errors

    error = BadInput("Provider A refused.", next_step="Run: %zg deposit 5")
    monkeypatch.setattr(errors, "in_other_words", say)
    assert str(error) == ("Penyedia A menolak. Tidak ada biaya. Jalankan: %zg deposit 5")
    assert (error.what, error.charged) == ("Provider A refused.", "Nothing was charged.")
    assert error.args == ("Provider A refused.",)
    assert error.sentences(charged=False) == ("Provider A refused.", "Run: %zg deposit 5")


def test_a_contracts_refusal_is_said_with_the_contracts_own_name_for_it(monkeypatch):
    from zg_jupyter import errors

    monkeypatch.setattr(errors, "in_other_words", Translator(indonesian.sentences))
    error = ContractReverted("LedgerNotExists", sentence="This wallet has no ledger yet.")
    assert str(error).startswith("Dompet ini belum punya buku kas (LedgerNotExists).")
    assert str(ContractReverted("Odd", (1, "x"))).startswith("Kontrak menolak: Odd(1, x).")


def test_without_a_front_end_everything_is_english():
    assert str(ZgError("It is not there.")) == "It is not there. Nothing was charged."
