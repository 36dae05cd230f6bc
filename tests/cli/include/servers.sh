# What the scripts serve-*.sh share: twenty pictures, a model, and servers whose ends are those of the script.
i=0
while [ $i -lt 20 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(60 * rand()) + int(k / 768 * 100) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o data.tar
nonna-init tiny --whiten-from data.tar --seed 7 -o a.safetensors
python=/usr/bin/python3
started=
trap 'for p in $started; do kill -CONT $p; kill -KILL $p; done 2>/dev/null' EXIT

# Waits, for at most 20 s, until a command succeeds.
until_true() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 400 ]; then
            cat ./*.err
            echo "never: $*"
            exit 1
        fi
        sleep 0.05
    done
}
# Starts a program in the background with its talk in NAME.err and its process in NAME.pid.
background() {
    name=$1
    shift
    rm -f "$name.out" "$name.err"    # of one before
    "$@" >"$name.out" 2>"$name.err" &
    echo $! >"$name.pid"
    started="$started $!"
}
# serve NAME OPTION...: a server of a.safetensors; its address is url NAME.
serve() {
    server=$1
    shift
    background "$server" nonna-serve a.safetensors "$@"
    until_true grep -q ' ready at ' "$server.err"
}
url() { sed -n 's/.* ready at \([^ ,]*\).*/\1/p' "$1.err"; }
stop() { kill -TERM "$(cat "$1.pid")" && wait "$(cat "$1.pid")"; }
killed() { kill -KILL "$(cat "$1.pid")" && wait "$(cat "$1.pid")" 2>/dev/null; }
ended() { wait "$(cat "$1.pid")"; }
train() { nonna-train a.safetensors --data data.tar --batch 10 "$@"; }
at_least() { [ "$("$python" "$SOURCE/tests/cli/served.py" version "$1")" -ge "$2" ]; }
served() { "$python" "$SOURCE/tests/cli/served.py" "$@"; }
# Of a message without its moment: numbers, addresses and "N s" are N.
plain() { sed 's#tcp://[0-9.]*:[0-9]*#URL#g; s/[0-9][0-9]*/N/g; s/^N-N-NTN:N:N\.NZ //' "$@"; }
