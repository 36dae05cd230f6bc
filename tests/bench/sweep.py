#!/usr/bin/python3
# How long nonna-sweep takes over a stored file of responses, beside how long the disk takes to give the file.
#   sweep.py BIN [IMAGES NEURONS [FOLDER]]      37000 125000, the paper's: 18.5 GB in FOLDER (.), removed at the end
# The file is put out of the system's memory before each reading.
import os
import subprocess
import sys
import time

import numpy as np

program = sys.argv[1] + '/nonna-sweep'
images, neurons = (int(v) for v in sys.argv[2:4]) if len(sys.argv) > 3 else (37000, 125000)
folder = sys.argv[4] if len(sys.argv) > 4 else '.'
path, labels = (f'{folder}/sweep-bench.{end}' for end in ('npy', 'tsv'))


def forget():
    with open(path, 'rb') as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def read_all():
    forget()
    start = time.monotonic()
    with open(path, 'rb', buffering=0) as file:
        while file.read(1 << 22):
            pass
    return time.monotonic() - start


try:
    rng = np.random.default_rng(1)
    with open(labels, 'w') as file:
        file.write('label\n' + ''.join(f'{int(i % 100 < 35)}\n' for i in range(images)))
    with open(path, 'wb') as file:    # not mapped: a child's memory would begin with ours
        np.lib.format.write_array_header_1_0(file, {'descr': '<f4', 'fortran_order': False, 'shape': (images, neurons)})
        for _ in range(images):
            rng.standard_normal(neurons, dtype=np.float32).tofile(file)
    size = os.path.getsize(path) / 1e9
    disk = read_all()
    print(f'{images} images x {neurons} neurons, {size:.1f} GB; reading it alone: {disk:.1f} s, {size / disk:.2f} GB/s')
    for options in ([], ['--held-out'], ['--no-auc'], ['--memory', '256']):
        command = [program, '-q', '--responses', path, '--labels', labels, '-o', '/dev/null', *options]
        forget()
        start = time.monotonic()
        _, status, usage = os.wait4(subprocess.Popen(command).pid, 0)
        seconds, most = time.monotonic() - start, usage.ru_maxrss / 1e6
        if status:
            sys.exit('nonna-sweep failed')
        print(f'nonna-sweep {" ".join(options) or "(all figures)"}: {seconds:.1f} s, {seconds / disk:.2f} times the reading, '
              f'{images * neurons / seconds / 1e6:.0f} million responses a second, up to {most:.2f} GB resident', flush=True)
finally:
    for name in (path, labels):
        if os.path.exists(name):
            os.remove(name)
