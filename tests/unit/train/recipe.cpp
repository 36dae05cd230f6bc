// What an architecture says of its training, and how a stage that diverges is noticed.
#include "train/recipe.h"
#include "../files.h"
#include "base/error.h"
#include "model/architecture.h"
#include "train/divergence.h"
#include "train/run_difference.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <fstream>

using namespace nonna;

BOOST_AUTO_TEST_SUITE(recipe)

BOOST_AUTO_TEST_CASE(what_is_said_is_what_is_read)
{
    const Recipe recipe = Recipe::parse({{"optimizer", "turn"},
                                         {"rate", "0.01,0.02"},
                                         {"momentum", "0.8"},
                                         {"rate_schedule", "step"},
                                         {"schedule", "tuned"}},
                                        "x.conf");
    BOOST_TEST((recipe.optimizer == Rule::turn));
    BOOST_TEST((recipe.rates == std::vector<double>{0.01, 0.02}));
    BOOST_TEST(recipe.momentum.value() == 0.8);
    BOOST_TEST((recipe.rate_schedule == RateSchedule::step));
    BOOST_TEST((recipe.schedule == Schedule::tuned));
    BOOST_TEST(recipe.text() == "optimizer=turn rate=0.01,0.02 momentum=0.8 rate_schedule=step schedule=tuned");
    BOOST_TEST(Recipe::parse({}, "x.conf").text().empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named)
{
    const std::pair<const char*, const char*> wrong[] = {
        {"optimizer", "adam"},     {"rate", "0.1,x"},   {"rate", "-1"}, {"momentum", "1"},
        {"rate_schedule", "slow"}, {"schedule", "all"}, {"steps", "9"}};
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

// Of the default rule, turn, a rate is an angle; and a momentum that nobody takes is none.
BOOST_AUTO_TEST_CASE(what_would_do_nothing_or_harm_is_refused)
{
    const test::Folder folder;
    const auto refusal = [&](const std::string& training) -> std::string {
        std::ofstream(folder / "a.conf") << "[network]\nside = 16\nwhitening = 0\n[stage1]\nfield = 5\npool = 3\n"
                                            "norm = 0\n[training]\n"
                                         << training;
        try {
            Recipe::of_any(folder / "a.conf");
        } catch (const Error& e) {
            return e.reason();
        }
        return "accepted";
    };
    BOOST_TEST(refusal("rate = 1\n") == "accepted");
    BOOST_TEST(refusal("rate = 1.01\n") == "[training] rate: of the rule turn is an angle in radians, at most 1");
    BOOST_TEST(refusal("optimizer = sgd\nrate = 1.01\n") == "accepted");
    BOOST_TEST(refusal("optimizer = sgd\nmomentum = 0.5\n") == "[training] momentum: means nothing to the rule sgd");
    BOOST_TEST(refusal("optimizer = momentum\nmomentum = 0.5\n") == "accepted");
    TrainOptions options;
    const auto given = [](const char* option) { return std::string(option) == "--rate"; };
    BOOST_CHECK_THROW(Recipe{}.fill(options, given, "1.5"), Error);
    Recipe{}.fill(options, given, "1");
    BOOST_TEST(options.rates.at(0) == 1);
}

BOOST_AUTO_TEST_CASE(runs_differ_by_an_option)
{
    const std::string alone = "batch 100 schedule joint optimizer turn rate 0.01,0.02 momentum 0.9 cosine seed 1 steps "
                              "50 data 1111:1 data 2222:3";
    const auto other = [&](const std::string& from, const std::string& to) {
        std::string text = alone;
        text.replace(text.find(from), from.size(), to);
        return run_difference(alone, text);
    };
    BOOST_TEST(other("batch 100", "batch 50") == "--batch 100, not 50");
    BOOST_TEST(other("0.01,0.02", "0.01") == "--rate 0.01,0.02, not 0.01");
    BOOST_TEST(other("cosine", "step") == "--rate-schedule cosine, not step");
    BOOST_TEST(other("cosine seed 1 steps 50", "constant seed 1") == "--rate-schedule cosine, not constant");
    BOOST_TEST(other("seed 1", "seed 1 precision bf16") == "--precision fp32, not bf16");
    BOOST_TEST(other("2222:3", "2222:1") == "--data of other pictures or weights");
    BOOST_TEST(other("joint optimizer turn", "greedy optimizer sgd") ==
               "--optimizer turn, not sgd; --schedule joint, not greedy");
    BOOST_TEST(other("optimizer turn rate 0.01,0.02 momentum 0.9 cosine", "on servers, replica 0/2 rate cosine") ==
               "--servers none, not some");
    BOOST_TEST(run_difference("batch 100 on servers, replica 0/2 rate step seed 1",
                              "batch 100 on servers, replica 1/2 rate constant seed 1") ==
               "--rate-schedule step, not constant; --replica 0/2, not 1/2");
    BOOST_TEST(run_difference("", "batch 1") == "'', not 'batch 1'");
}

// Options win; what a recipe says goes with its own rule alone, be it said or the default.
BOOST_AUTO_TEST_CASE(what_no_option_says_is_filled_in)
{
    const auto filled = [](const Recipe& recipe, const std::vector<std::string>& given, Rule rule,
                           bool served = false) {
        TrainOptions o;
        o.optimizer = rule;
        o.momentum = 0.5;
        o.rate_schedule = RateSchedule::step;
        if (served)
            o.served.client.servers = "x";
        const auto is_given = [&](const char* option) {
            return std::find(given.begin(), given.end(), option) != given.end();
        };
        recipe.fill(o, is_given, "0.7,0.8");
        return o;
    };
    using Rates = std::vector<double>;
    const Recipe none,
        rate = Recipe::parse({{"rate", "0.2"}, {"momentum", "0.8"}}, "x"),
        tuned = Recipe::parse({{"schedule", "tuned"}}, "x"),
        slow = Recipe::parse({{"optimizer", "momentum"}, {"rate", "0.2"}, {"rate_schedule", "cosine"}}, "x");
    BOOST_TEST((filled(none, {}, Rule::turn).optimizer == Rule::turn));
    BOOST_TEST((filled(none, {}, Rule::turn).rates == Rates{0.03}));
    BOOST_TEST((filled(none, {}, Rule::turn).rate_schedule == RateSchedule::cosine));
    BOOST_TEST((filled(none, {}, Rule::turn, true).rate_schedule == RateSchedule::constant));
    BOOST_TEST((filled(none, {"--optimizer"}, Rule::adagrad).rates == Rates{0.01}));
    BOOST_TEST((filled(none, {"--optimizer"}, Rule::adagrad).rate_schedule == RateSchedule::constant));
    BOOST_TEST((filled(rate, {}, Rule::turn).rates == Rates{0.2}));
    BOOST_TEST(filled(rate, {}, Rule::turn).momentum == 0.8);
    BOOST_TEST(filled(rate, {"--momentum"}, Rule::turn).momentum == 0.5);
    BOOST_TEST((filled(rate, {"--optimizer"}, Rule::adagrad).rates == Rates{0.01}));
    BOOST_TEST((filled(slow, {}, Rule::turn).optimizer == Rule::momentum));
    BOOST_TEST((filled(slow, {}, Rule::turn).rates == Rates{0.2}));
    BOOST_TEST((filled(slow, {}, Rule::turn).rate_schedule == RateSchedule::cosine));
    BOOST_TEST((filled(slow, {"--rate", "--rate-schedule"}, Rule::turn).rates == Rates{0.7, 0.8}));
    BOOST_TEST((filled(none, {}, Rule::turn).schedule == Schedule::stagewise));
    BOOST_TEST((filled(tuned, {}, Rule::turn).schedule == Schedule::tuned));
    BOOST_TEST((filled(tuned, {"--optimizer"}, Rule::adagrad).schedule == Schedule::tuned));
    BOOST_TEST((filled(tuned, {"--schedule"}, Rule::turn).schedule == Schedule::stagewise));
    BOOST_TEST((filled(tuned, {}, Rule::turn, true).schedule == Schedule::stagewise));
    BOOST_TEST((filled(slow, {"--rate-schedule"}, Rule::turn).rate_schedule == RateSchedule::step));
}

// 60 steps of a stage of which only the cost over |x|^2 counts: |x|^2 doubles half-way.
static int step_of_message(double (*cost)(int), bool joint = false)
{
    DivergenceWatch watch(2);
    int at = -1;
    for (int step = 0; step < 200; ++step) {
        StageCost quiet, other;
        quiet.total = quiet.input = 5;
        other.input = step < 100 ? 10 : 20;
        other.total = cost(step) * other.input;
        if (const auto message = watch.see({quiet, other}, joint)) {
            BOOST_TEST(at == -1);    // once
            BOOST_TEST(message->find(joint ? "the network" : "stage 2") != std::string::npos, *message);
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
               100);
    // from the first step on; and with the noise of small batches
    BOOST_TEST(step_of_message([](int step) { return 0.3 + 0.005 * step; }) == 50);
    BOOST_TEST(step_of_message([](int step) { return 0.3 + 0.0015 * step + 0.1 * std::sin(1.3 * step); }) == 100);
    // a rise that comes back by itself is none
    BOOST_TEST(step_of_message([](int step) { return step < 5 ? 0.2 + 0.04 * step : 0.4 - 0.002 * step; }) == -1);
    // jointly a stage may give way to another, which weighs more; the network may not
    BOOST_TEST(step_of_message([](int step) { return 0.02 + 1e-4 * step; }) == 100);
    BOOST_TEST(step_of_message([](int step) { return 0.02 + 1e-4 * step; }, true) == -1);
    BOOST_TEST(step_of_message([](int step) { return 0.3 + 0.01 * step; }, true) == 50);
    // a rise of less than a quarter is none yet
    BOOST_TEST(step_of_message([](int step) { return 0.5 + 1e-4 * step; }) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
