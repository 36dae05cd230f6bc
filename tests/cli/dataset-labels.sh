# nonna-dataset pack takes what people have: a folder a class, comma-separated tables, other people's archives.
picture() {    # picture FILE NUMBER
    awk -v n="$2" 'BEGIN { print "P5\n8 8\n255"; for (i = 0; i < 64; i++) printf "%c", 33 + (i * n) % 90 }' >"$1"
}
labels() {    # labels SET: source and label of each
    tar -xOf "$1" --wildcards '*.json' | sed 's/.*"label":"\([^"]*\)".*"source":"\([^"]*\)".*/\2 \1/; t; s/.*"source":"\([^"]*\)".*/\1 -/'
}

mkdir -p animals/cat/young animals/dog
picture animals/cat/a.ppm 3; picture animals/cat/young/b.ppm 5; picture animals/dog/c.ppm 7; picture animals/stray.ppm 9
echo "== folders"
nonna-dataset pack -q animals --labels-from-folders -o folders.tar; echo "status $?"
labels folders.tar

echo "== an archive of folders, plain and compressed, by folders and without"
rm animals/stray.ppm
nonna-dataset pack -q animals/ --labels-from-folders -o slash.tar; labels slash.tar
(cd animals && nonna-dataset pack -q . --labels-from-folders -o ../dot.tar); labels dot.tar
tar cf plain.tar animals/cat/a.ppm animals/cat/young animals/dog
(cd animals && tar czf ../deep.tar.gz ./cat/a.ppm ./cat/young ./dog)
nonna-dataset pack -q deep.tar.gz --labels-from-folders -o deep.set.tar; labels deep.set.tar
nonna-dataset pack -q plain.tar --labels-from-folders -o plain.set.tar; labels plain.set.tar
nonna-dataset pack -q plain.tar --label pet -o pet.tar; labels pet.tar | head -n 1
nonna-dataset pack -q animals -o again.tar && tar -tf again.tar | sort >a && tar -tf plain.set.tar | sort | cmp - a && echo "same keys"

echo "== a foreign WebDataset"
mkdir web && cd web
picture 000000.ppm 11; echo 3 >000000.cls
picture 000001.ppm 13; printf '{"label": "sea lion", "width": 8}' >000001.json
picture 000002.ppm 15; printf '{"cls": 12}' >000002.json; echo "a caption" >000002.txt
picture 000003.ppm 17
tar cf ../web.tar 000000.cls 000000.ppm 000001.ppm 000001.json 000002.ppm 000002.json 000002.txt 000003.ppm
cd ..
nonna-dataset pack web.tar -o web.set.tar; echo "status $?"
labels web.set.tar
nonna-dataset pack -q web.set.tar --size 4 -o smaller.tar; labels smaller.tar | cut -d' ' -f2-

echo "== comma-separated"
printf '\357\273\277path,label,"who, and ""when"""\r\nanimals/cat/a.ppm,"a ""cat"", small",x\r\n"animals/dog/c.ppm",dog,' >l.csv
nonna-dataset pack -q --labels-from l.csv -o csv.tar
tar -xOf csv.tar --wildcards '*.json' | grep -o '"label":.*"made'

echo "== refused"
printf 'path,label\na.ppm,"x\n' >open.csv
printf 'path,label\na.ppm,x"y\n' >mark.csv
printf 'path,label\na.ppm\n' >short.csv
printf 'path,label\na.ppm,"x\ny"\n' >break.csv
printf 'path,path\n' >twice.csv
: >empty.csv
for table in open mark short break twice empty; do
    nonna-dataset pack --labels-from $table.csv -o no.tar; echo "status $?"
done
: >t.parquet
nonna-dataset pack --labels-from t.parquet -o no.tar; echo "status $?"
nonna-dataset pack t.parquet -o no.tar; echo "status $?"
head -c 3000 web.tar >cut.tar
nonna-dataset pack cut.tar -o no.tar; echo "status $?"
head -c 100 deep.tar.gz >cut.tar.gz
nonna-dataset pack cut.tar.gz -o no.tar; echo "status $?"
(cd web && printf 'no json' >000001.json && tar cf ../json.tar 000001.ppm 000001.json && printf '\n' >000000.cls && tar cf ../cls.tar 000000.ppm 000000.cls)
nonna-dataset pack json.tar -o no.tar; echo "status $?"
nonna-dataset pack cls.tar -o no.tar; echo "status $?"
(cd web && tar cf ../one.tar 000001.ppm 000001.json 000003.ppm)
nonna-dataset pack one.tar -o some.tar; echo "status $?"
nonna-dataset pack one.tar --label x -o all.tar -q; echo "status $?"; labels all.tar
nonna-dataset pack folders.tar --labels-from-folders -o no.tar; echo "status $?"
printf 'path,label\n' >none.csv
nonna-dataset pack --labels-from none.csv -o no.tar; echo "status $?"
(cd web && ln 000002.ppm hard.ppm && ln -s 000003.ppm soft.ppm && tar cf ../links.tar 000002.ppm 000003.ppm hard.ppm soft.ppm)
nonna-dataset pack links.tar -o linked.tar; echo "status $?"
(cd web && tar cf ../two.tar 000002.ppm 000003.ppm) && head -c 1024 two.tar >between.tar
nonna-dataset pack between.tar -o part.tar; echo "status $?"
nonna-dataset pack animals --labels-from-folders --label x -o no.tar; echo "status $?"
nonna-dataset pack --labels-from l.csv --labels-from-folders -o no.tar; echo "status $?"
nonna-dataset pack --labels-from-folders -o no.tar; echo "status $?"
ls no.tar 2>/dev/null
exit 0
