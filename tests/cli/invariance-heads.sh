# nonna-invariance on real heads that turn: the mean at each angle is that of the persons' own responses.
data=$NONNA_TEST_DATA/headpose
[ -d "$data" ] || { echo "skipped: no $data"; exit 77; }
for person in 1 2 3 4 5 6 7 8 9 10 11 12; do
    for view in 01 02 03 04 05 06 07 08 09 10 11; do echo "$person-$view.jpg"; done
done | grep -vx '4-07.jpg' >names
nonna-dataset pack -q --root "$data" --files-from names -o heads.tar
nonna-init tiny -q --seed 1 --whiten-from heads.tar -o model.safetensors
nonna-invariance model.safetensors --neuron top/2,2,1 --sequence heads.tar -o view.tsv --each each.tsv --sheet view.png \
    --angles 01=-90,02=-70,03=-50,04=-30,05=-10,06=10,07=30,08=50,09=70,10=90 2>&1 | sed -n 2p
cut -f 1-3 view.tsv
cut -f 4 each.tsv | tail -n +2 | uniq | tr '\n' ' '
echo
awk -F'\t' 'NR == FNR { if (FNR > 1) { sum[$2] += $5; ++n[$2] } next }
    FNR > 1 { d = $4 - sum[$2] / n[$2]; if (d * d > 1e-10) print "angle " $2 ": mean " $4 ", not " sum[$2] / n[$2] }' each.tsv view.tsv
head -c 8 view.png | od -An -c
