"""Reads the golden files with Python's own modules and NumPy: what nonna writes (the unit tests hold the writers to
these bytes) is what others read. Exit status 77 without NumPy: skipped."""
import hashlib
import json
import struct
import sys
import tarfile

try:
    import numpy as np
except ImportError:
    print("skipped: no NumPy")
    sys.exit(77)

folder = sys.argv[1] + "/"

# Image set: plain tarfile, reproducible headers, pairs side by side.
raw = open(folder + "images.tar", "rb").read()
assert len(raw) % 10240 == 0 and raw.endswith(b"\0" * 1024)
with tarfile.open(folder + "images.tar", "r:") as tar:
    members = tar.getmembers()
    content = {m.name: tar.extractfile(m).read() for m in members}
key = "0123456789abcdef"
assert [m.name for m in members] == [key + ".png", key + ".json", key + "-000001.png", key + "-000001.json"]
for m in members:
    assert m.isreg() and (m.mtime, m.uid, m.gid, m.mode, m.uname, m.gname) == (0, 0, 0, 0o644, "", ""), m.name
    assert m.name.endswith("png") == content[m.name].startswith(b"\x89PNG")
frame = json.loads(content[key + ".json"])
assert list(frame) == sorted(frame) and content[key + ".json"].endswith(b"}\n")
assert frame["source"] == "clips/street \u201c5\u201d.mp4" and frame["pts"] == 1 / 3
assert (frame["width"], frame["height"]) == struct.unpack(">II", content[key + ".png"][16:24])
assert frame["detections"][0]["boxes"][0] == {"x": 1.5, "y": 2, "width": 30, "height": 40.25, "score": 0.1}
assert frame["detections"][1] == {"detector": "people", "parameters": "hog", "boxes": []}
assert frame["note"] == {"by": [1, 2.5, None]} and "label" not in frame
second = json.loads(content[key + "-000001.json"])
assert second["label"] == "cat" and "pts" not in second and "detections" not in second
assert hashlib.sha256(content[key + ".png"]).digest() == hashlib.sha256(content[key + "-000001.png"]).digest()

# A shard's index: where each member's own bytes are, and their digests.
lines = open(folder + "images.tar.idx", encoding="utf-8").read().splitlines()
columns = lines[0].split("\t")
assert columns == ["key", "extension", "picture_offset", "picture_bytes", "picture_sha256", "json_offset", "json_bytes",
                   "json_sha256"]
assert len(lines) == 3
for line, k in zip(lines[1:], (key, key + "-000001")):
    row = dict(zip(columns, line.split("\t")))
    assert (row["key"], row["extension"]) == (k, "png")
    for part, name in (("picture", k + ".png"), ("json", k + ".json")):
        begin = int(row[part + "_offset"])
        own = raw[begin:begin + int(row[part + "_bytes"])]
        assert own == content[name] and hashlib.sha256(own).hexdigest() == row[part + "_sha256"]

# A built set's manifest, as nonna-images(5) has it.
statuses = {"ok": {"digest", "id", "keys", "shard", "source", "status"}, "rejected": {"id", "reason", "source", "status"},
            "failed": {"id", "reason", "source", "status"}}
for line in open(folder + "manifest.jsonl", encoding="utf-8", newline=""):
    unit = json.loads(line)
    assert line == json.dumps(unit, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
    bare = "{" + line[len('{"check":"01234567",'):-1]
    assert unit.pop("check") == hashlib.sha256(bare.encode()).hexdigest()[:8]
    assert statuses[unit["status"]] <= set(unit) <= statuses[unit["status"]] | {"digest", "hashes", "of"}
    assert unit["id"] == hashlib.sha256(unit["source"].encode()).hexdigest()[:16]

# Model: 8 bytes of header length, json, data without gaps.
raw = open(folder + "model.safetensors", "rb").read()
length = struct.unpack("<Q", raw[:8])[0]
assert length % 8 == 0
header = json.loads(raw[8:8 + length])
assert header.pop("__metadata__") == {"architecture": "[stage]\nfield = 10\n", "seed": "7"}
data = raw[8 + length:]
types = {"F32": "<f4", "F64": "<f8", "U64": "<u8", "I64": "<i8"}
tensors, end = {}, 0
for name, t in header.items():
    assert t["data_offsets"][0] == end
    end = t["data_offsets"][1]
    tensors[name] = np.frombuffer(data[slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"])
assert end == len(data)
ramp = np.arange(24, dtype=np.float32) * 0.25 - 1
assert list(tensors) == ["stage1.encoder", "empty", "whitening", "steps", "offsets"]
assert np.array_equal(tensors["stage1.encoder"], ramp[:6].reshape(2, 3))
assert tensors["empty"].shape == (0, 5) and tensors["steps"] == 2**64 - 1
assert list(tensors["whitening"]) == [1 / 3, -1e300] and list(tensors["offsets"]) == [-1, 2]

# Responses.
array = np.load(folder + "responses.npy", allow_pickle=False)
assert array.dtype == np.float32 and np.array_equal(array, ramp.reshape(4, 2, 3))

# Table.
lines = open(folder + "table.tsv", encoding="utf-8", newline="").read().split("\n")
assert lines.pop() == ""
rows = [line.split("\t") for line in lines]
assert rows == [["neuron", "auc", "count"], ["3.norm/6,6,2", "0.333333333", "-7"], ["", "nan", "12345678901"],
                ["t\u00e4st", "1e-300", "0"]]
print("golden files agree")
