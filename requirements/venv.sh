#!/bin/sh
# Makes .venv with the first fitting Python: $PYTHON when set, else the one called python3,
# else the newest. Python 3.15 is too new: the embedded PostgreSQL has no wheel for it.
set -eu

fits='import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] < (3, 15))'
if [ -x .venv/bin/python ] && .venv/bin/python -c "$fits" 2>/dev/null; then
    exit 0
fi

bare=
for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    "$python" -c "$fits" 2>/dev/null || continue
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "Making .venv with $("$python" -V)"
        exec "$python" -m venv --clear .venv
    fi
    bare=$python
done

if [ -n "$bare" ]; then
    echo "$bare lacks the venv module; install it (Debian and Ubuntu: apt install python3-venv)." >&2
else
    echo "The gateway needs Python 3.11, 3.12, 3.13 or 3.14, and none was found." \
        "Install one, or name it: make ${MAKECMDGOALS:-setup} PYTHON=/path/to/python3" >&2
fi
exit 1
