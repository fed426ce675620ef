#!/bin/sh
# Leave-one-out on MovieLens 1M with levers: twice as wide, one block less, more dropout, averaged weights.
#   offline/recipes/leave-one-out-wide.sh path/to/ml-1m [folder of the run] [options of train, such as --seed 43]
set -eu
movielens=${1:?name the folder of MovieLens 1M}
run=${2:-.steerstream/recipes/leave-one-out-wide}
shift $(($# > 2 ? 2 : $#))
steer() { npm run --silent offline -- "$@" --dir "$run"; }

steer import movielens "$movielens"
steer dataset --split leave-one-out
steer train --split leave-one-out --window 200 --width 128 --layers 2 --dropout 0.2 --average 0.995 --epochs 60 "$@"
steer ranking --split leave-one-out
