# testset: groups in one half, lists that make the same set again, equal chains, what is wrong.
picture() {    # picture NAME WIDTH HEIGHT SEED: grey noise
    { printf 'P5\n%d %d\n255\n' "$2" "$3"; awk -v n=$(($2 * $3)) -v s="$4" 'BEGIN { srand(s); for (i = 0; i < n; i++) printf "%c", 33 + int(90 * rand()) }'; } >"$1"
}
for person in ann bob cid dan; do
    mkdir -p faces/$person
    for i in 1 2 3; do picture faces/$person/$i.pgm 40 40 "$(printf %s "$person$i" | cksum | cut -c 1-8)"; done
done
for place in bay den fen zoo; do
    mkdir -p scenes/$place
    for i in 1 2 3 4 5 6; do picture scenes/$place/$i.pgm 20 24 "$(printf %s "$place$i" | cksum | cut -c 1-8)"; done
done
nonna-dataset pack faces -o faces.tar
nonna-dataset pack scenes -o scenes.tar
testset() { nonna-dataset testset --positives faces.tar --negatives scenes.tar "$@"; }

echo '# no person in both halves, and the same bytes for any number of threads'
testset -o t.tar --size 32 --prior 0.6667 --group-by folder --split-lists half -j 2
cp half-a.tsv a.tsv
testset -o t1.tar --size 32 --prior 0.6667 --group-by folder --split-lists half -j 1 -q
cmp t.tar t1.tar && cmp half-a.tsv a.tsv && cut -f 2,3 half-a.tsv half-b.tsv | sort | uniq -c | sed 's/^ *//'
cut -f 3,4 half-a.tsv half-b.tsv | sort -u | cut -f 2 | uniq -d
head -n 1 half-a.tsv
tar xOf t.tar --wildcards '*.json' | grep -o '"framing":"[^"]*","group":"faces/ann","half":"[ab]"' | sort | uniq -c | sed 's/[0-9]*\.[0-9]*\.[0-9]*/V/; s/^ *//; s/"half":"[ab]"/half/'

echo '# four parts: nobody in two of them, a list of each'
testset -o parts.tar --size 32 --group-by folder --split-lists part=1:1:1:1
cat part-[a-d].tsv | cut -f 3,4 | sort -u | cut -f 2 | uniq -d
for part in a b c d; do tail -n +2 part-$part.tsv | cut -f 2,3 | sort | uniq -c | sed 's/^ *//'; done
# the first two are the first half of the same set in two
testset -o two.tar --size 32 --group-by folder --split-lists two=2:2 -q
cut -f 1 two-a.tsv | sort >first-half
cat part-a.tsv part-b.tsv | cut -f 1 | sort -u | cmp first-half -

echo '# a list and the pictures give the same set again'
testset -o a.tar --size 32 --from-list a.tsv -q
testset -o a2.tar --size 32 --from-list a.tsv -q -j 2 && cmp a.tar a2.tar
mkdir all part && tar xf t.tar -C all && tar xf a.tar -C part && ls part | wc -l
for file in part/*; do cmp "$file" "all/${file#part/}"; done
nonna-dataset testset --positives scenes.tar --negatives scenes.tar -o o.tar --from-list a.tsv >said 2>&1
echo "pictures gone: $?, $(grep -c ' (faces/.*): not in scenes.tar$' said) named"
tail -n 1 said

echo '# a control is known by its json; frames from a pipe; equally sharp'
testset -o control.tar --size 32 --through 20 --look grey --look control && tar xOf control.tar --wildcards '*.json' | grep -o ', grey, control"' | sort | uniq -c | sed 's/^ *//'
nonna-dataset testset --positives - --negatives scenes.tar -o piped.tar --size 32 --through 20 --look grey --look control <faces.tar && cmp control.tar piped.tar

echo '# negatives that look like the positives; the same upside down, scrambled; squares beside the thing'
testset -o match.tar --size 16 --through 8 --frame crop:0.45 --group-by folder --split-lists match --match 240 -j 2 -q
cp match-match.tsv once.tsv
testset -o match1.tar --size 16 --through 8 --frame crop:0.45 --group-by folder --split-lists match --match 240 -j 1 -q
cmp match.tar match1.tar && cmp once.tsv match-match.tsv && cut -f 1-5 once.tsv
tar xOf match.tar --wildcards '*.json' | grep -o '"half":"[ab]".*"label":"[01]"' | sed 's/,.*,/ /' | sort | uniq -c | sed 's/^ *//'
testset -o match-a.tar --size 16 --through 8 --from-list match-a.tsv -q && mkdir matched && tar xf match.tar -C matched && mkdir again && tar xf match-a.tar -C again && for file in again/*; do cmp "$file" "matched/${file#again/}"; done
for variant in inverted scrambled background; do
    testset -o $variant.tar --size 10 --through 8 --frame crop:0.45 --variant $variant -q && tar xOf $variant.tar --wildcards '*.json' | grep -o 'size 10.*' | sed 's/,"made_by.*//' | sort | uniq -c | sed 's/^ *//'
done

echo '# the size of what a top neuron sees'
nonna-init tiny -o tiny.safetensors --seed 1 -q && testset -o fit.tar --fit tiny.safetensors --through 20 && tar xOf fit.tar --wildcards '*.json' | grep -o '"width":[0-9]*' | sort -u
nonna-info tiny.safetensors | grep 'visible area'

echo '# the sweep chooses on half a, whatever its seed'
nonna-sweep -q tiny.safetensors t.tar --held-out -o s0.tsv --seed 0 && nonna-sweep -q tiny.safetensors t.tar --held-out -o s1.tsv --seed 1 && cmp s0.tsv s1.tsv
nonna-sweep -q tiny.safetensors fit.tar --held-out -o s0.tsv --seed 0 && nonna-sweep -q tiny.safetensors fit.tar --held-out -o s1.tsv --seed 1 && cmp -s s0.tsv s1.tsv || echo 'without halves the seed draws them'

echo '# what is wrong'
try() {
    testset -o o.tar "$@"
    echo "status $?"
}
try --frame square
try --jitter 1
try --look blue
try --split-lists x=1
try --split-lists x=1:2:
try --group-by folder --split-lists x=1:1:1:1:1
try --match 100 --size 16
try --match 100 --split-lists x
try --match 100 --size 16 --split-lists x --prior 0.5
try --match 100 --size 16 --split-lists x --frame letterbox
try --match 100 --size 16 --split-lists x --variant inverted
try --match 4 --size 16 --split-lists x
try --variant inverted
try --variant inverted --size 16 --from-list a.tsv
try --variant background --size 16
testset --split-lists ./o=1:1 --size 16 --match 9 -o o-match.tsv
try --size 8 --fit tiny.safetensors
try --fit t.tar
try --prior 0.001
try --through 30
try --frame box
try --group-by folder --split-lists x=1:1000000
try --split-lists ./o.tar=1:1 --from-list o.tar
nonna-dataset testset --positives - --negatives - -o o.tar </dev/null
nonna-dataset testset --from-boxes t.tar --frame crop -o o.tar
[ ! -e o.tar ] && [ ! -e x-a.tsv ] && [ ! -e x-match.tsv ]
