# kill -9 at twenty moments of a build over real videos and photographs; run again it ends with the same bytes. Which
# moments these are depends on the machine, and must not matter.
videos=$NONNA_TEST_DATA/videos
[ -d "$videos" ] || { echo "skipped: no test data at $NONNA_TEST_DATA"; exit 77; }
find "$videos" "$NONNA_TEST_DATA/photos" -type f | LC_ALL=C sort >list
build() { nonna-dataset build "$1" --files-from list --size 96 --shard-size 0.1 --near-dup 3 -j 2 -q 2>>errors; }
folder_digest() { (cd "$1" && find . -type f ! -name lock | LC_ALL=C sort | xargs sha256sum); }

build whole
folder_digest whole >expected
total=$(wc -l <whole/manifest.jsonl)
[ "$total" -eq "$(wc -l <list)" ] || echo "$total units of $(wc -l <list) files"
[ -e whole/shards/000004.tar ] || echo 'too few shards to be a test'

killed=0
for moment in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    rm -rf set
    nonna-dataset build set --files-from list --size 96 --shard-size 0.1 --near-dup 3 -j 2 -q 2>>errors &
    build=$!
    # Until so many units are in the manifest; the numbers spread over the whole build, its digesting included.
    wanted=$(((moment - 1) * total / 20))
    tries=0
    while [ $tries -lt 200000 ] && kill -0 $build 2>/dev/null; do
        tries=$((tries + 1))
        lines=0
        [ ! -e set/manifest.jsonl ] || lines=$(wc -l <set/manifest.jsonl)
        [ "$lines" -lt "$wanted" ] || break
    done
    ! kill -9 $build 2>/dev/null || killed=$((killed + 1))
    wait $build 2>/dev/null
    build set
    folder_digest set | cmp -s - expected || { echo "killed at unit $wanted: other bytes"; folder_digest set | diff expected -; }
done
[ $killed -ge 15 ] || echo "only $killed of 20 were killed"
