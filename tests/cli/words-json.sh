# nonna-info --json: numbers, arrays and objects, which a parser is asked about.
python=/usr/bin/python3
"$python" -c '' 2>/dev/null || { echo "no $python: skipped"; exit 77; }
i=0
while [ $i -lt 15 ]; do
    { printf 'P5\n%d 16\n255\n' $((8 + i)); LC_ALL=C awk -v s=$((i + 10)) 'BEGIN { srand(s); for (k = 0; k < 400; k++) printf "%c", 40 + int(80 * rand()) }' | head -c $((16 * (8 + i))); } >$i.pgm
    i=$((i + 1))
done
nonna-dataset pack -q ./*.pgm --label 'a "cat"' -o set.tar
nonna-dataset pack -q ./*.pgm --size 16 -o train.tar
nonna-dataset build set ./*.pgm -q --size 16
nonna-init tiny --whiten-from train.tar --seed 7 -o m.safetensors
nonna-train -q m.safetensors --data train.tar --batch 4 --steps 2 --checkpoint run -o x
nonna-respond m.safetensors train.tar -o r.npy --labels-out l.tsv
nonna-info --json set.tar set m.safetensors run/step-000000002.safetensors r.npy l.tsv >lines
nonna-info --json --count paper >>lines
nonna-info --json tcp://127.0.0.1:9 --deadline 0.1 >>lines
"$python" - <<'P'
import json
lines = [json.loads(line) for line in open('lines')]
s, built, model, checkpoint, array, table, paper, server = lines
print(s['images'], type(s['images']).__name__, s['labels'], len(s['sizes']), s['sizes']['9x16'], s['detections'])
print(built['shards'], built['units ok'], built['settings']['size'], built['settings']['pictures'], built['settings']['span'])
print(model['input'], model['1.filter'], model['top neurons'], model['encoder weights'], model['decoder weights'])
print(model['tensors']['stage1.encoder'], model['metadata']['seed'], type(model['metadata']['preprocessing']).__name__)
print(checkpoint['metadata']['step'], checkpoint['metadata']['run'][:8], checkpoint['model of'])
print(array['shape'], array['type'], table['rows'], table['columns'])
print(paper['architecture'], paper['encoder weights'], paper['visible area'])
print(server['url'], sorted(server))
def texts(value, at=''):
    for k, v in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(v, (dict, list)):
            texts(v, f'{at}{k}.')
        elif isinstance(v, str) and v.replace('.', '', 1).isdigit():
            print('a number in quotes:', at + str(k), v)
for line in lines:
    texts(line)
P
