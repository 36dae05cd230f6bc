# share/nonna/slurm in a real Slurm on loopback: two servers, two replicas; each sort is requeued in the middle, as by
# preemption and before a time limit, and every step is made exactly once. A cancelled run stays cancelled. A set in parts.
. "$SOURCE/tests/cli/include/servers.sh"
. "$SOURCE/tests/cli/include/slurm-box.sh"
trap box_stop EXIT
box_start "$PWD/box" 2 6
share=$SOURCE/share/nonna/slurm

submit_run() {    # RUN STEPS: the jobs' numbers in $servers, $replicas, $model
    "$share/train.sh" a.safetensors data.tar "$1" --shards 2 --replicas 2 --steps "$2" --serve --rate=0.0002 \
        --train --batch=10 --train --checkpoint-every=100 --train -v >said || { cat said; exit 1; }
    # shellcheck disable=SC2046
    set -- $(sed 's/^servers \([0-9]*\), replicas \([0-9]*\), model \([0-9]*\);.*/\1 \2 \3/' said)
    servers=$1 replicas=$2 model=$3
}
state() { scontrol -o show job "$1" | sed 's/.* JobState=\([A-Z_]*\).*/\1/' | sort -u | tr '\n' ' ' | sed 's/ $//'; }
over() { for job; do [ -z "$(squeue -h -j "$job")" ] || return 1; done; }
step_of() { find "$1" -name 'step-*.safetensors' | sed 's/.*step-0*\([0-9]*\).*/\1/' | sort -n | tail -n 1; }
has_made() { [ "$(step_of "$1")" -ge "$2" ]; }
# Waits, for at most three minutes, until a command succeeds: Slurm takes its time, and the machine may be busy.
patiently() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || { echo "never: $*"; squeue; tail -n 20 ./*/logs/*; exit 1; }
        sleep 0.1
    done
}

submit_run run 5000
patiently has_made run/checkpoints/0 200
patiently has_made run/checkpoints/1 200
scontrol requeue "${replicas}_0"                # as preemption does: SIGTERM to the shell and to the program
scancel --signal=USR1 --batch "${replicas}_1"   # what comes before the time limit: to the shell alone
patiently grep -q 'ended with 75' run/logs/nonna-replica-0.log
patiently grep -q 'ended with 75' run/logs/nonna-replica-1.log
at_0=$(step_of run/checkpoints/0) at_1=$(step_of run/checkpoints/1)
patiently has_made run/checkpoints/0 $((at_0 + 200))
patiently has_made run/checkpoints/1 $((at_1 + 200))
scontrol requeue "${servers}_0"                 # the replicas wait for it
patiently over "$servers" "$replicas" "$model"
echo "servers $(state "$servers"), replicas $(state "$replicas"), model $(state "$model")"
nonna-info --json run/model.safetensors | jq -r '"steps of both replicas in each shard: \(.metadata.versions)"'
# Nothing was dropped or lost on the way either; each start of a replica counts its own.
sed -n 's/.*nonna-train: to 2 shards, .* \([0-9]* refused, [0-9]* dropped, [0-9]* lost\)$/\1/p' run/logs/nonna-replica-*.log | sort | uniq -c
for log in nonna-replica-0 nonna-replica-1 nonna-server-0 nonna-server-1; do
    echo "$log: $(sed -n 's/.*, start \([0-9]*\): \(ended with.*\|requeued.*\)/\1 \2;/p' run/logs/$log.log | tr '\n' ' ' | sed 's/; $//')"
done

# A cancel: replicas write their checkpoints, the servers hold what was pushed, and nobody comes back.
submit_run stopped 100000000
patiently has_made stopped/checkpoints/0 100
patiently has_made stopped/checkpoints/1 100
scancel "$replicas"
patiently over "$replicas" "$model" "$servers"
echo "cancelled: servers $(state "$servers"), replicas $(state "$replicas"), model $(state "$model")"
tail -n 1 stopped/logs/nonna-model.log | sed 's/.*start 0/start 0/'
sum=$(($(step_of stopped/checkpoints/0) + $(step_of stopped/checkpoints/1)))
for shard in 0 1; do
    version=$(find stopped/snapshots -name "shard-000$shard-*.safetensors" | sed 's/.*\.0*\([0-9]*\)\.safetensors/\1/' | sort -n | tail -n 1)
    [ "$version" -eq $sum ] || echo "shard $shard is at version $version, the replicas are at $sum steps"
done
# The same command goes on from there.
sum_before=$(step_of stopped/checkpoints/0)
submit_run stopped 100000000
patiently has_made stopped/checkpoints/0 $((sum_before + 100))
scancel "$replicas" "$model" "$servers"
patiently over "$replicas" "$model" "$servers"

# A set in three parts is the set in one.
ls "$PWD"/*.ppm >list
"$share/build.sh" list parted 3 --build --format=png >said
# shellcheck disable=SC2046
patiently over $(sed 's/^parts \([0-9]*\), merge \([0-9]*\);.*/\1 \2/' said)
tail -n 1 parted.parts/logs/nonna-merge.log | sed 's/.*start 0/start 0/'
nonna-dataset build -q --files-from list whole --format png
diff -r whole parted && echo "the same set"
