# What build, merge and remove refuse, and how.
try() {
    nonna-dataset "$@"
    echo "status $?"
}
printf 'P5 2 2 255\nabcd' >a.pgm
try build set
try build set a.pgm --part 3/3
try build set a.pgm --part x
try build set a.pgm --retry no_such_code
try build set missing.mp4 -q
try build set a.pgm -q
try build set a.pgm --size 100
try build a.pgm a.pgm
mkdir full && : >full/letter
try build full a.pgm
try remove full a.pgm
try remove set
try merge full -o merged
try build other a.pgm --size 64 -q
try merge set other -o merged
ls -d merged 2>/dev/null
# One run at a time.
flock set/lock nonna-dataset build set a.pgm
echo "status $?"
flock set/lock nonna-dataset merge set -o merged
echo "status $?"
# A folder that cannot be written.
try build /proc/none a.pgm
# What a run leaves for node_exporter, also one that fails: then the last success is that of the file before.
try build set a.pgm -q --textfile f.txt
try build set a.pgm -q --textfile missing/f.prom
try build set a.pgm -q --textfile f.prom
success() { grep '^nonna_dataset_build_last_success_timestamp_seconds{' f.prom; }
left() { sed -n "s#set=\"$PWD/set\",*##; s#^nonna_dataset_\(build_exit_status\|build_sources\|units\|pictures\)#\1#p" f.prom; }
before=$(success)
left
flock set/lock nonna-dataset build set a.pgm --textfile f.prom
echo "status $?"
left
[ "$(success)" = "$before" ] || echo "$before became $(success)"
try build set --files-from missing --textfile f.prom
left
[ "$(success)" = "$before" ] || echo "$before became $(success)"
try build set a.pgm -q --textfile f.prom
[ "$(success)" != "$before" ] || echo "no later success: $before"
