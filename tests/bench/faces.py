#!/usr/bin/python3
# What it gives nonna-dataset faces, and which verdicts it changes, to examine large pictures at a bounded scale.
#   faces.py BIN SET.tar [DETECTOR [ROUNDS [BOUND...]]]      build/release/bin, image set of large pictures, face, 5,
#                                                            bounds 640 800 1024
# A verdict is whether something is found with the detector's usual score. One thread, in turns; processor time.
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile

programs, pictures = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
detector = sys.argv[3] if len(sys.argv) > 3 else 'face'
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
bounds = [0] + ([int(bound) for bound in sys.argv[5:]] or [640, 800, 1024])
usual = {'face': 5, 'lbp': 2, 'catface': 5, 'body': 4, 'people': 0}[detector]


def verdicts(path):
    """Of each picture: is something found, and is it larger than the bound."""
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            if member.name.endswith('.json'):
                about = json.loads(archive.extractfile(member).read())
                verdict = next(d for d in about['detections'] if d['detector'] == detector)
                found[member.name] = any(b['score'] >= usual for b in verdict['boxes']), 'max-side=' in verdict['parameters']
    return found


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    seconds, seen = {bound: [] for bound in bounds}, {}
    for _ in range(rounds):
        for bound in bounds:
            before = os.times()
            subprocess.run([f'{programs}/nonna-dataset', 'faces', pictures, '-q', '-j', '1', '--again', '--detector', detector,
                            '--max-side', str(bound), '-o', 'out.tar'], check=True)
            after = os.times()
            seconds[bound].append(after.children_user + after.children_system - before.children_user - before.children_system)
            seen[bound] = verdicts('out.tar')
    whole = seen[0]
    print(f'{detector}: {len(whole)} pictures, medians of {rounds} rounds')
    for bound in bounds:
        smaller = [name for name, (_, reduced) in seen[bound].items() if reduced]
        lost = sum(whole[name][0] and not seen[bound][name][0] for name in whole)
        new = sum(seen[bound][name][0] and not whole[name][0] for name in whole)
        spent = statistics.median(seconds[bound])
        print(f'  bound {bound or "none":>5}: {spent / len(whole) * 1e3:7.1f} ms a picture, {statistics.median(seconds[0]) / spent:5.2f} '
              f'times as fast; {len(smaller)} made smaller, found in {sum(f for f, _ in seen[bound].values())}, '
              f'no longer in {lost}, now in {new}', flush=True)
