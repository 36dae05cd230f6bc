// Updates of segments, the norm constraint, and the rates over a run. The arithmetic of the rules themselves is held
// against double precision in tests/unit/kernels.
#include "optimiser/optimiser.h"
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

}    // namespace

BOOST_AUTO_TEST_SUITE(optimiser)

BOOST_AUTO_TEST_CASE(segments_are_updated_and_nothing_else)
{
    for (const Rule rule : {Rule::sgd, Rule::momentum, Rule::adagrad}) {
        Pool pool(2);
        Optimiser o(rule, 0.9, segments, pool);
        const std::vector<float> before = ramp(1, 0.3f), gradient = ramp(2, 0);
        std::vector<float> after = before;
        o.apply(0.05, gradient, after);
        for (std::size_t i = 24; i < 30; ++i)
            BOOST_TEST(after[i] == before[i]);
        for (std::size_t i = 30; i < size; ++i) {
            const double g = gradient[i];
            const double step = rule == Rule::adagrad ? g / std::sqrt(g * g + 1e-12) : g;
            BOOST_CHECK_SMALL(after[i] - (before[i] - 0.05 * step), 1e-6);    // one float rounding each
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
    for (const Rule rule : {Rule::momentum, Rule::adagrad}) {
        Pool pool(1);
        const std::vector<float> gradient = ramp(2, 0.1f);
        Optimiser whole(rule, 0.9, segments, pool), first(rule, 0.9, segments, pool), second(rule, 0.9, segments, pool);
        std::vector<float> a = ramp(1, 0), b = a;
        whole.apply(0.1, gradient, a);
        whole.apply(0.1, gradient, a);
        first.apply(0.1, gradient, b);
        std::copy(first.state().begin(), first.state().end(), second.state().begin());
        second.apply(0.1, gradient, b);
        BOOST_TEST((a == b));
        Optimiser forgetful(rule, 0.9, segments, pool);
        std::vector<float> c = ramp(1, 0);
        first.apply(0.1, gradient, c);
        forgetful.apply(0.1, gradient, c);
        BOOST_TEST((a != c));
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

BOOST_AUTO_TEST_CASE(unknown_names_are_wrong_usage)
{
    BOOST_CHECK_EXCEPTION(parse_rule("adam"), Error, [](const Error& e) { return e.status() == ExitStatus::usage; });
}

BOOST_AUTO_TEST_SUITE_END()
