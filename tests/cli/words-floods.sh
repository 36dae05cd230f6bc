# Many times the same is one line with a count; -v has them all. Controls that need no negatives; half and half.
i=0
while [ $i -lt 120 ]; do
    { printf 'P5\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 256; k++) printf "%c", 40 + int(80 * rand()) }' | head -c 256; } >$i.pgm
    i=$((i + 1))
done
mkdir yes no
i=0
while [ $i -lt 40 ]; do mv $i.pgm yes; i=$((i + 1)); done
mv ./*.pgm no
nonna-dataset pack -q yes -o yes.tar
nonna-dataset pack -q no -o no.tar
nonna-dataset pack -q no yes -o both.tar
testset() { nonna-dataset testset -o t.tar "$@"; echo "status $?"; }

echo '# some, one, all of the negatives are also positives'
testset --positives yes.tar --negatives both.tar --prior 0.5
testset --positives yes.tar --negatives both.tar --prior 0.5 -v 2>&1 | grep -c 'also a positive'
nonna-dataset pack -q no yes/3.pgm -o one.tar
testset --positives yes.tar --negatives one.tar --prior 0.5 2>&1 | sed 's/[0-9a-f]\{16\}/KEY/'
testset --positives yes.tar --negatives yes.tar
testset -q --positives yes.tar --negatives both.tar --prior 0.5

echo '# half and half'
for counts in "40 80" "39 80" "40 39"; do
    # shellcheck disable=SC2046
    nonna-dataset pack -q $(find yes -type f | sort | head -n "${counts% *}") -o p.tar
    # shellcheck disable=SC2046
    nonna-dataset pack -q $(find no -type f | sort | head -n "${counts#* }") -o n.tar
    nonna-dataset testset -q --positives p.tar --negatives n.tar --prior 0.5 -o t.tar
    nonna-info t.tar | grep labels
done

echo '# controls of positives alone'
control() { nonna-dataset testset -q --positives yes.tar --size 12 -o c.tar "$@" && nonna-info c.tar | grep labels; }
control --variant inverted
control --variant scrambled --count 20
control --variant inverted --split-lists part && wc -l <part-a.tsv && wc -l <part-b.tsv
control --variant inverted --prior 0.5
control --variant inverted --count 21
control --variant inverted --count 82
control --variant background
control
cp c.tar before.tar 2>/dev/null
# with negatives: those positives that the plain set has
nonna-dataset testset -q --positives yes.tar --negatives no.tar --size 12 --prior 0.8 -o plain.tar
nonna-dataset testset -q --positives yes.tar --negatives no.tar --size 12 --prior 0.8 --variant inverted -o c.tar
nonna-info plain.tar c.tar | grep labels
