#include "report/warped_view.h"

#include "base/error.h"
#include "media/warp.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <optional>
#include <stdexcept>

namespace nonna
{

namespace
{

constexpr int most_amounts = 1001;

std::optional<double> number(const std::string& text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return {};
    return value;
}

}    // namespace

double unwarped(Warp warp) { return warp == Warp::scale ? 1 : 0; }

Picture warped(const Picture& source, Warp warp, double amount, const WarpView& view, const std::string& subject)
{
    const int shorter = std::min(source.width, source.height);
    const int square = view.crop == 0   ? shorter
                       : view.crop <= 1 ? std::max(1, int(std::lround(view.crop * shorter)))
                                        : int(view.crop);
    if (square > shorter)
        throw Error(subject, "smaller than the crop");
    // As fit_square cuts: of an odd remainder the extra pixel is left at the right or bottom.
    const double middle_x = (source.width - square) / 2 + square / 2.0;
    const double middle_y = (source.height - square) / 2 + square / 2.0;

    double shift_x = 0, shift_y = 0, scale = 1, sine = 0, cosine = 1;
    switch (warp) {
    case Warp::translate_x:
        shift_x = amount;
        break;
    case Warp::translate_y:
        shift_y = amount;
        break;
    case Warp::scale:
        scale = amount;
        break;
    case Warp::rotate:
        sine = std::sin(amount * std::numbers::pi / 180);
        cosine = std::cos(amount * std::numbers::pi / 180);
        break;
    }
    // From the result back to the source. With y downwards, anticlockwise as seen takes (x, y) to
    // (x cos + y sin, y cos - x sin); its inverse stands here.
    const double step = double(square) / view.side / scale, half = view.side / 2.0;
    AffineMap map;
    map.xx = step * cosine;
    map.xy = -step * sine;
    map.yx = step * sine;
    map.yy = step * cosine;
    map.x0 = middle_x - map.xx * (half + shift_x) - map.xy * (half + shift_y);
    map.y0 = middle_y - map.yx * (half + shift_x) - map.yy * (half + shift_y);
    Surround surround;
    surround.mirrored = view.mirrored;
    if (!view.mirrored)
        surround.colour = mean_colour(source);
    return nonna::warp(source, map, view.side, view.side, surround);
}

std::vector<double> parse_amounts(const std::string& text, const std::string& option, const AmountLimits& limits,
                                  double step)
{
    const std::string form = limits.symmetric ? "must be EXTENT, LEAST:MOST, or one of these with /COUNT, as in 9/19"
                                              : "must be LEAST:MOST or LEAST:MOST/COUNT, as in 0.4:1.6/25";
    const auto refuse = [&](const std::string& reason) { throw Error(option, reason, ExitStatus::usage); };
    std::string range = text;
    std::optional<int> given;
    if (const std::size_t slash = text.find('/'); slash != std::string::npos) {
        range = text.substr(0, slash);
        const std::string digits = text.substr(slash + 1);
        int count = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
        if (error != std::errc() || end != digits.data() + digits.size())
            refuse(form);
        given = count;
    }
    double least = 0, most = 0;
    if (const std::size_t colon = range.find(':'); colon != std::string::npos) {
        const std::optional<double> a = number(range.substr(0, colon)), b = number(range.substr(colon + 1));
        if (!a || !b)
            refuse(form);
        least = *a;
        most = *b;
    } else {
        const std::optional<double> extent = number(range);
        if (!limits.symmetric || !extent || *extent < 0)
            refuse(form);
        least = -*extent;
        most = *extent;
    }
    char bounds[80];
    std::snprintf(bounds, sizeof bounds, "must be between %g and %g", limits.least, limits.most);
    if (least < limits.least || most > limits.most)
        refuse(bounds);
    if (least > most)
        refuse("begins with the greater number");
    if (least == most)
        return {least + 0.0};    // no -0
    // An odd number where the range is about 0, so that 0 is there.
    const bool about_zero = least == -most;
    const int count = given.value_or(about_zero ? 2 * std::max(1, int(std::lround(most / step))) + 1
                                                : std::max(2, int(std::lround((most - least) / step)) + 1));
    if (count < 2 || count > most_amounts)
        refuse("its count must be between 2 and " + std::to_string(most_amounts));
    std::vector<double> amounts;
    for (int i = 0; i < count; ++i)
        amounts.push_back(std::round((least + (most - least) * i / (count - 1)) * 1e9) / 1e9 + 0.0);
    return amounts;
}

}    // namespace nonna
