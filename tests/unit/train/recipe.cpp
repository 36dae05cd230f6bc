// What an architecture says of its training, and how a stage that diverges is noticed.
#include "train/recipe.h"
#include "../files.h"
#include "base/error.h"
#include "model/architecture.h"
#include "train/divergence.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <fstream>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(recipe)

BOOST_AUTO_TEST_CASE(what_is_said_is_what_is_read)
{
    const Recipe recipe = Recipe::parse(
        {{"optimizer", "turn"}, {"rate", "0.01,0.02"}, {"momentum", "0.8"}, {"rate_schedule", "step"}}, "x.conf");
    BOOST_TEST((recipe.optimizer == Rule::turn));
    BOOST_TEST((recipe.rates == std::vector<double>{0.01, 0.02}));
    BOOST_TEST(recipe.momentum.value() == 0.8);
    BOOST_TEST((recipe.rate_schedule == RateSchedule::step));
    BOOST_TEST(recipe.text() == "optimizer=turn rate=0.01,0.02 momentum=0.8 rate_schedule=step");
    BOOST_TEST(Recipe::parse({}, "x.conf").text().empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named)
{
    const std::pair<const char*, const char*> wrong[] = {
        {"optimizer", "adam"}, {"rate", "0.1,x"},         {"rate", "-1"},
        {"momentum", "1"},     {"rate_schedule", "slow"}, {"steps", "9"}};
    for (const auto& [key, value] : wrong) {
        const std::string named = key;
        const std::map<std::string, std::string> keys = {{key, value}};
        BOOST_CHECK_EXCEPTION(Recipe::parse(keys, "x.conf"), Error, [&](const Error& e) {
            return e.subject() == "x.conf" && e.reason().find(named) != std::string::npos;
        });
    }
    const test::Folder folder;
    std::ofstream(folder / "a.conf") << "[network]\nside = 16\nwhitening = 0\n[stage1]\nfield = 5\npool = 3\nnorm = 0\n"
                                        "[training]\nrate = 0.1,0.2\n";
    BOOST_CHECK_EXCEPTION(Recipe::of_any(folder / "a.conf"), Error,
                          [](const Error& e) { return e.reason().find("2 rates for 1 stages") != std::string::npos; });
}

// 60 steps of a stage of which only the cost over |x|^2 counts: |x|^2 doubles half-way.
static int step_of_message(double (*cost)(int), const char* named = "stage 2")
{
    DivergenceWatch watch(2);
    int at = -1;
    for (int step = 0; step < 200; ++step) {
        StageCost quiet, other;
        quiet.total = quiet.input = 5;
        other.input = step < 100 ? 10 : 20;
        other.total = cost(step) * other.input;
        if (const auto message = watch.see({quiet, other})) {
            BOOST_TEST(at == -1);    // once
            BOOST_TEST(message->find(named) != std::string::npos, *message);
            at = step + 1;
        }
    }
    return at;
}

BOOST_AUTO_TEST_CASE(divergence_is_noticed_while_it_begins)
{
    BOOST_TEST(step_of_message([](int step) { return 1.0 / (1 + step); }) == -1);
    BOOST_TEST(step_of_message([](int) { return 0.5; }) == -1);
    BOOST_TEST(step_of_message([](int step) { return 0.5 + 0.05 * std::sin(1.3 * step); }) == -1);
    BOOST_TEST(step_of_message([](int step) { return step < 60 ? 1.0 / (1 + step) : 0.02 + 0.01 * (step - 60); }) ==
               110);
    // a rise of less than a tenth is none yet
    BOOST_TEST(step_of_message([](int step) { return 0.5 + 1e-4 * step; }) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
