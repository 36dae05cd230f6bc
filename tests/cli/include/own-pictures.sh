# Pictures as a reader has them: animals/cat and animals/dog, 30 each, which is more than a batch, stripes across and
# along, of five subjects whose ages stand in animals.csv.
own_pictures() {
    mkdir -p animals/cat animals/dog
    echo 'path,label,subject,age' >animals.csv
    i=0
    while [ $i -lt 30 ]; do
        for class in cat dog; do
            awk -v n="$i" -v cat="$class" 'BEGIN { print "P5\n20 20\n255"; for (r = 0; r < 20; r++) for (c = 0; c < 20; c++)
                printf "%c", 40 + n + (int(((cat == "cat" ? r : c) + n) / 3) % 2) * 50 + (n * 7919 + r * 37 + c * c * 11) % 17 }' >animals/$class/$i.pgm
            echo "animals/$class/$i.pgm,$class,s$((i % 5)),$((30 + i % 5))" >>animals.csv
        done
        i=$((i + 1))
    done
}
