// How the page looks: one column of text, a table of contents beside it where the screen is wide. Private to html.cpp.
//
// Ink on ground is 4.5 to 1 and better in both schemes (tests/independent/report-browser.py measures it).
#pragma once

namespace nonna
{

inline constexpr const char* page_style = R"(
:root { color-scheme: light dark; --ground: #fdfdfc; --card: #f4f3f0; --ink: #1f2023; --soft: #595b60;
  --line: #d9d8d4; --mark: #fbeed6; --accent: #a8480a; --band: #7570b3; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #17181b; --card: #202226; --ink: #e4e4e2; --soft: #a9abb0; --line: #393c42; --mark: #3b2f1c;
    --accent: #f0a468; }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 58rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word; }
header { border-top: .3rem solid var(--accent); padding-top: 1.2rem; }
h1 { font-size: 2rem; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .6rem; text-wrap: balance; }
h2 { font-size: 1.4rem; line-height: 1.25; letter-spacing: -.01em; margin: 2.8rem 0 .6rem; padding-top: .9rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.12rem; line-height: 1.3; margin: 2rem 0 .5rem; }
h2, h3 { break-after: avoid; scroll-margin-top: .5rem; }
p { margin: .6rem 0; max-width: 44rem; }
.lead { font-size: 1.1rem; color: var(--soft); }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
nav { margin: 1.4rem 0; padding: .8rem 1rem; background: var(--card); border-radius: .4rem; font-size: .9rem; }
nav p { margin: 0 0 .3rem; font-weight: 600; }
nav ul { margin: 0; padding: 0; list-style: none; columns: 13rem; }
nav li { break-inside: avoid; padding: .14rem 0; }
nav li.deep { padding-left: 1rem; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
.tiles div { background: var(--card); border-left: .25rem solid var(--accent); border-radius: .2rem .4rem .4rem .2rem;
  padding: .6rem .9rem .7rem; break-inside: avoid; }
.tiles dt { font-size: .85rem; color: var(--soft); }
.tiles dd { margin: 0; }
.tiles .value { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; }
.tiles .remark { font-size: .85rem; color: var(--soft); }
figure { margin: 1.3rem 0 1.7rem; break-inside: avoid; }
figure img { display: block; max-width: 100%; height: auto; }
figure img.drawing { width: 100%; }
figure img.photo { border-radius: .2rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: .5rem 1.5rem; }
.grid img { max-width: min(100%, 30rem); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1rem 2rem; }
.side { font-weight: 600; margin: 0 0 .4rem; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(4.6rem, 30%), 1fr)); gap: .7rem .6rem;
  margin: 0; padding: 0; list-style: none; }
.gallery li { break-inside: avoid; min-width: 0; }
.tile { margin: 0; }
.tile summary { display: block; width: auto; color: var(--ink); font-size: .78rem; line-height: 1.35; cursor: zoom-in;
  list-style: none; }
.tile summary::-webkit-details-marker { display: none; }
.tile summary img { width: 100%; margin-bottom: .25rem; }
.tile b, .tile span { display: block; overflow-wrap: anywhere; }
.tile b { font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); }
.tile .wrong { color: var(--accent); font-weight: 650; }
.tile[open] summary { position: fixed; inset: 0; z-index: 9; display: grid; place-content: center; justify-items: center;
  background: var(--ground); font-size: 1.1rem; cursor: zoom-out; padding: 1rem; text-align: center; }
.tile[open] summary img { width: min(90vw, 70vh); max-width: none; }
.row { display: flex; flex-wrap: wrap; gap: .8rem 1.6rem; align-items: flex-end; }
.row svg { max-width: 100%; height: auto; font: 13px system-ui, sans-serif; fill: var(--soft); }
.row svg a:focus-visible { outline: 2px solid var(--accent); }
.row .axis { fill: none; stroke: var(--soft); }
.row .hit { fill: transparent; }
.row a:hover .hit, .row .mark { fill: none; stroke: var(--ink); stroke-width: 2; }
.row .frame { fill: none; stroke: var(--line); }
.row .dot { fill: var(--ink); }
.row .ring { fill: none; stroke: var(--ink); stroke-width: 1.3; }
.fold { margin: .8rem 0; }
.fold > summary { font-size: .95rem; }
.links a { margin-right: 1rem; white-space: nowrap; }
.leaf { display: none; border: 1px solid var(--line); border-left: .25rem solid var(--accent); border-radius: .3rem;
  padding: .2rem 1.2rem .8rem; margin: 1.2rem 0; }
