# What files and their names say is shown on a terminal, never obeyed; text that is not UTF-8, and byte order marks.
python=/usr/bin/python3
"$python" -c '' 2>/dev/null || { echo "no $python: skipped"; exit 77; }
cat >terminal.py <<'P'
# Runs a command on a terminal of its own and tells whether anything there would have been obeyed.
import os, pty, re, sys
seen = bytearray()
def read(fd):
    data = os.read(fd, 65536)
    seen.extend(data)
    return data
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)    # where pty copies to
status = pty.spawn(sys.argv[2:], read)
os.dup2(out, 1)
shown = bytes(seen).replace(b'\r\n', b'\n')
text = shown.decode('utf-8', 'surrogateescape')
bad = sorted({ascii(c) for c in text if (ord(c) < 32 and c not in '\n\t') or 0x7f <= ord(c) < 0xa0 or ord(c) in (0x202e, 0x2028) or 0xdc00 <= ord(c) < 0xe000})
print(sys.argv[1] + ':', 'obeyed ' + ' '.join(bad) if bad else 'shown' if '\\u001b' in text or '\\x' in text else 'not there', os.waitstatus_to_exitcode(status))
P
on_terminal() { TERM=xterm "$python" terminal.py "$@"; }

evil=$(printf 'e\033]0;owned\007\302\233\342\200\256\233.ppm')
{ printf 'P6\n8 8\n255\n'; head -c 192 /dev/zero; } >"$evil"
nonna-dataset pack -q --label "$(printf 'l\033[2J')" "$evil" -o set.tar
on_terminal set nonna-info set.tar
on_terminal set-json nonna-info --json set.tar
nonna-init tiny -o m.safetensors
"$python" - <<'P'
import json, struct
b = open('m.safetensors', 'rb').read()
n = struct.unpack('<Q', b[:8])[0]
h = json.loads(b[8:8 + n])
h['__metadata__']['note'] = '\x1b]0;owned\x07\x1b[2J\nkind: honest'
t = json.dumps(h).encode()
open('e.safetensors', 'wb').write(struct.pack('<Q', len(t)) + t + b[8 + n:])
P
on_terminal model nonna-info e.safetensors
nonna-info e.safetensors | grep -c honest    # in its own line
nonna-info e.safetensors | grep '^note'
printf 'a\033[2J\tb\n1\t2\n' >e.tsv
on_terminal table nonna-info e.tsv    # no table at all
printf 'layer\trow\tcol\tmap\taccuracy\ntop\t0\t0\t0\t1\n' | sed 's/layer/l\xc2\x9b2J/' >sweep.tsv
on_terminal columns nonna-info sweep.tsv
on_terminal missing nonna-info "$(printf 'no\033[2J')"
on_terminal option nonna-info "--$(printf 'no\033[2J')"
on_terminal config env NONNA_INFO_PULL="$(printf 'x\033[2J')" nonna-info --print-config
nonna-respond m.safetensors set.tar -o r.npy --labels-out - | grep -c "$(printf '\033')"    # bytes stay bytes in a pipe
on_terminal labels nonna-respond m.safetensors set.tar -o r.npy --labels-out -

echo '# UTF-8'
printf '[network]\nname = a\377I\nside = 4\n' >x.conf
nonna-init ./x.conf -o m
echo "status $?"
cp "$SOURCE/share/nonna/architectures/tiny.conf" plain.conf
cp plain.conf "$(printf 'caf\351.conf')"
sed -i '/^name/d' "$(printf 'caf\351.conf')"
nonna-init "./$(printf 'caf\351.conf')" -o m
echo "status $?"
mark=$(printf '\357\273\277')
{ printf %s "$mark"; cat plain.conf; } >marked.conf
nonna-init ./marked.conf -o marked.safetensors && cmp marked.safetensors m.safetensors
iconv -f UTF-8 -t UTF-16 plain.conf >wide.conf
nonna-init ./wide.conf -o m
echo "status $?"
printf '%sseed = 7\n' "$mark" >options.conf
nonna-init tiny --config options.conf --print-config | grep seed
{ printf %s "$mark"; printf 'key\tlabel\na\t0\n'; } >marked.tsv
nonna-info marked.tsv | tail -n 2
printf '%s%s\n' "$mark" "$evil" >list
nonna-dataset pack -q --files-from list -o of-list.tar
nonna-dataset pack -q "$evil" -o given.tar && cmp of-list.tar given.tar
{ printf %s "$mark"; printf 'path\tlabel\n%s\tl\n' "$evil"; } >labels.tsv
nonna-dataset pack -q --labels-from labels.tsv -o of-table.tar && nonna-info of-table.tar | grep labels

echo '# what no table could hold'
for field in source label group; do
    "$python" - $field <<'P'
import io, json, sys, tarfile
src = tarfile.open('set.tar')
out = tarfile.open('bad.tar', 'w', format=tarfile.USTAR_FORMAT)
for m in src:
    b = src.extractfile(m).read()
    if m.name.endswith('.json'):
        b = json.dumps(dict(json.loads(b), **{sys.argv[1]: 'a\tb'})).encode()
    m.size = len(b)
    out.addfile(m, io.BytesIO(b))
out.close()
P
    nonna-respond m.safetensors bad.tar -o never.npy 2>&1 | sed 's/[0-9a-f]\{16\}/KEY/'
done
[ -e never.npy ] && echo written
nonna-dataset pack "$evil" --label "$(printf 'a\tb')" -o never.tar
echo "status $?"

echo '# temporary files'
nonna-respond m.safetensors set.tar -o - | TMPDIR=/nowhere nonna-sweep --responses - --labels marked.tsv
echo "status $?"
cat set.tar | TMPDIR=none nonna-train m.safetensors --data - -o never
echo "status $?"
TMPDIR=none nonna-cluster m.safetensors --data set.tar -o never
echo "status $?"
