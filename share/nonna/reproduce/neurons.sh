# The pages of single neurons (nonna-reproduce --neurons N): what nonna-report lays out of the N best of a sweep and of
# N others, drawn at random. Read by films.sh and table1.sh.

# neuron_pages FOLDER MODEL TEST PICTURES MOVED [OPTION]...: of FOLDER/sweep-top.tsv. PICTURES are for the average, those
# of MOVED are shifted, scaled and turned; options are those of the sweep.
neuron_pages() {
    [ -n "$neurons" ] || return 0
    [ "$1" = . ] && at='' of='' || at=$1/ of="$1: "
    model=$2 test=$3 pictures=$4 moved=$5
    shift 5
    mkdir -p "${at}neurons"
    table=${at}neurons/chosen-$neurons.tsv
    set -- "$model" "$test" "$@"
    step 4 "${at}histograms.tsv" "${of}how every neuron's responses are spread" \
        nonna-sweep "$@" --histograms "${at}histograms.tsv" -o "${at}neurons/sweep.tsv"
    step 1 "$table" "${of}$neurons neurons, and as many at random" \
        nonna-sweep --from "${at}sweep-top.tsv" --best "$neurons" --random "$neurons" --seed 1 -o "$table"
    # Each job's table is of all of them together, and last.
    set -- "$model" --from "$table" --neurons $((2 * neurons)) --each "${at}neurons"
    step $((neurons / 20 + 2)) "${at}neurons/top-$neurons.tsv" "${of}the pictures that they respond to" \
        nonna-stimulus top "$@" --data "$test" --count 10 --tsv "${at}neurons/top-$neurons.tsv"
    step $((neurons / 5 + 5)) "${at}neurons/average-$neurons.tsv" "${of}averages of what they respond to" \
        nonna-stimulus average "$@" --data "$pictures" --tsv "${at}neurons/average-$neurons.tsv"
    step $((neurons + 5)) "${at}neurons/optimal-$neurons.tsv" "${of}their optimal stimuli" \
        nonna-stimulus optimal "$@" --data "$test" --starts 2 --seed 1 --tsv "${at}neurons/optimal-$neurons.tsv"
    step $((neurons / 5 + 5)) "${at}neurons/$(last_neuron "$table")/invariance.tsv" "${of}their invariance" \
        nonna-invariance "$model" --sweep "$table" --neurons $((2 * neurons)) --folders "${at}neurons" "$moved" --count 10
}

# The last that a job over the table's neurons, best first, comes to: the folder of its files.
last_neuron() {
    [ ! -e "$1" ] || nonna-sweep -q --from "$1" --best $((2 * neurons)) --names | tail -n 1 | tr / -
}
