"""Energy is what the machine's own counters say, or nothing.

The folders here are stand-ins for those of the Linux kernel: not every machine has readable ones.
"""

from __future__ import annotations

import pytest

from zg_jupyter.local.energy import Measured


@pytest.fixture
def zone(tmp_path):
    """Makes a counter, or sets it."""

    def write(number, name, microjoules, most=1000):
        folder = tmp_path / f"intel-rapl:{number}"
        folder.mkdir(exist_ok=True)
        for file, value in (
            ("name", name),
            ("energy_uj", microjoules),
            ("max_energy_range_uj", most),
        ):
            (folder / file).write_text(f"{value}\n")
        return folder

    return write


def test_packages_and_memory_are_added_and_parts_of_a_package_are_not(zone, tmp_path):
    names = ("package-0", "package-1", "dram", "core", "psys")
    for number, name in enumerate(names):
        zone(number, name, 10)
    measured = Measured(tmp_path)
    for number, name in enumerate(names):
        zone(number, name, 110)
    assert measured.joules() == pytest.approx(3 * 100 / 1e6)


def test_a_counter_that_starts_over_is_followed(zone, tmp_path):
    zone(0, "package-0", 990)
    measured = Measured(tmp_path)
    zone(0, "package-0", 9)
    assert measured.joules() == pytest.approx(20 / 1e6)


def test_nothing_is_claimed_where_nothing_measures(zone, tmp_path):
    assert Measured(tmp_path).joules() is None
    assert Measured(tmp_path / "nowhere").joules() is None
    zone(0, "package-0", 5)
    assert Measured(tmp_path).joules() is None  # it stands still, as in many virtual machines
    broken = zone(0, "package-0", "what?")
    assert Measured(tmp_path).joules() is None
    zone(0, "package-0", 5)
    measured = Measured(tmp_path)
    (broken / "energy_uj").unlink()
    assert measured.joules() is None
