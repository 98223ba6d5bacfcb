"""bin/wheels: all wheels of a release into dist/, checked. `--twice` builds each again elsewhere and compares."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tools.wheels import checks, compiling, contents, headers, litefs, prefix, wheel
from tools.wheels.targets import PYTHONS, ROOT, TARGETS, Python, Target

PURE = "pure"
ROW = "{:<78} {:>10} {:>7}  {}"


def main() -> int:
    options = arguments()
    dist: Path = options.dist
    dist.mkdir(parents=True, exist_ok=True)
    made = list(build_all(options, ROOT / "build" / "wheels", dist))
    good = True
    print(ROW.format("wheel", "bytes", "time", "sha256 and problems"))
    for path, machine, seconds in made:
        problems = checks.problems(path, machine)
        print(ROW.format(path.name, path.stat().st_size, f"{seconds:.0f} s", digest(path)[:16]), *problems)
        good &= not problems
    if options.twice:
        good &= again(options, {path.name: digest(path) for path, _, _ in made})
    return 0 if good else 1


def again(options: argparse.Namespace, first: dict[str, str]) -> bool:
    """Compiles all of our own once more, from nothing, and compares."""
    work = ROOT / "build" / "wheels-again"
    shutil.rmtree(work, ignore_errors=True)
    os.environ["LITEFS_OBJECTS"] = str(work / "objects")  # nothing that was compiled before is used
    second = {path.name: digest(path) for path, _, _ in build_all(options, work, work / "dist")}
    different = [name for name in first if first[name] != second[name]]
    print(
        f"built again: {len(first) - len(different)} of {len(first)} are the same, byte for byte", *different
    )
    return not different


def build_all(options: argparse.Namespace, work: Path, dist: Path) -> Iterator[tuple[Path, str, float]]:
    """Each wheel, its processor ("" for the Python part alone), and the seconds that it took."""
    for machine in options.machine or [*TARGETS, PURE]:
        if machine == PURE:
            yield wheel.pure(work, dist), "", 0.0
        else:
            yield from build_target(TARGETS[machine], options.python or list(PYTHONS), work / machine, dist)


def build_target(
    target: Target, names: list[str], work: Path, dist: Path
) -> Iterator[tuple[Path, str, float]]:
    began = time.monotonic()
    say(f"{target.machine}: dependencies")
    libraries = prefix.make(target)
    say(f"{target.machine}: LiteFS")
    executable = litefs.build(target, work)
    parts = contents.parts(libraries, executable)
    for python in buildable(names):
        say(f"{target.machine}: {python.tags}")
        staged = compiling.compiled(libraries, python, work) / "django_litefs"
        shutil.copy(executable, staged / "bin" / "litefs")
        listed = wheel.add_contents(staged, parts, work)
        made = wheel.assemble(f"{python.tags}-{target.platform}", staged, [listed], dist)
        yield made, target.machine, time.monotonic() - began
        began = time.monotonic()


def buildable(names: list[str]) -> Iterator[Python]:
    for name in names:
        if headers.available(PYTHONS[name]):
            yield PYTHONS[name]
        else:
            say(f"no wheel for {name}: its headers come from Maven Central, and there is no mvn here")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def say(what: str) -> None:
    print(f"wheels: {what}", file=sys.stderr, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/wheels", description=__doc__)
    parser.add_argument(
        "machine",
        nargs="*",
        choices=[*TARGETS, PURE, []],
        help="processor, or pure for the Python part alone (default: all)",
    )
    parser.add_argument(
        "--python", action="append", choices=PYTHONS, help="default: all whose headers can be had"
    )
    parser.add_argument("--twice", action="store_true", help="prove that two builds give the same bytes")
    parser.add_argument(
        "--dist", type=Path, default=ROOT / "dist", help="folder for the wheels (default: dist)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
