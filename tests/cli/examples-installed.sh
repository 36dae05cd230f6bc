# The installed examples do what they say, on a few real pictures and films.
[ -d "$NONNA_TEST_DATA/faces" ] || { echo "no test data in $NONNA_TEST_DATA"; exit 77; }
examples=$SOURCE/share/nonna/examples

mkdir with without
for picture in $(find "$NONNA_TEST_DATA/faces" -name '*.jpg' | LC_ALL=C sort | head -n 60); do cp "$picture" with; done
for picture in $(find "$NONNA_TEST_DATA/scenes" -name '*.JPEG' | LC_ALL=C sort | head -n 60); do cp "$picture" without; done
if ! "$examples"/two-folders.sh with without out tiny 20 >said 2>&1; then
    cat said
    exit 1
fi
for made in test.tar random.safetensors model.safetensors log.tsv random.tsv model.tsv; do
    [ -s out/$made ] || echo "two-folders.sh made no $made"
done
head -n 1 out/model.tsv | grep -q 'held_auc' || echo "model.tsv has no column held_auc"

"$examples"/first-model.sh without first 3 >said 2>&1 || cat said
[ $(($(stat -c %s first/model.safetensors) * 100)) -lt $(($(stat -c %s first/random.safetensors) * 51)) ] ||
    echo "first-model.sh made no model of half the size"
nonna-dataset pack -q with -o - | nonna-respond -q first/model.safetensors - --neuron 2.norm/4,4,1 --table said
[ "$(wc -l <said)" -eq 61 ] || echo "first-model.sh made no model that responds"

set -- $(find "$NONNA_TEST_DATA/videos" -name '*.mp4' | LC_ALL=C sort | head -n 4)
"$examples"/film-sheet.sh sheet.png "$@" || echo "film-sheet.sh: status $?"
[ "$(head -c 4 sheet.png | tail -c 3)" = PNG ] || echo "film-sheet.sh made no PNG"

for example in "$examples"/*.sh; do
    "$example" >said 2>&1
    status=$?
    [ $status -eq 2 ] || echo "${example##*/} without arguments: status $status, not 2"
    grep -q '^usage: ' said || echo "${example##*/} without arguments does not say how it is used"
done
