"""Measures the start of each installed artifact of a release.

The argument is the folder of 'cargo xtask dist'. It prints a row for each artifact: the size of the
file, and the median times of '--version' and of 'scan --sample --summary' in milliseconds, each
with the program in the cache of the kernel and after the kernel dropped it. It requires dpkg-deb
and the permission to create user namespaces.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import venv

WARM, COLD = 60, 15
COMMANDS = {"version": ["--version"], "sample": ["scan", "--sample", "--summary"]}


def measured(command, program, count, drops):
    """Return the median time of a command in milliseconds."""
    times = []
    for _ in range(count):
        if drops:
            with open(program, "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def image(file, folder):
    """Unpack the root of an image."""
    with tarfile.open(file) as layers:
        layers.extractall(folder / "layers", filter="data")
    root = folder / "root"
    for blob in (folder / "layers/blobs/sha256").iterdir():
        try:
            with tarfile.open(blob, "r:gz") as layer:
                layer.extractall(root, filter="data")
        except tarfile.ReadError:
            continue
    return root


def installed(files, folder):
    """Install each artifact, and return its file, program and command."""
    found = {}
    (archive,) = files.glob("plumbline-*-linux-gnu.tar.gz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    (program,) = folder.glob("plumbline-*/bin/plumbline")
    found["archive"] = (archive, program, [program])
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv/bin/pip", "install", "--quiet", "--no-index", "--find-links", files]
    subprocess.run([*pip, "plumbline[deploy]"], check=True)
    (wheel,) = files.glob("plumbline-*.whl")
    program = folder / "venv/bin/plumbline"
    found["wheel of the program"] = (wheel, program, [program])
    (package,) = files.glob("plumbline_*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, folder / "debian"], check=True)
    program = folder / "debian/usr/bin/plumbline"
    found["Debian package"] = (package, program, [program])
    (tar,) = files.glob("plumbline-*-image-*.tar")
    root = image(tar, folder)
    program = root / "usr/bin/plumbline"
    command = ["unshare", "--user", "--map-root-user", "/usr/sbin/chroot", root]
    found["image (in a user namespace)"] = (tar, program, [*command, "/usr/bin/plumbline"])
    return found


def main():
    """Print the table."""
    files = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        print("| artifact | size | `--version` | the same, cold | sample | the same, cold |")
        print("|---|---:|---:|---:|---:|---:|")
        for name, (file, program, start) in installed(files, pathlib.Path(folder)).items():
            row = [name, f"{file.stat().st_size / 1e6:.1f} MB"]
            for arguments in COMMANDS.values():
                command = [*start, *arguments]
                row += [
                    f"{measured(command, program, WARM, False):.1f} ms",
                    f"{measured(command, program, COLD, True):.1f} ms",
                ]
            print(f"| {' | '.join(row)} |")
        for file in [*files.glob("plumbline_function-*.whl"), *files.glob("bootstrap-*.zip")]:
            print(f"| {file.name} | {file.stat().st_size / 1e6:.1f} MB | | | | |")


main()
