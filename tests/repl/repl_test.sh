#!/bin/sh
# SPDX-License-Identifier: MIT
#
# repl_test.sh LOAM FOLDER: sessions at a guest's prompt, which come through a pipe. A session is a file NAME.session:
#
#     # what it shows
#     $ compile Bounds.pas -o Bounds.pcode      a command line of loam's; the last one is the prompt's
#     $ repl pcode Bounds.pcode
#     status 2                                  the prompt's exit status, when it is not 0
#     > step                                    an input, and what is said then, errors at the end
#
# Its programs lie beside it. So a session reads like what a person sees.
loam=$(realpath "$1")
folder=$(realpath "$2")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset LOAM_OPTIONS
cp "$folder"/* "$work" && cd "$work" || exit 1
failed=0 count=0

for session in *.session; do
  sed -n 's/^\$ //p' "$session" | sed '$d' | while read -r arguments; do $loam $arguments || echo "failed: $arguments"; done
  arguments=$(sed -n 's/^\$ //p' "$session" | tail -n 1)
  wanted=$(sed -n 's/^status //p' "$session")
  sed -n 's/^> \{0,1\}//p' "$session" | $loam $arguments >out 2>err
  status=$?
  cat err >>out
  sed '/^[#$>]/d; /^status /d' "$session" >expected
  count=$((count + 1))
  [ $status = "${wanted:-0}" ] && cmp -s expected out && continue
  echo "FAILED: $session (status $status, expected ${wanted:-0})"
  diff expected out
  failed=1
done
[ $count -gt 0 ] || { echo "no sessions in $folder"; exit 1; }
exit $failed
