# Further columns of a table of labels: they stay with their pictures, whatever copies them, and come out beside responses.
picture() {    # picture FILE NUMBER
    awk -v n="$2" 'BEGIN { print "P5\n16 16\n255"; for (i = 0; i < 256; i++) printf "%c", 33 + (i * n) % 90 }' >"$1"
}
for n in 3 5 7 11; do picture p$n.pgm $n; done
printf 'subject,path,age,label,\ns1,p3.pgm,31,cat,0\n"s2, left",p5.pgm,,dog,1\n' >a.csv
printf 'path\tlabel\tcondition\np7.pgm\tcat\tdark\n' >b.tsv
nonna-dataset pack -q --labels-from a.csv -o a.tar && nonna-dataset pack -q --labels-from b.tsv -o b.tar
nonna-dataset pack -q p11.pgm --label cat -o c.tar
tar -xOf a.tar --wildcards '*.json' | grep -o '"columns":{[^}]*}'
tar -xOf c.tar --wildcards '*.json' | grep -c columns
nonna-dataset pack -q a.tar b.tar c.tar --size 12 -o set.tar

nonna-init tiny -q --seed 3 --whiten-from set.tar -o model.safetensors
nonna-respond -q model.safetensors set.tar --neuron 2.norm/0,1,2 --neuron top/0,0,0 --table r.tsv --labels-out l.tsv
cut -f2-6 r.tsv
head -n 1 r.tsv
cut -f1-6 r.tsv | cmp - l.tsv && echo "the labels' table is the same without responses"
nonna-respond -q model.safetensors - --neuron 2.norm/0,1,2 --neuron top/0,0,0 --table - <set.tar | cmp - r.tsv && echo "a pipe gives the same"
nonna-respond -q model.safetensors set.tar -o r.npy && nonna-sweep -q --responses r.npy --labels l.tsv --positive cat -o s.tsv
echo "a sweep reads it: $?"
nonna-dataset testset --positives a.tar --negatives b.tar --prior 0.5 -q -o test.tar
tar -xOf test.tar --wildcards '*.json' | grep -o '"columns":{[^}]*}' | sort

for name in key source 'a	b'; do
    printf 'path,label,"%s"\np3.pgm,cat,1\n' "$name" >wrong.csv
    nonna-dataset pack --labels-from wrong.csv -o no.tar; echo "status $?"
done
printf 'path,label,"2.norm/0,1,2"\np3.pgm,cat,1\n' >wrong.csv
nonna-dataset pack -q --labels-from wrong.csv -o wrong.tar
nonna-respond -q model.safetensors wrong.tar --neuron 2.norm/0,1,2 --table no.tsv; echo "status $?"
ls no.* 2>/dev/null
exit 0
