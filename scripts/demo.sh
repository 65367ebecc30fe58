#!/usr/bin/env bash
# The main job from end to end, on synthetic clips: make data, train, measure on unseen games, track a clip.
# `make demo` calls it with the environment set up. It keeps its clips, and replaces the run of the last time.
set -euo pipefail
cd "$(dirname "$0")/.."

data=data/demo
run=runs/demo
say() { printf '\n%s\n' "$*" >&2; }

say "1/4  Labelled synthetic clips in $data (kept for the next time)"
tracknet synth "$data"

say "2/4  Training, then measuring on games that were not trained on"
rm -rf "$run"
tracknet run configs/demo.yaml data.root="$data" --output "$run"

clip=$(find "$data" -name '*.mp4' | sort -V | tail -n 1)
say "3/4  Following the ball through $clip, from the last of those games"
tracknet predict "$run" "$clip" --output "$run/tracked" --overlay

stem=$(basename "$clip" .mp4)
say "4/4  Done. All figures are for synthetic clips."
cat <<EOF
metrics   $run/metrics.json
report    $run/report.html
track     $run/tracked/${stem}_ball.csv
overlay   $run/tracked/${stem}_ball.mp4
EOF
