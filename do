#!/usr/bin/env bash
# All commands for a fresh clone; `./do help` lists them.
set -euo pipefail
[ -z "${LEAT_TORCH:-}" ] || export LEAT_TORCH=$(realpath -m "$LEAT_TORCH")
cd "$(dirname "$(readlink -f "$0")")"
logs=build/logs

usage() {
  cat <<'TEXT'
usage: ./do COMMAND
  build                 builds build/leat
  test                  builds everything and runs the tests; installs the software that the tests compare with, if possible
  demo [--seeds A-B]    trains the demo into runs/demo, prints its report and writes it to runs/demo/report.html;
                        with --seeds: one run per seed in runs/demo-seed-N, one table, and runs/demo-report.html
  sanitize              runs the tests under AddressSanitizer and UndefinedBehaviorSanitizer, the engine's also under ThreadSanitizer
  soak                  runs the long tests
  bench [ROW…]          measures Leat beside PyTorch's and others' tools, and prints a table; installs them into .deps/bench, if possible.
                        --list prints the rows and how long they take; tests/bench/speed/README.md has the other options
  deps                  installs the dependencies of the build; the commands above do this first
Finished work is skipped. Logs are in build/logs. LEAT_TORCH=DIR uses an existing LibTorch: the folder with its include/ and lib/.
TEXT
}

# While a step runs on a terminal, prints its sentence and ninja's count, until the step or this script ends.
show_count() {
  while sleep 1 && kill -0 $$ 2>/dev/null; do
    printf '\r%s … %s' "$1" "$(sed -n 's/^\(\[[0-9/]*\]\).*/\1/p' "$2" | tail -n 1)"
  done
}

# step LOG SENTENCE COMMAND…: prints one line on the terminal. The command's output goes to the log; if the command fails, the log's end is shown.
step() {
  local log=$logs/$1.log sentence=$2 start=$SECONDS status=0 counter=
  shift 2
  mkdir -p "$logs"
  printf '%s … ' "$sentence"
  : >"$log"
  if [ -t 1 ]; then
    show_count "$sentence" "$log" &
    counter=$!
  fi
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ -n "$counter" ]; then
    kill "$counter"
    wait "$counter" 2>/dev/null || true
    printf '\r\033[K%s … ' "$sentence"
  fi
  if [ "$status" = 0 ]; then
    echo "$((SECONDS - start)) s"
    return
  fi
  echo "failed after $((SECONDS - start)) s"
  tail -n 30 "$log"
  echo "the whole log is $log"
  exit 1
}

torch=2.13.0
# Package names of Debian 12. Ubuntu 24.04 has the same names; not tested.
packages="ca-certificates cmake doctest-dev g++ libarchive-dev libboost-dev libcli11-dev libcpp-httplib-dev libgloo-dev libjpeg-dev libopencv-core-dev libopencv-imgcodecs-dev libopencv-imgproc-dev
  libsqlite3-dev libtbb-dev libutf8proc-dev libyaml-cpp-dev ninja-build nlohmann-json3-dev"

has_torch() { [ -n "${LEAT_TORCH:-}" ] || [ -e .deps/torch/torch/lib/libtorch_cpu.so ]; }

install_packages() {
  local known missing="" package root=""
  has_torch || python3 -m pip --version >/dev/null 2>&1 || packages+=" python3-pip"
  known=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null) || true
  for package in $packages; do
    grep -qx "$package installed" <<<"$known" || missing+=" $package"
  done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || root="sudo -n"
  if ! command -v apt-get >/dev/null || ! $root true 2>/dev/null; then
    echo "the missing packages need Debian's apt-get and root; ask for:"
    echo "  apt-get install --no-install-recommends$missing"
    exit 2
  fi
  step packages "installing$missing" apt_install "$root" $missing
}

