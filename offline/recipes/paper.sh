#!/bin/sh
# GPTRec as in the paper on MovieLens 1M: three seeds on one split, then their mean and spread.
#   offline/recipes/paper.sh path/to/ml-1m [folder of the runs] [options of train, such as --window 128 --layers 2]
set -eu
movielens=${1:?name the folder of MovieLens 1M}
runs=${2:-.steerstream/recipes/paper}
shift $(($# > 2 ? 2 : $#))
steer() { npm run --silent offline -- "$@"; }

for seed in 42 43 44; do
  steer import movielens "$movielens" --dir "$runs/$seed"
  steer dataset --dir "$runs/$seed"
  steer train --seed "$seed" "$@" --dir "$runs/$seed"
  steer ranking --dir "$runs/$seed"
done
steer ranking --dir "$runs/42" --runs "$runs/43,$runs/44"
