#!/bin/bash
# Submits the building of an image set to Slurm: parts of it as tasks of a job array, then their merge.
#
#   build.sh LIST SET PARTS [OPTION...]
#
# LIST has a video or picture a line, by paths that every node finds; SET is the folder to be made, SET.parts those of the
# parts. The result is, to the byte, what one nonna-dataset build would make of the list. The same command again goes on
# where it was left: nonna-scheduling(7).
#
#   --build OPTION        one more word for nonna-dataset build: --build --near-dup=4
#   --sbatch OPTION       one more for both sbatch; --sbatch-parts, --sbatch-merge for one
#   --most-restarts N     starts again that add nothing before a task gives up (5)
set -euo pipefail
share=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$share/options.sh"
. "$share/submit.sh"
[ $# -ge 3 ] && [ "${1#-}" = "$1" ] || usage
list=$(there "$1")    # a line each: of several the shell looks at the last one's status alone
set=$(realpath -m -- "$2")
parts=$(count PARTS "$3")
run=$set.parts
shift 3
most_restarts=5 build=() everywhere=() for_parts=() for_merge=()
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || wrong "$1" "needs a value"
    case $1 in
    --most-restarts) most_restarts=$(count "$@") ;;
    --build) build+=("$2") ;;
    --sbatch) everywhere+=("$2") ;;
    --sbatch-parts) for_parts+=("$2") ;;
    --sbatch-merge) for_merge+=("$2") ;;
    *) wrong "$1" "is none of its options" ;;
    esac
    shift 2
done
path=$(folder_of nonna-dataset)
from=$PWD    # the list's paths are as seen from here

mkdir -p "$run"/{restarts,ended,logs}
cd "$run"
settings=$(keep share path list set run parts most_restarts build from)
workers=$(submit build.sbatch --array="0-$((parts - 1))" "${everywhere[@]}" "${for_parts[@]}" -- "$settings")
last=$(submit merge.sbatch --dependency="afterany:$workers" "${everywhere[@]}" "${for_merge[@]}" -- "$settings")
trap - EXIT
echo "parts $workers, merge $last; logs in $run/logs; scancel $workers $last stops both"
