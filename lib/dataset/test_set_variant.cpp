#include "dataset/test_set_choice.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"

#include <algorithm>
#include <cmath>

namespace nonna
{

namespace
{

// Where the thing is: the positive's square, as it was moved, and the middle of its frame, where it was before. Upper
// ends are excluded.
struct Rectangle {
    double left, top, right, bottom;
};

Rectangle place_of_thing(const Chosen& positive)
{
    constexpr double middle = 2.0 / 3;    // of the frame's side; what is nearer to its border is taken to be background
    const View &moved = positive.view, &frame = positive.frame;
    const double edge = frame.side * (1 - middle) / 2;
    return {std::min(moved.x, frame.x + edge), std::min(moved.y, frame.y + edge),
            std::max(moved.x + moved.side, frame.x + frame.side - edge),
            std::max(moved.y + moved.side, frame.y + frame.side - edge)};
}

// Pictures that were turned or warped have black where there was nothing: a square that reaches into it would be known
// by that.
bool has_black_border(const Picture& picture, const View& view)
{
    constexpr int black = 8;    // JPEG's blocks leave some levels
    const int x0 = int(view.x), y0 = int(view.y), side = int(view.side);
    int dark = 0, all = 0;
    const auto look = [&](int x, int y) {
        const std::uint8_t* const pixel = picture.at(x, y);
        dark += std::max({pixel[0], pixel[1], pixel[2]}) <= black;
        ++all;
    };
    for (int i = 0; i < side; ++i) {
        look(x0 + i, y0);
        look(x0 + i, y0 + side - 1);
        look(x0, y0 + i);
        look(x0 + side - 1, y0 + i);
    }
    return 20 * dark > all;
}

// A square in one of the four strips beside the thing, as large as the strip and the positive's own square allow; none
// where no strip has enough pixels or a black border is always in the way.
std::optional<View> beside(const Chosen& positive, const TestSetOptions& o)
{
    constexpr int tries = 20;
    const int width = positive.meta().width, height = positive.meta().height;
    const Rectangle thing = place_of_thing(positive);
    const int left = int(std::floor(thing.left)), top = int(std::floor(thing.top));
    const int right = int(std::ceil(thing.right)), bottom = int(std::ceil(thing.bottom));
    const Rectangle strips[] = {{0, 0, double(left), double(height)},
                                {double(right), 0, double(width), double(height)},
                                {0, 0, double(width), double(top)},
                                {0, double(bottom), double(width), double(height)}};
    const double least = double(o.framing.through > 0 ? o.framing.through : o.framing.size);
    std::vector<Rectangle> wide;
    for (const Rectangle& strip : strips)
        if (std::min(strip.right - strip.left, strip.bottom - strip.top) >= least)
            wide.push_back(strip);
    if (wide.empty())
        return std::nullopt;
    const Picture picture =
        decode_picture(positive.set->picture(*positive.item), positive.item->subject(positive.set->name()));
    Random random(o.seed, Purpose::background, key_number(positive.item->sample.key));
    for (int i = 0; i < tries; ++i) {
        const Rectangle& strip = wide[random.below(wide.size())];
        const double across = strip.right - strip.left, down = strip.bottom - strip.top;
        const double side = std::floor(std::min({positive.view.side, across, down}));
        const View view{strip.left + double(random.below(std::uint64_t(across - side + 1))),
                        strip.top + double(random.below(std::uint64_t(down - side + 1))), side};
        if (!has_black_border(picture, view))
            return view;
    }
    return std::nullopt;
}

void take_backgrounds(std::vector<Chosen>& pictures, const TestSetOptions& o, const std::string& output)
{
    std::vector<std::optional<View>> views(pictures.size());
    Progress progress("looking beside", pictures.size(), "pictures");
    Pool(o.threads).for_each(pictures.size(), [&](std::size_t i, int) {
        throw_if_interrupted();
        if (pictures[i].positive)
            views[i] = beside(pictures[i], o);
        progress.advance();
    });
    std::vector<Chosen> kept;
    std::size_t without = 0, with = 0;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        Chosen& chosen = pictures[i];
        chosen.cut_short = false;
        if (chosen.positive) {
            if (!views[i]) {
                ++without;
                continue;
            }
            ++with;
            chosen.view = *views[i];
            chosen.treatment = Treatment::background;
            chosen.other_key = sample_key(chosen.item->digest, 1);
        }
        kept.push_back(std::move(chosen));
    }
    if (with == 0)
        throw Error(output, "no positive's picture has room for a square beside it (a smaller share of --frame or a "
                            "smaller --through)");
    if (without > 0)
        say(output + ": " + std::to_string(without) + " of " + std::to_string(without + with) +
            " positives have no room beside them, left out");
    pictures = std::move(kept);
}

}    // namespace

void vary_choice(std::vector<Chosen>& pictures, const TestSetOptions& o, const std::string& output)
{
    if (o.variant == Variant::background)
        return take_backgrounds(pictures, o, output);
    // The same positives twice: what differs between the classes is the treatment alone.
    std::erase_if(pictures, [](const Chosen& chosen) { return !chosen.positive; });
    const std::size_t count = pictures.size();
    for (std::size_t i = 0; i < count; ++i) {
        Chosen treated = pictures[i];
        treated.positive = false;
        treated.treatment = o.variant == Variant::inverted ? Treatment::inverted : Treatment::scrambled;
        treated.other_key = sample_key(treated.item->digest, 1);
        pictures.push_back(std::move(treated));
    }
}

}    // namespace nonna
