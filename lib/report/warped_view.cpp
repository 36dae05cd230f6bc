#include "report/warped_view.h"

#include "base/error.h"
#include "media/resample.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <optional>
#include <stdexcept>
#include <utility>

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

// The side in pixels of the square of the source that the network looks at.
int side_of_view(const WarpView& view, int shorter)
{
    if (view.crop == 0)
        return shorter;
    return view.crop <= 1 ? std::max(1, int(std::lround(view.crop * shorter))) : int(view.crop);
}

// LEAST:MOST, or EXTENT to either side where that is allowed.
std::optional<std::pair<double, double>> ends_of(const std::string& range, bool symmetric)
{
    if (const std::size_t colon = range.find(':'); colon != std::string::npos) {
        const std::optional<double> least = number(range.substr(0, colon)), most = number(range.substr(colon + 1));
        return least && most ? std::optional(std::pair(*least, *most)) : std::nullopt;
    }
    const std::optional<double> extent = number(range);
    return symmetric && extent && *extent >= 0 ? std::optional(std::pair(-*extent, *extent)) : std::nullopt;
}

// The number behind the slash of LEAST:MOST/COUNT; none where it is not a whole one.
std::optional<int> whole_number(const std::string& digits)
{
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
        return {};
    return value;
}

}    // namespace

// One map from the result's pixels straight into the source's: view, reduction and warp are one resampling. Reduced
// first and warped then, a picture would be blurred twice, and what lies behind the view would be gone.
Picture warped(const Picture& source, Warp warp, double amount, const WarpView& view, const std::string& subject)
{
    const int shorter = std::min(source.width, source.height), square = side_of_view(view, shorter);
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
    return resample(source, map, view.side, view.side, surround);
}

// What the text says is taken apart first, then held against the limits, then filled with amounts.
std::vector<double> parse_amounts(const std::string& text, const std::string& option, const AmountLimits& limits,
                                  double step)
{
    const std::string form = limits.symmetric ? "must be EXTENT, LEAST:MOST, or one of these with /COUNT, as in 9/19"
                                              : "must be LEAST:MOST or LEAST:MOST/COUNT, as in 0.4:1.6/25";
    const auto refuse = [&](const std::string& reason) { throw Error(option, reason, ExitStatus::usage); };
    const std::size_t slash = text.find('/');
    const std::string range = text.substr(0, slash);
    std::optional<int> given;
    if (slash != std::string::npos) {
        given = whole_number(text.substr(slash + 1));
        if (!given)
            refuse(form);
    }
    const auto ends = ends_of(range, limits.symmetric);
    if (!ends)
        refuse(form);
    const auto [least, most] = *ends;
    char bounds[80];
    std::snprintf(bounds, sizeof bounds, "must be between %g and %g", limits.least, limits.most);
    if (least < limits.least || most > limits.most)
        refuse(bounds);
    if (least > most)
        refuse("begins with the greater number");
    if (least == most)
        return {least + 0.0};    // no -0
    // An odd number where the range is about 0, so that 0 is there.
    const int usual = least == -most ? 2 * std::max(1, int(std::lround(most / step))) + 1
                                     : std::max(2, int(std::lround((most - least) / step)) + 1);
    const int count = given.value_or(usual);
    if (count < 2 || count > most_amounts)
        refuse("its count must be between 2 and " + std::to_string(most_amounts));
    std::vector<double> amounts;
    for (int i = 0; i < count; ++i)
        amounts.push_back(std::round((least + (most - least) * i / (count - 1)) * 1e9) / 1e9 + 0.0);
    return amounts;
}

}    // namespace nonna
