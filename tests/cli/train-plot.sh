# The example that draws a run's tables, with and without the table of times.
command -v gnuplot >/dev/null || { echo 'no gnuplot: skipped'; exit 77; }
i=0
while [ $i -lt 8 ]; do
    { printf 'P5\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 256; k++) printf "%c", 40 + int(80 * rand()) }' | head -c 256; } >$i.pgm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.pgm -o set.tar
nonna-init tiny --whiten-from set.tar -o m.safetensors
nonna-train -q m.safetensors --data set.tar --batch 4 --steps 30 --validate set.tar --validate-every 10 --log log.tsv -o x
plot=$SOURCE/share/nonna/examples/plot-training.gp
height() { od -An -j 20 -N 4 -t u1 "$1" | awk '{ print ($1 * 256 + $2) * 65536 + $3 * 256 + $4 }'; }
gnuplot "$plot" && height training.png
nonna-train -q m.safetensors --data set.tar --batch 4 --steps 30 --validate set.tar --validate-every 10 --log log.tsv --timing times.tsv -o x
gnuplot "$plot" 2>/dev/null && height training.png
gnuplot -e "log='log.tsv'; times='nowhere.tsv'; out='named.png'" "$plot" && height named.png
