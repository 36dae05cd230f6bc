#include "analysis/sweep_table.h"

#include "../files.h"
#include "analysis/neuron_choice.h"

#include <boost/test/unit_test.hpp>

#include <limits>

using namespace nonna;
using nonna::test::Folder;
using nonna::test::refusal;
using nonna::test::write_bytes;

namespace
{

Architecture small()
{
    Architecture a;
    a.name = "small";
    a.side = 16;
    a.whitening = 0;
    a.stages.resize(1);
    a.stages[0].field = 5;
    a.stages[0].maps = 3;
    a.stages[0].pool = 3;
    a.stages[0].norm = 3;
    a.complete("small");
    return a;
}

// One without weights: what is told of neurons depends on them by the digest alone.
Model of_model(const Architecture& architecture, double factor = 1)
{
    Model model;
    model.architecture = architecture;
    model.preprocessing.factor = factor;
    return model;
}

using Rows = std::vector<std::size_t>;

// A table of a folder of its own.
struct Written {
    Folder folder;
    std::string path = folder / "s.tsv";
    SweepTable sweep;
    explicit Written(const std::string& text) : sweep((write_bytes(path, text), path)) {}
};

const std::string header = "layer\trow\tcol\tmap\tthreshold\taccuracy\tauc";

}    // namespace

BOOST_AUTO_TEST_SUITE(sweep_tables)

BOOST_AUTO_TEST_CASE(which_of_two_is_better)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    BOOST_TEST(better({0.8, 0.1}, {0.7, 0.9}));
    BOOST_TEST(!better({0.8, 0.1}, {0.7, 0.9}, ChooseBy::auc));
    BOOST_TEST(better({0.7, 0.9}, {0.8, 0.1}, ChooseBy::auc));
    BOOST_TEST(better({0.8, 0.2}, {0.8, 0.1}));
    BOOST_TEST(better({0.8, 0.1}, {0.7, 0.1}, ChooseBy::auc));
    BOOST_TEST(!better({0.8, 0.1}, {0.8, 0.1}));
    for (const ChooseBy by : {ChooseBy::accuracy, ChooseBy::auc}) {
        BOOST_TEST(better({0, 0}, {nan, nan}, by));
        BOOST_TEST(!better({nan, nan}, {0, 0}, by));
        BOOST_TEST(!better({nan, nan}, {nan, nan}, by));
    }
    BOOST_TEST(better({0.8, nan}, {0.7, nan}));    // counted: without AUC
    BOOST_TEST(!better({0.8, nan}, {0.8, nan}));
    BOOST_TEST(better({0.8, 0}, {0.8, nan}));
}

BOOST_AUTO_TEST_CASE(ranks)
{
    // The first line is not a number; two are equal.
    const Written w(header + "\n1.norm\t0\t0\t0\tnan\tnan\tnan\n1.norm\t0\t1\t0\t5\t0.7\t0.9\n"
                             "1.norm\t0\t2\t1\t6\t0.8\t0.7\n1.norm\t0\t3\t2\t7\t0.8\t0.75\n"
                             "1.norm\t0\t4\t2\t8\t0.8\t0.75\n1.norm\t0\t5\t2\t8\tnan\tnan\n");
    const SweepTable& s = w.sweep;
    BOOST_TEST((s.usual_order() == std::vector<std::string>{"accuracy", "auc"}));
    BOOST_TEST((s.ranked(s.usual_order()) == Rows{3, 4, 2, 1, 0, 5}));
    BOOST_TEST((s.ranked(s.usual_order(ChooseBy::auc)) == Rows{1, 3, 4, 2, 0, 5}));
    BOOST_TEST((s.ranked({"threshold"}) == Rows{4, 5, 3, 2, 1, 0}));
    BOOST_TEST((s.ranked({"accuracy"}) == Rows{2, 3, 4, 1, 0, 5}));
    BOOST_TEST((s.ranked({}) == Rows{0, 1, 2, 3, 4, 5}));
    BOOST_TEST(s.neuron(s.best()) == "1.norm/0,3,2");
    BOOST_TEST((s.first(2) == Rows{3, 4}));
    BOOST_TEST((s.first(99) == Rows{3, 4, 2, 1, 0, 5}));
    BOOST_TEST((s.first(std::nullopt) == Rows{0, 1, 2, 3, 4, 5}));
    BOOST_TEST((s.first(1, {"auc"}) == Rows{1}));

    write_lines(w.folder / "lines.tsv", s, Rows{3, 0});
    BOOST_TEST(test::read_bytes(w.folder / "lines.tsv") ==
               header + "\n1.norm\t0\t3\t2\t7\t0.8\t0.75\n1.norm\t0\t0\t0\tnan\tnan\tnan\n");
    write_names(w.folder / "names", s, Rows{3, 1});
    BOOST_TEST(test::read_bytes(w.folder / "names") == "1.norm/0,3,2\n1.norm/0,1,0\n");
}

