"""A Docker client without Docker: what needs no process of it."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from harness.pytest_celery.processes.client import Images, Named, Networks, Shelf, Volumes


def test_images_and_networks_are_names() -> None:
    image, log = Images().build(path="/nowhere", tag="a:b", buildargs={})
    assert (image.id, list(log)) == ("a:b", [])
    assert Images().pull("redis", tag="7").id == Images().get("redis:7").id == "redis:7"
    assert Networks().create("net", driver="bridge") == Named("net")


def test_a_volume_is_a_folder_and_a_path_is_itself(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path)
    assert volumes.create("content").folder.is_dir()
    named = {"content": {"bind": "/app", "mode": "rw"}, "/srv/data": {"bind": "/data", "mode": "ro"}}
    assert volumes.mounted(named) == {"/app": tmp_path / "content", "/data": Path("/srv/data")}
    assert volumes.mounted(["/srv/data:/data:ro"]) == {"/data": Path("/srv/data")}
    assert volumes.mounted(None) == {}


def test_an_archive_is_unpacked_into_the_volume_that_it_is_put_into(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        about = tarfile.TarInfo("tasks/shop.py")
        about.size = 4
        archive.addfile(about, io.BytesIO(b"x=1\n"))
    packed.seek(0)
    assert Shelf({"/data": tmp_path}).put_archive("/data", packed)
    assert (tmp_path / "tasks" / "shop.py").read_bytes() == b"x=1\n"


def test_an_archive_leads_nowhere_else(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    packed.seek(0)
    with pytest.raises(tarfile.OutsideDestinationError):
        Shelf({"/data": tmp_path / "volume"}).put_archive("/data", packed)
    assert not (tmp_path / "outside").exists()
