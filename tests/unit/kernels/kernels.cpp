// Every kernel of every instruction set against plain loops in double precision, on awkward shapes: one map, maps that
// do not fill a register block, strides, one or many vectors of lanes.
#include "reference.h"

#include "kernels/kernels.h"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <vector>

using namespace nonna;
using namespace nonna::test;

namespace
{

const Case cases[] = {{7, 9, 3, 4, 1, 8, 48},    {6, 6, 1, 6, 1, 1, 16},   {9, 8, 2, 3, 2, 5, 32},
                      {8, 11, 8, 3, 1, 16, 64},  {5, 5, 3, 2, 3, 12, 112}, {10, 10, 3, 5, 1, 7, 80},
                      {4, 9, 8, 3, 1, 8, 144},   {5, 6, 5, 3, 2, 16, 144}, {4, 5, 2, 2, 1, 17, 272},
                      {5, 7, 3, 3, 1, 2, 96},    {4, 6, 4, 2, 1, 3, 48},   {5, 7, 6, 3, 1, 9, 128},
                      {19, 19, 1, 18, 1, 8, 32}, {6, 5, 16, 2, 1, 4, 16},  {3, 3, 7, 1, 1, 24, 32}};

template <class Real> void check_filters(const Kernels<Real>& k)
{
    for (const Case& c : cases) {
        const FilterShape s = filter_shape(c);
        const std::size_t lanes = c.lanes, maps = c.maps;
        auto w = noise<Real>(s.weights(), 1), x = noise<Real>(s.input.size() * lanes, 2);
        auto h0 = noise<Real>(s.output.size() * lanes, 3), b = noise<Real>(s.output.size() * lanes, 4);
        auto e = noise<Real>(s.input.size() * lanes, 5);

        std::vector<double> h(s.output.size() * lanes), u(s.input.size() * lanes), dw(s.weights()), dw2(s.weights());
        every_connection(s, [&](std::size_t p, std::size_t t, int m, std::size_t unit) {
            const std::size_t weight = (p * s.fan_in() + t) * maps + m;
            for (std::size_t l = 0; l < lanes; ++l) {
                const std::size_t hidden = (p * maps + m) * lanes + l;
                h[hidden] += double(w[weight]) * x[unit * lanes + l];
                u[unit * lanes + l] += double(w[weight]) * h0[hidden];
                dw[weight] += double(x[unit * lanes + l]) * h0[hidden];
                dw2[weight] += double(x[unit * lanes + l]) * h0[hidden] + double(e[unit * lanes + l]) * b[hidden];
            }
        });
        Buffer<Real> got_h(h.size()), got_u(u.size()), got_dw(dw.size()), got_dw2(dw.size());
        auto added = noise<Real>(h.size(), 6);
        std::vector<double> want_added(h.size());
        for (std::size_t i = 0; i < h.size(); ++i)
            want_added[i] = added[i] + h[i];
        every_band(s.output, 0, [&](Band band) {
            k.gather(s, c.lanes, w, x, false, got_h, band);
            k.gather(s, c.lanes, w, x, true, added, band);
            k.weight_gradient(s, c.lanes, x, h0, nullptr, nullptr, got_dw, band);
            k.weight_gradient(s, c.lanes, x, h0, e, b, got_dw2, band);
        });
        every_band(s.input, 0, [&](Band band) { k.scatter(s, c.lanes, w, h0, got_u, band); });
        check_close(got_h, h, "gather", k.name);
        check_close(added, want_added, "gather, added", k.name);
        check_close(got_u, u, "scatter", k.name);
        check_close(got_dw, dw, "weight gradient", k.name);
        check_close(got_dw2, dw2, "weight gradient of two pairs", k.name);

        // How a row is cut changes no bit.
        Buffer<Real> cut_h(h.size()), cut_u(u.size()), cut_dw(dw.size());
        every_band(s.output, 3, [&](Band band) {
            k.gather(s, c.lanes, w, x, false, cut_h, band);
            k.weight_gradient(s, c.lanes, x, h0, e, b, cut_dw, band);
        });
        every_band(s.input, 3, [&](Band band) { k.scatter(s, c.lanes, w, h0, cut_u, band); });
        BOOST_TEST(std::equal(cut_h.begin(), cut_h.end(), got_h.begin()), "gather in bands, " << k.name);
        BOOST_TEST(std::equal(cut_u.begin(), cut_u.end(), got_u.begin()), "scatter in bands, " << k.name);
        BOOST_TEST(std::equal(cut_dw.begin(), cut_dw.end(), got_dw2.begin()), "gradient in bands, " << k.name);
    }
}

// The fused update is, to the last bit, gradient, rule and constraint one after another.
template <class Real> void check_fused_update(const Kernels<Real>& k)
{
    for (const Case& c : cases)
        for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules)
            for (const bool pair : {false, true}) {
                const FilterShape s = filter_shape(c);
                const std::size_t lanes = c.lanes, matrix = s.fan_in() * c.maps;
                auto x = noise<Real>(s.input.size() * lanes, 2), a = noise<Real>(s.output.size() * lanes, 3);
                auto e = noise<Real>(s.input.size() * lanes, 5), b = noise<Real>(s.output.size() * lanes, 4);
                auto w1 = noise<Real>(s.weights(), 1), w2 = noise<Real>(s.weights(), 1);
                const std::size_t kept = std::size(arrays) * s.weights();    // room for as many as a rule may keep
                auto s1 = noise<Real>(kept, 6, 9), s2 = noise<Real>(kept, 6, 9);
                Buffer<Real> dw(s.weights()), scratch(2 * matrix);
                const Real* second = pair ? e.begin() : nullptr;
                const Real* hidden = pair ? b.begin() : nullptr;
                const bool unit_norm = pair;
                Update<Real> u{rule, Real(0.01), Real(0.9), s1, s.weights()};
                every_band(s.output, 0,
                           [&](Band band) { k.weight_gradient(s, c.lanes, x, a, second, hidden, dw, band); });
                for (std::size_t at = 0; at < s.weights(); at += matrix) {
                    k.update(u, at, matrix, dw + at, w1);
                    k.finish_matrix(u, at, s.fan_in(), std::size_t(c.maps), unit_norm, w1 + at);
                }
                u.state = s2;
                every_band(s.output, 4, [&](Band band) {
                    k.weight_update(s, c.lanes, x, a, second, hidden, u, unit_norm, w2, band, scratch);
                });
                BOOST_TEST(std::equal(w1.begin(), w1.end(), w2.begin()), "fused update, " << k.name);
                BOOST_TEST(std::equal(s1.begin(), s1.end(), s2.begin()), "fused update's state, " << k.name);
            }
}

