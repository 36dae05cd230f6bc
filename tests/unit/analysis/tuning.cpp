#include "analysis/tuning.h"

#include "../files.h"
#include "io/table.h"

#include <cmath>

using namespace nonna;

namespace
{

NeuronScore detector(int map, double choice_accuracy, double choice_auc, double held)
{
    NeuronScore s;
    s.map = map;
    s.held.resize(1);
    s.held[0].choice.accuracy = choice_accuracy;
    s.held[0].choice.auc = choice_auc;
    s.held[0].accuracy = held;
    s.held[0].auc = held / 2;
    return s;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(tuning)

// The setting is chosen by the choosing half, however good others are on the other; AUC decides between equals.
BOOST_AUTO_TEST_CASE(the_choosing_half_chooses)
{
    ResponseSource source;
    source.name = "t";
    source.layers.push_back({"x", Shape{1, 1, 9}});
    Tuning tuning({"size"});
    tuning.add({"small"}, source,
               {detector(0, 0.5, 0.5, 0.99), detector(1, 0.8, 0.6, 0.4), detector(2, 0.8, 0.7, 0.3)});
    BOOST_TEST(tuning.chosen().detector == "x/0,0,2");
    tuning.add({"large"}, source, {detector(3, 0.8, 0.9, 0.2)});
    tuning.add({"larger"}, source, {detector(4, 0.8, 0.9, 0.9), detector(5, 0.7, 1, 1)});
    BOOST_TEST(tuning.chosen().values[0] == "large");
    const test::Folder folder;
    tuning.write(folder / "t.tsv");
    BOOST_TEST(test::read_bytes(folder / "t.tsv") ==
               "size\tdetector\tchoice_accuracy\tchoice_auc\tchosen\theld_accuracy\theld_auc\n"
               "small\tx/0,0,2\t0.8\t0.7\t0\tnan\tnan\n"
               "large\tx/0,0,3\t0.8\t0.9\t1\t0.2\t0.1\n"
               "larger\tx/0,0,4\t0.8\t0.9\t0\tnan\tnan\n");
    BOOST_TEST(tuning.summary({1, 0, 0, 0}, {0, 0, 1, 1}) ==
               "guess 50.0 %; chosen of 3 settings on one half: size large, x/0,0,3: "
               "accuracy 20.0 %, AUC 0.100 on the other half");
    Tuning by_auc({"size"}, ChooseBy::auc);
    by_auc.add({"small"}, source, {detector(0, 0.9, 0.5, 0.9), detector(1, 0.8, 0.6, 0.4)});
    by_auc.add({"large"}, source, {detector(2, 0.9, 0.55, 0.9)});
    BOOST_TEST(by_auc.chosen().detector == "x/0,0,1");
}

BOOST_AUTO_TEST_SUITE_END()
