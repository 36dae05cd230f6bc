# The systemd units of a server and of a replica, run as they are written: the variables they set are those of this
# test, and the instance's name stands where systemd puts it.
. "$SOURCE/tests/cli/include/servers.sh"
units=$SOURCE/share/systemd
# command UNIT INSTANCE: what /bin/sh is given; of the unit's own escapes $$ is $ and %% is %.
command_of() { sed -n "s/^ExecStart=\/bin\/sh -c '\(.*\)'\$/\1/p" "$units/$1@.service" | sed "s/%i/$2/g; s/\\\$\\\$/\$/g; s/%%/%/g"; }
setting() { sed -n "s/^$2=//p" "$units/$1@.service"; }
for unit in nonna-serve nonna-train; do
    for variable in $(command_of $unit 0-1 | grep -o '"\$[A-Z]*\|\$OPTIONS' | tr -d '"$' | LC_ALL=C sort -u); do
        grep -q "^Environment=.*\b$variable=" "$units/$unit@.service" || echo "$unit does not set $variable"
    done
done
MODEL=$PWD/a.safetensors LISTEN=tcp://127.0.0.1:0 RUN=$PWD/run DATA=$PWD/data.tar STEPS=40
OPTIONS=$(sed -n 's/^Environment="OPTIONS=\(.*\)"$/\1/p' "$units/nonna-train@.service")
export MODEL LISTEN RUN DATA STEPS OPTIONS

background s /bin/sh -c "$(command_of nonna-serve 0-3-2)"
ended s
echo "no such shard: $?"
setting nonna-serve RestartPreventExitStatus
background s /bin/sh -c "$(command_of nonna-serve 1-2)"
background t /bin/sh -c "$(command_of nonna-serve 0-2)"
until_true grep -q ' ready at ' s.err
until_true grep -q ' ready at ' t.err

# Two replicas; of one a second, which ends with a status that does not start it again; stopped, and gone on with.
export OPTIONS="$OPTIONS --batch 10 --checkpoint-every 5"
(STEPS=1000000 && background r /bin/sh -c "$(command_of nonna-train 0-2)")
started="$started $(cat r.pid)"
saved() { ls "run/replica-$1"/step-*; }
until_true saved 0
/bin/sh -c "$(command_of nonna-train 0-2)" >second 2>&1
echo "a second one: $?"
sed "s|$PWD|HERE|" second
setting nonna-train RestartPreventExitStatus
/bin/sh -c "$(command_of nonna-train 1-2)" >/dev/null 2>&1
echo "the other replica: $?"
saved 1 | tail -n 1
ls run/servers | grep metrics
kill -TERM "$(cat r.pid)"
gone() { ! kill -0 "$(cat r.pid)"; }
until_true gone
STEPS=$(saved 0 | sed -n 's/.*step-0*\([0-9]*\).*/\1/p' | tail -n 1)
/bin/sh -c "$(command_of nonna-train 0-2)" >/dev/null 2>&1
echo "gone on with: $?"
grep interrupted r.err | sed 's/step [0-9]*/step N/'
setting nonna-train SuccessExitStatus
stop s
echo "stopped: $?"
killed t
ls run/servers

# Where systemd is installed it has its say as well.
if command -v systemd-analyze >/dev/null; then
    mkdir units
    for file in "$units"/nonna-serve@.service "$units"/nonna-train@.service; do cp "$file" "units/${file##*/}"; done
    systemd-analyze verify --man=no units/nonna-serve@.service units/nonna-train@.service 2>&1 | grep nonna
fi
exit 0
