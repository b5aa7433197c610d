"""An LXD daemon of our own for tests: its own folder, a busybox image, ended by its process id."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEEDED = ("lxd", "lxc", "busybox")
IMAGE = "bb"
PRESEED = """config: {}
storage_pools:
- {name: default, driver: dir}
profiles:
- name: default
  devices:
    root: {path: /, pool: default, type: disk}
"""
TOOLS = ("sh", "ls", "ps", "sleep", "hostname", "ip", "cat")
INITTAB = "::sysinit:/bin/sh -c true\n::respawn:/bin/sleep 3600\n"
METADATA = 'architecture: x86_64\ncreation_date: 1700000000\nproperties: {os: busybox, release: "1"}\n'


@dataclass(frozen=True, slots=True)
class Daemon:
    """A running daemon.  folder: its LXD_DIR."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> str:
        """Where it listens."""
        return str(self.folder / "unix.socket")

    def lxc(self, *words: str) -> str:
        """Run Debian's own client against it, and return what it prints."""
        done = subprocess.run(
            ["lxc", *words], env=self.env(), capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"lxc {' '.join(words)}: {done.stderr}"
        return done.stdout

    def env(self) -> dict[str, str]:
        """The environment its clients need."""
        return {**os.environ, "LXD_DIR": str(self.folder), "HOME": str(self.folder / "home")}


def _image(path: Path) -> None:
    """Write a busybox image: a few links, an init that sleeps."""
    busybox = shutil.which("busybox")
    assert busybox
    with tarfile.open(path, "w:gz") as tar:
        _text(tar, "metadata.yaml", METADATA)
        for folder in "bin sbin proc sys dev etc tmp var root run".split():
            entry = tarfile.TarInfo(f"rootfs/{folder}")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        tar.add(busybox, "rootfs/bin/busybox")
        for tool in TOOLS:
            _link(tar, f"rootfs/bin/{tool}")
        _link(tar, "rootfs/sbin/init")
        _text(tar, "rootfs/etc/inittab", INITTAB)
        _text(tar, "rootfs/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")


def _text(tar: tarfile.TarFile, name: str, text: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text), 0o644
    tar.addfile(entry, io.BytesIO(text.encode()))


def _link(tar: tarfile.TarFile, name: str) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, "/bin/busybox"
    tar.addfile(entry)


def _wait_for(daemon: Daemon) -> None:
    """Return when the daemon answers."""
    waited = subprocess.run(
        ["lxd", "waitready", "--timeout", "60"], env=daemon.env(), capture_output=True, check=False
    )
    assert waited.returncode == 0, f"LXD did not start: {waited.stderr.decode()}"


def _empty(daemon: Daemon) -> None:
    """Delete what a test left behind."""
    for name in daemon.lxc("list", "-c", "n", "-f", "csv").split():
        subprocess.run(["lxc", "delete", "--force", name], env=daemon.env(), capture_output=True, check=False)


def _end(daemon: Daemon) -> None:
    """Stop the daemon we started, and no other."""
    subprocess.run(
        ["lxd", "shutdown", "--timeout", "20"], env=daemon.env(), capture_output=True, check=False
    )
    try:
        daemon.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        daemon.process.send_signal(signal.SIGKILL)
        daemon.process.wait(timeout=10)


@contextmanager
def lxd_daemon() -> Iterator[Daemon]:
    """Run a daemon with the image `bb` while the block lasts.  Fails loudly where the machine cannot."""
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    assert not missing, f"install the Debian packages lxd and busybox-static first; not found: {missing}"
    assert os.geteuid() == 0, "LXD needs root"
    folder = Path(tempfile.mkdtemp(prefix="hk-lxd-"))
    (folder / "home").mkdir()
    log = (folder / "daemon.log").open("wb")
    env = {**os.environ, "LXD_DIR": str(folder)}
    # The daemon ends with us, even when we are killed.
    process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "lxd", "--group", "root"], env=env, stdout=log, stderr=log)
    daemon = Daemon(folder, process)
    try:
        _wait_for(daemon)
        subprocess.run(
            ["lxd", "init", "--preseed"], input=PRESEED.encode(), env=daemon.env(), check=True, timeout=60
        )
        image = folder / "image.tgz"
        _image(image)
        daemon.lxc("image", "import", str(image), "--alias", IMAGE)
        yield daemon
        _empty(daemon)
    finally:
        _end(daemon)
        log.close()
        for mount in ("devlxd", "shmounts"):
            subprocess.run(["umount", "-l", str(folder / mount)], capture_output=True, check=False)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    with lxd_daemon() as running:
        print(running.socket, flush=True)
        time.sleep(3600)
