# README's first pipeline, typed as it stands: every line works, and at its end there is a neuron that tells people from
# places far better than any did before training.
films=/usr/share/doc/opencv-doc/examples/data
[ -r $films/vtest.avi ] || { echo "skipped: no sample films (package opencv-doc)"; exit 77; }
# A reader's shell has braces.
command -v bash >/dev/null || { echo "skipped: no bash"; exit 77; }
# The indented lines of that section, those that go on in the next made one.
sed -n '/^## A first pipeline/,/^## The programs/s/^    //p' "$SOURCE/README.md" | sed -e :a -e '/\\$/N; s/\\\n//; ta' >typed
[ "$(grep -c '^nonna-' typed)" -gt 8 ] || { echo "README.md: no pipeline was found below 'A first pipeline'"; exit 1; }

mkdir empty
cd empty || exit 1
while IFS= read -r line; do
    bash -c "$line" >said 2>&1 </dev/null || { echo "status $?: $line"; cat said; exit 1; }
done <../typed

# held MODEL: of the neuron that one half of the test chooses, its AUC on the other half, in thousandths
held() {
    nonna-sweep -q "$1" test.tar --held-out --best 1 | awk -F '\t' '
        NR == 1 { for (i = 1; i <= NF; ++i) if ($i == "held_auc") column = i }
        NR == 2 { printf "%d", 1000 * $column }'
}
before=$(held random.safetensors) after=$(held model.safetensors)
[ "$after" -gt 720 ] && [ "$after" -gt $((before + 60)) ] || echo "held-out AUC in thousandths: $before before, $after after training"
[ "$(head -c 4 top.png | tail -c 3)" = PNG ] || echo "top.png is no PNG"
grep -q 'src="data:image' report.html || echo "report.html shows no pictures"
