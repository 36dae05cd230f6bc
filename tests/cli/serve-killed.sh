# nonna-serve, nonna-train: killed, stopped and lost servers and replicas. Nobody waits for long, nothing is applied twice.
. "$SOURCE/tests/cli/include/servers.sh"
many="--steps 1000000 --patience 20 --deadline 1"

# A server is killed in mid-run and comes back from its snapshot; the replica goes on and says how many pushes were lost.
serve s --shard 0/2 --listen tcp://127.0.0.1:0 --rendezvous found --snapshot snapshots --snapshot-every 0.1 --rate 0.001
serve t --shard 1/2 --rendezvous found --snapshot snapshots --snapshot-every 0.1 --rate 0.001
background r nonna-train a.safetensors --data data.tar --batch 10 -v --steps 3000 --patience 20 --deadline 1 --rendezvous found \
    --checkpoint run --checkpoint-every 500 -o r.safetensors
until_true at_least "$(url s)" 300
killed s
serve s --shard 0/2 --rendezvous found --snapshot snapshots --snapshot-every 0.1 --rate 0.001
plain s.err | sed 's/, metrics.*//'
ended r
echo "replica: $?"
plain r.err | grep 'shard N/N' | sed 's/: the connection was lost;\|: no answer;\|: connection reset;\|: object closed;/: GONE;/; s/, from a snapshot N pushes before//'
served counts "$(url s)" "$(url t)"
served accepted 0 "$(url s)" "$(url t)" >server-says
sed -n 's/.*: shard \([0-9]*\): .* \([0-9]*\) applied.*/\1 \2/p' r.err >replica-says
cmp server-says replica-says && echo "both sides count the same"
sed -n 's/.*: shard 0: \([0-9]*\) pushes: \([0-9]*\) applied, \([0-9]*\) too old, \([0-9]*\) refused, \([0-9]*\) dropped, \([0-9]*\) lost/\1 \2 \3 \4 \5 \6/p' r.err |
    while read -r all applied old refused dropped lost; do
        [ $((applied + old + refused + dropped + lost)) -eq "$all" ] && echo "every push is accounted for"
    done

# SIGTERM: a snapshot, status 0; the same command goes on from there.
version=$(served version "$(url s)")
stop s
echo "SIGTERM: $?"
ls snapshots | grep "shard-0000-of-0002.0*$version.safetensors" | plain
serve s --shard 0/2 --rendezvous found --snapshot snapshots --rate 0.001
[ "$(served version "$(url s)")" = "$version" ] && echo "the version it had"
nonna-serve a.safetensors --shard 0/2 --snapshot snapshots 2>&1
echo "a second server of this shard: $?"

# Two replicas; one is killed and resumed, and the other does not notice.
background q nonna-train a.safetensors --data data.tar --batch 10 $many --replica 1/2 --rendezvous found --fetch-every 4 --push-every 4
background r nonna-train a.safetensors --data data.tar --batch 10 $many --replica 0/2 --rendezvous found --checkpoint two \
    --checkpoint-every 10
saved() { ls two/step-*; }
until_true saved
killed r
version=$(served version "$(url t)")
until_true at_least "$(url t)" $((version + 50))
last=$(ls two | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | tail -1)
train -q --steps $((last + 50)) --patience 20 --replica 0/2 --rendezvous found --checkpoint two --resume
echo "resumed: $?"
cat q.err

# A server that hangs is given up for a while, and holds nobody up; so is the end of a replica.
version=$(served version "$(url t)")
kill -STOP "$(cat s.pid)"
until_true at_least "$(url t)" $((version + 200))
until_true grep -q 'shard 0/2' q.err
kill -CONT "$(cat s.pid)"
until_true grep -q 'back after' q.err
version=$(served version "$(url s)")
until_true at_least "$(url s)" $((version + 50))
plain q.err | sed 's/: no answer;\|: the connection was lost;/: GONE;/' | head -2
kill -STOP "$(cat s.pid)"
stop q
echo "interrupted while a server hangs: $?"
kill -CONT "$(cat s.pid)"
until_true served counts "$(url s)" "$(url t)"
served counts "$(url s)" "$(url t)"

# Of two replicas of one number the older is told.
background q nonna-train a.safetensors --data data.tar --batch 10 $many --rendezvous found
until_true at_least "$(url s)" $(($(served version "$(url s)") + 20))
train -q --steps 100 --rendezvous found
echo "the younger: $?"
ended q
echo "the older: $?"
plain q.err

# A server that never comes back.
background r nonna-train a.safetensors --data data.tar --batch 10 --steps 1000000 --patience 1 --deadline 1 --rendezvous found
until_true at_least "$(url s)" $(($(served version "$(url s)") + 20))
killed t
ended r
echo "a server lost for good: $?"
plain r.err | sed 's/the connection was lost\|connection reset\|object closed/GONE/' | head -1
plain r.err | tail -1 | sed "s/lost: .*/lost: GONE/"
train --steps 1 --patience 0.5 --deadline 0.2 --rendezvous nowhere 2>&1 | plain
train --steps 1 --patience 1.5 --deadline 0.2 --servers tcp://127.0.0.1:1 2>&1 | plain
exit 0
