# nonna-cluster: servers and replicas from one command line, killed, stopped and gone on with; nonna-info on them.
. "$SOURCE/tests/cli/include/servers.sh"
cluster() { exec nonna-cluster a.safetensors --data data.tar --batch 10 "$@"; }
has_snapshot() { [ -n "$(ls "$1"-of-*.safetensors 2>/dev/null)" ]; }
has_checkpoint() { [ -n "$(ls "$1"/step-* 2>/dev/null)" ]; }
mkdir temporary
export TMPDIR=$PWD/temporary

# Two servers and one replica that fetches and pushes at every step: training alone, to the last bit.
nonna-train -q a.safetensors --data data.tar --batch 10 --steps 60 --optimizer adagrad --validate data.tar --log alone.tsv -o alone.safetensors
(cluster -q --steps 60 --servers 2 --replicas 1 --validate data.tar --log one.tsv --timing times.tsv -o one.safetensors)
echo "one replica: $?"
cmp alone.tsv one.tsv && echo "the same log"
tail -c 200000 alone.safetensors >a.end
tail -c 200000 one.safetensors >one.end
cmp a.end one.end && echo "the same weights"
nonna-info one.safetensors | grep '^versions'
head -n 1 times.tsv | tr '\t' ' '
ls temporary

# Three replicas, 97 steps in all; everything in one log.
(cluster -v --steps 97 --servers 3 --replicas 3 --push-every 2 --fetch-every 3 --logs logs -o three.safetensors 2>log)
echo "three replicas: $?"
# With -v each line of the log begins with its moment, once.
grep -v '^20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]*Z [a-z]* [0-9]* | nonna-' log
sed -i 's/^[^ ]* //' log
sed -n 's/^\(replica [0-9]*\) .*shards, \([0-9]*\) pushes: \([0-9]*\) applied.*/\1: \2 pushes, \3 applied/p' log | LC_ALL=C sort
for i in 0 1 2; do awk -F'\t' -v i=$i 'END { print "train-" i ".tsv: " $1, $2 }' logs/train-$i.tsv; done
(cluster --logs logs --log one.tsv -o x)
echo "two kinds of logs: $?"
for metrics in http://127.0.0.1:9100/metrics http://0.0.0.0:0/metrics; do
    (cluster --metrics $metrics -o x)
    echo "metrics: $?"
done
grep -c '^server [0-2] | nonna-serve: shard [0-2]/3 ready at ipc://' log

# Stopped, and gone on with.
cluster --steps 100000 --servers 2 --replicas 2 --folder run --checkpoint-every 5 -o never.safetensors 2>log &
pid=$!
started="$started $pid"
until_true has_checkpoint run/replica-1
nonna-info --rendezvous run/servers >table
echo "asked: $?"
sed 's/[0-9.]*  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[0-9a-z ]*  ipc:.*/.../' table | sed -n '1p;2p;5p' | tr -s ' '
nonna-info --rendezvous run/servers --json | grep -c '"shards_in_all":2'
nonna-info --rendezvous run/servers --snapshot >/dev/null && ls run/snapshots | grep -c safetensors >/dev/null && echo "snapshots"
nonna-info --rendezvous run/servers --pull now.safetensors --model a.safetensors && nonna-info now.safetensors | grep -c '^versions'
kill -TERM $pid
wait $pid
echo "stopped: $?"
tail -n 1 log
ls run/servers never.safetensors 2>/dev/null
(cluster --steps 200 --servers 2 --replicas 2 --folder run -o x)
echo "the folder of another: $?"
done_steps=$(ls run/replica-* | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | sort -n | tail -1)
(cluster -q --steps $((2 * done_steps + 20)) --servers 2 --replicas 2 --folder run --checkpoint-every 5 --resume -o on.safetensors)
echo "gone on: $?"
[ -s on.safetensors ] && echo "a model"

# Stopped in a temporary folder: it is kept, and said.
cluster --steps 100000 --servers 1 --replicas 1 --checkpoint-every 5 -o never.safetensors 2>log &
pid=$!
started="$started $pid"
temporary_checkpoint() { [ -n "$(ls temporary/*/replica-0/step-* 2>/dev/null)" ]; }
until_true temporary_checkpoint
kill -TERM $pid
wait $pid
echo "stopped: $?"
kept=$(sed -n 's/^nonna-cluster: what was learnt is kept: --folder \(.*\) --resume goes on with it$/\1/p' log)
steps=$(ls "$kept"/replica-0 | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | sort -n | tail -1)
(cluster -q --steps $((steps + 20)) --servers 1 --replicas 1 --folder "$kept" --resume -o kept.safetensors)
echo "gone on: $?"
rm -r "$kept"

