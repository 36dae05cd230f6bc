# Large JPEGs are decoded no larger than their squares need, and it is recorded; models of before have them whole.
LC_ALL=C awk 'BEGIN {
    printf "P5\n700 530\n255\n"
    for (y = 0; y < 530; ++y) for (x = 0; x < 700; ++x) printf "%c", int(128 + 100 * sin(x / 9) * cos(y / 7)) }' >large.pgm
nonna-dataset pack large.pgm -o large.tar && tar -xf large.tar --wildcards '*.jpg' && mv ./*.jpg large.jpg
recorded() { tar -xOf "$1" --wildcards '*.json' | grep -o '"reduction":[0-9]*' | uniq -c | sed 's/^ *//'; }

echo '# pack'
for size in 100 66 32 16; do
    nonna-dataset pack large.jpg --size $size -o small.tar
    echo "$size: $(recorded small.tar)"
done
nonna-dataset pack large.jpg --size 32 --decode whole -o whole.tar
echo "whole: $(recorded whole.tar)"
nonna-dataset pack large.jpg --size 66 -o again.tar && nonna-dataset pack again.tar --size 8 -o again.tar && echo "twice: $(recorded again.tar)"
nonna-dataset pack large.jpg --size 16 --patches 3 --patch-size 128:500 -o patches.tar && echo "patches: $(recorded patches.tar)"
nonna-dataset pack large.pgm --size 16 -o pgm.tar && echo "no JPEG: $(recorded pgm.tar)"
nonna-dataset pack small.tar -o same.tar && cmp small.tar same.tar && echo 'passed on unchanged'

echo '# models'
nonna-dataset pack large.jpg --crop 400 -o one.tar && nonna-dataset pack one.tar large.tar -o two.tar
nonna-init tiny --whiten-from two.tar -o reduced.safetensors && nonna-init tiny --whiten-from two.tar --decode whole -o whole.safetensors
for way in reduced whole; do
    nonna-info --json $way.safetensors | grep -o '"decode": *"[a-z]*"'
    nonna-respond $way.safetensors two.tar -o $way.npy -q
    nonna-train -q $way.safetensors --data two.tar --steps 2 --batch 2 --checkpoint $way-steps --log $way.tsv -o $way-trained.safetensors
done
cmp -s reduced.npy whole.npy || echo 'they see different bytes'
nonna-info --json reduced-trained.safetensors | grep -o '"decode": *"[a-z]*"'
nonna-train -q reduced.safetensors --data two.tar --steps 2 --batch 2 --checkpoint whole-steps --resume -o no.safetensors
echo "the other's checkpoints: $?"
ls no.safetensors 2>/dev/null
exit 0
