#!/bin/bash
# Says whether the sample profiles compress as real rollouts were measured to.
# Usage: check.sh CORPUS_PROGRAM [PROFILE...]   (default: text images long-images)
# Needs the zstd tool and 1.5 GB under $TMPDIR. Ends with 1 if a figure is out of range.
set -euo pipefail

(($# > 0)) || { sed -n '2,4s/^# //p' "$0" >&2; exit 2; }
corpus=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# measure LOW HIGH ZSTD_OPTIONS...: the ratio of $work/file, and whether it is in range.
# One thread, as the service encodes: the tool's worker threads lose some long matches
# where their input buffer wraps round.
measure() {
  local low=$1 high=$2 size packed verdict
  shift 2
  size=$(stat -c %s "$work/file")
  packed=$(zstd -q -c --single-thread "$@" "$work/file" | wc -c)
  verdict=$(awk -v s="$size" -v p="$packed" -v l="$low" -v h="$high" \
    'BEGIN { r = s / p; printf "%6.2fx  %s", r, (r >= l && r <= h) ? "ok" : "FAIL" }')
  printf '  %-14s %s  (%s to %s)\n' "$*" "$verdict" "$low" "$high"
  [[ $verdict == *ok ]] || failed=1
}

sample() {
  "$corpus" file "$1" "$work/file" --bytes "$2"
  echo "$1, $(stat -c %s "$work/file") bytes"
}

check_profile() {
  case $1 in
    text)
      sample text 200000000
      measure 6.9 7.8 -3
      measure 7.4 8.4 -3 --long=27
      ;;
    images)
      sample images 760247640
      measure 1.5 1.8 -3
      measure 20 24 -3 --long=25
      measure 20 24 -3 --long=27
      ;;
    long-images)
      sample long-images 1500000000
      measure 1.3 1.5 -3
      measure 1.4 1.7 -3 --long=25
      measure 26 37 -3 --long=26
      ;;
    *)
      echo "check.sh: no figures for the profile $1" >&2
      exit 2
      ;;
  esac
}

(($# > 0)) || set -- text images long-images
for profile in "$@"; do
  check_profile "$profile"
done
exit "$failed"
