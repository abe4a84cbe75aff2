#!/bin/sh
# SPDX-License-Identifier: MIT
#
# howto_test.sh PAGE...: does what a page of docs/howto tells its reader to do, and compares what it shows with what
# happens. A page's fenced blocks count as follows:
#
#   a first line `# file: PATH` or `// file: PATH`   the rest of the block is that file, of a copy of the tree
#   ```sh                                            commands, run in the copy; one that fails fails the page
#   ```text behind a ```sh                           all that those commands print; `...` alone on a line stands for any
#                                                    number of lines, at a line's end for any rest of it
#
# Other blocks are only looked at. Prints the first difference with the page's line; status 1 when a page fails.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
CC=${CC:-clang-19}; export CC
unset LOAM_OPTIONS || true
scratch=$(mktemp -d "${TMPDIR:-/tmp}/howto-XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

# Cuts a page into $scratch/steps: NNN.sh, NNN.text and NNN.file (with its path on the first line), by line number.
cut_page() {
  awk -v out="$scratch/steps" '
    function name(kind) { return sprintf("%s/%05d.%s", out, start, kind) }
    !inside && /^```/ { inside = 1; start = NR; kind = substr($0, 4); first = 1; target = ""; next }
    inside && /^```$/ {
      if (target == "" && (kind == "sh" || kind == "text")) target = name(kind)
      if (target != "") { printf "" >> target; close(target) }
      inside = 0; next
    }
    inside {
      if (first && match($0, /^(#|\/\/) file: /)) { target = name("file"); print substr($0, RLENGTH + 1) > target }
      else {
        if (first && (kind == "sh" || kind == "text")) target = name(kind)
        if (target != "") print > target
      }
      first = 0
    }' "$1"
}

# Whether FILE is as the pattern file WANTED says; prints the first line that is not.
same() { # same WANTED FILE
  awk -v wanted="$1" '
    function fits(want, got) {
      if (want ~ /\.\.\.$/) return index(got, substr(want, 1, length(want) - 3)) == 1
      return want == got
    }
    BEGIN { while ((getline line < wanted) > 0) want[++count] = line; at = 1 }
    bad { next }
    {
      if (at <= count && want[at] == "...") {
        if (at == count) next
        if (fits(want[at + 1], $0)) at += 2
      } else if (at <= count && fits(want[at], $0)) at++
      else { bad = 1; printf "  expected: %s\n  found:    %s\n", at <= count ? want[at] : "nothing more", $0 }
    }
    END {
      if (!bad && at <= count && !(at == count && want[at] == "...")) {
        bad = 1; printf "  expected: %s\n  found:    nothing more\n", want[at]
      }
      exit bad
    }' "$2"
}

run_page() { # run_page PAGE: in a fresh copy of the tree
  rm -rf "$scratch/tree" "$scratch/steps"
  mkdir "$scratch/tree" "$scratch/steps" || return 1
  (cd "$root" && tar cf - --exclude=./build --exclude='./build-*' --exclude=./.git .) | tar xf - -C "$scratch/tree"
  cut_page "$1"
  ran=0; printed=
  for step in "$scratch"/steps/*; do
    line=$(basename "$step" | sed 's/^0*//; s/\..*//')
    case $step in
    *.file)
      path=$(sed -n 1p "$step")
      mkdir -p "$scratch/tree/$(dirname "$path")"
      sed 1d "$step" >"$scratch/tree/$path" ;;
    *.sh)
      printed=$scratch/printed
      (cd "$scratch/tree" && sh -eu "$step") >"$printed" 2>&1 </dev/null
      status=$?
      ran=$((ran + 1))
      [ $status = 0 ] || { printf '%s:%s: the commands end with status %s\n' "$1" "$line" $status; tail -n 30 "$printed"; return 1; } ;;
    *.text)
      [ -n "$printed" ] || continue
      same "$step" "$printed" || { printf '%s:%s: not what the commands before it print\n' "$1" "$line"; return 1; }
      printed= ;;
    esac
  done
  [ $ran -gt 0 ] || { printf '%s: has no commands\n' "$1"; return 1; }
  printf 'good: %s, %s blocks of commands\n' "$1" "$ran"
}

[ $# -gt 0 ] || { echo "usage: howto_test.sh PAGE..." >&2; exit 2; }
failed=0
for page in "$@"; do
  case $page in /*) ;; *) page=$PWD/$page ;; esac
  run_page "$page" || failed=1
done
exit $failed
