# Pictures as a reader has them: animals/cat and animals/dog, 18 each, stripes across and along, of three subjects whose
# ages stand in animals.csv. Deterministic.
own_pictures() {
    mkdir -p animals/cat animals/dog
    echo 'path,label,subject,age' >animals.csv
    for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17; do
        for class in cat dog; do
            awk -v n="$i" -v cat="$class" 'BEGIN { srand(n); print "P5\n20 20\n255"; for (r = 0; r < 20; r++) for (c = 0; c < 20; c++)
                printf "%c", 40 + n + (int(((cat == "cat" ? r : c) + n) / 3) % 2) * 60 + int(8 * rand()) }' >animals/$class/$i.pgm
            echo "animals/$class/$i.pgm,$class,s$((i % 3)),$((30 + i % 3))" >>animals.csv
        done
    done
}
