#!/usr/bin/env bash
# Compiles what LEAT_TENSOR=OFF builds for aarch64 on another processor: the engine, its tools and the nodes as libraries, the command as
# objects. Nothing of it runs. It is no part of `./do test`, for it needs the compiler that it names, and Debian's mirror.
#   tests/arm/compile.sh
# Debian's arm64 packages are unpacked into .deps/arm64, and nothing is installed. Exit codes: 0, 1 it does not compile, 2 something is missing.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
root=$PWD/.deps/arm64 build=build-arm64

# The libraries' headers, and the libraries themselves to link with.
packages="libboost1.74-dev libcli11-dev libjpeg62-turbo libjpeg62-turbo-dev libopencv-core-dev libopencv-core406 libopencv-imgcodecs-dev
  libopencv-imgcodecs406 libopencv-imgproc-dev libopencv-imgproc406 libsqlite3-0 libsqlite3-dev libtbb-dev libtbb12 libtbbmalloc2
  libtbbbind-2-5 libutf8proc-dev libutf8proc2 libyaml-cpp-dev libyaml-cpp0.7 nlohmann-json3-dev"

if ! command -v aarch64-linux-gnu-g++ >/dev/null; then
  echo "there is no aarch64-linux-gnu-g++ (Debian: apt-get install g++-aarch64-linux-gnu)"
  exit 2
fi

# apt with lists and packages of its own, for arm64 alone.
apt_of_arm() {
  apt-get -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User= -o Dir::State="$root.part/apt" \
    -o Dir::State::status="$root.part/apt/status" -o Dir::Cache="$root.part/apt" "$@"
}

unpack_packages() {
  rm -rf "$root.part"
  mkdir -p "$root.part/apt/lists/partial" "$root.part/apt/archives/partial" "$root.part/packages"
  touch "$root.part/apt/status"
  apt_of_arm update
  (cd "$root.part/packages" && apt_of_arm download $packages)
  for package in "$root.part"/packages/*.deb; do dpkg-deb -x "$package" "$root.part"; done
  rm -rf "$root.part/apt" "$root.part/packages" "$root"
  echo $packages >"$root.part/list"
  mv "$root.part" "$root"
}

if [ "$(cat "$root/list" 2>/dev/null)" != "$(echo $packages)" ]; then
  unpack_packages || { echo "Debian's arm64 packages are not to be had"; exit 2; }
fi
cmake -S . -B $build -G Ninja -DCMAKE_TOOLCHAIN_FILE=tests/arm/aarch64.cmake -DLEAT_ARM_ROOT="$root" -DCMAKE_BUILD_TYPE=Release \
  -DLEAT_TENSOR=OFF -DLEAT_TESTS=OFF || exit 1
objects=$(ninja -C $build -t targets all | sed -n 's/^\(cli\/.*\.o\): .*/\1/p')
ninja -C $build leat_engine leat_tools leat_nodes $objects || exit 1
for library in engine/libleat_engine.so engine/libleat_tools.so nodes/libleat_nodes.so; do
  readelf -h $build/$library | grep -q AArch64 || { echo "$library is not of aarch64"; exit 1; }
done
echo "it compiles for aarch64"
