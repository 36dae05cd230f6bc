#include "analysis/stimulus_prior.h"

#include "base/error.h"
#include "base/random.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

namespace nonna
{

namespace
{

constexpr std::size_t most_shifts = 25;

template <class Number> Number parse_number(const std::string& text, const std::string& digits, Number most)
{
    Number value{};
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || !(value > 0) || value > most)
        throw Error(text, "not a prior: expected smooth, smooth:S with S up to 4, or jitter:N with N from 1 to 64",
                    ExitStatus::usage);
    return value;
}

// The orthonormal DCT-II of `n` places.
std::vector<double> cosines(int n)
{
    std::vector<double> rows(std::size_t(n) * n);
    for (int u = 0; u < n; ++u)
        for (int r = 0; r < n; ++r)
            rows[std::size_t(u) * n + r] =
                std::sqrt((u == 0 ? 1.0 : 2.0) / n) * std::cos(std::numbers::pi * (r + 0.5) * u / n);
    return rows;
}

}    // namespace

StimulusPrior parse_prior(const std::vector<std::string>& texts)
{
    StimulusPrior prior;
    for (const std::string& text : texts) {
        const std::size_t colon = text.find(':');
        const std::string kind = text.substr(0, colon), digits = colon == text.npos ? "" : text.substr(colon + 1);
        if ((kind == "smooth" && prior.smooth > 0) || (kind == "jitter" && prior.jitter > 0))
            throw Error(text, "a second prior of its kind", ExitStatus::usage);
        if (kind == "smooth")
            prior.smooth = colon == text.npos ? 1 : parse_number(text, digits, 4.0);
        else
            prior.jitter = parse_number(text, kind == "jitter" ? digits : "", 64);
    }
    return prior;
}

std::vector<Shift> jitter_shifts(int jitter, std::uint64_t seed)
{
    std::vector<Shift> shifts;
    for (int r = -jitter; r <= jitter; ++r)
        for (int c = -jitter; c <= jitter; ++c)
            if (r != 0 || c != 0)
                shifts.push_back({r, c});
    if (shifts.size() >= most_shifts) {
        Random random(seed, Purpose::stimulus_shifts, std::uint64_t(jitter));
        shuffle(shifts, random);
        shifts.resize(most_shifts - 1);
    }
    shifts.insert(shifts.begin(), {0, 0});
    return shifts;
}

std::vector<double> moved(const std::vector<double>& x, Area area, int channels, Shift by)
{
    if (by == Shift{})
        return x;
    std::vector<double> result(x.size(), 0.0);
    const int first = std::max(0, by.columns), last = std::min(area.columns, area.columns + by.columns);
    for (int r = std::max(0, by.rows); r < std::min(area.rows, area.rows + by.rows) && first < last; ++r) {
        const auto from = x.begin() + (std::ptrdiff_t(r - by.rows) * area.columns + first - by.columns) * channels;
        std::copy_n(from, (last - first) * channels,
                    result.begin() + (std::ptrdiff_t(r) * area.columns + first) * channels);
    }
    return result;
}

SmoothBasis::SmoothBasis(Area area, int channels, double exponent)
    : rows_(area.rows), columns_(area.columns), channels_(channels), down_(cosines(area.rows)),
      across_(cosines(area.columns))
{
    const double lowest = 0.5 / std::max(rows_, columns_);
    for (int u = 0; u < rows_; ++u)
        for (int v = 0; v < columns_; ++v)
            amplitudes_.push_back(
                std::pow(lowest / std::max(lowest, std::hypot(0.5 * u / rows_, 0.5 * v / columns_)), exponent));
}

// Down the columns, then along the rows, by plain products: a few dozen places a side, and the network's pass beside it
// costs a hundred times as much.
std::vector<double> SmoothBasis::transform(const std::vector<double>& from, Way way) const
{
    const bool back = way == Way::to_picture;
    std::vector<double> half(from.size(), 0.0), result(from.size(), 0.0);
    const std::size_t line = std::size_t(columns_) * channels_;
    for (int a = 0; a < rows_; ++a)
        for (int b = 0; b < rows_; ++b) {
            const double w = back ? down_[std::size_t(b) * rows_ + a] : down_[std::size_t(a) * rows_ + b];
            for (std::size_t k = 0; k < line; ++k)
                half[a * line + k] += w * from[b * line + k];
        }
    for (int r = 0; r < rows_; ++r)
        for (int a = 0; a < columns_; ++a)
            for (int b = 0; b < columns_; ++b) {
                const double w = back ? across_[std::size_t(b) * columns_ + a] : across_[std::size_t(a) * columns_ + b];
                for (int i = 0; i < channels_; ++i)
                    result[r * line + std::size_t(a) * channels_ + i] += w * half[r * line + b * channels_ + i];
            }
    return result;
}

std::vector<double> SmoothBasis::picture(const std::vector<double>& coefficients) const
{
    std::vector<double> scaled = coefficients;
    for (std::size_t k = 0; k < scaled.size(); ++k)
        scaled[k] *= amplitudes_[k / channels_];
    return transform(scaled, Way::to_picture);
}

std::vector<double> SmoothBasis::adjoint(const std::vector<double>& gradient) const
{
    std::vector<double> result = transform(gradient, Way::to_coefficients);
    for (std::size_t k = 0; k < result.size(); ++k)
        result[k] *= amplitudes_[k / channels_];
    return result;
}

std::vector<double> SmoothBasis::coefficients(const std::vector<double>& picture) const
{
    std::vector<double> result = transform(picture, Way::to_coefficients);
    for (std::size_t k = 0; k < result.size(); ++k)
        result[k] /= amplitudes_[k / channels_];
    return result;
}

}    // namespace nonna
