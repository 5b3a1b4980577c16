#!/usr/bin/env bash
# Builds functions for arm64, as they are deployed, and lets one serve an event under qemu.
#
#   tests/aws/arm64.sh [FUNCTION...]     all without names
#
# Needs rustup's target aarch64-unknown-linux-gnu, and for the event qemu-user-static with libc6-arm64-cross (Debian and Ubuntu; installed
# by apt when this runs as root). What cannot be had is said, and is no failure.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
. tests/aws/tools.sh
rust_target=aarch64-unknown-linux-gnu
target="$(mkdir -p "${CARGO_TARGET_DIR:-target}" && cd "${CARGO_TARGET_DIR:-target}" && pwd)"
names=("$@")
[ ${#names[@]} -gt 0 ] || names=(fetch transform post reconcile api)

if ! rustup target list --installed 2>/dev/null | grep -qx "$rust_target" && ! timeout 120 rustup target add "$rust_target" >/dev/null 2>&1; then
    echo "skipped: the Rust target $rust_target is not here and cannot be had from here"
    exit 0
fi

tool="$(cargo_lambda)" || exit 1
export PATH="$tool/bin:$PATH"
for name in "${names[@]}"; do
    begin=$SECONDS
    # The target directory by the variable: cargo-lambda 1.9.2 stumbles over the option.
    CARGO_TARGET_DIR="$target" cargo lambda build --release --arm64 --output-format zip --lambda-dir "$target/lambda" --package "$name" --quiet || exit 1
    echo "$name for arm64: $(stat -c %s "$target/lambda/$name/bootstrap.zip") bytes zipped ($((SECONDS - begin)) s)"
done

emulator="$(command -v qemu-aarch64-static)"
if [ -z "$emulator" ] || [ ! -d /usr/aarch64-linux-gnu ]; then
    if [ "$(id -u)" -ne 0 ] || ! timeout 300 apt-get install -y -qq qemu-user-static libc6-arm64-cross libgcc-s1-arm64-cross >/dev/null 2>&1; then
        echo "skipped: no event under qemu (qemu-user-static and libc6-arm64-cross are not here and cannot be had from here)"
        exit 0
    fi
    emulator="$(command -v qemu-aarch64-static)"
fi
work="$target/arm64-smoke"
for name in "${names[@]}"; do
    mkdir -p "$work/$name"
    python3 -m zipfile -e "$target/lambda/$name/bootstrap.zip" "$work/$name" && chmod +x "$work/$name/bootstrap" || exit 1
    printf '#!/bin/sh\nexec %s -L /usr/aarch64-linux-gnu %s\n' "$emulator" "$work/$name/bootstrap" >"$work/$name/start"
    chmod +x "$work/$name/start"
    PYTHONPATH=tests/aws python3 -c '
import sys, measure
begin, _, answer, _ = measure.start(sys.argv[2])
print(f"{sys.argv[1]} for arm64 under qemu: first poll after {begin * 1000:.0f} ms, first answer {answer * 1000:.0f} ms later")
' "$name" "$work/$name/start" || exit 1
done
