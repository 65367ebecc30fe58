#!/usr/bin/env bash
# The main job from end to end, on synthetic clips: make data, train, measure on unseen games, track a clip.
# `make demo` calls it with the environment set up. It keeps its clips, and replaces the run of the last time.
set -euo pipefail
cd "$(dirname "$0")/.."

data=data/demo
unseen=data/demo-unseen
run=runs/demo
say() { printf '\n%s\n' "$*" >&2; }

say "1/4  Labelled synthetic clips of 56 tennis courts in $data, and one more in $unseen (kept for the next time)"
tracknet synth "$data" --sport tennis --games 56 --clips 1 --frames 16 --no-video
tracknet synth "$unseen" --sport tennis --first-game 57 --games 1 --clips 1 --frames 90

say "2/4  Training, then measuring on games that were not trained on"
rm -rf "$run"
tracknet run configs/demo.yaml data.root="$data" --output "$run"

clip=$unseen/game57/Clip1.mp4
say "3/4  Following the ball through $clip, on a court that no step has seen"
tracknet predict "$run" "$clip" --output "$run/tracked" --overlay

say "4/4  Done. All figures are for synthetic clips."
cat <<EOF
metrics   $run/metrics.json
report    $run/report.html
track     $run/tracked/Clip1_ball.csv
overlay   $run/tracked/Clip1_ball.mp4
EOF
