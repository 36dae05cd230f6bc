# nonna-serve, nonna-train: sixteen shards and ten replicas in one box, one more while they run; wrong usage.
. "$SOURCE/tests/cli/include/servers.sh"
i=0
while [ $i -lt 16 ]; do
    case $i in
    0) background s$i nonna-serve a.safetensors --shard 0/16 --rendezvous found --rate 0.0002 -j 1 --listen tcp://127.0.0.1:0 ;;
    *) background s$i nonna-serve a.safetensors --shard $i/16 --rendezvous found --rate 0.0002 -j 1 --listen "ipc://s$i" ;;
    esac
    i=$((i + 1))
done
i=0
while [ $i -lt 10 ]; do
    background r$i nonna-train a.safetensors --data data.tar --batch 2 -j 1 --steps 60 --replica $i/10 --rendezvous found --fetch-every 2 --push-every 2 \
        --warm-start 10 --patience 20 -o out$i.safetensors
    i=$((i + 1))
done
until_true test -e found/servers-0000-0000-of-0016
until_true grep -q ' ready at ' s0.err
until_true at_least "$(url s0)" 10
nonna-train -q a.safetensors --data data.tar --batch 2 --steps 30 -j 1 --replica 10/11 --rendezvous found --patience 20
echo "one more: $?"
i=0
while [ $i -lt 10 ]; do
    ended r$i || { echo "replica $i: $?"; cat r$i.err; }
    i=$((i + 1))
done
sed 's/waiting for the first 10 steps of replica 0/W/' r[0-9].err | grep -v ': W$' | sort | uniq -c | sed 's/^ *//'
served counts "$(url s0)"
echo "version $(served version "$(url s0)")"
ls out*.safetensors | wc -l
i=0
while [ $i -lt 16 ]; do
    stop s$i
    i=$((i + 1))
done
ls found

wrong() { timeout 10 "$@" 2>&1; echo "$?"; }
train="nonna-train a.safetensors --data data.tar --batch 10 --patience 0.3"
for shard in 3 3/3 2-1/4 -1/4 0/0 0/5000 a/b 0-/4 0/4x ''; do
    wrong nonna-serve a.safetensors --shard "$shard"
done
wrong nonna-serve a.safetensors --optimizer adam
wrong nonna-serve a.safetensors --rate -1
wrong nonna-serve a.safetensors --snapshot-every 0
wrong nonna-serve a.safetensors --max-staleness -1
wrong nonna-serve a.safetensors --metrics ftp://127.0.0.1/x
wrong nonna-train a.safetensors --data data.tar --steps 1 -o x --metrics ftp://127.0.0.1/x
wrong nonna-train a.safetensors --data data.tar --steps 1 -o x --metrics http://0.0.0.0:0/metrics
wrong nonna-train a.safetensors --data data.tar --steps 1 -o x --insecure
wrong nonna-serve missing.safetensors
wrong nonna-serve
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --rendezvous found
wrong $train --steps 1 --servers nosuch
: >empty
wrong $train --steps 1 --servers empty
wrong $train --steps 1 --servers tcp://nohost
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --replica 2/2
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --replica 0-1/2
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --fetch-every 0
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --push-every 0
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --wire fp16
wrong nonna-train a.safetensors --data data.tar --patience -1
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --deadline 0
wrong $train --steps 1 --servers tcp://127.0.0.1:1 --warm-start -1
serve s --shard 0/2
serve t --shard 1/2 --optimizer sgd
train --steps 1 --servers "$(url s)" --patience 5 2>&1
train --steps 1 --servers "$(url s),$(url s)" --patience 5 2>&1 | plain
train --steps 1 --servers "$(url s),$(url t)" --patience 5 2>&1 | plain
exit 0
