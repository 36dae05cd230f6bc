# Pictures are what their names say, and a sheet that would be too large is refused before the work.
i=0
while [ $i -lt 8 ]; do
    { printf 'P5\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 256; k++) printf "%c", 40 + int(80 * rand()) }' | head -c 256; } >$i.pgm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.pgm -o set.tar
nonna-init tiny --whiten-from set.tar -o m.safetensors
starts() { od -An -N 4 -t x1 "$1" | tr -d ' '; }
for name in a.png a.jpg a.JPEG a.webp a; do
    nonna-dataset sheet set.tar -o $name && echo "sheet $name $(starts $name)"
    nonna-stimulus top m.safetensors --neuron top/0,0,0 --data set.tar -o $name && echo "top $name $(starts $name)"
    nonna-stimulus filters m.safetensors -o $name && echo "filters $name $(starts $name)"
done
rm -f a*
for name in a.gif a.svg a.TIFF a.pdf; do
    nonna-dataset sheet set.tar -o $name
    nonna-stimulus top m.safetensors --neuron top/0,0,0 --data never.tar -o $name
    nonna-stimulus top m.safetensors --neuron top/0,0,0 --data never.tar -o a.png --weakest $name
    nonna-stimulus filters m.safetensors -o $name
    nonna-stimulus optimal m.safetensors --neuron top/0,0,0 -o $name
    nonna-baseline linear set.tar --data never.tar --show $name
    echo "status $?"
done
ls a* 2>/dev/null

echo '# too large: before the work, unless there are not so many'
nonna-dataset sheet set.tar -o a.png --columns 1 --tile 2048 --count 20 && starts a.png    # there are not so many
i=0
while [ $i -lt 30 ]; do
    { printf 'P5\n16 16\n255\n'; LC_ALL=C awk -v s=$((i + 100)) 'BEGIN { srand(s); for (k = 0; k < 256; k++) printf "%c", 40 + int(80 * rand()) }' | head -c 256; } >m$i.pgm
    i=$((i + 1))
done
nonna-dataset pack -q ./m*.pgm -o many.tar
nonna-dataset sheet many.tar -o b.png --tile 2048
echo "status $?"
nonna-dataset sheet - -o b.png --tile 2048 <many.tar
echo "status $?"
nonna-stimulus top m.safetensors --neuron top/0,0,0 --data - --count 10000 -o b.png </dev/null
echo "status $?"
nonna-stimulus top m.safetensors --neuron top/0,0,0 --data set.tar --count 10000 -o c.png && starts c.png
nonna-dataset audit many.tar --sheet b.png --count 10000 -o b.tsv
echo "status $?"
ls b* 2>/dev/null
exit 0
