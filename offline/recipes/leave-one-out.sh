#!/bin/sh
# The paper's training on leave-one-out, window 200: what others' figures are held against.
#   offline/recipes/leave-one-out.sh path/to/ml-1m [folder of the run] [options of train, such as --seed 43]
# docs/results/quality.md has the figures of --epochs 27.
set -eu
movielens=${1:?name the folder of MovieLens 1M}
run=${2:-.steerstream/recipes/leave-one-out}
shift $(($# > 2 ? 2 : $#))
steer() { npm run --silent offline -- "$@" --dir "$run"; }

steer import movielens "$movielens"
steer dataset --split leave-one-out
steer train --split leave-one-out --window 200 "$@"
steer ranking --split leave-one-out
