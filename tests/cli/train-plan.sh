# The plan of memory is printed before anything is made, needs no data, and what does not fit is refused with the figure.
value() { awk -F '\t' -v part="$1" '$1 == part { print $2 }' "$2"; }
nonna-train tiny --plan --batch 32 >adagrad
nonna-train tiny --plan --batch 32 --optimizer sgd >sgd
nonna-train tiny --plan --batch 64 --optimizer sgd >larger
cut -f 1 adagrad
nonna-info --count tiny >count
count=$(awk '/^(encoder|decoder) weights:/ { sum += $3 } END { print sum }' count)
[ "$(value weights adagrad)" = $((4 * count)) ] || echo "weights: $(value weights adagrad), counted $count"
[ "$(value optimiser adagrad)" = "$(value weights adagrad)" ] && [ "$(value optimiser sgd)" = 0 ] || echo "optimiser"
[ "$(value activations larger)" -gt "$(value activations sgd)" ] || echo "activations"
sum=$(awk -F '\t' '/^(weights|optimiser|activations|input|program)\t/ { sum += $2 } END { printf "%.0f", sum }' adagrad)
[ "$sum" = "$(value total adagrad)" ] || echo "the parts are $sum, the total $(value total adagrad)"

# The paper's network in 3 GB: refused in the plan, and before a weight is read of a file that says it has as many.
(ulimit -v 3000000; nonna-train paper --plan >refused 2>err)
echo "refused: $?"
sed 's/[0-9.]* GB/N GB/g' err
cut -f 1 refused | tail -1
nonna-train tiny
echo "without --plan: $?"
nonna-train nowhere --plan
echo "no such: $?"
NONNA_ISA=sse17 nonna-train tiny --plan
echo "no such instruction set: $?"
