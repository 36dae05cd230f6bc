# A reader's task as one types it: own pictures, in a folder a class and with a table of what else is known of them, to
# the responses of single neurons as a table in pandas.
. "$SOURCE/tests/cli/include/own-pictures.sh"
own_pictures

# --- as typed
nonna-dataset pack animals --labels-from-folders --size 16 -o animals.tar
nonna-dataset sheet animals.tar --sample 12 -o some.png
nonna-init tiny --whiten-from animals.tar --seed 1 -o random.safetensors
nonna-train random.safetensors --data animals.tar --steps 60 --batch 16 -o model.safetensors -q
nonna-sweep model.safetensors animals.tar --positive cat --best 5 -o sweep.tsv -q
nonna-respond model.safetensors animals.tar --from sweep.tsv --neurons 3 --table responses.tsv -q
# --- the same with a table of subjects
nonna-dataset pack --labels-from animals.csv --size 16 -o subjects.tar -q
nonna-respond model.safetensors subjects.tar --from sweep.tsv --neurons 3 --table subjects.tsv -q

# What a reader does then: by Python's own csv in any case, and by pandas where that is installed; where not, that part
# is left out without a word, as the words on stdout are the same everywhere.
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
python3 - <<'END'
import csv

def table(name):
    with open(name, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))

rows, subjects, best = table("responses.tsv"), table("subjects.tsv"), table("sweep.tsv")
neurons = [c for c in rows[0] if "/" in c]
print(len(rows), "pictures,", len(neurons), "neurons,", sorted({r["label"] for r in rows}))
assert list(rows[0])[:3] == ["key", "source", "label"]
assert list(subjects[0])[:5] == ["key", "source", "label", "age", "subject"]
assert all(r["source"] == "animals/%s/%s" % (r["label"], r["source"].split("/")[-1]) for r in rows)
assert {(r["key"], r["label"]) for r in rows} == {(r["key"], r["label"]) for r in subjects}
response = {r["key"]: [float(r[n]) for n in neurons] for r in rows}
assert all(response[r["key"]] == [float(r[n]) for n in neurons] for r in subjects)
number = lambda r: int(r["source"].split("/")[-1].split(".")[0])
assert all((r["subject"], r["age"]) == ("s%d" % (number(r) % 5), str(30 + number(r) % 5)) for r in subjects)

# The accuracy that the sweep names for its best neuron is that of its threshold on this table.
first = "%s/%s,%s,%s" % tuple(best[0][c] for c in ("layer", "row", "col", "map"))
assert first.split("/")[1] == neurons[0].split("/")[1], (first, neurons)
right = sum((float(r[neurons[0]]) > float(best[0]["threshold"])) == (r["label"] == "cat") for r in rows)
assert abs(right / len(rows) - float(best[0]["accuracy"])) < 1e-6, (right, len(rows), best[0])
print("the best neuron's accuracy is the sweep's:", right > len(rows) / 2)

try:
    import pandas
except ImportError:
    pass
else:
    frame = pandas.read_csv("subjects.tsv", sep="\t")
    means = frame.groupby("subject")[neurons].mean()
    by_hand = [sum(response[r["key"]][0] for r in subjects if r["subject"] == s) / 12 for s in means.index]
    assert all(abs(a - b) <= 1e-6 * abs(b) for a, b in zip(means[neurons[0]], by_hand)), (means, by_hand)
    assert frame.shape == (60, 5 + len(neurons))
END
