# The folder of a built set wherever an image set is read.
picture() {    # picture NAME WIDTH HEIGHT BYTE
    { printf 'P5\n%d %d\n255\n' "$2" "$3"; head -c $(($2 * $3)) /dev/urandom; } >"$1"
}
mkdir in
for i in 0 1 2 3 4 5 6 7 8 9 a b; do
    { printf 'P5\n60 60\n255\n'; seq 1000 3000 | tr -d '\n' | tr 0-9 "$i"b-j | head -c 3600; } >in/$i.pgm
done
nonna-dataset build set in/*.pgm --size 48 -q || exit 1
nonna-dataset verify set
ls set/shards
(cd set/shards && sha256sum -c --quiet *.sha256)

echo '== one stream'
nonna-dataset pack set -o all.tar && cmp all.tar set/shards/000000.tar && nonna-dataset pack in set -o both.tar --size 48 -q
nonna-info set --json | tr ',' '\n' | grep -E '"(kind|shards|units|units ok|images|digest)"' | sed 's/ *"digest":.*/digest/'
[ "$(nonna-info set --json | grep -o '"digest":"[^"]*"')" = "$(nonna-info all.tar --json | grep -o '"digest":"[^"]*"')" ] && echo 'the same digest'
nonna-dataset sheet set -o a.png && nonna-dataset sheet all.tar -o b.png && cmp a.png b.png
nonna-dataset faces set -o faces.tar && nonna-dataset verify faces.tar
for data in set all.tar; do
    nonna-init study --data $data --seed 1 -o ${data%.tar}.init -q &&
        nonna-train ${data%.tar}.init --data $data --steps 2 --batch 4 -o ${data%.tar}.model -q &&
        nonna-respond ${data%.tar}.model $data -o ${data%.tar}.npy -q
done
cmp set.npy all.npy && echo 'trained and answered alike'

echo '== not at rest, not whole'
touch set/journal.jsonl
nonna-dataset verify set
nonna-dataset sheet set -o c.png
nonna-info set
rm set/journal.jsonl
mv set/shards/000000.tar.idx kept
nonna-dataset verify set
mv kept set/shards/000000.tar.idx
sed -i 3d set/manifest.jsonl
nonna-dataset verify set 2>&1 | sed 's/[0-9a-f]\{16\}/KEY/g'
nonna-dataset verify in
nonna-dataset sheet in -o c.png