apt_install() {
  local root=$1
  shift
  $root apt-get update
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

install_torch() {
  has_torch && return
  if nvidia-smi >/dev/null 2>&1; then
    # The CUDA wheel, with the NVIDIA wheels that it depends on. Not tested: the GPU tests used LEAT_TORCH with a wheel of 2.11.
    step torch "installing torch $torch for the GPU into .deps" pip_install "torch==$torch"
  else
    step torch "installing torch $torch into .deps" install_cpu_torch
  fi
}

# If the user's own index has no such wheel, PyTorch's index has it; the second line is not tested.
install_cpu_torch() {
  pip_install --no-deps "torch==$torch+cpu" && return
  pip_install --no-deps --index-url https://download.pytorch.org/whl/cpu "torch==$torch+cpu" && return
  echo "to use an existing LibTorch, set LEAT_TORCH=DIR"
  return 1
}

pip_install() {
  rm -rf .deps/torch .deps/torch.part
  python3 -m pip install --no-compile --target .deps/torch.part "$@" && mv .deps/torch.part .deps/torch
}

deps() {
  install_packages
  install_torch
}

# compile PRESET FOLDER [TARGET]
compile() {
  local options=()
  # CMake reads this in the first configuration only. ccache keeps nothing of a build with precompiled headers.
  if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
    options=(-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON)
  fi
  step "configure-$1" "configuring $2" cmake --preset "$1" "${options[@]}"
  step "build-$1" "building ${3:-$2}" cmake --build --preset "$1" --parallel "$(nproc)" ${3:+--target "$3"}
}

build() {
  deps
  compile release build leat
}

# Installs the software that tests compare with, from Debian, PyPI and npm. Without it, these tests are skipped and say so.
install_peers() {
  local peers="chromium graphviz libdcmtk-dev" root=""
  [ "$(id -u)" = 0 ] || root="sudo -n"
  dpkg -s $peers >/dev/null 2>&1 || attempt peers-packages "installing $peers" apt_install "$root" $peers || true
  fetch peers tests/requirements.txt python3 -m pip install --no-compile --target .deps/peers -r tests/requirements.txt
  fetch editor tests/editor/package.json npm install --prefix .deps/editor --no-audit --no-fund --no-save "yaml-language-server@$(sed -n 's/.*server": "\(.*\)".*/\1/p' tests/editor/package.json)"
  fetch page viewer/page/package-lock.json npm_page
}

# Installs what builds and tests the page.
npm_page() {
  cp viewer/page/package.json viewer/page/package-lock.json .deps/page/ && npm ci --prefix .deps/page --no-audit --no-fund
}

# fetch NAME LIST COMMAND…: fills .deps/NAME with a command, once per version of the list.
fetch() {
  local name=$1 list=$2
  shift 2
  cmp -s "$list" ".deps/$name/list" && return
  rm -rf ".deps/$name"
  mkdir -p ".deps/$name"
  attempt "$name" "installing references for tests into .deps/$name" "$@" && cp "$list" ".deps/$name/list" || rm -rf ".deps/$name"
}

# attempt LOG SENTENCE COMMAND…: like a step, but a failure gives one line and does not end the script.
attempt() {
  local log=$logs/$1.log sentence=$2
  shift 2
  mkdir -p "$logs"
  printf '%s … ' "$sentence"
  if "$@" >"$log" 2>&1 </dev/null; then echo done; else echo "failed: tests that need it are skipped ($log)" && return 1; fi
}

tests() {
  deps
  install_peers
  compile release build
  ctest --preset release
}

sanitize() {
  deps
  compile asan build-asan
  ctest --preset asan
  compile tsan build-tsan
  ctest --preset tsan
}

soak() {
  deps
  compile release build
  ctest --preset soak
}

# Installs what the benchmarks compare with. If one package fails, all are installed one by one. The driver leaves out what is missing.
install_bench() {
  fetch bench tests/bench/speed/requirements.txt bench_packages
}

bench_packages() {
  local list=tests/bench/speed/requirements.txt into="python3 -m pip install --no-compile --target .deps/bench" together alone package
  together=$(sed '/^#/d; /# alone$/d' "$list")
  alone=$(sed -n 's/ # alone$//p' "$list")
  $into $together || for package in $together; do $into "$package" || echo "$package does not install"; done
  $into --no-deps $alone || echo "$alone does not install"
  [ -e .deps/bench/numpy ]
}

# The options of the driver come as they are; other words are rows.
bench() {
  local rows="" options=() torch_packages=.deps/torch
  while [ $# != 0 ]; do
    case $1 in
      --pairs | --cores | --data) options+=("$1" "${2:-}") && shift ;;
      --*) options+=("$1") ;;
      *) rows+=",$1" ;;
    esac
    shift
  done
  [ -z "${LEAT_TORCH:-}" ] || torch_packages=$(dirname "$LEAT_TORCH")
  deps
  install_bench
  compile release build leat_bench
  PYTHONPATH=$torch_packages:.deps/bench python3 tests/bench/speed/bench.py --rows "$rows" "${options[@]}"
}

# train SEED FOLDER: trains the demo, resumes it, or leaves it unchanged if it is finished.
train() {
  local where=--out status=0
  [ ! -e "$2/results.json" ] || return 0
  [ ! -e "$2/graph.yaml" ] || where=--resume
  build/leat run graphs/demo.yaml "$where" "$2" --seed "$1" --device cpu:2 || status=$?
  [ "$status" != 0 ] || return 0
  echo "the demo is not finished; to resume it, run the same command; to restart it, run rm -r $2 first"
  exit "$status"
}

demo() {
  local seed first last runs=()
  if [ $# = 0 ]; then
    build
    train 0 runs/demo
    build/leat report runs/demo
    echo
    build/leat report runs/demo --out runs/demo/report.html
    return
  fi
  [ "$1" = --seeds ] && [[ ${2:-} =~ ^([0-9]+)-([0-9]+)$ ]] || { usage >&2; exit 2; }
  first=${BASH_REMATCH[1]} last=${BASH_REMATCH[2]}
  build
  for ((seed = first; seed <= last; seed++)); do
    train "$seed" "runs/demo-seed-$seed"
    runs+=("runs/demo-seed-$seed")
  done
  build/leat report "${runs[@]}"
  echo
  build/leat report "${runs[@]}" --out runs/demo-report.html
}

command=${1:-help}
[ $# = 0 ] || shift
case $command in
  build | sanitize | soak | deps) "$command" ;;
  test) tests ;;
  demo) demo "$@" ;;
  bench) bench "$@" ;;
  help | --help | -h) usage ;;
  *) usage >&2; exit 2 ;;
esac
