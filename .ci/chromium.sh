#!/usr/bin/env bash
# Prints the path of a Chromium, installing Debian's when there is none. CHROMIUM=/path/to/it names another.
set -euo pipefail
say() { echo "setup: $*" >&2; }

find_one() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

find_one && exit

if ! command -v apt-get >/dev/null; then
  say "the browser tests need Chromium or Chrome: install one, or say CHROMIUM=/path/to/it"
  exit 1
fi
if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root=(sudo -n)
else
  say "the browser tests need Chromium, and installing it needs root: sudo apt-get install chromium fonts-dejavu-core"
  exit 1
fi
say "installing Chromium and two fonts with apt-get"
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core fonts-liberation >/dev/null
find_one
