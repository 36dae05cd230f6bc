# Signals: the first ends a program in order, wherever it waits; what can be gone on with ends with 75.
i=0
while [ $i -lt 20 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-init tiny --whiten-from data.tar -o a.safetensors
train() { nonna-train -q a.safetensors --data data.tar --batch 4 -j 1 --rate-schedule constant "$@"; }
until_true() {
    tries=0
    while ! "$@" && [ $tries -lt 1000000 ]; do tries=$((tries + 1)); done 2>/dev/null
}
stepped() { [ -n "$(ls "$1"/step-* 2>/dev/null)" ]; }

# Each of the signals, and those of a scheduler that sends its own over and over: a checkpoint, and 75.
for signals in HUP TERM 'TERM TERM TERM TERM TERM TERM' 'HUP TERM HUP TERM'; do
    rm -rf run
    nonna-train -q a.safetensors --data data.tar --batch 4 -j 1 --rate-schedule constant --steps 1000000 --checkpoint run \
        --checkpoint-every 20 -o never 2>err &
    pid=$!
    until_true stepped run
    for signal in $signals; do kill -s "$signal" $pid; done 2>/dev/null
    { wait $pid; } 2>/dev/null
    echo "$signals: $?"
    sed 's/step [0-9]*/step N/' err
    done_steps=$(ls run | sed -n 's/^step-0*\([0-9]*\).*/\1/p' | sort -n | tail -1)
    grep -q "step $done_steps;" err || echo "not the step that it says"
done
train --steps $((done_steps + 10)) --checkpoint run --resume -o resumed
train --steps $((done_steps + 10)) -o straight
cmp resumed straight && echo "resumed equals uninterrupted"

# Without a folder nothing is kept, and it has failed.
mkfifo log
nonna-train -q a.safetensors --data data.tar --batch 4 -j 1 --steps 1000000 --log log -o never 2>err &
pid=$!
head -n 3 log >/dev/null
kill -s TERM $pid
{ wait $pid; } 2>/dev/null
echo "no checkpoints: $?"
sed 's/step [0-9]*/step N/' err
# nohup: a signal that was ignored stays so.
(trap '' HUP; exec nonna-train -q a.safetensors --data data.tar --batch 4 -j 1 --steps 1000000 --log log -o never 2>err) &
pid=$!
{ head -n 3; kill -s HUP $pid; head -n 3; kill -s TERM $pid; } <log >/dev/null
{ wait $pid; } 2>/dev/null
echo "nohup: $?"
sed 's/step [0-9]*/step N/' err

# Whoever waits for a pipe, be it to be opened, to be read or to be written to: the first SIGTERM ends it.
nonna-respond -q a.safetensors data.tar -o r.npy --labels-out l.tsv
mkfifo silent full
exec 3<>silent 4<>full
waiting=
waits() {    # waits NAME PROGRAM...: until it is asleep, then SIGTERM
    name=$1
    shift
    mkfifo -m 600 "fifo.$name"
    "$@" >out.$name 2>err.$name &
    waiting="$waiting $name:$!"
}
waits train nonna-train -q a.safetensors --data fifo.train --steps 2 -o t
waits model nonna-train -q fifo.model --data data.tar --steps 2 -o t
waits log nonna-train -q a.safetensors --data data.tar --steps 2 --log fifo.log -o t
waits info nonna-info fifo.info
waits responses nonna-sweep --responses fifo.responses --labels l.tsv
waits labels nonna-sweep --responses r.npy --labels fifo.labels
waits set nonna-sweep a.safetensors fifo.set
waits verify nonna-dataset verify fifo.verify
waits list nonna-dataset pack --files-from fifo.list -o t
waits config nonna-dataset pack --config fifo.config 0.ppm -o t
waits into nonna-dataset pack -q ./*.ppm --format png -o fifo.into
waits certificate nonna-serve a.safetensors --listen tls+tcp://localhost:0 --tls-cert fifo.certificate --tls-ca fifo.certificate
waits token nonna-serve a.safetensors --token fifo.token
waits silent nonna-info silent
waits stdin sh -c 'exec nonna-dataset pack --files-from - -o t <silent'
waits image sh -c 'exec nonna-respond -q a.safetensors - -o t <silent'
waits full sh -c 'head -c 65536 /dev/zero >full; exec nonna-dataset pack -q ./*.ppm --format png -o full'
asleep() {    # in a call that waits, and no longer at work on its own beginning
    [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" ||
        { grep -q '^SigCgt:.*4[0-9a-f][0-9a-f][0-9a-f]$' "/proc/$1/status" && grep -q '^State:.S' "/proc/$1/status"; }
}
for each in $waiting; do
    pid=${each#*:}
    until_true asleep "$pid"
    kill -s TERM "$pid" 2>/dev/null
done
for each in $waiting; do
    { wait "${each#*:}"; } 2>/dev/null
    echo "${each%:*}: $?"
    cat "err.${each%:*}"
done
exec 3>&- 4>&-
ls t .t* 2>/dev/null

# A set that is built can be gone on with; its lock in the hands of a killed run's child, which closes it soon, is
# waited for, and not that of a run.
ls ./*.ppm >list
build() { exec nonna-dataset build set --files-from "$1" --size 0 -q -j 1; }
mkfifo fifo
build fifo 2>err &
pid=$!
until_true asleep $pid
kill -s TERM $pid
wait $pid
echo "build: $?"
cat err
(build list)
mkfifo pause
held() { ! flock -n set/lock true; }
flock set/lock cat pause &
holder=$!
until_true held
build list &
pid=$!
until_true asleep $pid
echo >pause
wait $pid
echo "locked for a moment: $?"
wait $holder
flock set/lock cat pause &
holder=$!
until_true held
(build list)
echo "locked: $?"
echo >pause
wait $holder
exit 0