template <class Real> void check_pooling(const Kernels<Real>& k)
{
    for (const int window : {1, 2, 5}) {
        PoolShape s;
        s.input = {7, 6, 3};
        s.output = {7 - window + 1, 6 - window + 1, 3};
        s.window = window;
        const int lanes = 32;
        auto h = noise<Real>(s.input.size() * lanes, 1), t = noise<Real>(s.output.size() * lanes, 2);
        std::vector<double> q(s.output.size() * lanes, 1e-3), dh(h.size());
        for (int r = 0; r < s.output.rows; ++r)
            for (int c = 0; c < s.output.columns; ++c)
                for (int dy = 0; dy < window; ++dy)
                    for (int dx = 0; dx < window; ++dx)
                        for (int i = 0; i < 3 * lanes; ++i) {
                            const std::size_t from = ((r + dy) * 6 + c + dx) * 3 * lanes + i;
                            const std::size_t to = (r * s.output.columns + c) * 3 * lanes + i;
                            q[to] += double(h[from]) * h[from];
                            dh[from] += double(h[from]) * t[to];
                        }
        for (double& v : q)
            v = std::sqrt(v);
        Buffer<Real> got_q(q.size()), got_dh(dh.size()), scratch(6 * 3 * lanes);
        for (int r = 0; r < s.output.rows; ++r)
            k.pool_up(s, lanes, Real(1e-3), h, got_q, r, scratch);
        for (int r = 0; r < s.input.rows; ++r)
            k.pool_down(s, lanes, h, t, got_dh, r, scratch);
        check_close(got_q, q, "pool up", k.name);
        check_close(got_dh, dh, "pool down", k.name);
    }
}

