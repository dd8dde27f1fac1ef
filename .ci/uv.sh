#!/usr/bin/env bash
# Prints the path of a uv that works, installing one into .setup/ when there is none.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { echo "setup: $*" >&2; }

if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then
  command -v uv
  exit
fi
for found in .setup/venv/bin/uv .setup/lib/bin/uv; do
  if [ -x "$found" ]; then
    echo "$PWD/$found"
    exit
  fi
done

if ! command -v python3 >/dev/null; then
  say "python3 is needed (3.11 or newer); on Debian: apt-get install python3 python3-venv"
  exit 1
fi
# A private venv, and where Debian has split off python3-venv, a private folder: neither touches the system's Python.
if python3 -m venv .setup/venv >/dev/null 2>&1; then
  say "installing uv into .setup/venv"
  .setup/venv/bin/python -m pip install --quiet --disable-pip-version-check uv >&2
  echo "$PWD/.setup/venv/bin/uv"
elif python3 -m pip --version >/dev/null 2>&1; then
  rm -rf .setup/venv
  say "installing uv into .setup/lib"
  python3 -m pip install --quiet --disable-pip-version-check --target .setup/lib uv >&2
  echo "$PWD/.setup/lib/bin/uv"
else
  rm -rf .setup/venv
  say "uv is needed and Python has neither venv nor pip; on Debian: apt-get install python3-venv, then try again"
  exit 1
fi
