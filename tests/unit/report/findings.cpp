// What a page says it found, and the pages of single neurons.
#include "report/report.h"
#include "report/svg_plot.h"

#include "base/error.h"
#include "media/picture.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>

using namespace nonna;

namespace
{

struct ResultsOnDisk : test::Folder {
    void picture(const std::string& name, int side) const
    {
        const Bytes png = encode_png(blank_picture(side, side, 90));
        write(name, std::string(reinterpret_cast<const char*>(png.data()), png.size()));
    }
    Report report(const BrowserOptions& browser = {}) const { return make_report(path, "", "a test", browser); }
    // The title and the first lines.
    std::string opening() const
    {
        const std::string html = report().html;
        return html.substr(html.find("<h1>"), html.find("</header>") - html.find("<h1>"));
    }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count_of(const std::string& text, const std::string& part)
{
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

const std::string columns = "layer\trow\tcol\tmap\tthreshold\taccuracy\tauc\tdprime\tpositives\tnegatives"
                            "\tchoice_threshold\tchoice_accuracy\tchoice_auc\theld_accuracy\theld_auc\n";

// A sweep of one neuron with these held-out figures.
std::string sweep(const std::string& neuron, const std::string& accuracy, const std::string& auc)
{
    return columns + neuron + "\t1\t0.9\t0.9\t1\t40\t60\t1\t0.9\t0.9\t" + accuracy + "\t" + auc + "\n";
}

const std::string neuron = "3.norm\t0\t0\t0", filter = "filter\t0\t0\t7", pixel = "1.norm\t0\t0\t0";

}    // namespace

BOOST_AUTO_TEST_SUITE(report_findings)

BOOST_AUTO_TEST_CASE(the_title_says_what_was_found)
{
    const ResultsOnDisk results;
    results.write("sweep-top.tsv", sweep(neuron, "0.846", "0.91"));
    results.write("concept.txt", "people\n");
    BOOST_TEST(has(results.opening(), "A neuron that sees people: 84.6\u00a0% on pictures it was not chosen on</h1>"));
    BOOST_TEST(has(results.opening(), "in 84.6\u00a0% (AUC 0.910), a guess in 60.0\u00a0%."));
    // Held out, a guess is one on the pictures that judge.
    std::string judged = sweep(neuron, "0.846", "0.91");
    judged.insert(judged.find('\n'), "\theld_guess").insert(judged.size() - 1, "\t0.678");
    results.write("sweep-top.tsv", judged);
    BOOST_TEST(has(results.opening(), "in 84.6\u00a0% (AUC 0.910), a guess in 67.8\u00a0%."));
    results.write("sweep-linear.tsv", sweep(filter, "0.8", "0.85"));
    BOOST_TEST(has(results.opening(), "It beats the best linear filter, which has 80.0\u00a0% (AUC 0.850)."));
    results.write("sweep-linear.tsv", sweep(filter, "0.9", "0.85"));
    BOOST_TEST(has(results.opening(), "is better by one of the two figures"));
    results.write("sweep-linear.tsv", sweep(filter, "0.9", "0.92"));
    BOOST_TEST(has(results.opening(), "It does not beat the best linear filter, which has 90.0\u00a0% (AUC 0.920)"));
    results.write("sweep-first.tsv", sweep(pixel, "0.95", "0.99"));
    BOOST_TEST(has(results.opening(), "Better than it: best first-stage neuron, 95.0\u00a0% (AUC 0.990)."));
    // Where nothing was found the title does not say that something was.
    results.write("sweep-top.tsv", sweep(neuron, "0.6", "0.7"));
    BOOST_TEST(has(results.opening(), "<h1>No neuron that sees people: the best is right in 60.0\u00a0%"));
    BOOST_TEST(has(results.opening(), "That is not above chance"));
    results.write("sweep-top.tsv", sweep(neuron, "0.7", "0.5"));
    BOOST_TEST(has(results.opening(), "No neuron that sees people"));
}

BOOST_AUTO_TEST_CASE(the_concept_is_the_label_or_the_folder)
{
    const ResultsOnDisk results;
    results.write("sweep-top.tsv", sweep(neuron, "0.846", "0.91"));
    BOOST_TEST(has(results.opening(), "A neuron that tells them apart:"));
    results.write("commands.txt", "nonna-sweep m.safetensors t.tar --positive=dogs -o sweep-top.tsv\n");
    BOOST_TEST(has(results.opening(), "A neuron that sees dogs:"));
    results.write("concept.txt", "\n");
    BOOST_CHECK_THROW(results.report(), Error);

    const ResultsOnDisk study;    // faces first, as in the paper, whatever the table's order
    study.write("table1.tsv", "concept\ttest\tmethod\tseeds\taccuracy\theld_accuracy\theld_auc\n"
                              "bodies\ttest\tguess\t5\t0.6\t0.6\t0.5\nbodies\ttest\tbest neuron\t5\t0.7\t0.7\t0.7\n"
                              "faces\ttest\tguess\t5\t0.6\t0.6\t0.5\nfaces\ttest\tbest neuron\t5\t0.9\t0.81\t0.88\n");
    study.write("faces/sweep-top.tsv", sweep(neuron, "0.846", "0.91"));
    study.write("bodies/sweep-top.tsv", sweep(neuron, "0.7", "0.7"));
    const std::string html = study.report().html;
    BOOST_TEST(has(html, "<h1>A neuron that sees faces: 81.0\u00a0% on"));
    BOOST_TEST(has(
        html,
        "For bodies the best neuron is right in 70.0\u00a0% (AUC 0.700), a guess in 60.0\u00a0%, means over 5 seeds."));
    BOOST_TEST(html.find(">faces</th>") < html.find(">bodies</th>"));
    BOOST_TEST(html.find(">faces</h2>") < html.find(">bodies</h2>"));
}

BOOST_AUTO_TEST_CASE(the_best_of_a_column_is_bold)
{
    Page page;
    PageTable table;
    table.rows = {{"", "a", "b", "others"},
                  {"x", "81.0\n\u00b1 2", "0.5", "99"},
                  {"y", "9.5", "0.5", "1"},
                  {"z", "\u2013", "-0.2", "2"}};
    table.best = true;
    table.notes = 1;
    page.table(table, "", {});
    const std::string html = page.finish("");
    BOOST_TEST(has(html, "<b>81.0</b><small>"));
    BOOST_TEST(count_of(html, "<b>0.5</b>") == 2u);
    BOOST_TEST(!has(html, "<b>99"));
    BOOST_TEST(!has(html, "<b>9.5"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(neuron_pages)

struct Browsed : ResultsOnDisk {
    Browsed()
    {
        std::string rows = columns;
        for (int map = 0; map < 6; ++map)
            rows += "3.norm\t1\t2\t" + std::to_string(map) + "\t1.5\t0.7\t0.7\t1\t40\t60\t1\t0.7\t0." +
                    std::to_string(9 - map) + "\t0.7\t0.75\n";
        write("sweep-top.tsv", rows);
    }
};

BOOST_AUTO_TEST_CASE(best_and_drawn)
{
    const Browsed results;
    BOOST_TEST(!has(results.report().html, "class=\"leaf\""));
    const std::string html = results.report({2, false, "report.html"}).html;
    BOOST_TEST(count_of(html, "<section class=\"leaf\"") == 4u);
    BOOST_TEST(has(html, "<section class=\"leaf\" id=\"neuron-3.norm-1,2,0\">"));
    BOOST_TEST(count_of(html, "drawn at random\"><title>") == 2u);
    BOOST_TEST(count_of(html, "<a href=\"#neuron-3.norm-1,2,0\"") == 3u);    // map, list, the next one's page
    BOOST_TEST(has(html, "Number 1 of 6 by the sweep"));
    // Everything else is missing, and said to be, with a command that names the neuron.
    BOOST_TEST(has(html, "<dt>its strongest and weakest pictures</dt>"));
    BOOST_TEST(has(html, "--neuron</b> 3.norm/1,2,1"));
    BOOST_TEST(results.report({2, false, "report.html"}).html == html);
    // No more than there are.
    BOOST_TEST(count_of(results.report({100, false, "report.html"}).html, "<section class=\"leaf\"") == 6u);
}

BOOST_AUTO_TEST_CASE(files_of_their_own)
{
    const Browsed results;
    const Report report = results.report({1, true, "my page.html"});
    BOOST_REQUIRE(report.pages.size() == 2u);
    BOOST_TEST(report.pages[0].name == "neurons/3.norm-1,2,0.html");
    BOOST_TEST(has(report.html, "href=\"neurons/3.norm-1,2,0.html\""));
    BOOST_TEST(has(report.pages[0].html, "href=\"../my%20page.html#map\""));
    BOOST_TEST(has(report.html, "id=\"map\""));
}

BOOST_AUTO_TEST_CASE(what_a_page_shows)
{
    const Browsed results;
    const std::string folder = "neurons/3.norm-1,2,0/";
    results.write("histograms.tsv",
                  "neuron\tlabel\tlow\thigh\tcounts\n3.norm/1,2,0\t0\t0\t2\t3 1\n3.norm/1,2,0\t1\t0\t2\t0 4\n");
    results.write(folder + "top.tsv", "end\trank\tkey\tsource\tlabel\tresponse\tfile\ttime\n"
                                      "strongest\t1\ta\tfilms/x.avi\t1\t4\tstrongest-01.png\t83.25\n"
                                      "strongest\t2\tb\tfilms/y.avi\t0\t3\tstrongest-02.png\t\n"
                                      "weakest\t1\tc\tz.jpg\t0\t-1\tweakest-01.png\t\n"
                                      "weakest\t2\td\tz.jpg\t1\t1\tweakest-01.png\t\n"
                                      "weakest\t3\te\tz.jpg\t\t1\tweakest-01.png\t\n");
    for (const char* file : {"strongest-01.png", "strongest-02.png", "weakest-01.png", "average.png", "optimal.png"})
        results.picture(folder + file, 32);
    results.write(folder + "invariance.tsv",
                  "warp\tamount\tpictures\tmean\tdeviation\n"
                  "translate-x\t-2\t9\t-1\t0\ntranslate-x\t-1\t9\t1\t0\n"
                  "translate-x\t0\t9\t2\t0\ntranslate-x\t3\t9\t1\t0\ntranslate-x\t4\t9\t-1\t0\n");
    const std::string html = results.report({1, false, "report.html"}).html;
    BOOST_TEST(has(html, "Histogram of its responses from 0 to 2, threshold 1.5"));
    BOOST_TEST(has(html, "<b>4</b><span>x.avi</span><span>1:23.3</span><span>positive</span><span "
                         "class=\"right\">yes: right</span>"));
    BOOST_TEST(has(html, "<b>3</b><span>y.avi</span><span>negative</span><span class=\"wrong\">yes: wrong</span>"));
    BOOST_TEST(has(html, "<span class=\"right\">no: right</span>"));
    BOOST_TEST(has(html, "<span class=\"wrong\">no: wrong</span>"));
    BOOST_TEST(has(html, "<span>z.jpg</span><span class=\"right\">no</span>"));    // no label, no judgement
    BOOST_TEST(has(html, "Shifted sideways: above threshold from -1 to 3 pixels."));
    BOOST_TEST(has(html, "The average of neuron 3.norm/1,2,0"));
    // The page begins with the same pictures, for this neuron is the one it is about.
    BOOST_TEST(html.find("<b>4</b>") < html.find(">One neuron as a detector, and its rivals</h2>"));
    // Broken pieces are errors.
    results.write(folder + "top.tsv",
                  "end\trank\tkey\tsource\tlabel\tresponse\tfile\nstrongest\t1\ta\tb\t1\t4\t../x.png\n");
    BOOST_CHECK_THROW(results.report(), Error);
    results.write(folder + "top.tsv",
                  "end\trank\tkey\tsource\tlabel\tresponse\tfile\nstrongest\t1\ta\tb\t1\t4\tnone.png\n");
    BOOST_CHECK_THROW(results.report(), Error);
    std::filesystem::remove(results / (folder + "top.tsv"));
    results.write("histograms.tsv",
                  "neuron\tlabel\tlow\thigh\tcounts\n3.norm/1,2,0\t0\t0\t2\t3 1\n3.norm/1,2,0\t1\t0\t2\t0 4 1\n");
    BOOST_CHECK_THROW(results.report({1, false, ""}), Error);
    results.write("histograms.tsv", "neuron\tlabel\tlow\thigh\tcounts\n3.norm/1,2,0\t0\t0\t2\t3 x\n");
    BOOST_CHECK_THROW(results.report({1, false, ""}), Error);
}

BOOST_AUTO_TEST_CASE(small_drawings)
{
    SpreadPlot spread{0, 2, {{{1, 0}, {0, 1}}}, 1.0, "a <histogram>"};
    const std::string svg = svg_histogram(spread);
    BOOST_TEST(has(svg, "aria-label=\"a &lt;histogram&gt;\""));
    BOOST_TEST(has(svg, "M4 168V24H170V168H336V168Z"));    // all in the first of two bins, then none
    BOOST_TEST(has(svg, "M170 20L170 168"));               // the threshold in their middle
    const std::string curve = svg_curve({"t", "x", {{0, -1}, {1, 1}}, -1, 1, "c"});
    BOOST_TEST(has(curve, "M4 108L146 24"));
    MapPlot map;
    map.rows = 1;
    map.columns = 2;
    map.cell = [](int, int column) { return MapCell{column ? 0.95 : 0.5, column ? "#x" : "", "y"}; };
    const std::string drawn = svg_map(map);
    BOOST_TEST(count_of(drawn, "<a href=\"#x\" aria-label=\"y\">") == 1u);
    BOOST_TEST(has(drawn, "fill-opacity=\"1\" d=\"M14 20"));
    BOOST_TEST(has(drawn, "fill-opacity=\".1\" d=\"M0 20"));
}

BOOST_AUTO_TEST_SUITE_END()