// The window means, their borders renormalised, and their adjoints (the transposed matrix of the reference).
template <class Real> void check_window_means(const Kernels<Real>& k)
{
    const int rows = 5, columns = 6, maps = 4, lanes = 16;
    const std::vector<Real> taps = {Real(0.05), Real(0.25), Real(0.4), Real(0.25), Real(0.05)};
    NormShape<Real> s;
    s.input = {rows, columns, maps};
    s.window = 5;
    s.taps = taps.data();
    auto weight = [&](int at, int from, int size) {    // of `from` in the mean at `at`
        double inside = 0;
        for (int j = 0; j < size; ++j)
            if (std::abs(j - at) <= 2)
                inside += taps[j - at + 2];
        return std::abs(from - at) <= 2 ? taps[from - at + 2] / inside : 0.0;
    };
    auto a = noise<Real>(rows * columns * maps * lanes, 1), b = noise<Real>(rows * columns * maps * lanes, 2);
    auto plane = noise<Real>(rows * columns * lanes, 3);
    std::vector<double> mean(rows * columns * lanes), mean2(mean.size()), vertical(mean.size()),
        vertical_adjoint(mean.size()), horizontal_adjoint(mean.size());
    for (int r = 0; r < rows; ++r)
        for (int c = 0; c < columns; ++c)
            for (int l = 0; l < lanes; ++l) {
                const std::size_t at = (r * columns + c) * lanes + l;
                for (int j = 0; j < columns; ++j) {
                    for (int m = 0; m < maps; ++m) {
                        const std::size_t i = ((r * columns + j) * maps + m) * lanes + l;
                        mean[at] += weight(c, j, columns) * a[i] / maps;
                        mean2[at] += weight(c, j, columns) * a[i] * b[i] / maps;
                    }
                    horizontal_adjoint[at] += weight(j, c, columns) * plane[(r * columns + j) * lanes + l];
                }
                for (int i = 0; i < rows; ++i) {
                    vertical[at] += weight(r, i, rows) * plane[(i * columns + c) * lanes + l];
                    vertical_adjoint[at] += weight(i, r, rows) * plane[(i * columns + c) * lanes + l];
                }
            }
    Buffer<Real> m1(mean.size()), m2(mean.size()), v(mean.size()), va(mean.size()), ha(mean.size()),
        scratch(columns * lanes);
    for (int r = 0; r < rows; ++r) {
        k.norm_mean_row(s, lanes, a, nullptr, m1, r, scratch);
        k.norm_mean_row(s, lanes, a, b, m2, r, scratch);
        k.norm_vertical(s, lanes, plane, v, r);
        k.norm_vertical_adjoint(s, lanes, plane, va, r);
        k.norm_horizontal_adjoint(s, lanes, plane, ha, r);
    }
    check_close(m1, mean, "mean over maps and row window", k.name);
    check_close(m2, mean2, "mean of products", k.name);
    check_close(v, vertical, "column window", k.name);
    check_close(va, vertical_adjoint, "column window's adjoint", k.name);
    check_close(ha, horizontal_adjoint, "row window's adjoint", k.name);
}

// One step of a rule in double precision: parameter w and what is kept beside it (`kept`, an entry an array), in place.
void reference_step(Rule rule, double rate, double momentum, double g, double& w, std::vector<double>& kept)
{
    switch (rule) {
    case Rule::sgd:
        w -= rate * g;
        return;
    case Rule::momentum:
        kept[0] = momentum * kept[0] + g;
        w -= rate * kept[0];
        return;
    case Rule::adagrad:
        kept[0] += g * g;
        w -= rate * g / std::sqrt(kept[0] + 1e-12);
        return;
    case Rule::turn:    // the rest is the whole matrix's
        kept[0] = momentum * kept[0] + g;
        return;
    }
}

// The rule `turn` of a matrix whose velocity is known, in double precision.
void reference_turn(std::size_t rows, std::size_t columns, bool unit_norm, double rate, std::vector<double>& w,
                    std::vector<double>& v)
{
    for (std::size_t c = 0; c < columns && unit_norm; ++c) {
        double along = 0;
        for (std::size_t i = c; i < w.size(); i += columns)
            along += w[i] * v[i];
        for (std::size_t i = c; i < w.size(); i += columns)
            v[i] -= along * w[i];
    }
    double own = 0, square = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
        own += w[i] * w[i];
        square += v[i] * v[i];
    }
    if (rows == 1)
        own = double(columns);
    for (std::size_t i = 0; i < w.size() && square > 0; ++i)
        w[i] -= rate * std::sqrt(own / square) * v[i];
}