BOOST_AUTO_TEST_CASE(who_chooses)
{
    const Written w(header + "\tpolarity\tchoice_accuracy\tchoice_auc\theld_accuracy\theld_auc\n"
                             "1.norm\t0\t1\t0\t5\t0.9\t0.9\t1\t0.7\t0.9\t0.8\t0.8\n"
                             "1.norm\t0\t2\t0\t5\t0.8\t0.9\t-1\t0.8\t0.5\t0.8\t0.8\n");
    const SweepTable& s = w.sweep;
    BOOST_TEST((s.usual_order() == std::vector<std::string>{"choice_accuracy", "choice_auc"}));
    BOOST_TEST((s.usual_order(ChooseBy::auc) == std::vector<std::string>{"choice_auc", "choice_accuracy"}));
    BOOST_TEST(s.best() == 1);
    BOOST_TEST(s.best(s.of_all_images()) == 0);
    BOOST_TEST(s.best(s.usual_order(ChooseBy::auc)) == 0);
    BOOST_TEST(s.polarity(0) == 1);
    BOOST_TEST(s.polarity(1) == -1);
}

// By what it was chosen is the table's own affair, unless somebody asks for the other.
BOOST_AUTO_TEST_CASE(chosen_by)
{
    const std::string lines = "\tchosen_by\n1.norm\t0\t1\t0\t5\t0.9\t0.7\tauc\n1.norm\t0\t2\t0\t5\t0.8\t0.9\tauc\n";
    const Written w(header + lines);
    BOOST_TEST((w.sweep.chosen_by() == ChooseBy::auc));
    BOOST_TEST(w.sweep.best() == 1);
    BOOST_TEST(w.sweep.best(w.sweep.of_all_images()) == 1);
    BOOST_TEST(w.sweep.best(w.sweep.usual_order(ChooseBy::accuracy)) == 0);
    NeuronChoice choice;
    choice.table = w.path;
    BOOST_TEST(neuron_name(choose_neurons(choice, of_model(small())).front()) == "1.norm/0,2,0");
    BOOST_TEST(neuron_name(swept_neuron(w.path, {}, of_model(small())).neuron) == "1.norm/0,2,0");
    const Written plain(header + "\n1.norm\t0\t1\t0\t5\t0.9\t0.7\n");
    BOOST_TEST((plain.sweep.chosen_by() == ChooseBy::accuracy));

    std::string other = lines, mixed = lines;
    other.replace(other.find("auc\n"), 3, "d");
    BOOST_TEST(refusal([&] {
                   Written(header + other).sweep.best();
               }).ends_with("line 2: chosen_by 'd' is not accuracy or auc"));
    mixed.replace(mixed.rfind("auc\n"), 3, "accuracy");
    BOOST_TEST(refusal([&] {
                   Written(header + mixed).sweep.best();
               }).ends_with("line 3: chosen_by 'accuracy' is not that of the first line"));
}

// Layers in their order, best first in each; one that is all nan has lines too, as it would among all.
BOOST_AUTO_TEST_CASE(the_best_of_each_layer)
{
    const Written w(header + "\n1.norm\t0\t1\t0\t5\t0.6\t0.7\n2.norm\t0\t0\t0\t5\t0.7\t0.6\n"
                             "1.norm\t0\t2\t0\t5\t0.7\t0.5\n2.norm\t0\t1\t0\t5\t0.9\t0.9\n"
                             "1.pool\t0\t0\t0\t5\tnan\tnan\n1.norm\t0\t3\t0\t5\t0.5\t0.9\n");
    BOOST_TEST((w.sweep.first(1, {}, true) == Rows{2, 3, 4}));
    BOOST_TEST((w.sweep.first(2, {}, true) == Rows{2, 0, 3, 1, 4}));
    BOOST_TEST((w.sweep.first(1, {"auc"}, true) == Rows{5, 3, 4}));
}

// Of other programs: the neuron in one column, several lines of one, nothing to rank by.
BOOST_AUTO_TEST_CASE(other_tables)
{
    const Written w("neuron\tresponse\n1.norm/0,1,0\t4\n1.norm/0,2,0\t9\n1.norm/0,1,0\t-inf\n");
    BOOST_TEST(w.sweep.usual_order().empty());
    BOOST_TEST((w.sweep.ranked({"response"}) == Rows{1, 0, 2}));
    BOOST_TEST(refusal([&] { w.sweep.best(); }).ends_with("no column 'accuracy'"));
    NeuronChoice choice;
    choice.table = w.path;
    const auto names = [&] {
        std::string all;
        for (const NeuronId& n : choose_neurons(choice, of_model(small())))
            all += neuron_name(n) + " ";
        return all;
    };
    BOOST_TEST(names() == "1.norm/0,1,0 1.norm/0,2,0 ");
    choice.by = "response";
    BOOST_TEST(names() == "1.norm/0,2,0 1.norm/0,1,0 ");
    choice.count = 1;
    BOOST_TEST(names() == "1.norm/0,2,0 ");
}