# Killed in a temporary folder: what was learnt stays and is named, once, and can be gone on with; a folder without any
# goes with the next run, but not one that somebody is at work in or that is not the program's.
cluster --steps 100000 --servers 1 --replicas 1 --checkpoint-every 5 -o never.safetensors 2>log &
pid=$!
started="$started $pid"
until_true temporary_checkpoint
kill -KILL $pid
wait $pid 2>/dev/null
left=$(ls -d temporary/*/replica-0)
left=${left%/replica-0}
until_true flock -n "$left/replica-0/lock" true
until_true flock -n "$left"/snapshots/*.lock true
mkdir temporary/nonna-cluster-notour temporary/nonna-cluster-inuse1 temporary/nonna-cluster-empty1
echo >temporary/nonna-cluster-inuse1/lock
echo >temporary/nonna-cluster-empty1/lock
(flock -n 9 && cluster --steps 5 --servers 1 --replicas 1 -o after.safetensors 2>log) 9<temporary/nonna-cluster-inuse1/lock
echo "after a killed one: $?"
[ "$(sed -n 's/^nonna-cluster: what was learnt is kept: --folder \(.*\) --resume goes on with it$/\1/p' log)" -ef "$left" ] ||
    echo "it was not named"
(flock -n 9 && cluster --steps 5 --servers 1 --replicas 1 -o after.safetensors 2>log) 9<temporary/nonna-cluster-inuse1/lock
grep -c 'is kept' log
ls temporary | sed "s/${left##*/}/the killed one's/" | LC_ALL=C sort
steps=$(ls "$left"/replica-0 | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | sort -n | tail -1)
(cluster -q --steps $((steps + 5)) --servers 1 --replicas 1 --folder "$left" --resume -o learnt.safetensors)
echo "gone on from there: $?"
rm -r temporary/*

# A server and a replica killed.
cluster --steps 8000 --servers 2 --replicas 2 --folder killed --snapshot-every 0.2 --checkpoint-every 50 -o k.safetensors 2>log &
pid=$!
started="$started $pid"
until_true has_checkpoint killed/replica-1
until_true has_snapshot killed/snapshots/shard-0001
pkill -KILL -P $pid -f 'nonna-serve.*--shard 1/2'
until_true grep -q 'shard 1/2: version .* of the snapshots' log
pkill -KILL -P $pid -f 'nonna-train.*--replica 1/2'
wait $pid
status=$?
echo "killed twice: $status"
[ $status -eq 0 ] || tail -n 20 log
grep -c 'was killed by signal 9; started again' log
grep -c "replica 0 .*back after .* of this replica's pushes are lost" log

# What cannot be.
deep=$PWD/$(printf 'deep/%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20)
mkdir -p "$deep"
(cluster --steps 5 --folder "$deep/run" -o x 2>err)
echo "a deep folder: $?"
sed 's/.*\(too long\)/\1/; s/one [0-9]*/one N/' err
(TMPDIR=$deep cluster --steps 5 -o x 2>err)
echo "a deep TMPDIR: $?"
sed 's/.*\(too long\)/\1/; s/one [0-9]*/one N/' err
ls -A "$deep"
(cd "$deep" && nonna-serve ../../../../../../../../../../../../../../../../../../../../a.safetensors --listen ipc://s --rendezvous found 2>err)
echo "nor from where we are: $?"
nonna-train -q a.safetensors --data data.tar --steps 1 --rendezvous nowhere --patience 0.3
echo "no server: $?"
nonna-info tcp://127.0.0.1:1 --deadline 0.3 >out
echo "nobody there: $?"
nonna-info a.safetensors tcp://127.0.0.1:1
echo "both: $?"
nonna-info a.safetensors --pull x --model a.safetensors
echo "a file: $?"
nonna-info --rendezvous run/servers --pull x
echo "no model: $?"
nonna-info --rendezvous run/servers
echo "no servers: $?"
(cluster --steps 5 --servers 300 -q -o x 2>err)
echo "too many shards: $?"
(cluster --steps 5 --replicas 21 --servers 1 -q -o x 2>err)
echo "a portion without pictures: $?"
grep 'no picture' err
(cluster --steps 5 --resume -o x)
echo "no folder: $?"
exit 0
