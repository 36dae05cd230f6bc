# share/nonna/parallel on this machine alone: a run, which is stopped in the middle and gone on with, makes every step once.
command -v parallel >/dev/null || { echo "skipped: no GNU parallel"; exit 77; }
. "$SOURCE/tests/cli/include/servers.sh"
PARALLEL_HOME=$PWD/home
export PARALLEL_HOME
mkdir home
printf '# the one machine\n:\n' >hosts
step_of() { find "$1" -name 'step-*.safetensors' | sed 's/.*step-0*\([0-9]*\).*/\1/' | sort -n | tail -n 1; }
has_made() { [ "$(step_of "$1")" -ge "$2" ]; }
train_on() { "$SOURCE/share/nonna/parallel/train.sh" hosts a.safetensors data.tar run "$@"; }
options="--shards 2 --replicas 2 --serve --rate=0.0002 --train --batch=10 --train --checkpoint-every=50"

# shellcheck disable=SC2086
background stopped "$SOURCE/share/nonna/parallel/train.sh" hosts a.safetensors data.tar run $options --steps 100000000
until_true has_made run/checkpoints/0 100
until_true has_made run/checkpoints/1 100
kill -TERM "$(cat stopped.pid)"
ended stopped
echo "stopped: $?"
sed 's/.*train.sh: //' stopped.err
at_0=$(step_of run/checkpoints/0) at_1=$(step_of run/checkpoints/1)
for shard in 0 1; do
    [ -e "$(find run/snapshots -name "shard-000$shard-*$(printf %012d $((at_0 + at_1))).safetensors")" ] || { echo "not the snapshot of $at_0 + $at_1 steps:"; ls run/snapshots; }
done

steps=$((at_0 > at_1 ? at_0 + 50 : at_1 + 50))
# shellcheck disable=SC2086
train_on $options --steps $steps >said || echo "status $?"
[ "$(nonna-info --json run/model.safetensors | jq -r '.metadata.versions | tostring')" = "$((2 * steps)) $((2 * steps))" ] || { echo "not 2 * $steps:"; nonna-info run/model.safetensors; }
ls run/servers
echo "and one that cannot be:"
# shellcheck disable=SC2086
train_on $options --steps 10 2>&1 | sed "s,$PWD,HERE,"
