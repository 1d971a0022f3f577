#!/usr/bin/env bash
# Everything from a clone on, a command each; ./do help lists them.
set -euo pipefail
[ -z "${LEAT_TORCH:-}" ] || export LEAT_TORCH=$(readlink -f "$LEAT_TORCH")
cd "$(dirname "$(readlink -f "$0")")"
logs=build/logs
jobs=$(nproc)

help() {
  cat <<'TEXT'
usage: ./do COMMAND
  build               builds build/leat
  test                builds everything and runs the tests
  demo [--seeds A-B]  trains the demo into runs/demo and prints its report; with seeds, one run each in runs/demo-seed-N and one table
  sanitize            runs the tests under AddressSanitizer and UndefinedBehaviorSanitizer, the engine's under ThreadSanitizer
  soak                runs the long tests
  deps                installs what the build needs, which the commands above do as well
Each installs what is missing first; what is done is skipped. Logs are in build/logs. LEAT_TORCH=DIR uses a LibTorch that is there
already: the folder that holds its include/ and lib/.
TEXT
}

# step LOG SENTENCE COMMAND…: one line on the terminal; the command's output goes to the log, and its end is shown if it fails.
step() {
  local log=$logs/$1.log sentence=$2 start=$SECONDS
  shift 2
  mkdir -p "$logs"
  printf '%s … ' "$sentence"
  if "$@" >"$log" 2>&1 </dev/null; then
    echo "$((SECONDS - start)) s"
  else
    echo "failed after $((SECONDS - start)) s"
    tail -n 30 "$log"
    echo "all of it is in $log"
    exit 1
  fi
}

# Debian 12 is tested. Ubuntu 24.04 has packages of the same names; untested.
packages="ca-certificates cmake doctest-dev g++ libboost-dev libcli11-dev libopencv-dev libspdlog-dev libtbb-dev libyaml-cpp-dev
  ninja-build nlohmann-json3-dev"

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

apt_install() {
  local root=$1
  shift
  $root apt-get update && $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

install_packages() {
  local missing="" root="" package
  for package in $packages; do is_installed "$package" || missing+=" $package"; done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ]; then
    root="sudo -n"
    if ! command -v apt-get >/dev/null || ! $root true 2>/dev/null; then
      echo "These packages are missing; ask for them, or run this as root:"
      echo "  apt-get install --no-install-recommends$missing"
      exit 2
    fi
  fi
  step packages "installing$missing" apt_install "$root" $missing
}

torch=2.13.0

install_torch() {
  [ -z "${LEAT_TORCH:-}" ] || return 0
  [ ! -e .deps/torch/torch/lib/libtorch_cpu.so ] || return 0
  command -v python3 >/dev/null && python3 -m pip --version >/dev/null 2>&1 || { packages="python3 python3-pip" install_packages; }
  if nvidia-smi >/dev/null 2>&1; then
    # With NVIDIA's own wheels, which it depends on; untested.
    step torch "installing torch $torch for the GPU into .deps" unpack_torch "torch==$torch"
  else
    step torch "installing torch $torch into .deps" cpu_torch
  fi
}

# The second index is PyTorch's own; untested.
cpu_torch() {
  unpack_torch --no-deps "torch==$torch+cpu" ||
    unpack_torch --no-deps --index-url https://download.pytorch.org/whl/cpu "torch==$torch+cpu"
}

# pip unpacks to a temporary folder first and then moves it, for which both have to be on one disk.
unpack_torch() {
  rm -rf .deps/torch .deps/torch.part .deps/temporary
  mkdir -p .deps/temporary
  TMPDIR=$PWD/.deps/temporary python3 -m pip install --no-compile --target .deps/torch.part "$@" || return 1
  rm -rf .deps/temporary
  mv .deps/torch.part .deps/torch
}

deps() {
  install_packages
  install_torch
}
case "${1:-}" in deps) deps ;; esac
