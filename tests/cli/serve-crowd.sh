# nonna-serve beside a crowd: silent connections, half messages, held copies, replicas that only say hello. Whoever
# trains is served, memory and descriptors have bounds, and snapshots are written.
. "$SOURCE/tests/cli/include/servers.sh"
crowd() { name=$1; shift; background "$name" "$python" "$SOURCE/tests/cli/crowd.py" "$@"; until_true test -s "$name.out"; }
memory() { sed -n 's/^VmRSS: *\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
limit=$(ulimit -S -n)
ulimit -S -n 64
serve s --listen tcp://127.0.0.1:0 --snapshot snap --snapshot-every 0.2 --metrics http://127.0.0.1:0/metrics
ulimit -S -n "$limit"
address=$(url s) pid=$(cat s.pid)
kib=$(memory "$pid")
client() { # WHAT COMMAND...
    what=$1
    shift
    timeout 30 "$@" >out 2>&1
    echo "$what: $?"
}
training="nonna-train -q a.safetensors --data data.tar --batch 2 -j 1 --steps 3 --replica 0/1 --servers $address --deadline 5 --patience 20"
crowd silent silent "$address" 150
client "beside silent connections" $training
crowd halves halves "$address" 100
client "beside half messages" $training
crowd copies copies "$address" 4
client "beside held copies" $training -o b.safetensors
client "a copy for an observer" nonna-info "$address" --pull c.safetensors --model a.safetensors --deadline 8
page=$(sed -n 's/.*metrics at //p' s.err)
"$python" - "$page" <<'P'
import socket, sys, urllib.request
host, port = sys.argv[1][7:].split("/")[0].split(":")
held = [socket.create_connection((host, int(port)), 5) for _ in range(40)]
for s in held:
    s.sendall(b"GET /metr")
print("the page beside 40 halves of requests:", b"nonna_version" in urllib.request.urlopen(sys.argv[1], timeout=5).read())
P
[ "$(ls "/proc/$pid/fd" | wc -l)" -le 64 ] || ls -l "/proc/$pid/fd"
now=$(memory "$pid")
[ $((now - kib)) -lt 24576 ] || echo "memory: $kib KiB, then $now"
for name in silent halves copies; do killed $name; done

# replicas that only say hello leave no record
timeout 60 "$python" "$SOURCE/tests/cli/crowd.py" replicas "$address" 3000
forgotten() { [ "$(nonna-info --json "$address" | grep -o '"replica":' | wc -l)" -le 2 ]; }
until_true forgotten && echo "forgotten"
stop s
echo "stopped: $?"
ls snap | grep -c safetensors
exit 0
