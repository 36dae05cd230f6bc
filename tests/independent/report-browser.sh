#!/bin/sh
# The report, opened in headless Chromium: no missing picture, no complaint, no request; readable at 400 and 1400
# pixels, light and dark, and on paper; pages of neurons, and pictures that enlarge. $1: share/nonna.
# NONNA_PICTURES=FOLDER keeps what was seen, for a person to look at.
for program in chromium gnuplot; do
    if ! command -v $program >/dev/null; then
        echo "skipped: no $program"
        exit 77
    fi
done
. "$(dirname "$0")/include/begin.sh"
$python "$here/report_browser.py" write results
nonna-init tiny --seed 1 -q -o results/faces/model.safetensors
nonna-report -q results >table
[ -s table ] || { echo "no table for the terminal"; exit 1; }
nonna-report -q --neurons 1 results -o results/whole.html >/dev/null
nonna-report -q --neurons 1 --split results -o "results/apart & so on.html" >/dev/null
# The browser's own settings and caches stay in the scratch folder.
see() {    # see HOW PAGE FOLDER
    [ -z "${NONNA_PICTURES:-}" ] || mkdir -p "$NONNA_PICTURES/$3"
    rm -rf "$scratch/profile"
    HOME=$scratch XDG_CONFIG_HOME=$scratch XDG_CACHE_HOME=$scratch timeout 60 $python "$here/report_browser.py" "$1" \
        "$(command -v chromium)" "$2" "$scratch/profile" ${NONNA_PICTURES:+"$NONNA_PICTURES/$3"}
}
see look results/report.html . || exit 1
see browse results/whole.html whole || exit 1
see browse "results/apart & so on.html" apart || exit 1
see look results/faces/neurons/3.norm-10,11,12.html neuron
