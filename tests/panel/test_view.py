"""The panel as a whole: how many widgets it keeps."""

from __future__ import annotations

from tests.panel.states import all_widgets
from zg_jupyter.notebook.shared import Session
from zg_jupyter.panel.view import Panel


def test_another_language_leaves_no_widget_of_the_one_before_and_an_end_leaves_none(home):
    before = {widget.model_id for widget in all_widgets()}
    panel = Panel(Session())
    made = {widget.model_id for widget in all_widgets()} - before
    panel.speak("en" if panel.language == "id" else "id")
    again = {widget.model_id for widget in all_widgets()} - before
    assert len(again) == len(made)
    assert len(again & made) < 10  # the frame and what holds it
    panel.close()
    assert {widget.model_id for widget in all_widgets()} <= before
