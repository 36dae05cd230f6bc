# Wrong usage touches nothing and ends with 2.
printf x >v
for options in '--span 1:0' '--span 0:2' '--span half' '--span 0.5' '--per-video 0' '--size -1' '--pick last' '--seed x'; do
    # shellcheck disable=SC2086
    nonna-frames $options v -o o.tar
    echo "$options: $?"
done
nonna-frames -o o.tar
echo "no video: $?"
nonna-frames v
echo "no output: $?"
nonna-frames v --files-from missing -o o.tar
echo "no list: $?"
ls
