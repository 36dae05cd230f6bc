#include "report/report.h"
#include "report/html.h"
#include "report/paper_figures.h"
#include "report/plot.h"
#include "report/stimulus_picture.h"

#include "base/error.h"
#include "io/table.h"
#include "media/picture.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace nonna;

namespace
{

struct Results : test::Folder {
    Report report() const { return make_report(path, "A <title>", "a test"); }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// PATH for the time of a test.
struct Path {
    std::string before = std::getenv("PATH");
    explicit Path(const char* now) { setenv("PATH", now, 1); }
    ~Path() { setenv("PATH", before.c_str(), 1); }
};

const std::string header = "layer\trow\tcol\tmap\tthreshold\taccuracy\tauc\tdprime\tpositives\tnegatives";
const std::string held_header = header + "\tchoice_threshold\tchoice_accuracy\tchoice_auc\theld_accuracy\theld_auc\n";

}    // namespace

BOOST_AUTO_TEST_SUITE(report_page)

BOOST_AUTO_TEST_CASE(text_is_escaped)
{
    BOOST_TEST(html_escape("a<b>&\"'\x01z") == "a&lt;b&gt;&amp;&quot;&#39;z");
    Page page("<script>", "x & y");
    page.figure({{"image/png", "Man", 1, 1, "\"quoted\"", ""}}, "<i>", {});
    page.figure({{"image/png", "Ma", 1, 1, "", ""}}, "", {{"nonna-x --option <y>"}, true});
    page.figure({{"image/png", "M", 1, 1, "", ""}}, "", {});
    for (const char* heading : {"A & b", "a b!", "\u00e9"})
        page.heading(2, heading);
    const std::string html = page.finish("end");
    BOOST_TEST(!contains(html, "<script>"));
    BOOST_TEST(contains(html, "alt=\"&quot;quoted&quot;\""));
    BOOST_TEST(contains(html, "base64,TWFu\""));
    BOOST_TEST(contains(html, "base64,TWE=\""));
    BOOST_TEST(contains(html, "base64,TQ==\""));
    BOOST_TEST(!contains(html, "<i>"));
    BOOST_TEST(contains(html, "<code><b>nonna-x</b> <b>--option</b> &lt;y&gt;</code>"));
    for (const char* id :
         {"a-b", "a-b-2", "part"}) {    // each heading has an anchor of its own, and is in the contents
        BOOST_TEST(contains(html, "<h2 id=\"" + std::string(id) + "\">"));
        BOOST_TEST(contains(html, "<a href=\"#" + std::string(id) + "\">"));
    }
}

BOOST_AUTO_TEST_CASE(the_small_table)
{
    const Results folder;
    folder.write("sweep-random.tsv", header + "\n3.norm\t0\t0\t0\t1\t0.65\t0.5\t0\t40\t60\n");
    folder.write("sweep-first.tsv", header + "\n1.norm\t0\t0\t0\t1\t0.7\t0.6\t0\t40\t60\n");
    folder.write("sweep-top.tsv", held_header + "3.norm\t0\t0\t0\t1\t0.8\t0.9\t1\t40\t60\t1\t0.81\t0.9\t0.75\t0.77\n"
                                                "3.norm\t6\t5\t4\t1\t0.79\t0.9\t1\t40\t60\t1\t0.85\t0.9\t0.76\t0.88\n");
    const Report report = folder.report();
    BOOST_TEST(report.table == "                              accuracy     AUC   held-out accuracy  held-out AUC\n"
                               "guess                           60.0 %   0.500              60.0 %         0.500\n"
                               "random weights                  65.0 %   0.500                   -             -\n"
                               "best first-stage neuron         70.0 %   0.600                   -             -\n"
                               "best neuron                     80.0 %   0.900              76.0 %         0.880\n");
    BOOST_TEST(contains(report.html, "A &lt;title&gt;"));
    BOOST_TEST(contains(report.html, "Best neuron: 3.norm/6,5,4, chosen by accuracy on one part of the images"));
    BOOST_TEST(contains(report.html, "On all images 3.norm/0,0,0 has the best accuracy"));
    BOOST_TEST(contains(report.html, "<dt>the histogram and the ROC curve</dt>"));
    BOOST_TEST(contains(report.html, "flatters"));
    BOOST_TEST(!contains(report.html, "<script"));
    BOOST_TEST(!contains(report.html, "http"));
    BOOST_TEST(folder.report().html == report.html);
}

BOOST_AUTO_TEST_CASE(broken_pieces_are_errors)
{
    const auto fails = [](const std::string& name, const std::string& text, const std::string& reason) {
        const Results folder;
        folder.write(name, text);
        BOOST_CHECK_EXCEPTION(folder.report(), Error, [&](const Error& e) {
            BOOST_TEST_MESSAGE(e.what());
            return contains(e.reason(), reason);
        });
    };
    fails("sweep-top.tsv", header + "\n", "no neurons");
    fails("sweep-top.tsv", header + "\n3.norm\t0\t0\t0\t1\tnan\t0.5\t0\t40\t60\n",
          "no neuron in it has a number in 'accuracy'");
    fails("sweep-top.tsv", header + "\n3.norm\t0\t0\t0\t1\t1.5\t0.5\t0\t40\t60\n", "'accuracy' is not between 0 and 1");
    fails("sweep-top.tsv", header + "\n3.norm\t0\t0\t0\t1\t0.5\t0.5\t0\t0\t0\n", "no numbers of positives");
    fails("sweep-top.tsv", "layer\taccuracy\tauc\n3.norm\t0.5\t0.5\n", "no column 'row'");
    fails("sweep-top.tsv", header + "\n3.norm\t0", "truncated");
    fails("best-responses.tsv", "response\tlabel\n1\t1\n2\t1\n", "needs positives and negatives");
    fails("best-responses.tsv", "response\tlabel\nnan\t1\n2\t0\n", "not a finite number");
    fails("best-responses.tsv", "response\tlabel\n1\t2\n2\t0\n", "neither 1 nor 0");
    fails("train.tsv", "step\tcost\n1\t2\n", "no column that ends in _relative");
    fails("optimal.png", "\x89PNG\r\n\x1a\n", "");
    fails("best-responses.tsv", "response\tlabel\n", "needs positives and negatives");
    const std::string results = "concept\tmethod\tseeds\taccuracy\theld_accuracy\tpaper\n";
    fails("table1.tsv", results, "no results");
    fails("table1.tsv", results + "faces\tguess\t1\t64.8\t\t\n", "'accuracy' is not between 0 and 1");
    fails("table1.tsv", results + "faces\t\t1\t0.6\t\t\n", "no concept, test or method");
    fails("table1.tsv", results + "a\tb\t1\t0.6\t\t\na\tb\t1\t0.6\t\t\n", "a second row of b, a");
    fails("table1.tsv", results + "a\tb\t1\tmuch\t\t\n", "not a number");
    const std::string tests = "concept\ttest\tmethod\tseeds\taccuracy\n";
    fails("table1.tsv", tests + "a\t\tb\t1\t0.6\n", "no concept, test or method");
    fails("table1.tsv", tests + "a\tx\tb\t1\t0.6\na\ty\tb\t1\t0.6\na\tx\tb\t1\t0.6\n",
          "line 4: a second row of b, a, x");
    fails("table1.tsv",
          "method\n"
          "guess\n",
          "no column 'concept'");
    fails("sensitivity.tsv", "setting\tvalue\n", "no results");
    fails("sensitivity.tsv", "setting\tvalue\tseeds\nmaps\tinf\t1\n", "'value' is not a finite number");
    fails("sensitivity.tsv", "setting\tvalue\n\t8\n", "no setting");
    fails("sensitivity.tsv", "setting\tvalue\nmaps\t8\nmaps\t8.0\n", "line 3: a second row of maps 8");
    fails("sensitivity.tsv", "field\tmaps\n18\t8\n", "no column 'setting'");
    const std::string controls = "concept\tcontrol\tseed\tneuron\tauc\n";
    fails("controls.tsv", controls, "no AUC in it");
    fails("controls.tsv", controls + "faces\tinverted\t1\tn\t1.5\n", "'auc' is not between 0 and 1");
    fails("controls.tsv", controls + "faces\t\t1\tn\t0.5\n", "no concept, control or seed");
    fails("controls.tsv", controls + "a\tb\t1\tn\t0.5\na\tb\t1\tn\t0.6\n", "line 3: a second row of a, b, seed 1");
    const std::string match = "part\tpositives\tmatched\ttaken_anyway\tdropped\trule_auc_before\trule_auc_after\n";
    fails("faces/matched-match.tsv", match, "no parts");
    fails("matched-match.tsv", match + "a\t10\t8\t0\t1\t\t\n", "the counts do not add up");
    fails("matched-match.tsv", match + "a\t10\t8\t9\t2\t\t\n", "the counts do not add up");
    fails("matched-match.tsv", match + "a\t10\t8\t0\t2\t2\t\n", "'rule_auc_before' is not between");
    fails("invariance.tsv", "warp\tamount\tmean\tdeviation\n", "no warps");
    fails("invariance.tsv", "warp\tamount\tmean\tdeviation\nscale\tnan\t0\t0\n", "'amount' is not a finite");
    fails("invariance.tsv", "warp\tamount\tmean\tdeviation\nscale\t1\t0\t-1\n", "the deviation is below 0");
    fails("weakest.png", "no picture", "");
    fails("filters-1.png", "no picture", "");
    fails("faces/sweep-top.tsv", header + "\n", "no neurons");
    {
        const Results folder;    // a model that is none
        folder.write("sweep-top.tsv", header + "\n3.norm\t0\t0\t0\t1\t0.8\t0.9\t1\t40\t60\n");
        BOOST_TEST(!folder.report().html.empty());
        folder.write("model.safetensors", "nothing of the kind");
        BOOST_CHECK_THROW(folder.report(), Error);
    }
    fails("notes.txt", "x", "no results in it");
    fails("checkpoints/step-1.safetensors", "x", "no results in it");
    BOOST_CHECK_THROW(make_report("/no/such/folder", "", ""), Error);
}

BOOST_AUTO_TEST_CASE(what_newer_sweeps_tell)
{
    const Results folder;
    folder.write("sweep-top.tsv",
                 "layer\trow\tcol\tmap\tpolarity\tthreshold\taccuracy\tauc\tdprime\thit_rate\tfalse_alarm_"
                 "rate\tbalanced_accuracy\tpositives\tnegatives\taccuracy_low\taccuracy_high\n"
                 "3.norm\t0\t0\t0\t1\t1\t0.7\tnan\t1\t0.5\t0.25\t0.6\t40\t60\tnan\tnan\n"
                 "3.norm\t1\t2\t3\t-1\t1\t0.8\tnan\t1\t0.75\t0.125\t0.8125\t40\t60\t0.7512\t0.8488\n");
    const Report report = folder.report();
    BOOST_TEST(contains(report.html, "<b>80.0 %</b><small>75.1\u201384.9</small>"));
    BOOST_TEST(contains(report.html, "3.norm/1,2,3, chosen by accuracy, which says yes by falling silent."));
    BOOST_TEST(contains(report.html, "yes to 75.0 % of the positives and to 12.5 % of the negatives"));
    BOOST_TEST(contains(report.table, "best neuron                     80.0 %       - "));    // counted, so without AUC
}

BOOST_AUTO_TEST_CASE(strongest_images_in_words)
{
    const Results folder;
    const Bytes png = encode_png(blank_picture(4, 3));
    const std::string picture(reinterpret_cast<const char*>(png.data()), png.size());
    folder.write("top.png", picture);
    folder.write("weakest.png", picture);
    folder.write("top.tsv", "neuron\tend\trank\tresponse\tlabel\na\tstrongest\t1\t4.25\t1\na\tstrongest\t2\t3.5\t0\n"
                            "a\tweakest\t1\t-1\t\n");
    const std::string html = folder.report().html;
    BOOST_TEST(
        contains(html, "strongest first. Neuron a: 2 images, responses 4.25 to 3.5; 1 is a positive. 4 by 3 pixels\""));
    BOOST_TEST(contains(html, "weakest first. Neuron a: 1 image, responses -1 to -1.<"));
    folder.write("top.tsv", "neuron\tend\trank\tresponse\tlabel\na\tstrongest\t1\tnan\t1\n");
    BOOST_CHECK_THROW(folder.report(), Error);
}

BOOST_AUTO_TEST_CASE(tables_of_several_networks)
{
    const Results folder;
    folder.write("table1.tsv",
                 "concept\tmethod\tseeds\taccuracy\taccuracy_sd\tauc\tauc_sd\theld_accuracy\theld_accuracy_sd"
                 "\theld_auc\theld_auc_sd\tpaper\n"
                 "faces\tbest neuron\t3\t0.8123\t0.0061\t0.9\t\t0.791\t0.0083\t0.8123\t0.004\t0.817\n"
                 "cats\tbest neuron\t2\t0.7\tnan\t\t\t\t\t\t\t0.746\n"
                 "faces\tfaces removed from training\t3\t0.7\t\t\t\t\t\t\t\t\n");
    const Report report = folder.report();
    BOOST_TEST(report.table == "faces                         accuracy %   held-out % held-out AUC      paper %\n"
                               "best neuron                  81.2 +- 0.6  79.1 +- 0.8 0.812 +- 0.004         81.7\n"
                               "faces removed from training         70.0            -            -            -\n"
                               "\n"
                               "cats                          accuracy %   held-out % held-out AUC      paper %\n"
                               "best neuron                         70.0            -            -         74.6\n");
    BOOST_TEST(contains(report.html, "<th scope=\"colgroup\" class=\"group\" colspan=\"4\">faces</th>"));
    BOOST_TEST(contains(report.html, "<b>81.2</b><small>\u00b1 0.6</small>"));
    BOOST_TEST(contains(report.html, "Means over 2 to 3 seeds"));
}

// A table for each test, in the page's order and not the file's; what the paper has no figure for has no such column.
BOOST_AUTO_TEST_CASE(tables_of_several_tests)
{
    const Results folder;
    folder.write("table1.tsv", "concept\ttest\tmethod\tseeds\taccuracy\theld_auc\theld_auc_sd\tpaper\n"
                               "faces\tmine\tguess\t5\t0.6\t0.5\t\t\n"
                               "faces\tcolour\tbest neuron\t5\t0.7\t0.7\t0.01\t0.817\n"
                               "faces\tmatched\tbest neuron\t5\t0.8\t0.8\t0.01\t\n"
                               "faces\ttest\tbest neuron\t5\t0.9\t0.9\t0.01\t0.817\n"
                               "cats\ttest\tbest neuron\t5\t0.75\t0.75\t\t\n");
    folder.write("controls.tsv", "concept\tcontrol\tseed\tneuron\tauc\n"
                                 "faces\tbackground\t1\ta\t0.5\n"
                                 "faces\tinverted\t1\ta\t0.6\n"
                                 "faces\tinverted\t2\tb\t0.7\n"
                                 "cats\tinverted\t1\tc\t0.55\n");
    const Report report = folder.report();
    BOOST_TEST(report.table == "faces, test                   accuracy %   held-out % held-out AUC      paper %\n"
                               "best neuron                         90.0            - 0.900 +- 0.010         81.7\n"
                               "\n"
                               "cats, test                    accuracy %   held-out % held-out AUC\n"
                               "best neuron                         75.0            -        0.750\n"
                               "\n"
                               "faces, matched                accuracy %   held-out % held-out AUC\n"
                               "best neuron                         80.0            - 0.800 +- 0.010\n"
                               "\n"
                               "faces, colour                 accuracy %   held-out % held-out AUC      paper %\n"
                               "best neuron                         70.0            - 0.700 +- 0.010         81.7\n"
                               "\n"
                               "faces, mine                   accuracy %   held-out % held-out AUC\n"
                               "guess                               60.0            -        0.500\n"
                               "\n"
                               "AUC of the best neuron              test     inverted   background\n"
                               "faces                       0.900 +- 0.010 0.650 +- 0.071        0.500\n"
                               "cats                               0.750        0.550            -\n");
    std::size_t at = 0;
    for (const char* heading :
         {"<h2 id=\"single-neurons-and-their-rivals\">", ">Grey squares, jittered, equally sharp</h3>",
          ">The same positives among distractors with their low-level looks (half of the pictures)</h3>",
          ">The paper&#39;s own protocol, in colour</h3>", ">mine</h3>", ">Controls</h2>"}) {
        const std::size_t found = report.html.find(heading);
        BOOST_TEST((found != std::string::npos && found > at), heading);
        at = found;
    }
    BOOST_TEST(contains(report.html, "chosen on one part of the test, by AUC, and scored on another"));
    BOOST_TEST(!contains(report.html, "chosen on one half"));
    BOOST_TEST(contains(report.html, "<th scope=\"col\">the same upside down</th>"));
    BOOST_TEST(contains(report.html, "0.650<small>\u00b1 0.071</small>"));
    BOOST_TEST(contains(report.html, "at 0.5 the neuron does not care which way up they are"));
    BOOST_TEST(!contains(report.html, "spectrum"));    // no such control here
}

BOOST_AUTO_TEST_CASE(settings_one_at_a_time, *boost::unit_test::precondition([](auto) {
                         return std::system("command -v gnuplot >/dev/null") == 0;
                     }))
{
    const Results folder;
    folder.write("sensitivity.tsv", "setting\tvalue\tseeds\taccuracy\theld_accuracy\theld_auc\tpaper\n"
                                    "rate\t0.1\t2\t0.7\t0.6\t0.6\t\n"
                                    "rate\t0.001\t2\t0.75\t0.65\t0.6\t\n"
                                    "field\t18\t2\t0.8\t0.7\t0.7\t0.817\n");
    const Report report = folder.report();
    BOOST_TEST(report.table == "setting                       accuracy %   held-out % held-out AUC      paper %\n"
                               "rate 0.001                          75.0         65.0        0.600            -\n"
                               "rate 0.1                            70.0         60.0        0.600            -\n"
                               "field 18                            80.0         70.0        0.700         81.7\n");
    BOOST_TEST(contains(report.html, "Accuracy in % against rate of training: all 75.0 at 0.001, 70.0 at 0.1; held out "
                                     "65.0 at 0.001, 60.0 at 0.1\""));
    BOOST_TEST(!contains(report.html, "against side of the field"));    // one value is no curve
}

BOOST_AUTO_TEST_CASE(how_alike_distractors_look)
{
    const Results folder;
    folder.write("faces/matched-match.tsv",
                 "part\tpositives\tmatched\ttaken_anyway\tdropped\trule_auc_before\trule_auc_after\n"
                 "a\t145\t109\t51\t36\t\t\nd\t289\t234\t0\t55\t0.92684314\t0.547757323\n");
    const std::string html = folder.report().html;
    BOOST_TEST(contains(html, "<th scope=\"row\">a</th><td>145</td><td>109</td><td>51</td><td>36</td><td>\u2013</td>"));
    BOOST_TEST(contains(html, "In part d looks alone tell positives from distractors with an AUC of 0.548, before "
                              "pairing 0.927."));
}

// Chosen by AUC: other neurons have the best accuracies, on the images that chose and on all.
BOOST_AUTO_TEST_CASE(one_neuron_throughout, *boost::unit_test::precondition([](auto) {
                         return std::system("command -v gnuplot >/dev/null") == 0;
                     }))
{
    const std::string by_auc = held_header.substr(0, held_header.size() - 1) + "\tchosen_by\n",
                      neurons = "3.norm\t0\t0\t0\t1\t0.9\t0.5\t1\t2\t2\t1\t0.9\t0.5\t0.91\t0.51\tauc\n"
                                "3.norm\t1\t1\t1\t1\t0.6\t0.75\t1\t2\t2\t1\t0.6\t0.95\t0.62\t0.77\tauc\n"
                                "3.norm\t2\t2\t2\t1\t0.7\t0.85\t1\t2\t2\t1\t0.7\t0.65\t0.72\t0.87\tauc\n";
    const Results folder;
    folder.write("sweep-top.tsv", by_auc + neurons);
    folder.write("best-responses.tsv", "response\tlabel\n0\t0\n2\t0\n1\t1\n3\t1\n");    // AUC 0.75
    const Report report = folder.report();
    BOOST_TEST(
        contains(report.table, "best neuron                     70.0 %   0.850              62.0 %         0.770\n"));
    BOOST_TEST(contains(report.html, "62.0 %</dd><dd class=\"remark\">neuron 3.norm/1,1,1<"));
    BOOST_TEST(contains(report.html, "60.0 %</dd><dd class=\"remark\">those that chose it too<"));
    BOOST_TEST(contains(report.html, "Best neuron: 3.norm/1,1,1, chosen by AUC on one part of the images and scored"));
    BOOST_TEST(contains(report.html, "On all images 3.norm/2,2,2 has the best AUC; the first two columns are its."));
    BOOST_TEST(contains(report.html, "here 0.750"));
    BOOST_TEST(contains(report.html, "The neuron is 3.norm/1,1,1, chosen by AUC on one part of the images;"));
    const auto fails = [&](const std::string& responses, const std::string& reason) {
        folder.write("best-responses.tsv", "response\tlabel\n" + responses);
        BOOST_CHECK_EXCEPTION(folder.report(), Error, [&](const Error& e) { return contains(e.reason(), reason); });
    };
    fails("0\t0\n1\t0\n2\t1\n3\t1\n",
          "not the responses of 3.norm/1,1,1, which sweep-top.tsv chooses by AUC: AUC 1.000");
    fails("0\t0\n2\t0\n2\t0\n1\t1\n3\t1\n", "another number of images");
}

BOOST_AUTO_TEST_CASE(parts_and_their_commands)
{
    const Results folder;
    const std::string sweep = header + "\n3.norm\t0\t0\t0\t1\t0.8\t0.9\t1\t40\t60\n";
    folder.write("sweep-top.tsv", sweep);
    folder.write("z/sweep-top.tsv", sweep);
    folder.write("a <b>/sweep-top.tsv", sweep);
    folder.write("empty/notes.txt", "nothing");
    folder.write("commands.txt", "nonna-report sweep-top.tsv\n"
                                 "nonna-sweep one -o ./sweep-top.tsv\n"
                                 "nonna-sweep two \\\n    --out=z/sweep-top.tsv\n");
    folder.write("a <b>/commands.txt", "nonna-sweep three >sweep-top.tsv\n");
    const std::string html = folder.report().html;
    const auto at = [&](const std::string& text) {
        const std::size_t found = html.find(text);
        BOOST_TEST(found != std::string::npos, text);
        return found;
    };
    const std::string first = "<code><b>nonna-sweep</b> one <b>-o</b> <b>./sweep-top.tsv</b></code>",
                      second = "<code><b>nonna-sweep</b> two <b>--out=z/sweep-top.tsv</b></code>",
                      third = "<code><b>nonna-sweep</b> three <b>&gt;sweep-top.tsv</b></code>";
    BOOST_TEST(at(first) < at(">a &lt;b&gt;</h2>"));
    BOOST_TEST(at(">a &lt;b&gt;</h2>") < at(third));
    BOOST_TEST(at(third) < at(">z</h2>"));
    BOOST_TEST(at(">z</h2>") < at(second));
    BOOST_TEST(!contains(html, ">empty</h2>"));
    BOOST_TEST(contains(html, "<dt>z/sweep-top.tsv</dt>"));    // its digest
    BOOST_TEST(!contains(html, folder.path));
}

// A picture's command is found by its name, quotes and spaces or not, and though a remark's apostrophe is no quote.
BOOST_AUTO_TEST_CASE(commands_with_quotes)
{
    const Results folder;
    const Bytes png = encode_png(blank_picture(4, 3));
    const std::string picture(reinterpret_cast<const char*>(png.data()), png.size());
    for (const char* name : {"a b.png", "c'd.png", "e.png", "f.png"})
        folder.write(name, picture);
    folder.write("commands.txt", "nonna-dataset sheet 'my films/x.tar' -o 'a b.png'\n"
                                 "nonna-dataset sheet x.tar -o 'c'\\''d.png'\n"
                                 "nonna-dataset sheet \"it's.tar\" -o \"e.png\"\n"
                                 "nonna-dataset sheet x.tar -o f.png  # Anna's\n");
    const std::string html = folder.report().html;
    BOOST_TEST(!contains(html, "No command noted"));
    BOOST_TEST(contains(html, "<code><b>nonna-dataset</b> sheet &#39;my films/x.tar&#39; <b>-o</b> &#39;a b.png&#39;"));
}

// What stands in share/nonna/reproduce/paper.tsv, and nowhere else, is what the page has.
BOOST_AUTO_TEST_CASE(the_papers_figures)
{
    const Table paper = read_table(NONNA_SOURCE_DIR "/share/nonna/reproduce/paper.tsv");
    BOOST_TEST(paper.rows.size() == 56u);
    for (std::size_t row = 0; row < paper.rows.size(); ++row) {
        const std::string& of = paper.rows[row][paper.column("concept")];
        const std::string& method = paper.rows[row][paper.column("method")];
        BOOST_REQUIRE(paper_accuracy(of, method).has_value());
        BOOST_TEST(*paper_accuracy(of, method) == paper.share(row, "paper"));
    }
    BOOST_TEST(!paper_accuracy("faces", "best").has_value());    // the beginning of a name is no name
    BOOST_TEST(!paper_accuracy("bodies", "faces removed from training").has_value());

    const Results folder;    // only where the concept is the paper's
    folder.write("sweep-top.tsv", header + "\n3.norm\t0\t0\t0\t1\t0.8\t0.9\t1\t40\t60\n");
    BOOST_TEST(!contains(folder.report().html, "81.7 %"));
    folder.write("concept.txt", "faces\n");
    BOOST_TEST(contains(folder.report().html, "<td class=\"other\">81.7 %</td>"));
    folder.write("concept.txt", "bodies\n");
    BOOST_TEST(contains(folder.report().html, "<td class=\"other\">76.8 %</td>"));
    folder.write("concept.txt", "people\n");
    BOOST_TEST(!contains(folder.report().html, "class=\"other\""));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(report_plots)

BOOST_AUTO_TEST_CASE(gnuplot_missing_names_the_package)
{
    const Path nothing("/nonexistent");
    BOOST_CHECK_EXCEPTION(plot_curves({}, {{"a", {{0, 1}, {1, 2}}}}), Error, [](const Error& e) {
        return e.subject() == "gnuplot" && contains(e.reason(), "install the package gnuplot-nox");
    });
}

BOOST_AUTO_TEST_CASE(drawings, *boost::unit_test::precondition([](auto) {
                         return std::system("command -v gnuplot >/dev/null") == 0;
                     }))
{
    const std::string curves =
        plot_curves({"it's 'quoted' $x `date` <&>", "x", "y"}, {{"one", {{0, 1}, {1, 2}}}, {"two", {{3, 4}}, 1, true}});
    BOOST_TEST(curves.starts_with("<svg"));
    BOOST_TEST(contains(curves, "it's 'quoted' $x `date` &lt;&amp;"));
    BOOST_TEST(contains(curves, "prefers-color-scheme"));
    BOOST_TEST(!contains(curves, "rgb(1,2,3)"));
    BOOST_TEST(contains(plot_histogram({"", "x", "y"}, {0, 1, 2}, {2, 3, 4}, 1.5), "threshold"));
    BOOST_TEST(contains(plot_histogram({"", "x", "y"}, {2, 2}, {2, 2}, 2), "positives (2)"));    // nothing to spread
    BOOST_TEST(contains(plot_roc({"", "x", "y"}, {0, 1, 2}, {2, 3, 4}), "chance"));
    const PlotCurve curve{"one", {{1, -1}, {2, 3}}, 0, false, true, {0.5, 0.25}};
    const std::string band = plot_band({"", "x", "y"}, curve, -2, 4, flat_plot);
    BOOST_TEST(contains(band, ">threshold</text>"));
    BOOST_TEST(contains(band, "viewBox=\"0 0 400 270\""));
    // Where a gnuplot's mark would white out the ground, a dark page shows a hole.
    for (const std::string& svg : {band, plot_curves({"", "x", "y"}, {curve}),
                                   plot_band({"", "x", "y"}, {"", {{1, 1}}, 0, false, false, {1}}, 0, 2)})
        BOOST_TEST(!contains(svg, " color='white'"));
    BOOST_TEST(plot_roc({"", "x", "y"}, {0, 1}, {2, 3}) == plot_roc({"", "x", "y"}, {0, 1}, {2, 3}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(stimulus_pictures)

BOOST_AUTO_TEST_CASE(mid_grey_and_symmetric)
{
    Preprocessing p;
    p.side = 8;
    std::vector<float> x(8 * 8 * 3, 0.0f);
    for (int i = 0; i < 3; ++i) {
        x[(2 * 8 + 2) * 3 + i] = 5;
        x[(2 * 8 + 3) * 3 + i] = -5;
    }
    const Picture picture = stimulus_picture(p, x, {2, 2, 1, 4}, false);
    BOOST_TEST(picture.width == 256);
    BOOST_TEST(picture.height == 64);
    BOOST_TEST(int(picture.at(10, 32)[0]) >= 250);
    BOOST_TEST(int(picture.at(96, 32)[1]) <= 5);
    BOOST_TEST(std::abs(int(picture.at(250, 32)[2]) - 127) <= 3);
}

BOOST_AUTO_TEST_CASE(nothing_is_mid_grey)
{
    Preprocessing p;
    p.side = 8;
    const Picture picture = stimulus_picture(p, std::vector<float>(8 * 8 * 3, 0.0f), {0, 0, 8, 8}, false);
    BOOST_TEST(int(picture.at(100, 100)[0]) == 128);
}

BOOST_AUTO_TEST_CASE(a_sheet_of_one_channel)
{
    Preprocessing p;
    p.side = 8;
    p.channels = 1;
    const auto picture =
        std::make_shared<const SeenPicture>(SeenPicture{"k", "s", std::nullopt, std::vector<std::uint8_t>(64, 100)});
    const std::vector<Extreme> two = {{2, picture}, {1, picture}}, one = {{1, picture}};
    const std::vector<ExtremesRow> rows = {{"1.filter/0,0,0", {2, 2, 4, 4}, two},
                                           {"1.filter/0,0,1", {2, 2, 4, 4}, one}};
    const Picture alone = extremes_sheet(p, std::span(rows).first(1)), both = extremes_sheet(p, rows);
    BOOST_TEST(alone.width == 2 * 96 + 3 * 4);
    BOOST_TEST(both.width == 3 * 96 + 4 * 4);    // its name, then its pictures
    BOOST_TEST(both.height == 2 * alone.height - 4);
    BOOST_TEST(int(alone.at(4 + 10, 4 + 10)[0]) == 100);
    BOOST_TEST(int(alone.at(4 + 24, 4 + 24)[1]) == 200);    // the outline
    BOOST_TEST(int(both.at(4 + 10, 4 + 10)[0]) == 0);       // the opening tile
    BOOST_TEST(int(both.at(4 + 100 + 10, 4 + 10)[0]) == 100);
}

BOOST_AUTO_TEST_SUITE_END()
