"""The Chromium that browser tests drive: `python scripts/chromium.py` finds or installs one, and says where."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
)
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
)
INSTALLERS = {
    "apt-get": (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]),
    "dnf": (["dnf", "install", "-y", "-q", "chromium"],),
    "apk": (["apk", "add", "-q", "chromium"],),
    "brew": (["brew", "install", "--cask", "google-chrome"],),
}
NONE = (
    "The browser tests need Chromium, and none could be found or installed: install Chromium, Chrome or Edge, "
    "or set SHIMUR_CHROMIUM to the path of one."
)


class NoChromium(Exception):
    """There is no Chromium; the message says what to do."""


def found() -> str | None:
    """The path of a Chromium that runs, or None."""
    asked = os.environ.get("SHIMUR_CHROMIUM")
    if asked:
        if not _runs(asked):
            raise NoChromium(f"SHIMUR_CHROMIUM is {asked}, and no browser runs there: correct it or unset it.")
        return asked
    return next((path for path in _candidates() if _runs(path)), None)


def found_or_installed() -> str:
    """The path of a Chromium that runs, installed first if need be; raises NoChromium."""
    path = found()
    if path:
        return path
    print("No Chromium here; installing one for the browser tests.", file=sys.stderr)
    for commands in _installs():
        if all(_done(command) for command in commands):
            path = found()
            if path:
                return path
    raise NoChromium(NONE)


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    yield from filter(os.path.isfile, map(os.path.expandvars, PLACES))
    asked = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    # In a process of its own: Playwright refuses to be started twice in one.
    answer = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    yield from filter(os.path.isfile, answer.stdout.splitlines())


def _runs(path: str) -> bool:
    """Whether it starts: on Ubuntu, `chromium-browser` may be a script that only says to install a snap."""
    if sys.platform == "win32":  # there, --version opens a window
        return os.path.isfile(path)
    return _done([path, "--version"], seconds=60)


def _installs() -> Iterator[Sequence[list[str]]]:
    """What to try, in order: the system's packages where we may, then the build Playwright brings."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = not root and shutil.which("sudo") is not None and _done(["sudo", "-n", "true"], seconds=10)
    for tool, commands in INSTALLERS.items():
        if not shutil.which(tool):
            continue
        if tool == "brew" or root:
            yield commands
        elif sudo:
            yield [["sudo", "-n", *command] for command in commands]
    libraries = ["--with-deps"] if root or sudo else []
    yield [[sys.executable, "-m", "playwright", "install", *libraries, "chromium"]]
    if libraries:  # it knows the packages of few systems, and the libraries may be there already
        yield [[sys.executable, "-m", "playwright", "install", "chromium"]]


def _done(command: list[str], seconds: float = 900) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    try:
        print(found_or_installed())
    except NoChromium as problem:
        sys.exit(str(problem))
