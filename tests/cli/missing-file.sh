# An input that is not there, is a folder or is empty: status 1, one line that names it, and no output.
failed=0
complain() { echo "$*"; failed=1; }
mkdir folder
: >empty
nonna-init tiny -q -o model.safetensors || complain "no model to test with"

# fails INPUT COMMAND...
fails() {
    input=$1
    shift
    "$@" >out 2>err
    status=$?
    [ $status -eq 1 ] || complain "$*: status $status, not 1: $(cat err)"
    [ ! -s out ] || complain "$*: something on stdout"
    grep -q "^$1: $input: [^ ]" err || complain "$*: does not name $input: $(cat err)"
    [ -z "$(ls -d result* .*[!.]* 2>/dev/null)" ] || complain "$*: left $(ls -d result* .*[!.]* 2>/dev/null)"
}
for input in none folder empty; do
    fails $input nonna-frames $input -o result
    fails $input nonna-dataset faces $input -o result
    fails $input nonna-dataset sheet $input -o result
    fails $input nonna-init tiny --whiten-from $input -o result
    fails $input nonna-train $input --data none -o result
    fails $input nonna-train model.safetensors --data $input -o result
    fails $input nonna-respond $input none -o result
    fails $input nonna-respond model.safetensors $input -o result
    fails $input nonna-sweep model.safetensors $input -o result
    fails $input nonna-sweep --responses $input --labels none -o result
    fails $input nonna-stimulus optimal $input --neuron top/0,0,0 -o result
    fails $input nonna-stimulus top model.safetensors --data $input --neuron top/0,0,0 -o result
    [ $input = folder ] || fails $input nonna-report $input -o result
    fails $input nonna-info $input
    fails $input nonna-info --check $input
done
exit $failed
