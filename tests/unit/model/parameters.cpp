// Floats and split weights are kept apart by their types, and the bytes of the one become the other's and come back.
#include "model/parameters.h"

#include "base/parallel.h"
#include "model/model_file.h"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

using namespace nonna;

namespace
{

// What must not compile. Split weights turn into no floats, and halves into no parameters.
static_assert(!std::is_convertible_v<SplitParameters&, std::span<float>>);
static_assert(!std::is_convertible_v<SplitParameters&, Parameters<float>>);    // but by view()
static_assert(!std::is_convertible_v<Parameters<float>, std::span<float>>);
static_assert(!std::is_convertible_v<Parameters<const float>, std::span<const float>>);
static_assert(!std::is_convertible_v<Parameters<float>, float*>);
static_assert(!std::is_constructible_v<Parameters<float>, std::vector<Bf16>&>);
static_assert(!std::is_constructible_v<Parameters<float>, Bf16*>);
static_assert(!std::is_same_v<decltype(Parameters<float>().halves()), float*>);
// Who may only read moves nothing.
static_assert(!std::is_constructible_v<Parameters<float>, const std::vector<float>&>);
static_assert(!std::is_constructible_v<Parameters<float>, Parameters<const float>>);
static_assert(!std::is_assignable_v<decltype(*Parameters<const float>().halves()), Bf16>);
// What must: floats are parameters unasked.
static_assert(std::is_convertible_v<std::vector<float>&, Parameters<float>>);
static_assert(std::is_convertible_v<const Aligned<float>&, Parameters<const float>>);
static_assert(std::is_convertible_v<Parameters<double>, Parameters<const double>>);

// An autoencoder, tied, over a stage of the paper's: filters, then biases, then filters.
Architecture two_kinds()
{
    Architecture a;
    a.name = "two";
    a.side = 9;
    a.whitening = 0;
    StageArchitecture autoencoder, rica;
    autoencoder.kind = StageKind::autoencoder;
    autoencoder.field = 3;
    autoencoder.maps = 3;    // matrices of an odd size
    autoencoder.pool = 1;
    autoencoder.norm = 0;
    autoencoder.unit_norm = false;
    rica.field = 3;
    rica.maps = 2;
    rica.pool = 2;
    rica.norm = 3;
    a.stages = {autoencoder, rica};
    a.complete("two");
    return a;
}

}    // namespace

BOOST_AUTO_TEST_SUITE(parameters)

BOOST_AUTO_TEST_CASE(split_and_joined)
{
    const Architecture a = two_kinds();
    Pool pool(3);
    Preprocessing p;
    p.side = 9;
    Model model = random_model(a, p, 3, pool);
    const std::vector<ParameterTensor> layout = parameter_layout(a);
    for (const ParameterTensor& t : layout)
        if (t.bias)
            for (std::size_t k = 0; k < t.segment.size(); ++k)
                model.parameters[t.segment.offset + k] = float(k) / 7;
    const Aligned<float> floats = model.parameters;
    const float* const memory = model.parameters.data();

    SplitParameters split(a, std::move(model.parameters), pool);
    BOOST_TEST(model.parameters.size() == 0U);    // nobody reads halves as the model's floats
    const Parameters<const float> view = split.view();
    BOOST_TEST(view.size() == floats.size());
    for (const ParameterTensor& t : layout) {
        const Parameters<const float> part = view.from(t.segment.offset, t.segment.size());
        if (t.bias) {    // biases are no filters: they are floats as before
            BOOST_TEST(std::equal(part.biases(), part.biases() + part.size(), floats.begin() + t.segment.offset));
            continue;
        }
        const std::size_t matrix = t.segment.rows * t.segment.columns;
        for (std::size_t m = 0; m < t.segment.matrices; ++m) {
            const Bf16* const halves = part.from(m * matrix).halves();
            for (std::size_t k = 0; k < matrix; ++k) {
                const auto bits = std::bit_cast<std::uint32_t>(floats[t.segment.offset + m * matrix + k]);
                BOOST_REQUIRE_EQUAL(halves[k], Bf16((bits + 0x8000) >> 16));
                BOOST_REQUIRE_EQUAL(halves[matrix + k], Bf16(bits));
            }
        }
    }
    model.parameters = std::move(split).join(a, pool);
    BOOST_TEST((model.parameters == floats));
    BOOST_TEST(model.parameters.data() == memory);    // all of it where it lay
}

BOOST_AUTO_TEST_SUITE_END()