// What finish_matrix does beside the constraint. With filters of norm 1 the step is an angle: each column ends `rate`
// radians from where it was, as a root mean square.
template <class Real> void check_turn(const Kernels<Real>& k)
{
    const std::pair<std::size_t, std::size_t> shapes[] = {{11, 19}, {12, 8}, {25, 16}, {7, 1}, {1, 8}};
    for (const auto& [rows, columns] : shapes)
        for (const bool unit_norm : {false, true}) {
            if (rows == 1 && unit_norm)    // biases have no norm
                continue;
            const std::size_t n = rows * columns, at = 5;
            auto w = noise<Real>(n, 1), state = noise<Real>(at + n, 2);
            if (unit_norm)
                k.unit_columns(rows, columns, w);
            const std::vector<double> before(w.begin(), w.end());
            std::vector<double> want(before), v(state.begin() + at, state.end());
            reference_turn(rows, columns, unit_norm, 0.02, want, v);
            const Update<Real> u{Rule::turn, Real(0.02), Real(0.9), state, at + n};
            k.finish_matrix(u, at, rows, columns, unit_norm, w);
            double squares = 0;
            for (std::size_t c = 0; c < columns; ++c) {
                double norm = 0, cosine = 0;
                for (std::size_t i = c; i < n; i += columns)
                    norm += want[i] * want[i];
                for (std::size_t i = c; i < n && unit_norm; i += columns)
                    want[i] /= std::sqrt(norm);
                for (std::size_t i = c; i < n; i += columns)
                    cosine += before[i] * double(w[i]);
                squares += unit_norm ? std::pow(std::acos(cosine), 2) : 0;
            }
            check_close(w, want, "turn", k.name);
            if (unit_norm && n > 10)    // arc cosines near 1 lose half of a float's digits
                BOOST_CHECK_CLOSE(std::sqrt(squares / double(columns)), 0.02, 3);
            const std::vector<Real> still(w.begin(), w.end());
            std::fill(state.begin(), state.end(), Real(0));    // without a velocity there is nowhere to turn to
            k.finish_matrix(u, at, rows, columns, false, w);
            BOOST_TEST(std::equal(still.begin(), still.end(), w.begin()), "turn without a velocity, " << k.name);
        }
}

template <class Real> void check_updates(const Kernels<Real>& k)
{
    const std::size_t n = 37;
    for (const auto& [rule, name, usual_rate, arrays, takes_momentum, whole_matrix] : update_rules) {
        const std::size_t kept = row_of(rule).kept();
        auto g = noise<Real>(n, 1), w = noise<Real>(n, 2), state = noise<Real>(std::size(arrays) * n, 3, 5);
        std::vector<double> want_w(n), want_state(state.begin(), state.end());
        for (std::size_t i = 0; i < n; ++i) {
            std::vector<double> beside(kept);
            for (std::size_t a = 0; a < kept; ++a)
                beside[a] = want_state[a * n + i];
            want_w[i] = w[i];
            reference_step(rule, 0.1, 0.9, g[i], want_w[i], beside);
            for (std::size_t a = 0; a < kept; ++a)
                want_state[a * n + i] = beside[a];
        }
        // in two parts, the second from parameter 20 on
        const Update<Real> u{rule, Real(0.1), Real(0.9), kept ? state.begin() : nullptr, n};
        k.update(u, 0, 20, g, w);
        k.update(u, 20, n - 20, g + 20, w);
        check_close(w, want_w, name, k.name);
        check_close(state, want_state, (std::string(name) + "'s state").c_str(), k.name);
    }

    const std::size_t rows = 11, columns = 19;
    auto w = noise<Real>(rows * columns, 4);
    for (std::size_t r = 0; r < rows; ++r)
        w[r * columns + 3] = 0;    // a column of norm 0 stays
    std::vector<double> want(w.begin(), w.end());
    for (std::size_t c = 0; c < columns; ++c) {
        double norm = 0;
        for (std::size_t r = 0; r < rows; ++r)
            norm += want[r * columns + c] * want[r * columns + c];
        for (std::size_t r = 0; r < rows && norm > 0; ++r)
            want[r * columns + c] /= std::sqrt(norm);
    }
    k.unit_columns(rows, columns, w);
    check_close(w, want, "unit columns", k.name);
}

