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

# Every output of every program and job against every input: by its name, and by links to it. OUT is the output.
mkdir results films
nonna-sweep m.safetensors a.tar -o results/sweep-top.tsv -q 2>/dev/null
{
    echo 'YUV4MPEG2 W4 H2 F10:1 Ip A1:1 C444'
    for level in A B C; do printf 'FRAME\n%s' "a$level${level}a$level$level$level${level}PPPPPPPPPPPPPPPP"; done
} >films/f.y4m
printf 'a.tar\n' >names
printf 'seed\tsweep\tkey\n1\tresults/sweep-top.tsv\tx\n' >runs.tsv
printf 'secret\n' >token && chmod 600 token
echo data >cert.pem
(umask 077 && cp cert.pem key.pem)
find . -type f ! -name before ! -name out ! -name err | sort | xargs sha256sum >before
guarded() {    # guarded INPUT COMMAND... OUT ...
    input=$1
    shift
    rm -f hard soft.x
    ln "$input" hard
    ln -s "$input" soft.x
    for out in $names; do
        [ $out = name ] && out=$input
        count=$((count + 1))
        timeout 20 $(printf '%s ' "$@" | sed "s|OUT|$out|g") >out 2>err
        status=$?
        [ $status -eq 2 ] && grep -q "$out: is also an input" err || echo "$* with $out: status $status, $(head -n 1 err)"
    done
    sha256sum --quiet -c before || exit
    rm -f hard soft.x
}
count=0
names='name hard soft.x'
guarded films/f.y4m nonna-frames films/f.y4m -o OUT
names=hard
guarded names nonna-frames --files-from names -o OUT
guarded 0.pgm nonna-dataset pack 0.pgm 1.pgm -o OUT
guarded names nonna-dataset pack --files-from names -o OUT
guarded list.tsv nonna-dataset pack --labels-from list.tsv -o OUT
guarded 0.pgm nonna-dataset pack --labels-from list.tsv -o OUT
guarded a.tar nonna-dataset faces a.tar -o OUT
guarded cert.pem nonna-dataset faces a.tar --detector yunet --model cert.pem -o OUT
guarded 0.pgm nonna-dataset audit 0.pgm -o OUT
guarded a.tar nonna-dataset audit a.tar -o - --sheet OUT
guarded a.tar nonna-dataset sheet a.tar -o OUT
guarded a.tar nonna-dataset testset --positives a.tar --negatives a.tar -o OUT
guarded names nonna-dataset testset --positives a.tar --negatives a.tar --from-list names -o OUT
guarded a.tar nonna-init tiny --whiten-from a.tar -o OUT
guarded a.tar nonna-train m.safetensors --data a.tar --steps 1 -o OUT
guarded a.tar nonna-train m.safetensors --data names --validate a.tar --steps 1 -o OUT
guarded token nonna-train m.safetensors --data a.tar --servers names --token token --log OUT
guarded names nonna-train m.safetensors --data a.tar --servers names --timing OUT
guarded a.tar nonna-cluster m.safetensors --data a.tar --steps 1 -o OUT
guarded m.safetensors nonna-cluster m.safetensors --data a.tar --steps 1 -o OUT
guarded a.tar nonna-cluster m.safetensors --data names --validate a.tar --log OUT -o new
guarded m.safetensors nonna-info tcp://127.0.0.1:1 --model m.safetensors --pull OUT
guarded m.safetensors nonna-respond m.safetensors a.tar -o OUT
guarded a.tar nonna-respond m.safetensors a.tar -o new --labels-out OUT
guarded m.safetensors nonna-sweep m.safetensors a.tar -o OUT
guarded r.npy nonna-sweep --responses r.npy --labels l.tsv -o OUT
guarded results/sweep-top.tsv nonna-sweep --from results/sweep-top.tsv -o OUT
guarded a.tar nonna-baseline linear a.tar --data a.tar -o OUT
guarded a.tar nonna-baseline kmeans a.tar --data names --centroids 2 -o new --save OUT
guarded a.tar nonna-stimulus average m.safetensors --data a.tar --neuron top/0,0,0 -o new --npy OUT
guarded m.safetensors nonna-stimulus filters m.safetensors -o OUT
guarded m.safetensors nonna-stimulus optimal m.safetensors --neuron top/0,0,0 -o OUT
guarded a.tar nonna-stimulus top m.safetensors --data a.tar --neuron top/0,0,0 -o new --weakest OUT
guarded a.tar nonna-invariance m.safetensors a.tar --neuron top/0,0,0 -o OUT
guarded runs.tsv nonna-compare runs.tsv -o OUT
guarded results/sweep-top.tsv nonna-compare runs.tsv -o OUT
names='name soft.x'    # replacing one of two names in a folder that is read leaves the other
guarded films/f.y4m nonna-frames -r films -o OUT
guarded 0.pgm nonna-dataset pack . -o OUT
guarded 0.pgm nonna-dataset audit . -o OUT
guarded results/sweep-top.tsv nonna-report results -o OUT
echo "$count outputs that are inputs"

# In place is fine where the input is read before the output is written.
nonna-dataset pack a.tar -o a.tar && nonna-train -q m.safetensors --data a.tar --steps 1 --batch 4 -o m.safetensors && echo "in place"
