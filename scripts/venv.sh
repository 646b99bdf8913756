#!/bin/sh
# Make .venv with Python 3.11 or newer, unless a sound one is there. Needs nothing but Python.
set -eu
cd "$(dirname "$0")/.."

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

new_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 && exit 0

for python in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
  new_enough "$python" || continue
  "$python" -m venv --clear .venv >/dev/null 2>&1 && exit 0
  # Debian and Ubuntu keep venv in a package of its own.
  package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
  if command -v apt-get >/dev/null; then
    as_root sh -c "apt-get update -qq && apt-get install -y -qq $package" >/dev/null 2>&1 || true
  fi
  "$python" -m venv --clear .venv >/dev/null 2>&1 && exit 0
  echo "$python cannot make a virtual environment: install the package $package and run this again." >&2
  exit 1
done
echo "Shimur needs Python 3.11 or newer and found none: install it (python.org, or your system's packages) and run this again." >&2
exit 1