template <class Real> void check_whitening(const Kernels<Real>& k)
{
    for (const int channels : {1, 2, 3})
        for (const int columns : {1, 5, 16, 19, 48, 67}) {
            const int width = 5, padded = columns + width - 1, rows = 3;
            const std::size_t plane = std::size_t(padded) * (rows + width - 1);
            auto filters = noise<Real>(std::size_t(channels) * width * width * channels, 1);
            auto planes = noise<Real>(plane * channels, 2);
            Buffer<Real> got(std::size_t(channels) * columns * rows);
            std::vector<double> want(got.size());
            for (int r = 0; r < rows; ++r) {
                k.whiten_row(columns, channels, width, filters, planes + std::size_t(r) * padded, plane,
                             std::size_t(padded), got + std::size_t(r) * channels * columns);
                for (int o = 0; o < channels; ++o)
                    for (int c = 0; c < columns; ++c)
                        for (int dy = 0; dy < width; ++dy)
                            for (int dx = 0; dx < width; ++dx)
                                for (int i = 0; i < channels; ++i)
                                    want[(std::size_t(r) * channels + o) * columns + c] +=
                                        double(filters[((o * width + dy) * width + dx) * channels + i]) *
                                        planes[i * plane + std::size_t(r + dy) * padded + c + dx];
            }
            check_close(got, want, "whitening", k.name);
        }
}

// The same bits for every variant: sixteen sums in double, whatever the vectors.
void check_dot()
{
    const int lanes = 48;
    auto a = noise<float>(7 * lanes, 1), b = noise<float>(7 * lanes, 2);
    for (const int count : {1, 15, 16, 33, 48}) {
        double want = 0, want_one = 0;
        for (int i = 0; i < 7; ++i)
            for (int l = 0; l < count; ++l) {
                want += double(a[i * lanes + l]) * b[i * lanes + l];
                want_one += a[i * lanes + l];
            }
        const Kernels<float>* variants[3];
        const int n = kernel_variants(variants);
        const double first = variants[0]->dot(a.size(), lanes, count, a, b);
        for (int i = 0; i < n; ++i) {
            BOOST_TEST(variants[i]->dot(a.size(), lanes, count, a, b) == first);
            BOOST_TEST(std::abs(variants[i]->dot(a.size(), lanes, count, a, nullptr) - want_one) < 1e-12 * 336);
        }
        BOOST_TEST(std::abs(first - want) < 1e-12 * 336);
    }
}

template <class F> void every_variant(F f)
{
    const Kernels<float>* variants[3];
    const int n = kernel_variants(variants);
    for (int i = 0; i < n; ++i)
        f(*variants[i]);
    f(kernels<double>());
}

}    // namespace

BOOST_AUTO_TEST_SUITE(kernels_against_reference)

BOOST_AUTO_TEST_CASE(local_filters)
{
    every_variant([](const auto& k) { check_filters(k); });
}

BOOST_AUTO_TEST_CASE(fused_update)
{
    every_variant([](const auto& k) { check_fused_update(k); });
}

BOOST_AUTO_TEST_CASE(pooling)
{
    every_variant([](const auto& k) { check_pooling(k); });
}

BOOST_AUTO_TEST_CASE(normalisation_windows)
{
    every_variant([](const auto& k) { check_window_means(k); });
}

BOOST_AUTO_TEST_CASE(whitening)
{
    every_variant([](const auto& k) { check_whitening(k); });
}

BOOST_AUTO_TEST_CASE(sums) { check_dot(); }

BOOST_AUTO_TEST_CASE(updates_and_constraint)
{
    every_variant([](const auto& k) { check_updates(k); });
    every_variant([](const auto& k) { check_turn(k); });
}

BOOST_AUTO_TEST_CASE(forward_sums_are_the_same_for_avx2_and_avx512)
{
    // SIMD runs across the batch, so each example's sum has one order: the bits agree wherever both fuse the product.
    const Kernels<float>* variants[3];
    if (kernel_variants(variants) < 3)
        return;
    for (const Case& c : cases) {
        const FilterShape s = filter_shape(c);
        const std::size_t lanes = std::size_t(c.lanes);
        auto w = noise<float>(s.weights(), 1), x = noise<float>(s.input.size() * lanes, 2);
        Buffer<float> h1(s.output.size() * lanes), h2(h1.size()), x1(x.size()), x2(x.size());
        every_band(s.output, 0, [&](Band band) {
            variants[1]->gather(s, c.lanes, w, x, false, h1, band);
            variants[2]->gather(s, c.lanes, w, x, false, h2, band);
        });
        every_band(s.input, 0, [&](Band band) {
            variants[1]->scatter(s, c.lanes, w, h1, x1, band);
            variants[2]->scatter(s, c.lanes, w, h1, x2, band);
        });
        BOOST_TEST(std::equal(h1.begin(), h1.end(), h2.begin()), "gather, " << c.maps << " maps, " << c.lanes);
        BOOST_TEST(std::equal(x1.begin(), x1.end(), x2.begin()), "scatter, " << c.maps << " maps, " << c.lanes);
    }
}

BOOST_AUTO_TEST_SUITE_END()
