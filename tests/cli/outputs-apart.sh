# An output that is an input or another output is refused before anything is touched; slips in lists are named.
i=0
while [ $i -lt 4 ]; do
    { printf 'P5\n16 16\n255\n'; head -c 256 /dev/zero | tr '\0' "$(printf "\\$((141 + i))")"; echo x; } | head -c 269 >$i.pgm
    i=$((i + 1))
done
nonna-init tiny -o m.safetensors
for n in 0 1 2 3; do printf '%s.pgm\t%s\n' $n $((n % 2)); done | { printf 'path\tlabel\n'; cat; } >list.tsv
nonna-dataset pack --labels-from list.tsv -o a.tar
nonna-respond m.safetensors a.tar -o r.npy --labels-out l.tsv
sha256sum m.safetensors a.tar r.npy l.tsv >before

refused() { "$@" >out 2>err; echo "$? $(cat err)"; [ -s out ] && echo "something on stdout"; }
refused nonna-train m.safetensors --data a.tar --steps 1 -o new --log a.tar
refused nonna-train m.safetensors --data a.tar:2 --steps 1 -o a.tar
refused nonna-train m.safetensors --data a.tar --steps 1 -o new --log ./new
refused nonna-train m.safetensors --data a.tar --steps 1 -o new --log m.safetensors
refused nonna-respond m.safetensors a.tar -o a.tar
refused nonna-respond m.safetensors a.tar -o new --labels-out ./new
refused nonna-respond m.safetensors a.tar -o - --labels-out -
refused nonna-sweep --responses r.npy --labels l.tsv -o l.tsv
refused nonna-sweep m.safetensors a.tar --best-responses -
refused nonna-sweep --responses r.npy --labels l.tsv --layer all
refused nonna-stimulus top m.safetensors --data a.tar --neuron top/0,0,0 -o a.tar
refused nonna-stimulus optimal m.safetensors --neuron top/0,0,0 -o new --tsv new
refused nonna-init tiny --whiten-from a.tar -o a.tar
printf '0.pgm\0001.pgm\000' >nul
refused nonna-dataset pack --files-from nul -o new
refused nonna-frames a.tar -o new
sha256sum --quiet -c before && [ ! -e new ] && echo "nothing was touched"

# In place is fine where the input is read before the output is written.
nonna-dataset pack a.tar -o a.tar && nonna-train -q m.safetensors --data a.tar --steps 1 --batch 4 -o m.safetensors && echo "in place"
