# Read by the batch scripts: runs one program as a task that Slurm may stop and start again at any time.
#
# Slurm ends a task by SIGTERM (requeue, preemption, a person's scancel) and starts it again by itself where that was meant.
# A script that requeues itself on SIGTERM would bring a cancelled job back. Before the time limit it sends SIGUSR1, to
# this shell alone (--signal=B:USR1@60), and that is when a task requeues itself. It also does so when its servers stayed
# away (status 4). Restarts that led to nothing are counted, by whomever they were asked for: Slurm has no limit of its own.
task=${SLURM_ARRAY_TASK_ID:-0}
host=${SLURMD_NODENAME:-$(hostname)}
threads=${SLURM_CPUS_PER_TASK:-1}
ended=$run/ended/${settings##*.}    # what of this submission has come to a good end
stopped='' program=''

say() { echo "$(date -u +%FT%TZ) ${SLURM_JOB_NAME:-nonna}-$task on $host, start ${SLURM_RESTART_COUNT:-0}: $*"; }

# `wait` returns at once for a signal with a trap, which a program in the foreground would hold up. The program may get a
# second SIGTERM, from Slurm itself, which changes nothing. A cancel outdoes the time limit.
on_signal() {    # limit | term
    [ "$stopped" = term ] || stopped=$1
    [ -z "$program" ] || kill -TERM "$program" 2>/dev/null || :
}
trap 'on_signal limit' USR1
trap 'on_signal term' TERM

# run COMMAND...: its status is in $status, what stopped it in $stopped
run() {
    status=75
    [ -z "$stopped" ] || return 0
    "$@" &
    program=$!
    [ -z "$stopped" ] || kill -TERM "$program" 2>/dev/null || :    # a signal that came before there was one to tell
    while kill -0 "$program" 2>/dev/null; do wait "$program"; done
    wait "$program"    # bash still knows it; the one before may have returned for a signal
    status=$?
    program=''
    say "ended with $status${stopped:+ after a signal ($stopped)}"
}

# newest FOLDER BEGINNING: the file there by which progress is seen; names count upwards
newest() { find "$1" -maxdepth 1 -name "$2*.safetensors" -printf '%f\n' 2>/dev/null | LC_ALL=C sort | tail -n 1; }

# give_up_in_circles NAME NEWEST: ends a task that was started again so many times without a newer file
give_up_in_circles() {
    local file=$run/restarts/$1 times=0 before=''
    if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ] && [ -e "$file" ]; then
        { read -r times && read -r before; } <"$file" || :
        [ "$before" = "$2" ] && times=$((times + 1)) || times=0
    fi
    printf '%s\n%s\n' "$times" "$2" >"$file"
    [ "$times" -lt "$most_restarts" ] && return
    say "started again $times times without anything newer than ${2:-the beginning}: given up; see above why it ended"
    exit 1
}

# The number of one task: that of an array's last task is the array's own, by which all would be requeued.
requeue() {
    say "requeued: $1"
    local job=$SLURM_JOB_ID
    [ -z "${SLURM_ARRAY_JOB_ID:-}" ] || job=${SLURM_ARRAY_JOB_ID}_$task
    scontrol requeue "$job"
}
