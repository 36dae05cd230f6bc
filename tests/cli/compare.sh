# The best neurons of several sweeps: means over the seeds, and beside them what somebody else reports.
sweep() {    # sweep FILE LINE...: a table of a sweep, held out, without a line first
    printf 'layer\trow\tcol\tmap\tthreshold\taccuracy\tauc\tpositives\tnegatives\tchoice_accuracy\tchoice_auc\theld_accuracy\theld_auc\n' >"$1"
    file=$1
    shift
    for line; do echo "$line" | tr ' ' '\t' >>"$file"; done
}
sweep 'top 1.tsv' 'top 0 0 0 1 nan nan 2 4 nan nan nan nan' 'top 0 0 1 1 0.7 0.8 2 4 0.8 0.9 0.6 0.5' \
    'top 0 0 2 1 0.8 0.7 2 4 0.7 0.9 0.9 0.9'
sweep 'top 2.tsv' 'top 0 0 5 1 0.9 0.75 2 4 0.75 0.8 0.7 0.625'
sweep 'top 3.tsv' 'top 0 0 6 1 0.785714285714 0.75 2 4 0.8 0.9 0.666666667 nan'
cut -f 1-9 'top 2.tsv' >plain.tsv    # without halves
sed '1s/$/\theld_guess/; 2s/$/\t0.75/' 'top 2.tsv' >'guess 2.tsv'    # of those that judge three of four are alike
{
    printf 'concept\tmethod\tseed\tsweep\n'
    printf 'cats\tguess\t1\ttop 1.tsv\n'
    printf 'cats\tbest neuron\t1\ttop 1.tsv\n'
    printf 'cats\tguess\t2\tguess 2.tsv\n'
    printf 'cats\tbest neuron\t2\ttop 2.tsv\n'
    printf 'cats\tbest neuron\t3\ttop 3.tsv\n'
    printf 'cats\tplain\t1\tplain.tsv\n'
} >list.tsv
printf 'concept\tmethod\tpaper\ncats\tguess\t0.648\ndogs\tbest neuron\t0.7\ncats\tbest neuron\t0.746\n' >paper.tsv
nonna-compare list.tsv --runs runs.tsv --paper paper.tsv
cat runs.tsv
nonna-compare - -o means.tsv <list.tsv
cut -f 1-3,12 means.tsv

# The means are those of the runs' table, by another hand.
nonna-compare list.tsv --runs runs.tsv | awk -F '\t' '
    FNR == NR { if (FNR > 1 && $1 $2 == "catsbest neuron") { n += 1; s += $5; q += $5 * $5 } next }
    $2 == "best neuron" { m = s / n; d = $4 - m; e = $5 - sqrt((q - n * m * m) / (n - 1))
        print ($3 == n && d * d < 1e-16 && e * e < 1e-16 ? "as the runs" : "not as the runs: " $0) }' runs.tsv -

fails() {
    "$@"
    echo "status $?"
}
cut -f 3- list.tsv >keyless.tsv
fails nonna-compare keyless.tsv
head -n 1 list.tsv >none.tsv
fails nonna-compare none.tsv
sed '$p' list.tsv >twice.tsv
fails nonna-compare twice.tsv
cut -f 1-3 list.tsv >pathless.tsv
fails nonna-compare pathless.tsv
sed 's/plain.tsv/no-such.tsv/' list.tsv >lost.tsv
fails nonna-compare lost.tsv
printf 'concept\tpaper\ncats\t0.7\n' >other.tsv
fails nonna-compare list.tsv --paper other.tsv
fails nonna-compare - --paper - <list.tsv
fails nonna-compare list.tsv -o paper.tsv --paper paper.tsv
nonna-compare list.tsv >/dev/full
echo "full disk: $?"
exit 0
