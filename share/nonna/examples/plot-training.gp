# A training run's two tables as a picture: costs of each stage, speed, and what the arithmetic waited for. Where there
# is no table of times (nonna-train --timing), the costs alone.
#
#   gnuplot -e "log='log.tsv'; times='times.tsv'; out='training.png'" plot-training.gp
if (!exists("log")) log = 'log.tsv'
if (!exists("times")) times = 'times.tsv'
if (!exists("out")) out = 'training.png'
# whole rows: the header is one, and the last one is about the whole run
rows = int(system("cat '" . times . "' 2>/dev/null | wc -l")) - 2
panels = rows > 0 ? 3 : 1
set terminal pngcairo size 1000,(panels == 3 ? 1100 : 400) font 'sans,11'
set output out
set datafile separator tab
set datafile missing NaN
set key outside right top
set grid
set xlabel 'step'
set multiplot layout panels,1
set title 'reconstruction cost over |x|^2 (lines: training batches, points: held-out pictures)'
set logscale y
stages = int(system("head -n 1 '" . log . "' | tr '\\t' '\\n' | grep -c '_relative$'")) / 2
plot for [s = 1:stages] log using 'step':(strcol('set') eq 'train' ? column(sprintf('stage%d_relative', s)) : NaN) \
         with lines lc s title sprintf('stage %d', s), \
     for [s = 1:stages] log using 'step':(strcol('set') eq 'validate' ? column(sprintf('stage%d_relative', s)) : NaN) \
         with points pt 7 lc s notitle
unset logscale y
if (panels == 3) {
set title 'speed'
set yrange [0:*]
set ylabel 'images a second'
set y2label 'staleness'
set ytics nomirror
set y2tics
set y2range [0:1<*]
plot times using 'step':'images_per_second' every ::0::(rows - 1) with lines lw 2 title 'images a second', \
     '' using 'step':'staleness' every ::0::(rows - 1) axes x1y2 with lines title 'staleness'
unset y2tics
unset y2label
set ytics mirror
set ylabel 'share of the time'
set yrange [0:1]
set title 'waited for'
plot times using 'step':'waited_input' every ::0::(rows - 1) with lines title 'pictures', \
     '' using 'step':'waited_fetch' every ::0::(rows - 1) with lines title 'a fetch', \
     '' using 'step':'waited_push' every ::0::(rows - 1) with lines title 'the push before'
}
unset multiplot
