#!/usr/bin/env bash
# Kills a training run in the middle (kill -9), goes on with it, and compares the weights with those of a run that was left alone.
#   bench/resume.sh METHOD RECIPE STEP    for example: bench/resume.sh grpo recipes/rrm-mini/judge.json 9
# Both runs go into new folders beside the recipe's own; RRM names the command where it is not ./rrm of this clone.
set -euo pipefail
method=$1 recipe=$2 step=$3
rrm=${RRM:-$(dirname "$0")/../rrm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for name in undisturbed killed; do
  sed "s|\"out\": *\"[^\"]*\"|\"out\": \"$work/$name\"|" "$recipe" >"$work/$name.json"
done

"$rrm" train "$method" "$work/undisturbed.json" >"$work/log" 2>&1

"$rrm" train "$method" "$work/killed.json" >"$work/log" 2>&1 &
run=$!
until grep -q "\"step\":$step," "$work/killed/metrics.jsonl" 2>/dev/null; do
  kill -0 "$run" || { cat "$work/log"; exit 1; }
  sleep 0.05
done
kill -9 "$run"
wait "$run" 2>/dev/null || true
echo "killed after step $(tail -n 1 "$work/killed/metrics.jsonl" | sed 's/.*"step":\([0-9]*\).*/\1/'), last checkpoint $(basename "$(ls -d "$work"/killed/step-* 2>/dev/null | sort -V | tail -1)")"
"$rrm" train "$method" "$work/killed.json" >"$work/log" 2>&1

(cd "$work" && sha256sum undisturbed/model/model.safetensors killed/model/model.safetensors)
cmp "$work/undisturbed/model/model.safetensors" "$work/killed/model/model.safetensors" && echo "the same, bit for bit"
