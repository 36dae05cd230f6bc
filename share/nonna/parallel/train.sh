#!/bin/bash
# A training run on the machines of a list, by ssh and GNU parallel: parameter servers, replicas, and at the end the servers'
# values as a model. It stays in the foreground; Ctrl-C, SIGTERM or SIGHUP ends all of them after a checkpoint.
#
#   train.sh HOSTS MODEL DATA RUN [OPTION...]
#
# HOSTS has a machine a line as ssh knows it, which asks for no password; `:` is this one. All of them find programs, MODEL,
# DATA and the folder RUN by the same paths; the model is RUN/model.safetensors. One that fails or is lost is started again,
# four times at most, on another machine where there is a place. The same command again goes on where the run was left:
# nonna-scheduling(7).
#
#   --shards S, --replicas R, --steps N     tasks of each sort, and the minibatches of each replica (1, 1, 1000)
#   --listen URL          where a server listens, tls+tcp://%h:0 for one; %h is its machine. Without it this machine alone
#   --tls-cert, --tls-ca, --tls-name, --token, --insecure    as nonna-serve(1) has them; %h in --tls-cert is the machine
#   --serve OPTION        one more word for nonna-serve: --serve --rate=0.02
#   --train OPTION        one more for nonna-train: --train --batch=96 --train --data=/sets/films:2
#   --threads N           processors of each program (1)
set -euo pipefail
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
share=$(realpath "$here/../slurm")
. "$share/options.sh"
[ $# -ge 4 ] && [ "${1#-}" = "$1" ] || usage
hosts=$(there "$1")    # a line each: of several the shell looks at the last one's status alone
model=$(there "$2")
data=$(there "$3")
run=$(realpath -m -- "$4")
shift 4
threads=1
while [ $# -gt 0 ]; do
    take "$@"
    shift $taken
    [ $taken = 0 ] || continue
    [ "$1" = --threads ] || wrong "$1" "is none of its options"
    threads=$(count "$@")
    shift 2
done
command -v parallel >/dev/null || wrong parallel "is not on the PATH: the package is called parallel"
machines=$(grep -vc '^[[:space:]]*\(#\|$\)' "$hosts") || wrong "$hosts" "names no machine"
path=$(folder_of nonna-train)

mkdir -p "$run"/{servers,snapshots,checkpoints,logs}
cd "$run"
settings=$(keep share path threads "${of_a_run[@]}")

# start SORT TASKS: an equal number on each machine, at most. A program has a minute for its checkpoint before it is killed;
# where ssh is cut off, the same befalls it over there; `exec`, as parallel kills at once when a shell between has ended.
# In a session of its own, as Ctrl-C is for this script alone.
start() {
    setsid parallel --sshloginfile "$hosts" -j $((($2 + machines - 1) / machines)) --delay 0.1 --retries 5 --quote \
        --termseq TERM,60000,KILL,100 --joblog "logs/$1.tsv" \
        exec bash "$here/task.sh" "$settings" "$1" {} ::: $(seq 0 $(($2 - 1))) &
}
stop() { kill -TERM "$1" 2>/dev/null && kill -TERM "$1" 2>/dev/null || :; }    # a first one lets them run on
# wait_for PROCESS PATTERN: until it has ended, and nobody has one of these files locked: where ssh is cut off, what runs over
# there notices within a second, and then has its checkpoint to write.
wait_for() {
    local i=0 file
    while kill -0 "$1" 2>/dev/null; do wait "$1" || :; done
    for file in $2; do
        for (( ; i < 300; ++i)); do    # a minute in all
            [ -e "$file" ] || break
            { flock -s -n 9; } 9<"$file" 2>/dev/null && break    # of a name, flock would make a file of it
            sleep 0.2
        done
    done
}

stopped='' workers=''
trap 'stopped=1; [ -z "$workers" ] || stop "$workers"' INT TERM HUP
start server "$shards"
servers=$!
trap 'stop "$servers"; wait_for "$servers" "servers/servers-*"' EXIT    # after the replicas, whatever became of them
start replica "$replicas"
echo "logs in $run/logs"
workers=$!
[ -z "$stopped" ] || stop "$workers"
wait_for "$workers" "checkpoints/*/lock"
status=0
wait "$workers" || status=$?
if [ -n "$stopped" ]; then
    echo "$program: interrupted; the same command goes on from there" >&2
    exit 75
elif [ $status != 0 ]; then
    echo "$program: $status replicas did not end well: see $run/logs/replica.tsv; the same command goes on from there" >&2
    exit 1
fi
host=$(hostname)
. "$share/programs.sh"
pull_words
"${words[@]}"
