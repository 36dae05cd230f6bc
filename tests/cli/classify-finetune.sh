# nonna-classify finetune: head and network together, from pretrained and from random weights; the same bytes for any
# threads and after any interruption; what is wrong.
stripes() {    # stripes CLASS COUNT: pictures CLASS/N.pgm, lying, standing or leaning, in much noise
    mkdir -p "zoo/$1"
    i=0
    while [ $i -lt "$2" ]; do
        awk -v n=$i -v class="$1" 'BEGIN { print "P5\n16 16\n255"; for (r = 0; r < 16; r++) for (c = 0; c < 16; c++) {
            x = class == "lying" ? r : class == "standing" ? c : r + c
            printf "%c", 40 + n + (int((x + n) / 3) % 2) * 40 + (n * 7919 + r * r * 37 + c * c * 11 + r * c * n * 5) % 71 } }' >"zoo/$1/$i.pgm"
        i=$((i + 1))
    done
}
stripes lying 24; stripes standing 24; stripes leaning 24
nonna-dataset pack -q zoo --labels-from-folders --format png -o zoo.tar
nonna-dataset split -q zoo.tar -o zoo --seed 1
nonna-init -q tiny --seed 1 --whiten-from zoo-a.tar -o random.safetensors
nonna-train -q random.safetensors --data zoo-a.tar --steps 30 --batch 12 --seed 5 -o m.safetensors
nonna-classify fit -q m.safetensors --data zoo-a.tar --epochs 10 --hold-out 0 -o h.safetensors
common='m.safetensors h.safetensors --data zoo-a.tar --batch 12'
tune() { nonna-classify finetune $common "$@"; }
fails() { nonna-classify "$@"; echo "status $?"; }

echo '# together'
tune --steps 120 -o t.safetensors --head th.safetensors --log l.tsv -q -j 1; echo "status $?"
head -n 1 l.tsv
awk -F'\t' 'NR == 2 { first = $3 } END { print NR - 1, "rows;", $1, "steps,", $2, "images;", ($3 < first / 2 ? "the loss falls" : "the loss stays") }' l.tsv
cmp -s m.safetensors t.safetensors || echo "the network moved"
nonna-info t.safetensors | grep -o 'finetune .*data' | cut -c 1-60
nonna-classify eval -q t.safetensors th.safetensors zoo-a.tar --bootstrap 0 | awk -F'\t' '$1 == "top1" { print ($2 > 0.9 ? "learnt" : $0) }'
fails eval m.safetensors th.safetensors zoo-a.tar
tune --steps 0 -o x.safetensors --head xh.safetensors -q
nonna-classify predict m.safetensors h.safetensors zoo-b.tar -o p1.tsv
nonna-classify predict x.safetensors xh.safetensors zoo-b.tar | cmp - p1.tsv && echo "no step, no change"

echo '# the same bytes'
tune --steps 120 -o x.safetensors --head xh.safetensors -q -j 3
cmp t.safetensors x.safetensors && cmp th.safetensors xh.safetensors && echo same
# On pooling the norm above it stays as it is; another rule, and a penalty
nonna-classify fit -q m.safetensors --data zoo-a.tar --layer 1.pool --epochs 5 --hold-out 0 -o hp.safetensors
nonna-classify finetune m.safetensors hp.safetensors --data zoo-a.tar --batch 12 --steps 40 --optimizer momentum --l2 1e-3 \
    -o x.safetensors --head xh.safetensors -q; echo "status $?"

echo '# from scratch: as from the random model itself'
tune --steps 20 --from-scratch -o s.safetensors --head sh.safetensors -q
nonna-classify fit -q random.safetensors --data zoo-a.tar --epochs 1 --hold-out 0 -o hr.safetensors
nonna-classify finetune random.safetensors hr.safetensors --data zoo-a.tar --batch 12 --steps 20 --from-scratch -o r.safetensors \
    --head rh.safetensors -q
nonna-classify predict s.safetensors sh.safetensors zoo-b.tar -o p1.tsv
nonna-classify predict r.safetensors rh.safetensors zoo-b.tar | cut -f 1-3 >p2.tsv; cut -f 1-3 p1.tsv | cmp - p2.tsv && echo same

echo '# asked to end, and gone on with'
way='--steps 600 --log-every 7 --checkpoint-every 1'
tune $way -o whole.safetensors --head wholeh.safetensors --log whole.tsv -q --checkpoint whole
killed=0
for kill in 1 2 3; do
    nonna-classify finetune $common $way -o parts.safetensors --head partsh.safetensors --log parts.tsv -q --checkpoint parts \
        --resume 2>said &
    run=$!
    rm -f before; [ ! -e parts ] || cp parts before
    while kill -0 $run 2>/dev/null && { [ ! -e parts ] || cmp -s parts before; }; do :; done 2>/dev/null
    if [ $kill -lt 3 ]; then kill -TERM $run; else kill -9 $run; fi 2>/dev/null
    wait $run 2>/dev/null
    status=$?
    [ $status -eq 0 ] || killed=$((killed + 1))
    [ $kill -gt 1 ] || echo "asked to end: $status"
done
[ $killed -gt 1 ] || echo "only $killed were killed"
tune $way -o parts.safetensors --head partsh.safetensors --log parts.tsv -q --checkpoint parts --resume -j 2
cmp whole.safetensors parts.safetensors && cmp wholeh.safetensors partsh.safetensors && cmp whole.tsv parts.tsv && echo same
fails finetune $common --steps 600 --seed 2 -o x.safetensors --head xh.safetensors --checkpoint parts --resume
head -c 4000 parts >cut; fails finetune $common --steps 600 -o x.safetensors --head xh.safetensors --checkpoint cut --resume

echo '# wrong'
out='-o y.safetensors --head yh.safetensors'
nonna-dataset pack -q zoo/lying --label new -o new.tar
fails finetune m.safetensors h.safetensors --data new.tar $out
fails finetune random.safetensors h.safetensors --data zoo-a.tar $out
nonna-classify fit -q m.safetensors --data zoo-a.tar --layer all --epochs 1 --hold-out 0 -o ha.safetensors
fails finetune m.safetensors ha.safetensors --data zoo-a.tar $out
nonna-classify fit -q m.safetensors --data zoo-a.tar --layer 1.filter --epochs 1 --hold-out 0 -o hf.safetensors
fails finetune m.safetensors hf.safetensors --data zoo-a.tar $out
fails finetune $common -o m.safetensors --head yh.safetensors
fails finetune $common -o y.safetensors
fails finetune $common $out --rate 2
fails finetune $common $out --optimizer sgd --momentum 0.5
fails finetune $common $out --resume
ls y.safetensors 2>/dev/null
exit 0
