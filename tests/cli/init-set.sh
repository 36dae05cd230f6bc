# nonna-init: another value than the architecture's is what a file with that value would give; what is installed.
sed '/\[stage1\]/,/\[stage2\]/s/^field = .*/field = 4/; s/^name = .*/name = mine/' \
    "$(dirname "$(command -v nonna-init)")/../share/nonna/architectures/tiny.conf" >mine.conf
nonna-init mine.conf -o file.safetensors
nonna-init tiny --set stage1.field=4 --set network.name=mine -o set.safetensors && cmp file.safetensors set.safetensors
nonna-init tiny -o tiny.safetensors
cmp -s tiny.safetensors set.safetensors || echo "and not what tiny is"
nonna-init tiny --set network.name=b --set stage2.maps=3 --set training.rate=0.02 -o last.safetensors
nonna-info last.safetensors | grep -E '^(model of|2.norm|top neurons):'
nonna-info --json last.safetensors | grep -o '"training":"[^"]*"'
nonna-init --list
for change in maps stage1.maps maps=3 .maps=3 stage1.=3 stage1.maps= stage9.maps=3 stage1.mpas=3 stage1.maps=x stage1.maps=0 \
    network.side=4 training.rate=x; do
    nonna-init tiny --set "$change" -o no.safetensors
    echo "$change: status $?"
done
nonna-init tiny --set stage1.maps=3 --set stage2.maps=3 --set stage1.maps=4 -o no.safetensors
echo "one key twice: status $?"
for options in "tiny" "--set stage1.maps=3" "--seed 2" "-o x.safetensors"; do
    nonna-init --list $options
    echo "$options: status $?"
done
ls no.safetensors x.safetensors 2>/dev/null
exit 0
