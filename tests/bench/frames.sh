#!/bin/sh
# nonna-frames against ffmpeg, on the same core, for the same frames of the same files:
#
#   tests/bench/frames.sh BIN [ROUNDS [VIDEO...]]      (build/release/bin, 5, the sample clips)
#
# Each side opens every file in a process of its own, decodes one thread, cuts the same square, scales it by area to
# 200x200 and writes a JPEG of 4:4:4 chroma. ffmpeg is told the moment (-ss before -i), so it goes to the key frame by
# the container's index; nonna-frames finds the moment from the seed, and takes the content's SHA-256 besides. The
# ratio without program start subtracts what `-version` costs. Processor time decides, which other work on the machine
# hardly moves: exit status 1 where its first ratio is above 1.2.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(cd "$1" && pwd):$PATH
export PATH
rounds=${2:-5}
shift; [ $# -eq 0 ] || shift
data=${NONNA_TEST_DATA:-$here/../../../shared/data}
[ $# -gt 0 ] || set -- "$data"/videos/*
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
/usr/bin/python3 "$here/frames.py" "$rounds" "$@"
