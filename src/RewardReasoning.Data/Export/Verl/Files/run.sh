#!/usr/bin/env bash
# Trains the judge with verl on Ray. On one machine: ./run.sh. On several: start Ray on all of them (README.md), then
# ./run.sh on the one that runs `ray start --head`. Further settings go on the command line: ./run.sh trainer.total_epochs=2
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mapfile -t settings < <(grep -v -e '^#' -e '^[[:space:]]*$' "$here/settings.txt")
exec python3 -m verl.trainer.main_ppo \
  "${settings[@]}" \
  "data.train_files=$here/train.parquet" \
  "data.val_files=$here/{test_file}.parquet" \
  "reward.custom_reward_function.path=$here/rewards.py" \
  "trainer.default_local_dir=$here/checkpoints" \
  "$@"
