"""`make fuzz`: reads and imports hostile files for FUZZ_MINUTES, 10 unless said, and tells what it found.

The work is done by a child process, so that a hang, a crash or too much memory is a finding and not the end. What was
found is kept in tests/hostile/corpus, to be named for what it is once it is mended. FUZZ_SEED makes the same run again,
FUZZ_TARGET=reading or importing runs only one of the two.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.fuzz.fuzzer import CORPUS, ROOT, Finding, Fuzzer, extremes, seeds
from tests.fuzz.targets import TARGETS, Input

_WORK, _CLOCK = 40, 300  # seconds for one input, after which it hangs
_MEMORY = 12 << 30  # bytes of addresses


def main() -> int:
    minutes = float(os.environ.get("FUZZ_MINUTES") or 10)
    seed = int(os.environ.get("FUZZ_SEED") or time.time())
    names = [os.environ["FUZZ_TARGET"]] if os.environ.get("FUZZ_TARGET") else [*TARGETS]
    print(f"Fuzzing {' and '.join(names)} for {minutes:g} minutes, FUZZ_SEED={seed}", flush=True)
    found = 0
    for name in names:
        end = time.monotonic() + 60 * minutes / len(names)
        start = 0
        while (left := end - time.monotonic()) > 1:
            report, start, problem = _child(name, seed, left, start)
            seed += 1
            found += _told(name, report, problem)
            if not problem:
                break
    print(f"{found} found" + (f"; the files are in {CORPUS.relative_to(ROOT)}" if found else ""))
    return 1 if found else 0


def _child(name: str, seed: int, seconds: float, start: int) -> tuple[dict[str, Any], int, str]:
    """What a child found in so many seconds; which extreme input comes next; what ended it before its time."""
    with TemporaryDirectory(prefix="shimur-fuzz-") as folder:
        command = [sys.executable, "-m", "tests.fuzz", name, str(seed), str(seconds), str(start), folder]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        beat = Path(folder) / "beat"
        report = json.loads(beat.read_text()) if beat.exists() else {}
        current = Path(folder) / "current"
        if code == 0 or not current.exists():
            return report, len(seeds()), f"the child failed with {code}" if code else ""
        what = {-signal.SIGPROF: f"it hangs: {_WORK} s of work", -signal.SIGALRM: f"it hangs: {_CLOCK} s"}.get(
            code, f"it ends the process with {code}"
        )
        what += f", on {(Path(folder) / 'name').read_text()}"
        report.setdefault("findings", []).append(["hang", what, _keep("hang", current.read_bytes())])
        return report, int(report.get("extremes", 0)), what


def _told(name: str, report: dict[str, Any], problem: str) -> int:
    if not report:
        print(f"{name}: {problem}")
        return 1
    slowest, which = report["slowest"]
    print(
        f"{name}: {report['runs']:,} runs, {report['runs'] / max(report['seconds'], 0.001):.0f} a second from {report['seeds']} seeds; "
        f"{report['ways']:,} steps of the code, {report['said']:,} different answers; slowest {slowest:.1f} s ({which})"
    )
    for oracle, detail, path in report["findings"]:
        print(f"  FOUND {oracle}: {detail}\n    {path}", flush=True)
    return len(report["findings"])


def _keep(oracle: str, content: bytes) -> str:
    CORPUS.mkdir(parents=True, exist_ok=True)
    kind = "xlsx" if content.startswith(b"PK") else "html" if content.lstrip().startswith(b"<") else "csv"
    path = CORPUS / f"found-{oracle}-{hashlib.sha256(content).hexdigest()[:8]}.{kind}"
    path.write_bytes(content)
    return str(path.relative_to(ROOT))


def child(name: str, seed: int, seconds: float, start: int, folder: Path) -> None:
    """Fuzz one target, and write to `folder` what is being run and what was found."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    known: dict[str, str] = {}
    asked = start

    def before(given: Input) -> None:
        (folder / "current").write_bytes(given.content)
        (folder / "name").write_text(f"{given}")
        signal.setitimer(signal.ITIMER_PROF, _WORK)  # both end the process, also inside C
        signal.setitimer(signal.ITIMER_REAL, _CLOCK)
        if fuzzer.runs % 20 == 0 or fuzzer.findings:
            report()

    def report() -> None:
        for finding in fuzzer.findings:
            if str(finding) not in known:
                known[str(finding)] = _kept(finding)
        said = {
            "runs": fuzzer.runs, "seconds": fuzzer.seconds, "seeds": len(fuzzer.seeds), "slowest": fuzzer.slowest,
            "ways": len(fuzzer.ways.edges), "said": len(fuzzer.said), "extremes": asked,
            "findings": [[f.oracle, f"{f.detail}; {f.given}", known[str(f)]] for f in fuzzer.findings],
        }  # fmt: skip
        (folder / "beat").write_text(json.dumps(said))

    def counted() -> Any:
        nonlocal asked
        for place, (what, content) in enumerate(extremes()):
            if place >= start:
                asked = place + 1
                report()
                yield what, content

    fuzzer = Fuzzer(TARGETS[name], seed, seeds(), before)
    fuzzer.run(seconds, counted())
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    report()


def _kept(finding: Finding) -> str:
    return _keep(finding.oracle, finding.given.content)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    else:
        sys.exit(main())
