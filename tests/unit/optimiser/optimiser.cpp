// Updates of segments, the norm constraint, the rates over a run, and what people and files are told of the rules. The
// arithmetic of the rules themselves is held against double precision in tests/unit/kernels.
#include "optimiser/optimiser.h"
#include "../files.h"
#include "base/error.h"
#include "base/parallel.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

using namespace nonna;

namespace
{

// Two segments of 3 matrices each, 4 x 2; only the first keeps its norms. A gap between them belongs to nobody.
const std::vector<Segment> segments = {{0, 3, 4, 2, true}, {30, 3, 4, 2, false}};
constexpr std::size_t size = 54;

std::vector<float> ramp(float scale, float offset)
{
    std::vector<float> v(size);
    for (std::size_t i = 0; i < size; ++i)
        v[i] = scale * float(std::sin(1.7 * double(i))) + offset;
    return v;
}

// What the rate is multiplied by in a first step, when all that the rule keeps is still 0. `turning`: |W| / |G| of the
// gradient's matrix.
double first_step(Rule rule, double g, double turning)
{
    switch (rule) {
    case Rule::turn:
        return turning * g;
    case Rule::sgd:
    case Rule::momentum:
        return g;
    case Rule::adagrad:
        return g / std::sqrt(g * g + 1e-12);
    }
    return 0;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(optimiser)

BOOST_AUTO_TEST_CASE(segments_are_updated_and_nothing_else)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        Pool pool(2);
        Optimiser o(rule, 0.9, segments, pool);
        const std::vector<float> before = ramp(1, 0.3f), gradient = ramp(2, 0);
        std::vector<float> after = before;
        o.apply(0.05, gradient, after);
        for (std::size_t i = 24; i < 30; ++i)
            BOOST_TEST(after[i] == before[i]);
        for (std::size_t i = 30; i < size; ++i) {
            double own = 0, square = 0;    // of its matrix
            for (std::size_t k = i - (i - 30) % 8, end = k + 8; k < end; ++k) {
                own += double(before[k]) * before[k];
                square += double(gradient[k]) * gradient[k];
            }
            const double expected = before[i] - 0.05 * first_step(rule, gradient[i], std::sqrt(own / square));
            BOOST_CHECK_SMALL(after[i] - expected, 1e-6);    // one float rounding each
        }
        for (std::size_t p = 0; p < 3; ++p)
            for (std::size_t c = 0; c < 2; ++c) {
                double norm = 0;
                for (std::size_t r = 0; r < 4; ++r)
                    norm += double(after[p * 8 + r * 2 + c]) * after[p * 8 + r * 2 + c];
                BOOST_CHECK_CLOSE(norm, 1.0, 1e-4);
            }
    }
}

BOOST_AUTO_TEST_CASE(state_is_what_the_next_step_needs)
{
    // Two steps at once, and two steps with the state carried over to a new optimiser, are the same bits.
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        Pool pool(1);
        const std::vector<float> gradient = ramp(2, 0.1f);
        Optimiser whole(rule, 0.9, segments, pool), first(rule, 0.9, segments, pool), second(rule, 0.9, segments, pool);
        std::vector<float> a = ramp(1, 0), b = a;
        whole.apply(0.1, gradient, a);
        whole.apply(0.1, gradient, a);
        first.apply(0.1, gradient, b);
        std::copy(first.state().begin(), first.state().end(), second.state().begin());
        second.apply(0.1, gradient, b);
        BOOST_TEST((a == b), name);
        if (first.arrays().empty())
            continue;
        Optimiser forgetful(rule, 0.9, segments, pool);
        std::vector<float> c = ramp(1, 0);
        first.apply(0.1, gradient, c);
        forgetful.apply(0.1, gradient, c);
        BOOST_TEST((a != c), name);
    }
}

// Servers say them to replicas, snapshots and checkpoints keep them.
BOOST_AUTO_TEST_CASE(codes_and_names_stay)
{
    BOOST_TEST((int(Rule::sgd) == 0 && int(Rule::momentum) == 1 && int(Rule::adagrad) == 2 && int(Rule::turn) == 3));
    BOOST_TEST(any_name_of<Rule>().starts_with("sgd, momentum"));
    BOOST_TEST((value_named<Rule>("adagrad") == Rule::adagrad));
    BOOST_TEST(!value_named<Rule>("nonna"));
    BOOST_TEST(state_name(Rule::momentum, 0) == "optimiser.velocity");
    BOOST_TEST(state_name(Rule::adagrad, 0) == "optimiser.squares");
    for (std::size_t code = 0; code < names_of<Rule>.size(); ++code)
        BOOST_TEST((names_of<Rule>[code].value == Rule(code)));
}

BOOST_AUTO_TEST_CASE(what_a_rule_keeps)
{
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        Pool pool(1);
        Optimiser o(rule, 0.9, segments, pool);
        const std::size_t kept = row_of(rule).kept();
        BOOST_TEST(o.state().size() == kept * size);
        BOOST_REQUIRE(o.arrays().size() == kept);
        for (std::size_t a = 0; a < kept; ++a) {
            BOOST_TEST(o.arrays()[a].name == state_name(rule, a));
            BOOST_TEST((o.arrays()[a].numbers.data() == o.state().data() + a * size));
            BOOST_TEST(o.arrays()[a].numbers.size() == size);
        }
        BOOST_TEST((o.step(1).state != nullptr) == (kept > 0));
        BOOST_TEST(o.step(1).stride == size);
    }
}

// Each rule's equation stands in the page of the model file, the tensors of a checkpoint with it; its code in the
// protocol's.
BOOST_AUTO_TEST_CASE(the_manual_names_every_rule)
{
    const std::string man = std::string(NONNA_SOURCE_DIR) + "/man/";
    const std::string model = test::read_bytes(man + "nonna-model.5"),
                      protocol = test::read_bytes(man + "nonna-protocol.7");
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        BOOST_TEST(model.find("\n" + std::string(name) + " ") != std::string::npos, name << " in nonna-model.5");
        for (std::size_t a = 0; a < row_of(rule).kept(); ++a)
            BOOST_TEST(model.find(".Li " + state_name(rule, a) + "\n") != std::string::npos, state_name(rule, a));
        BOOST_TEST(protocol.find(std::to_string(int(rule)) + " " + name) != std::string::npos, name << "'s code");
        BOOST_TEST(protocol.find(".Ql " + std::string(name)) != std::string::npos, name << " in nonna-protocol.7");
    }
}

BOOST_AUTO_TEST_CASE(rates)
{
    BOOST_TEST(0.1 * rate_factor(RateSchedule::constant, 99, 100) == 0.1);
    BOOST_TEST(0.1 * rate_factor(RateSchedule::step, 49, 100) == 0.1);
    BOOST_CHECK_CLOSE(0.1 * rate_factor(RateSchedule::step, 50, 100), 0.01, 1e-9);
    BOOST_CHECK_CLOSE(0.1 * rate_factor(RateSchedule::step, 75, 100), 0.001, 1e-9);
    BOOST_TEST(0.1 * rate_factor(RateSchedule::cosine, 0, 100) == 0.1);
    BOOST_CHECK_CLOSE(0.1 * rate_factor(RateSchedule::cosine, 50, 100), 0.05, 1e-9);
    BOOST_CHECK_SMALL(0.1 * rate_factor(RateSchedule::cosine, 100, 100), 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
