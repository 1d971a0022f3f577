#!/usr/bin/env bash
# Checks and measures a build of Leat on a GPU, without a network, in at most fifteen minutes. Each stage has a limit, writes its log, and adds a
# row to OUT/table.md at once, so that what is done is kept if the time ends.
#   tests/gpu/check.sh BUILD OUT [DEVICE]
# BUILD: the build's folder, with a LibTorch that has CUDA. DEVICE: cuda:0. PYTHON: a Python with that LibTorch's torch; without it, the
# stages that compare with PyTorch are left out, and say so.
set -uo pipefail
usage="usage: tests/gpu/check.sh BUILD OUT [DEVICE]"
build=$(realpath "${1:?$usage}") && out=$(realpath -m "${2:?$usage}") && device=${3:-cuda:0}
source=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
leat=$build/leat
mkdir -p "$out"
table=$out/table.md
printf '| stage | result | seconds |\n|---|---|---|\n' | tee "$table"
failed=0

# stage NAME SECONDS COMMAND…: runs a command within a limit. Its last line is the result.
stage() {
  local name=$1 limit=$2 begin=$SECONDS status=0 result
  shift 2
  timeout -k 5 "$limit" "$@" >"$out/$name.txt" 2>&1 || status=$?
  result=$(tail -n 1 "$out/$name.txt" | tr '|' '/')
  case $status in
    0) ;;
    77) result="left out: $result" ;;
    124 | 137) result="not done within $limit s" && failed=1 ;;
    *) result="FAILED ($status): $result" && failed=1 ;;
  esac
  printf '| %s | %s | %s |\n' "$name" "$result" "$((SECONDS - begin))" | tee -a "$table"
}

card() {
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
}

# A run of the demo that is killed and resumed has the weights of one that is not.
killed() {
  local lane=$1 folder=$out/killed-$1
  rm -rf "$folder"
  local run=("$leat" run "$source/graphs/demo.yaml" --device "$device" --lane "$lane" --set steps=60 --set checkpoint_every=5)
  "${run[@]}" --out "$folder/whole" || return 1
  "${run[@]}" --out "$folder/cut" &
  local process=$!
  until [ -e "$folder/cut/checkpoints/last/manifest.json" ] || ! kill -0 $process 2>/dev/null; do sleep .05; done
  kill -KILL $process 2>/dev/null || { echo "the run ended before it could be killed"; return 1; }
  wait $process
  "$leat" run --resume "$folder/cut" --lane "$lane" || return 1
  for file in "$folder"/whole/checkpoints/last/*.safetensors; do
    cmp "$file" "$folder/cut/checkpoints/last/$(basename "$file")" || return 1
  done
  echo "the same weights after a kill"
}

# The step of multimix-paper.yaml, A B C C B A.
steps() {
  local size=$1 lane
  for lane in plain async captured captured async plain; do
    "$build/bench/step" --size "$size" --batch 10 --device "$device" --lane "$lane" --steps 50 --warmup 10 --threads 4 |
      sed "s/^/$lane /" || return 1
  done | tee "$out/step-$size.jsonl"
  sed -n 's/^\([a-z]*\) .*"ms_per_step": *\([0-9.]*\).*/\1 \2 ms/p' "$out/step-$size.jsonl" | tr '\n' ';'
}

# The same step in PyTorch: eager, tuned or compiled. torch.compile needs Triton.
pytorch() {
  [ -n "${PYTHON:-}" ] || { echo "PYTHON is not set"; return 77; }
  "$PYTHON" "$source/tests/bench/speed/peers/step.py" --device "${device%%:*}" --batch 10 --steps 50 --warmup 10 "$@"
}

export -f card killed steps pytorch
export leat out source device build PYTHON=${PYTHON:-}
stage card 10 bash -c card
for size in 64 256; do
  stage dropout-$size 60 "$build/bench/dropout" --device "$device" --size $size
done
stage bits 120 "$leat" verify "$source/graphs/demo.yaml" --device "$device" --lane plain,async --threads 1,8 --steps 20
stage bits-captured 120 "$leat" verify "$source/graphs/demo.yaml" --device "$device" --lane async,captured --threads 1,8 --steps 20
stage killed-plain 60 bash -c "killed plain"
stage killed-async 60 bash -c "killed async"
stage killed-captured 60 bash -c "killed captured"
stage step-64 60 bash -c "steps 64"
stage step-256 120 bash -c "steps 256"
for size in 64 256; do
  stage pytorch-$size 60 bash -c "pytorch --size $size"
  stage pytorch-tuned-$size 60 bash -c "pytorch --size $size --channels-last --benchmark"
  stage pytorch-compiled-$size 120 bash -c "pytorch --size $size --compile"
done
exit $failed