.leaf:target { display: block; }
.leaf > :first-child { margin-top: .8rem; }
h4, h5 { font-size: 1rem; margin: 1.3rem 0 .3rem; }
figcaption, .note, footer { color: var(--soft); font-size: .9rem; line-height: 1.5; max-width: 44rem; }
figcaption { margin-top: .5rem; }
details { margin: .35rem 0; }
summary { cursor: pointer; color: var(--accent); width: fit-content; }
code, pre { font: .85rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
details code { display: block; margin: .3rem 0; padding: .5rem .7rem; background: var(--card); border-radius: .3rem;
  color: var(--ink); white-space: pre-wrap; }
pre { padding: .8rem; margin: .6rem 0; background: var(--card); border-radius: .4rem; white-space: pre-wrap;
  padding-left: 2rem; text-indent: -1.2rem; }
pre span { display: block; }
code b, pre b { font-weight: inherit; display: inline-block; max-width: 100%; text-indent: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .92rem; line-height: 1.35; font-variant-numeric: tabular-nums;
  margin: .3rem 0 .6rem; }
caption { text-align: left; font-weight: 600; padding: .2rem .3rem .5rem; }
th, td { padding: .38rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child { text-align: left; padding-left: .3rem; }
table.many th, table.many td { padding-left: .36rem; padding-right: .36rem; }
table.many th.start, table.many td.start { padding-left: 1rem; }
thead th { font-weight: 600; vertical-align: bottom; }
thead tr:last-child > * { border-bottom-color: var(--soft); }
thead th.group { text-align: center; }
th.start, td.start { padding-left: 1.3rem; }
tbody th { font-weight: 400; }
td small { display: block; font-size: .8125rem; color: var(--soft); white-space: nowrap; font-weight: 400; }
td.other, th.other { color: var(--soft); }
tr.strong { background: var(--mark); }
tr.strong th { font-weight: 650; }
td b { font-weight: 700; }
.facts { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .15rem 1rem; margin: .6rem 0;
  font-size: .9rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.left { font-size: .9rem; margin-top: 1rem; }
.left dt { margin-top: .6rem; }
.left dd { margin: 0; }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--line); }
.narrow { display: none; }
@media (max-width: 46rem) {
  .narrow { display: table; width: 100%; }
  .wide { display: none; }
  h1 { font-size: 1.6rem; }
  h2 { font-size: 1.25rem; }
  table { font-size: .8125rem; }
  th, td { padding: .35rem .2rem; }
  td small { font-size: .75rem; letter-spacing: -.01em; }
  th.start, td.start { padding-left: .5rem; }
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin-bottom: .4rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
}
@media (min-width: 76rem) and (min-height: 30rem) {
  body { max-width: 76rem; padding: 2.5rem 2rem 4rem; display: grid; grid-template-columns: 14rem minmax(0, 1fr);
    column-gap: 3.5rem; grid-template-rows: auto 1fr; }
  header, main, footer { grid-column: 2; }
  nav { grid-column: 1; grid-row: 1 / span 3; align-self: start; position: sticky; top: 2rem; margin: 0;
    max-height: calc(100vh - 4rem); overflow-y: auto; background: none; padding: .2rem 0 0; }
  nav ul { columns: auto; }
  nav li { padding: .2rem 0; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@page { size: A4; margin: 16mm 15mm; }
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #f4f3f0; --ink: #000; --soft: #444; --line: #bbb;
    --mark: #f6ead2; --accent: #8a3a06; }
  body { display: block; max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  h2 { margin-top: 1.6rem; }
  .scroll { overflow: visible; }
  .grid { grid-template-columns: 1fr 1fr; }
  .grid img { max-width: 100%; }
  figure img.photo { width: auto; max-height: 8.4cm; }
  figure img.tall { max-height: 21cm; }
  figure > img.drawing { max-width: 13cm !important; }
  table, tr, .tiles, details { break-inside: avoid; }
  table { font-size: 8.5pt; }
  table.many { font-size: 7.6pt; }
  td small { font-size: 7pt; }
  th, td { padding: .25rem .35rem; }
  summary { list-style: none; color: var(--soft); }
  details::details-content { content-visibility: visible; block-size: auto; }
  .wide { display: table; }
  .narrow { display: none; }
  .facts { grid-template-columns: 5.5rem 1fr 5.5rem 1fr; font-size: 7.5pt; line-height: 1.35; gap: .1rem .6rem; }
  .left { display: none; }
  .tile[open] summary { position: static; display: block; padding: 0; font-size: .78rem; text-align: left; }
  .tile[open] summary img { width: 100%; }
  .sides { grid-template-columns: 1fr 1fr; gap: .6rem 1rem; }
  .gallery { grid-template-columns: repeat(5, 1fr); gap: .4rem; }
  figure .tile summary img.photo { width: 100%; }
  .tile summary, .tile[open] summary { font-size: 7pt; color: var(--ink); }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)";

}    // namespace nonna
