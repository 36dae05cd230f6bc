#include "report/report_runs.h"

#include "base/error.h"
#include "report/html.h"
#include "report/plot.h"
#include "report/report.h"
#include "report/report_training.h"
#include "report/run_settings.h"
#include "report/watch.h"

#include "../files.h"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace nonna;

namespace
{

namespace fs = std::filesystem;

struct Results : test::Folder {
    Report report(bool growing = false) const { return make_report(path, "runs", "a test", {}, growing); }
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

auto gnuplot_there()
{
    return boost::unit_test::precondition([](auto) { return std::system("command -v gnuplot >/dev/null") == 0; });
}

const std::string log_header = "step\tset\tcost\tstage1_relative\tstage1_best_relative\n";
// Of model `model`: one neuron, held-out accuracy and AUC with their intervals.
std::string sweep(const std::string& model, const std::string& held_auc)
{
    return "layer\trow\tcol\tmap\tthreshold\taccuracy\tauc\tdprime\tpositives\tnegatives\tchoice_accuracy\tchoice_auc\t"
           "held_accuracy\theld_guess\theld_auc\theld_auc_low\theld_auc_high\tchosen_by\tmodel\n"
           "1.norm\t0\t0\t0\t1\t0.9\t0.95\t1\t40\t60\t0.9\t0.95\t0.7\t0.66\t" +
           held_auc + "\tauc\t" + model + "\n";
}

}    // namespace

BOOST_AUTO_TEST_SUITE(report_runs)

BOOST_AUTO_TEST_CASE(what_a_run_is)
{
    const Results folder;
    const std::vector<std::string> names{"bodies", "faces", "third"};
    for (const std::string& name : names)
        folder.write(name + "/sweep-top.tsv", sweep("same", "0.8\t0.7\t0.9"));
    BOOST_TEST(runs_in(folder.path, names).empty());    // one network, three concepts
    folder.write("bodies/sweep-top.tsv", sweep("another", "0.8\t0.7\t0.9"));
    BOOST_TEST(runs_in(folder.path, names).empty());    // one network for itself compares nothing
    folder.write("faces/train.tsv", log_header + "0\ttrain\t1\t1\t1\n");
    BOOST_TEST(runs_in(folder.path, names) == (std::vector<std::string>{"bodies", "faces"}),
               boost::test_tools::per_element());
    folder.write("third/train-0.tsv", log_header + "0\ttrain\t1\t1\t1\n");
    BOOST_TEST(runs_in(folder.path, names) == names, boost::test_tools::per_element());
    for (const char* own : {"table1.tsv", "sensitivity.tsv", "sweep-top.tsv", "train.tsv", "train-3.tsv"}) {
        folder.write(own, "x\n");
        BOOST_TEST(runs_in(folder.path, names).empty(), own);
        fs::remove(folder / own);
    }
    folder.write("commands.txt", "x\n");
    folder.write("frames.png", "x\n");
    BOOST_TEST(runs_in(folder.path, names).size() == 3u);
}

BOOST_AUTO_TEST_CASE(names_of_logs)
{
    for (const char* name : {"train.tsv", "train-0.tsv", "train-17.tsv"})
        BOOST_TEST(is_cost_log(name), name);
    for (const char* name : {"train-.tsv", "train-times.tsv", "train-0.tsv.old", "strain.tsv", "train-1x.tsv"})
        BOOST_TEST(!is_cost_log(name), name);
    const Results folder;
    for (const char* name : {"train-10.tsv", "train-2.tsv", "train.tsv"})
        folder.write(name, "");
    BOOST_TEST(cost_log_files(folder.path) == (std::vector<std::string>{"train.tsv", "train-2.tsv", "train-10.tsv"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_model_notes)
{
    const auto text = [](const RunSettings& settings) {
        std::string all;
        for (const RunSetting& s : settings)
            all += s.name + "=" + s.value + ";";
        return all;
    };
    std::string alone = text(settings_of_run_text(
        "batch 96 schedule tuned optimizer turn rate 0.015,0.02 momentum 0.9 cosine seed 1 steps 900 data ab cd:1"));
    BOOST_TEST(alone.starts_with("batch=96;schedule=tuned;optimizer=turn;rate=0.015,0.02;momentum=0.9;rate "
                                 "schedule=cosine;seed of the order=1;steps asked for=900;precision=fp32;pictures="),
               alone);
    BOOST_TEST(text(settings_of_run_text(
                   "batch 10 schedule joint on servers, replica 0/2 rate constant seed 7 precision bf16")) ==
               "batch=10;schedule=joint;replica=0/2;rate schedule=constant;seed of the order=7;precision=bf16;");
    BOOST_TEST(settings_of_run_text("").empty());
}

BOOST_AUTO_TEST_CASE(only_what_differs)
{
    const RunSettings a{{"maps", "4", RecordedIn::architecture}, {"rate", "0.1", RecordedIn::run}},
        b{{"maps", "4", RecordedIn::architecture},
          {"rate", "0.2", RecordedIn::run},
          {"warm start", "5", RecordedIn::run}},
        c{{"maps", "4", RecordedIn::architecture}};    // of how it was trained nothing is known
    const auto different = different_settings({a, b, c});
    BOOST_REQUIRE(different.size() == 2u);
    BOOST_TEST(different[0].name == "rate");
    BOOST_TEST(different[0].values == (std::vector<std::string>{"0.1", "0.2", no_value}),
               boost::test_tools::per_element());
    BOOST_TEST(different[1].name == "warm start");    // one of those that tell does not have it
    BOOST_TEST(different_settings({a, c}).empty());
}

BOOST_AUTO_TEST_CASE(costs_at_the_end)
{
    Table table{"log", {"step", "set", "cost", "stage1_relative", "stage2_relative"}, {}};
    for (int step = 10; step <= 100; step += 10)
        table.rows.push_back({std::to_string(step), "train", std::to_string(200 - step), "0.5", "nan"});
    table.rows.push_back({"50", "validate", "70", "0.25", "0.3"});
    table.rows.push_back({"90", "validate", "60", "0.2", "0.3"});
    const LastCosts held_out = last_costs(table, true), trained = last_costs(table, false);
    BOOST_TEST(held_out.step == 100);
    BOOST_TEST(held_out.cost.value() == 60);
    BOOST_TEST(held_out.relative[0].value() == 0.2);
    BOOST_TEST(trained.cost.value() == 105);    // of steps 90 and 100
    BOOST_TEST(!trained.relative[1].has_value());
    BOOST_CHECK_THROW(last_costs(Table{"log", {"step", "cost"}, {{"1", "2"}}}, false), Error);
}

BOOST_AUTO_TEST_CASE(runs_in_one_table, *gnuplot_there())
{
    const Results folder;
    folder.write("a/train.tsv",
                 log_header + "0\tvalidate\t8\t1\t1\n10\ttrain\t3\t0.5\t0.5\n10\tvalidate\t4\t0.5\t0.5\n");
    folder.write("b <c>/train.tsv",
                 log_header + "0\tvalidate\t9\t1\t1\n20\ttrain\t1\t0.2\t0.2\n20\tvalidate\t2\t0.25\t1\n");
    folder.write("a/sweep-top.tsv", sweep("m1", "0.8\t0.75\t0.85"));
    folder.write("b <c>/sweep-top.tsv", sweep("m2", "0.9\t0.86\t0.95"));
    folder.write(
        "commands.txt",
        "nonna-train m.safetensors --data d.tar --rate 0.1 --validate v.tar --seed 1 --log a/train.tsv -o x\n"
        "nonna-train m.safetensors --data d.tar --rate=0.2 --validate v.tar --seed 1 --log 'b <c>/train.tsv' -o x\n");
    const Report report = folder.report();
    BOOST_TEST(report.table ==
               "run    model  rate  steps  cost  stage 1 not rebuilt  held-out accuracy  held-out AUC\n"
               "a         m1   0.1     10     4               50.0 %             70.0 %         0.800\n"
               "b <c>     m2   0.2     20     2               25.0 %             70.0 %         0.900\n");
    const std::string& html = report.html;
    BOOST_TEST(contains(html, "0.900<small>0.860\u20130.950</small>"));
    BOOST_TEST(
        contains(html, "40 positives and 60 negatives; where the figures are from, a guess is right in 66.0 %."));
    BOOST_TEST(contains(html, "The best by held-out AUC is b &lt;c&gt;. Its interval is above those of all others."));
    BOOST_TEST(contains(html, "of held-out pictures (v.tar)"));
    BOOST_TEST(contains(
        html, "alt=\"Cost of each run, of held-out pictures (v.tar), against its step: a from 8 at step 0 to 4 "
              "at step 10; b &lt;c&gt; from 9 at step 0 to 2 at step 20\""));
    BOOST_TEST(contains(html, "<details class=\"fold\"><summary>b &lt;c&gt;</summary>"));
    BOOST_TEST(contains(html, "<a href=\"#each-run-by-itself\">"));
    BOOST_TEST(!contains(html, "<a href=\"#one-neuron-as-a-detector"));    // folded: not in the contents
    BOOST_TEST(contains(html, "id=\"one-neuron-as-a-detector"));
    BOOST_TEST(!contains(html, "<script"));
    BOOST_TEST(!contains(html, "http-equiv"));
    BOOST_TEST(folder.report().html == html);

    folder.write("a/sweep-top.tsv", sweep("m1", "0.8\t0.75\t0.87"));
    BOOST_TEST(contains(folder.report().html, "The interval of the other overlaps with its own: it may be as good."));
    // In a table of the runs' own tests nothing is said to be best.
    std::string other = sweep("m1", "0.8\t0.75\t0.85");
    other.replace(other.find("\t40\t60\t"), 7, "\t41\t60\t");
    folder.write("a/sweep-top.tsv", other);
    BOOST_TEST(contains(folder.report().html, "scored on different tests, so that their scores cannot be compared"));
    BOOST_TEST(!contains(folder.report().html, "The best by"));
}

BOOST_AUTO_TEST_CASE(replicas_in_one_plot, *gnuplot_there())
{
    const Results folder;
    folder.write("train-0.tsv", log_header + "10\ttrain\t8\t0.5\t0.5\n20\ttrain\t4\t0.4\t0.4\n");
    folder.write("train-1.tsv", log_header + "10\ttrain\t7\t0.5\t0.5\n30\ttrain\t3\t0.3\t0.3\n40\ttrain\t2");
    BOOST_CHECK_THROW(folder.report(), Error);    // truncated, and nobody is at work on it
    const std::string html = folder.report(true).html;
    BOOST_TEST(
        contains(html, "replica 0 from 8 at step 10 to 4 at step 20; replica 1 from 7 at step 10 to 3 at step 30\""));
    folder.write("train-1.tsv", "step\tset");    // not even its header
    BOOST_TEST(contains(folder.report(true).html, "stage 1 from 0.5 at step 10 to 0.4 at step 20\""));
}

// 0.06 to 0.8: ticks at 1, 2, 3, 5, 7; not where there is a value that has no logarithm.
BOOST_AUTO_TEST_CASE(a_logarithmic_axis, *gnuplot_there())
{
    const PlotText text{"", "step", "cost", false, true};
    std::vector<PlotCurve> curves{{"a", {{0, 0.8}, {1000, 0.06}}}};
    const std::string logarithmic = plot_curves(text, curves);
    for (const char* tick : {">0.07<", ">0.1<", ">0.2<", ">0.3<", ">0.5<", ">0.7<"})
        BOOST_TEST(contains(logarithmic, tick), tick);
    BOOST_TEST(!contains(logarithmic, "0.4<"));
    curves[0].points.push_back({2000, 0});
    BOOST_TEST(contains(plot_curves(text, curves), "> 0.4<"));
    // A run without points keeps its colour to itself.
    const std::string runs = plot_runs(text, {{"first", {{0, 1}}}, {"second", {}}, {"third", {{0, 2}}}}, small_plot);
    BOOST_TEST(contains(runs, ">third<"));
    BOOST_TEST(!contains(runs, ">second<"));
    BOOST_TEST(contains(runs, "rgb(  0, 158, 115)"));    // the third colour
    BOOST_TEST(!contains(runs, "rgb(213,  94,   0)"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(report_watch)

// What happens between two looks; a last one ends it.
struct Between {
    std::vector<std::function<void()>> steps;
    std::size_t at = 0;
    bool operator()()
    {
        if (at == steps.size())
            return false;
        steps[at++]();
        return true;
    }
};

BOOST_AUTO_TEST_CASE(a_page_while_the_folder_fills)
{
    const Results folder;
    int made = 0;
    const auto page = [&] { return folder.read("page.html"); };
    Between between;
    between.steps = {
        [&] {
            BOOST_TEST(!fs::exists(folder / "page.html"));    // nothing to show
            folder.write("one", "first");
        },
        [&] {
            BOOST_TEST(made == 2);
            BOOST_TEST(contains(page(), "http-equiv=\"refresh\" content=\"3\""));
            BOOST_TEST(contains(page(), "first"));
        },
        [&] {
            BOOST_TEST(made == 2);    // nothing has changed, nor is the page itself a change
            folder.write("below/two", "x");
        },
        [&] {
            BOOST_TEST(made == 3);
            folder.write("one", "broken");
        },
        [&] {
            BOOST_TEST(made == 4);
            BOOST_TEST(contains(page(), "first"));    // stays
            BOOST_TEST(contains(page(), "http-equiv"));
            folder.write("one", "second");
        },
        [&] { BOOST_TEST(contains(page(), "second")); },
    };
    const auto make = [&]() -> Report {
        ++made;
        const std::string text = fs::exists(folder / "one") ? folder.read("one") : "";
        if (text == "broken")
            throw Error("one", "broken");
        Page p("title", text);
        return text.empty() ? Report{} : Report{p.finish(""), "a table of " + text, {}};
    };
    const WatchOptions options{folder.path, folder / "page.html", 2.5, make, [&](double seconds) {
                                   BOOST_TEST(seconds == 2.5);
                                   return between();
                               }};
    BOOST_TEST(watch_folder(options).table == "a table of second");
    BOOST_TEST(made == 5);    // the last page is the one before, less what loads it
    BOOST_TEST(contains(page(), "second"));
    BOOST_TEST(!contains(page(), "http-equiv"));
    BOOST_TEST(!contains(page(), "watched"));

    // Broken at the end: an Error, and the page no longer loads itself.
    between = {{[&] { folder.write("one", "broken"); }}, 0};
    folder.write("one", "third");
    BOOST_CHECK_THROW(watch_folder(options), Error);
    BOOST_TEST(contains(page(), "third"));
    BOOST_TEST(!contains(page(), "http-equiv"));
}

BOOST_AUTO_TEST_CASE(nothing_came)
{
    const Results folder;
    const WatchOptions options{folder.path, folder / "page.html", 1, [&] { return folder.report(true); },
                               [](double) { return false; }};
    BOOST_TEST(watch_folder(options).table.empty());
    BOOST_TEST(fs::is_empty(folder.path));
    BOOST_CHECK_THROW(
        watch_folder({folder / "none", "page", 1, [&] { return make_report(folder / "none", "", "", {}, true); },
                      [](double) { return true; }}),
        Error);
}

BOOST_AUTO_TEST_SUITE_END()