// Another model has neurons of the same names.
BOOST_AUTO_TEST_CASE(of_one_model)
{
    const Model model = of_model(small()), other = of_model(small(), 2);
    const std::string mark = sweep_mark(model);
    BOOST_TEST(mark.size() == 16);
    BOOST_TEST(sweep_mark(other) != mark);
    const auto table = [&](const std::string& second) {
        return header + "\tmodel\n1.norm\t0\t1\t0\t5\t0.9\t0.7\t" + mark + "\n1.norm\t0\t2\t0\t5\t0.8\t0.9\t" + second +
               "\n";
    };
    const Written w(table(mark)), mixed(table("0123456789abcdef"));
    NeuronChoice choice;
    choice.table = w.path;
    BOOST_TEST(neuron_name(choose_neurons(choice, model).front()) == "1.norm/0,1,0");
    BOOST_TEST(neuron_name(swept_neuron(w.path, {}, model).neuron) == "1.norm/0,1,0");
    const std::string refused = w.path + ": line 2: a neuron of another model (" + mark + ", this is " +
                                sweep_mark(other) + "); sweep this one, or give that";
    BOOST_TEST(refusal([&] { choose_neurons(choice, other); }) == refused);
    BOOST_TEST(refusal([&] { swept_neuron(w.path, {}, other); }) == refused);
    BOOST_TEST(refusal([&] { swept_neuron(mixed.path, {}, model); }).starts_with(mixed.path + ": line 3: "));
}

BOOST_AUTO_TEST_CASE(what_is_refused)
{
    const Folder folder;
    const std::string path = folder / "s.tsv";
    const auto said = [&](const std::string& text, const std::vector<std::string>& by = {}) {
        write_bytes(path, text);
        return refusal([&] { SweepTable(path).best(by); });
    };
    BOOST_TEST(said(header + "\n") == path + ": no neurons in it");
    BOOST_TEST(said("layer\trow\n1.norm\t0\n") == path + ": no column 'col'");
    BOOST_TEST(said(header + "\n1.norm\t0\t1\t0\t5\tnan\tnan\n") ==
               path + ": no neuron in it has a number in 'accuracy'");
    BOOST_TEST(said(header + "\n1.norm\t0\t1\t0\t5\t0.5\t0.5\n1.norm\t0\t1\t0\t5\t81.7\t0.5\n") ==
               path + ": line 3: 'accuracy' is not between 0 and 1");
    BOOST_TEST(said(header + "\n1.norm\t0\t1\t0\t5\tgood\t0.5\n") ==
               path + ": line 2: 'good' in column 'accuracy' is not a number");
    BOOST_TEST(said(header + "\n1.norm\t0\t1\t0\t5\t0.5\t0.5\n", {"dprime"}) == path + ": no column 'dprime'");
}

BOOST_AUTO_TEST_CASE(neurons_of_a_sweep)
{
    const Folder folder;
    const Architecture a = small();
    const std::string path = folder / "s.tsv";
    const auto find = [&](const std::string& text, const std::optional<NeuronId>& wanted = {}) {
        write_bytes(path, text);
        return swept_neuron(path, wanted, of_model(a));
    };
    const std::string plain = header + "\n1.norm\t0\t1\t0\t5\t0.7\t0.9\n1.norm\t0\t2\t1\t6\t0.8\t0.7\n"
                                       "1.norm\t0\t3\t2\t7\t0.8\t0.75\n1.norm\t0\t4\t2\t8\t0.8\t0.75\n";
    SweptNeuron found = find(plain);
    BOOST_TEST(neuron_name(found.neuron) == "1.norm/0,3,2");
    BOOST_TEST(found.threshold == 7);
    found = find(plain, parse_neuron("top/0,1,0", a));
    BOOST_TEST(found.threshold == 5);
    // Where the table has a choosing half, that chooses.
    found = find(header + "\tchoice_accuracy\tchoice_auc\n1.norm\t0\t1\t0\t5\t0.7\t0.9\t0.9\t0.9\n"
                          "1.norm\t0\t2\t1\t6\t0.8\t0.7\t0.8\t0.95\n");
    BOOST_TEST(neuron_name(found.neuron) == "1.norm/0,1,0");
    BOOST_TEST(found.threshold == 5);

    const auto said = [&](const std::string& text, const std::optional<NeuronId>& wanted = {}) {
        return refusal([&] { find(text, wanted); });
    };
    BOOST_TEST(said(plain, parse_neuron("1.pool/0,1,0", a)) == path + ": no line for the neuron 1.pool/0,1,0");
    BOOST_TEST(said(header + "\n1.norm\t0\t99\t0\t5\t0.7\t0.9\n").starts_with(path + ": line 2: 1.norm/0,99,0: "));
    BOOST_TEST(said(header + "\n1.norm\t0\t-1\t0\t5\t0.7\t0.9\n") == path + ": line 2: 'col' is not a whole number");
    BOOST_TEST(said(header + "\n1.norm\t0\t1\t0\tnan\t0.7\t0.9\n") ==
               path + ": line 2: 'threshold' is not a finite number");
}

BOOST_AUTO_TEST_SUITE_END()
