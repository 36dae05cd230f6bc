#!/usr/bin/python3
# What it gives, and what it changes, to decode photographs no larger than their squares need (--decode).
#   decode.py BIN SET.tar [ROUNDS [SIDE...]]      build/release/bin, image set of large JPEGs, 7 rounds (0: the
#                                                 comparison alone), sides 32 and 48
# First the squares of both ways, of each SIDE, compared level by level, by how much smaller the pictures were decoded.
# Then, in turns, so that a slow minute hits both alike: pack to squares of 32x32, and training of a grey network of
# 32x32 (the architecture demo) on two threads, as long as the arithmetic alone takes about a second.
import collections
import io
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time

import numpy as np
from PIL import Image

programs, pictures = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 7
sides = [int(side) for side in sys.argv[4:]] or [32, 48]
ways = ('whole', 'reduced')


def run(program, *arguments):
    """Wall and processor seconds."""
    before, start = os.times(), time.monotonic()
    subprocess.run([f'{programs}/{program}', '-q', *arguments], check=True)
    wall, after = time.monotonic() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def read_set(path):
    levels, reductions = {}, {}
    with tarfile.open(path) as archive:
        for member in archive:
            key, data = member.name.split('.')[0], archive.extractfile(member).read()
            if member.name.endswith('.json'):
                reductions[key] = json.loads(data).get('reduction', 1)
            else:
                levels[key] = np.asarray(Image.open(io.BytesIO(data)).convert('RGB'), dtype=int)
    return levels, reductions


def medians(name, figures, value='{:8.3f}'):
    whole, reduced = (statistics.median(figures[way]) for way in ways)
    print(f'  {name:38} whole {value.format(whole)}   reduced {value.format(reduced)}   ratio {whole / reduced:.2f}', flush=True)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for side in sides:
        for way in ways:
            run('nonna-dataset', 'pack', pictures, '--size', str(side), '--format', 'png', '--decode', way, '-o', f'{way}.tar')
        (whole, _), (reduced, by) = read_set('whole.tar'), read_set('reduced.tar')
        differences = collections.defaultdict(list)
        for key in whole:
            differences[by[key]].append(abs(whole[key] - reduced[key]))
        for reduction, found in sorted(differences.items()):
            all_ = np.array(found)
            each = np.sqrt((all_ ** 2.0).mean(axis=(1, 2, 3)))
            print(f'squares of {side}, decoded at 1/{reduction}: {len(found)} pictures; levels of 8 bits: mean {all_.mean():.3f}, '
                  f'rms {np.sqrt((all_ ** 2.0).mean()):.3f}, rms of the worst picture {each.max():.2f}, largest {all_.max()}')
    if rounds == 0:
        sys.exit()
    for way in ways:
        run('nonna-init', 'demo', '--whiten-from', pictures, '--decode', way, '-o', f'{way}.safetensors')
    figures = collections.defaultdict(lambda: collections.defaultdict(list))
    for _ in range(rounds):
        for way in ways:
            wall, processor = run('nonna-dataset', 'pack', pictures, '-j', '1', '--size', '32', '--decode', way, '-o', 'out.tar')
            figures['pack, seconds'][way].append(wall)
            figures['pack, processor seconds'][way].append(processor)
        for way in ways:
            run('nonna-train', f'{way}.safetensors', '--data', pictures, '--steps', '60', '--batch', '96', '-j', '2',
                '--timing', 'times.tsv', '-o', 'out.safetensors')
            with open('times.tsv') as table:
                rows = [line.rstrip('\n').split('\t') for line in table]
            last = dict(zip(rows[0], rows[-1]))    # the whole run
            figures['train, steps a second'][way].append(float(last['images_per_second']) / 96)
            figures['train, per cent waited for pictures'][way].append(100 * float(last['waited_input']))
    print(f'medians of {rounds} rounds')
    for name, found in figures.items():
        medians(name, found)
