# nonna-report of a folder of runs: one table of what differs, from what the models say of themselves.
command -v gnuplot >/dev/null || { echo 'no gnuplot: skipped'; exit 77; }
i=0
while [ $i -lt 8 ]; do
    { printf 'P6\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 768; k++) printf "%c", 40 + int(80 * rand()) }' | head -c 768; } >$i.ppm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.ppm --format png -o set.tar
sed 's/^maps = 4/maps = 6/; s/^name = tiny/name = wide/' "$SOURCE/share/nonna/architectures/tiny.conf" >wide.conf
mkdir runs
for arch in tiny wide.conf; do
    nonna-init -q $arch --whiten-from set.tar --patches 2000 -o start.safetensors
    for rate in 0.01 0.03; do
        run=runs/${arch%.conf}-$rate
        mkdir "$run"
        nonna-train -q start.safetensors --data set.tar --batch 4 --steps 20 --rate $rate --log "$run/train.tsv" -o "$run/model.safetensors"
    done
done
# Costs are left to tests that know them.
nonna-report runs | awk '{ print $1, $2, $3, $4, $5, $6 }'
grep -oE '<(h[123]|summary)[^>]*>[^<]*' runs/report.html | grep -v 'model.safetensors\|Left out'
grep -o 'Costs are [a-z ]*' runs/report.html
grep -o 'alt="Cost of each run[^"]*"' runs/report.html | grep -o '[^ ]* from [0-9.]* at step 10 to [0-9.]* at step 20' | sed 's/from.*/has a curve/'

# A checkpoint is no run, nor is a lone network; the page is then that of its parts.
mkdir -p one/a one/b
cp runs/tiny-0.01/train.tsv one/a
cp runs/tiny-0.01/model.safetensors one/b/step-20.safetensors
nonna-report one
grep -oE '<h[123][^>]*>[^<]*' one/report.html
# The same tables below a Table 1 are its concepts, as before.
cp -r runs table1
printf 'concept\tmethod\tseeds\taccuracy\tpaper\nfaces\tbest neuron\t1\t0.8\t0.817\n' >table1/table1.tsv
nonna-report table1 | head -n 1
grep -oE '<h2[^>]*>[^<]*' table1/report.html
