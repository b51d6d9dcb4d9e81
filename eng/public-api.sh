#!/usr/bin/env bash
# public-api.sh [PROJECT...]: writes the public members of the libraries (default: all of src/ but the command) into PublicAPI.Unshipped.txt
# beside each project, where reviews see what a change adds to or takes from them. A release moves them into PublicAPI.Shipped.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[[ $# -gt 0 ]] || set -- src/RewardReasoning src/RewardReasoning.{Text,Verification,Endpoints,Models,LlamaCpp,Storage,Data,Evaluation,Extensions.Evaluation,Training,Server,Cluster}
for project in "$@"; do
  echo '#nullable enable' >"$project/PublicAPI.Unshipped.txt"
  [[ -e $project/PublicAPI.Shipped.txt ]] || echo '#nullable enable' >"$project/PublicAPI.Shipped.txt"
done
for project in "$@"; do
  # The analyzer says of each member that it is in neither file, in the very words that belong there.
  members=$(dotnet build "$project" --configuration Release --nologo --verbosity quiet -p:TreatWarningsAsErrors=false -p:WarningsNotAsErrors=RS0016 2>&1 |
    sed -n "s/.*: \(error\|warning\) RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\2/p" | LC_ALL=C sort -u || true)
  printf '#nullable enable\n%s\n' "$members" >"$project/PublicAPI.Unshipped.txt"
  echo "$project: $(grep -c . <<<"$members") members"
done
