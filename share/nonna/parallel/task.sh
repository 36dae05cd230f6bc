#!/bin/bash
# On a machine of train.sh's list: task.sh SETTINGS server|replica NUMBER
. "$1"
host=${PARALLEL_SSHHOST:-:}
[ "$host" != : ] || host=$(hostname)
. "$share/programs.sh"
cd "$run" || exit
"$2_words" "$3" "$threads"
# Into a file, for all starts: where ssh is cut off, a program that had something to say would be ended by its pipe, before
# it has written its checkpoint.
exec "${words[@]}" >>"logs/$2-$3.log" 2>&1
