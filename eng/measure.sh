#!/usr/bin/env bash
# measure.sh [COMMIT...]: figures of commits (default: HEAD) as a Markdown table, such as public types, namespace circles and
# lines that are too long. Every commit is measured by the same program, that of this checkout (eng/Measure).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -gt 0 ]] || set -- HEAD
work=$(mktemp -d)
folders=()
remove() {
  local folder
  for folder in "${folders[@]}"; do git worktree remove --force "$folder"; done
  rm -rf "$work"
}
trap remove EXIT
dotnet build eng/Measure --configuration Release --verbosity quiet --nologo >&2
for commit in "$@"; do
  folder=$work/$(git rev-parse --short "$commit")
  git worktree add --quiet --detach "$folder" "$commit"
  folders+=("$folder")
done
dotnet artifacts/bin/Measure/release/measure.dll "${folders[@]}"
