# The example of nonna-metrics(7), typed as it stands there: a nightly build, two servers and two replicas, their
# metrics looked at, one server killed and started again, the model taken from the servers. And what stands on the
# pages is what that manual page says. Of nonna-dataset, nonna-init, nonna-serve, nonna-train and nonna-info.
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
page=$SOURCE/man/nonna-metrics.7
mkdir films
# Two films of twelve frames each, all different, and one that is none.
/usr/bin/python3 - <<'END'
import random
for film in "ab":
    draw = random.Random(film)
    with open(f"films/{film}.y4m", "wb") as out:
        out.write(b"YUV4MPEG2 W32 H32 F1:1 Ip A1:1 C444\n")
        for frame in range(12):
            level, right, down = draw.randrange(40, 120), draw.randrange(4), draw.randrange(4)
            out.write(b"FRAME\n" + bytes(max(level + right * x - down * y, 0) + draw.randrange(20) for y in range(32) for x in range(32)))
            out.write(bytes(draw.randrange(100, 150) for _ in range(2)) * 1024)
END
echo "not a film" >films/c.mp4

awk '
/^\.Sh / { inside = $2 == "EXAMPLES"; next }
/^\.Bd / { block = inside; next }
/^\.Ed/ { block = 0 }
block { gsub(/\\e/, "\\"); print }' "$page" >example
[ "$(grep -c '^ *nonna-\|exec nonna-' example)" -gt 5 ] || { echo "no example was found in $page"; exit 1; }
# A film gives more than one frame, so that there is something to learn from; 3 is its status, as one is none.
sed 's/^nonna-dataset build .*/& --per-video 12 || [ $? -eq 3 ]/' example >typed
echo 'wait' >>typed
(set -m; sh -eu ./typed >out 2>err; echo "typed: $?")

tr -s ' ' <out | grep -e '^shard ' -e '^process ' -e '^server ' -e '^replica ' | sed 's/:[0-9]*\/metrics/:PORT\/metrics/' | grep -v '^replica starts'
grep -c '^nonna_train_pictures_total [0-9]*0$' pages
grep -q '^nonna_train_cost{stage="2"} [0-9.]*$' pages || echo "no costs"
grep -c '^nonna_version{shard="[01]"} [0-9]*$' pages
grep -c 'shard 1/2 ready at' err
grep -c 'shard 0/2 ready at' err
nonna-info model.safetensors | sed -n 's/^versions: *[0-9]* [0-9]*$/a model of two shards/p'
ls run
grep -e _exit_status{ -e _sources{ -e _pictures{ films.prom | sed "s|$PWD|HERE|"

# What is on the pages is on the manual page; what is on the manual page is in the source.
sed -n 's/^\.It Li \(nonna_[a-z_]*\)$/\1/p' "$page" | LC_ALL=C sort >described
sed -n 's/^# TYPE \(nonna_[a-z_]*\) .*/\1/p' pages films.prom | LC_ALL=C sort -u >seen
LC_ALL=C comm -13 described seen | sed 's/$/ is on no manual page/'
[ "$(wc -l <seen)" -gt 25 ] || echo "only $(wc -l <seen) metrics were seen"
while read -r name; do grep -rq "\"$name\"" "$SOURCE/lib" || echo "$name is only on the manual page"; done <described
if command -v promtool >/dev/null; then
    promtool check metrics <films.prom
    # a page of each program
    awk '/^# HELP nonna_requests_total/ && n++ { exit } { print }' pages | promtool check metrics
    awk '/^# HELP nonna_train_steps_total/ && !n++ { on = 1 } /^# HELP nonna_train_steps_total/ && m++ { exit } on' pages | promtool check metrics
fi
exit 0
