from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.doctor import remedies
from harness.doctor.remedies import distribution, install

if TYPE_CHECKING:
    from pathlib import Path

SYSTEMS = {
    "ID=debian": "apt-get install redis-server",
    'ID=ubuntu\nID_LIKE="debian"': "apt-get install redis-server",
    "ID=fedora": "dnf install valkey",
    'ID="rocky"\nID_LIKE="rhel centos fedora"': "dnf install redis",
    'ID="opensuse-leap"\nID_LIKE="suse opensuse"': "zypper install valkey",
    "ID=arch": "pacman -S valkey",
    "ID=alpine": "apk add redis",
    "ID=of-tomorrow": "apt-get install redis-server",
}


@pytest.mark.parametrize(("os_release", "line"), SYSTEMS.items(), ids=lambda text: text.replace("\n", " "))
@pytest.mark.parametrize(("user", "before"), [(0, ""), (1000, "sudo ")])
def test_each_distribution_has_its_own_line(  # noqa: PLR0913, PLR0917 - they are the test's parameters
    os_release: str, line: str, user: int, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "os-release").write_text(os_release)
    monkeypatch.setattr(remedies.os, "geteuid", lambda: user)
    assert install("redis", system="linux", os_release=tmp_path / "os-release") == before + line


def test_macos_has_brew_which_nobody_runs_as_root(tmp_path: Path) -> None:
    assert install("redis", system="darwin", os_release=tmp_path / "none") == "brew install redis"


def test_a_machine_that_does_not_say_what_it_is_is_taken_for_debian(tmp_path: Path) -> None:
    assert distribution(tmp_path / "none") == "debian"
