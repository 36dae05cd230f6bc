#!/bin/sh
# One picture of each film: a sheet to look over a collection, made without a file in between.
#
#   film-sheet.sh SHEET.png VIDEO...
set -eu
[ $# -ge 2 ] || { echo "usage: film-sheet.sh SHEET.png VIDEO..." >&2; exit 2; }
sheet=$1
shift
nonna-frames -q --pick middle -o - -- "$@" | nonna-dataset sheet - -o "$sheet"
