"""What cannot be had or does not start: each is named in three parts, within a few seconds, and nothing is left."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, UsageError
from harness.testbed.containers import ContainerTestbed, unavailable
from harness.testbed.images import PYTHON_IMAGE, REDIS_IMAGE
from harness.testbed.sweep import FOLDER_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import DockerClient

    from harness.scenario import Conditions, Scenario


@pytest.fixture
def nothing_left(engine: DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See that a test leaves no container and no folder."""
    place = tmp_path / "folders"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    yield
    labels = [one["Labels"] for one in engine.api.containers(all=True, filters={"label": FOLDER_LABEL})]
    assert [found for one in labels if (found := one[FOLDER_LABEL]).startswith(str(place))] == []
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("nothing_left")
def test_a_registry_that_does_not_answer_is_named_with_the_image(here: Conditions, happy: Scenario) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        name = f"127.0.0.1:{silent.getsockname()[1]}/redis:7"
        testbed = ContainerTestbed(happy.app, replace(here, redis_image=name), happy.service)
        with pytest.raises(HarnessError) as caught:
            testbed.start()
    assert name in caught.value.expected
    assert "did not answer within" in str(caught.value.found)
    assert "--redis-image" in caught.value.remedy


@pytest.mark.usefixtures("nothing_left")
def test_an_engine_that_this_user_may_not_use_is_named_with_the_user(a_harness: str) -> None:
    if os.geteuid() != 0 or (setpriv := shutil.which("setpriv")) is None:
        pytest.skip("only root can do without a permission for a moment, by setpriv")
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder, "docker.sock")
        with socket.socket(socket.AF_UNIX) as engine:
            engine.bind(str(where))
            engine.listen()
            where.chmod(0)
            said = subprocess.run(
                [
                    setpriv,
                    "--bounding-set=-dac_override,-dac_read_search",
                    sys.executable,
                    "-P",
                    "-c",
                    a_harness,
                    "whole",
                ],
                env=os.environ | {"DOCKER_HOST": f"unix://{where}"},
                capture_output=True,
                text=True,
                check=False,
            ).stderr
    assert f"no Docker engine at {where}: uid 0 has no permission to use that socket" in said


@pytest.mark.usefixtures("nothing_left")
def test_an_app_that_only_its_image_cannot_import_is_told_so(
    here: Conditions, happy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "choosy.py").write_text(
        "import os\nfrom celery import Celery\nos.environ['ONLY_ON_THIS_MACHINE']\napp = Celery('choosy')\n"
    )
    monkeypatch.setenv("ONLY_ON_THIS_MACHINE", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    testbed = ContainerTestbed("choosy:app", here, None)
    with pytest.raises(UsageError) as caught:
        testbed.start()
    assert "in its container" in caught.value.expected
    assert "KeyError: 'ONLY_ON_THIS_MACHINE'" in str(caught.value.found)
    assert "canvas-harness/worker:" in str(caught.value.found)
    assert "environment={...}" in caught.value.remedy
    assert happy


@pytest.mark.usefixtures("nothing_left")
def test_an_image_without_python_is_named_with_the_end_of_its_build(here: Conditions, happy: Scenario) -> None:
    redis = REDIS_IMAGE.name()
    testbed = ContainerTestbed(happy.app, replace(here, python_image=redis), happy.service)
    with pytest.raises(HarnessError, match="python3") as caught:
        testbed.start()
    assert caught.value.expected == f"a worker image built on {redis}"


@pytest.mark.usefixtures("nothing_left")
def test_an_image_without_redis_is_told_by_what_it_lacks(here: Conditions, happy: Scenario) -> None:
    testbed = ContainerTestbed(happy.app, replace(here, redis_image=PYTHON_IMAGE.name()), happy.service)
    with pytest.raises(HarnessError, match="neither redis-server nor valkey-server on its PATH"):
        testbed.start()


@pytest.mark.usefixtures("nothing_left")
def test_a_worker_that_dies_at_its_start_is_told_by_its_last_words(
    here: Conditions, happy: Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mortal.py").write_text(
        "import sys\nfrom celery import Celery, signals\napp = Celery('mortal')\n"
        "@signals.worker_init.connect\ndef die(**_):\n    sys.exit('no licence for this machine')\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(str(tmp_path))
    testbed = ContainerTestbed("mortal:app", here, None)
    with pytest.raises(HarnessError, match="no licence for this machine") as caught:
        testbed.start()
    assert caught.value.expected == "worker-1 to start and to stay"
    assert happy


@pytest.mark.usefixtures("here")
def test_without_an_engine_the_trouble_says_so_and_nothing_is_left(
    unstarted: ContainerTestbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert f"{tmp_path}/no.sock" in str(unavailable())
    with pytest.raises(HarnessError, match=r"no\.sock"):
        unstarted.start()
    assert list(tmp_path.iterdir()) == []


def test_an_image_that_cannot_be_had_is_named_with_the_setting_that_chose_it(
    unstarted: ContainerTestbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A registry of which one knows at once that it is not there.
    monkeypatch.setenv("CANVAS_HARNESS_REDIS_IMAGE", "127.0.0.1:1/redis:none")
    with pytest.raises(HarnessError, match=r"127\.0\.0\.1:1/redis:none") as caught:
        unstarted.start()
    assert "CANVAS_HARNESS_REDIS_IMAGE" in caught.value.remedy


def test_a_redis_that_does_not_start_is_trouble_with_its_log(
    unstarted: ContainerTestbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.testbed.redis_container._SOCKET", "no such folder/redis.sock")
    with pytest.raises(HarnessError, match="redis ended with exit code 1") as caught:
        unstarted.start()
    assert "FATAL CONFIG FILE ERROR" in str(caught.value)
