#!/bin/sh
# The report, opened in headless Chromium: no missing picture, no complaint, no request; readable at 400 and 1400
# pixels, light and dark, and on paper. $1: share/nonna. NONNA_PICTURES=FOLDER keeps what was seen, for a person to
# look at.
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
# The browser's own settings and caches stay in the scratch folder.
HOME=$scratch XDG_CONFIG_HOME=$scratch XDG_CACHE_HOME=$scratch timeout 60 $python "$here/report_browser.py" look \
    "$(command -v chromium)" results/report.html "$scratch/profile" ${NONNA_PICTURES:+"$NONNA_PICTURES"}
