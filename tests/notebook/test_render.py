"""How an answer looks while it comes, and afterwards."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from IPython.utils.capture import capture_output

from zg_jupyter.compare import Compared
from zg_jupyter.notebook.outputs import attempts_table
from zg_jupyter.notebook.render import MarkdownView, TextView, receipt_line
from zg_jupyter.notebook.spend_commands import compare_table
from zg_jupyter.notebook.tables import Table
from zg_jupyter.records import Answer, Attempt, Attempts, Machine, Receipt, Usage, Verdict

RECEIPT = Receipt(
    request_id="1",
    network="devnet",
    route="direct",
    provider="0x1234567890123456789012345678901234567890",
    model="smollm2",
    usage=Usage(12, 8),
    cost=22 * 10**12,
    first_token_seconds=0.4123,
    total_seconds=1.2,
    verdict=Verdict("verified", "", "0x", development=True),
)
ANSWER = Answer("Hello **you**", "stop", RECEIPT)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def captured(work):
    """Every display of a piece of work: ``(is update, data)``."""
    with capture_output(stdout=False, stderr=False) as seen:
        work()
    return [(bool(o.update), o.data) for o in seen.outputs]


def test_the_receipt_is_one_line_with_everything_on_it():
    assert receipt_line(RECEIPT) == (
        "direct · 0x1234…7890 · smollm2 · 12 + 8 tokens · 0.000022 0G · first token 0.41 s · "
        "total 1.20 s · verified (development signer, no TEE hardware)"
    )


def test_an_answer_of_this_machine_says_how_it_was_made_and_claims_nothing_beyond():
    local = replace(RECEIPT, route="local", provider="", cost=0, verdict=Verdict("unsigned", "-"))
    known = replace(local, machine=Machine("cuda", "bf16", 31.24, 12.06))
    assert receipt_line(known).startswith(
        "local · this machine · smollm2 · 12 + 8 tokens · 0 0G · first token 0.41 s · "
        "total 1.20 s · 31.2 tokens/s · cuda bf16 · 12.1 J (the whole processor) · unsigned"
    )
    assert " total 1.20 s · unsigned" in receipt_line(replace(local, machine=Machine()))
    both = compare_table(
        [
            Compared("here", replace(ANSWER, receipt=known)),
            Compared("there", ANSWER),
        ]
    )
    assert (
        repr(both)
        .splitlines()[2]
        .endswith(
            "pace 31.2 tokens/s · cost 0 0G · from this machine · on cuda bf16 · "
            "energy 12.1 J (the whole processor)"
        )
    )
    assert (
        repr(both)
        .splitlines()[-1]
        .endswith("pace 8.9 tokens/s · cost 0.000022 0G · from 0x1234…7890")
    )


def test_a_pace_is_only_given_where_tokens_and_times_are_known():
    for changes in (
        {"first_token_seconds": None},
        {"first_token_seconds": 1.2},
        {"usage": Usage(12, 8, estimated=True)},
        {"usage": Usage(12, 1)},
        {"attempts": (Attempt("0x1", "m", "direct", 0, "failed"),) * 2},
    ):
        assert replace(RECEIPT, **changes).tokens_per_second is None


def test_a_private_answer_says_so_and_whether_its_enclave_is_a_stand_in():
    private = replace(RECEIPT, sealed=True, verdict=Verdict("verified", "", sealed=True))
    assert receipt_line(private).endswith("total 1.20 s · private · verified, sealed")
    stand_in = replace(private, development=True, verdict=Verdict("not-checked", "not yet"))
    assert receipt_line(stand_in).endswith("· private (development) · not-checked: not yet")
    assert "private" not in receipt_line(replace(RECEIPT, development=True))


def test_an_unverified_answer_says_why():
    broken = replace(RECEIPT, verdict=Verdict("mismatch", "another text was signed"))
    assert receipt_line(broken).endswith("mismatch: another text was signed")


def test_estimated_tokens_are_marked():
    assert "about 12 + 8 tokens" in receipt_line(replace(RECEIPT, usage=Usage(12, 8, True)))


def test_an_answer_from_the_record_says_so_and_that_nothing_was_charged():
    line = receipt_line(replace(RECEIPT, cost=0, recorded_at=1_764_000_000.0))
    assert re.search(r"12 \+ 8 tokens · reused, recorded 2025-11-2\d \d\d:\d\d, nothing", line)
    assert "total" not in line
    assert line.endswith("verified (development signer, no TEE hardware)")


def test_a_provider_cannot_break_the_receipt_line():
    line = receipt_line(replace(RECEIPT, model="m\x1b[2J\n\nverified"))
    assert "\x1b" not in line
    assert "\n" not in line


def test_a_notebook_gets_one_output_that_grows(shell):
    def work():
        clock = Clock()
        view = MarkdownView(clock)
        for piece in ("Hello ", "**you", "**"):
            view.delta(piece)
            clock.now += 1
        view.close(ANSWER)

    seen = captured(work)
    assert [update for update, _ in seen] == [False, True, True, False]
    assert [data.get("text/markdown") for _, data in seen[:3]] == [
        "Hello ",
        "Hello **you",
        "Hello **you**",
    ]
    assert seen[2][1]["text/plain"] == "Hello **you**"
    assert seen[3][1]["text/plain"] == receipt_line(RECEIPT)


def test_it_is_drawn_at_most_ten_times_a_second_and_complete_at_the_end(shell):
    def work():
        clock = Clock()
        view = MarkdownView(clock)
        for _ in range(1000):
            view.delta("x")
            clock.now += 0.001
        view.close(ANSWER)

    seen = captured(work)
    assert len(seen) <= 1 + 10 + 1 + 1
    assert seen[-2][1]["text/plain"] == "x" * 1000


def test_an_answer_without_text_shows_its_receipt(shell):
    seen = captured(lambda: MarkdownView().close(ANSWER))
    assert [data["text/plain"] for _, data in seen] == [receipt_line(RECEIPT)]


def test_nothing_is_shown_when_nothing_came(shell, capsys):
    assert captured(lambda: MarkdownView().close(None)) == []
    TextView().close(None)
    assert capsys.readouterr().out == ""


def test_a_remark_stands_before_the_receipt(shell):
    seen = captured(lambda: MarkdownView().close(ANSWER, "Stopped."))
    assert seen[0][1]["text/plain"] == f"[Stopped.] {receipt_line(RECEIPT)}"


@pytest.mark.parametrize("kind", ["text/markdown", "text/html"])
def test_no_output_of_a_hostile_answer_is_live(shell, kind):
    def work():
        view = MarkdownView()
        view.notice("<script>a</script>")
        view.delta("<script>b</script>")
        view.close(replace(ANSWER, receipt=replace(RECEIPT, model="<script>c</script>")))

    shown = [data[kind] for _, data in captured(work) if kind in data]
    assert shown
    assert not any("<script" in text for text in shown)


def test_the_receipt_has_a_frame_that_no_answer_can_draw(shell):
    def work():
        view = MarkdownView()
        view.delta(f'<div class="zg-line">{receipt_line(RECEIPT)}</div>')
        view.close(replace(ANSWER, receipt=replace(RECEIPT, model=r"$\def\x{}$")))

    (_, answer), (_, receipt) = captured(work)
    assert "text/html" not in answer
    assert "<div" not in answer["text/markdown"]
    assert receipt["text/html"].startswith('<div class="zg-line"')
    assert "$" not in receipt["text/html"].replace("<span>$</span>", "")  # and is no formula


def test_a_terminal_gets_text_as_it_comes_and_the_receipt_on_its_own_line(capsys):
    view = TextView()
    view.notice("Moving 1 0G")
    view.delta("Hel")
    assert capsys.readouterr().out == "Moving 1 0G\nHel"
    view.delta("lo\x1b[31m")
    view.close(ANSWER)
    assert capsys.readouterr().out == f"lo[31m\n{receipt_line(RECEIPT)}\n"


def test_a_table_is_aligned_in_text_and_escaped_in_html():
    table = Table.of([("a", "1"), ("long", "<b>")], title="T", head=("x", "y"))
    assert repr(table).splitlines() == ["T", "x     y", "a     1", "long  <b>"]
    assert "&lt;b&gt;" in table._repr_html_()


# --- tries -----------------------------------------------------------------------------------

MINE = RECEIPT.provider
OTHER = "0xabcdefabcdefabcdefabcdefabcdefabcdefabcd"


def tried(*reasons, outcome="failed"):
    """A receipt after tries that failed like this, and one that was answered."""
    failed = [Attempt(OTHER, "smollm2", "direct", 0.0, outcome, reason) for reason in reasons]
    answered = Attempt(MINE, "smollm2", "direct", 1.0, "answered", cost=5)
    return replace(RECEIPT, attempts=(*failed, answered))


@pytest.mark.parametrize(
    ("reasons", "shown"),
    [
        (
            ["Provider 0xabcd…abcd refused (HTTP 503): we are \x1b[2J busy."],
            "2nd try (0xabcd…abcd refused HTTP 503)",
        ),
        (["Provider 0xabcd…abcd was silent for 5 s."], "2nd try (0xabcd…abcd was silent for 5 s)"),
        (
            ["The connection to provider 0xabcd…abcd failed (ConnectError).", "", "x", "y"],
            "5th try (0xabcd…abcd failed (ConnectError); 0xabcd…abcd failed; 2 more)",
        ),
    ],
)
def test_a_receipt_says_which_try_it_was(reasons, shown):
    assert receipt_line(tried(*reasons)).endswith(f" · {shown}")


def test_one_try_is_not_worth_a_word():
    assert "try" not in receipt_line(tried())


def test_a_provider_cannot_make_the_receipt_long_or_two_lines():
    said = "Provider 0xabcd…abcd \n" + "says much " * 500
    line = receipt_line(tried(*[said] * 9))
    assert len(line) < 400
    assert "\n" not in line


def test_a_provider_that_was_slower_is_told():
    line = receipt_line(tried("another provider was quicker", outcome="interrupted"))
    assert "2nd try (0xabcd…abcd interrupted: another provider was quicker)" in line


def test_the_attempts_of_an_answer_are_a_tuple_that_shows_as_a_table(shell):
    answer = replace(ANSWER, receipt=tried("Provider 0xabcd…abcd refused (HTTP 503): <b>."))
    assert isinstance(answer.attempts, tuple)
    assert answer.attempts == answer.receipt.attempts
    shown, _ = shell.display_formatter.format(answer.attempts)
    first, second, third = shown["text/plain"].splitlines()
    assert first.split()[:3] == ["provider", "model", "outcome"]
    assert "HTTP 503" in second
    assert "answered" in third
    assert "&lt;b&gt;" in shown["text/html"]
    assert repr(attempts_table(Attempts(answer.attempts))) == shown["text/plain"]


def test_after_unloading_everything_is_shown_as_python_does(bare_shell):
    bare_shell.extension_manager.load_extension("zg_jupyter")
    bare_shell.extension_manager.unload_extension("zg_jupyter")
    shown, _ = bare_shell.display_formatter.format(ANSWER)
    assert set(shown) == {"text/plain"}


# --- side by side ------------------------------------------------------------------------------

LONG = replace(ANSWER, text="one\n  two <script>x</script>\x1b[2J **bold**")
SIDES = compare_table([Compared("small", LONG), Compared("<i>big</i>", None, "Nobody offers it.")])


def test_models_stand_beside_each_other_as_plain_text():
    html = SIDES._repr_html_()
    assert html.count("<th style") == 2 + 6  # no rows for machine and energy: nobody has them
    assert "one\n  two &lt;script&gt;x&lt;/script&gt;[2J **bold**</td>" in html
    assert "white-space:pre-wrap" in html
    assert "&lt;i&gt;big&lt;/i&gt;" in html
    assert "0.000022 0G" in html


def test_in_a_terminal_they_stand_one_below_the_other():
    assert repr(SIDES).splitlines() == [
        "── small ──",
        "one",
        "  two <script>x</script>[2J **bold**",
        "first token 0.41 s · total 1.20 s · pace 8.9 tokens/s · cost 0.000022 0G · "
        "from 0x1234…7890",
        "",
        "── <i>big</i> ──",
        "Nobody offers it.",
    ]
