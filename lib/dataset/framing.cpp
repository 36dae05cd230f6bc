#include "dataset/framing.h"

#include "base/error.h"
#include "base/random.h"
#include "io/digest.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>
#include <span>

namespace nonna
{

namespace
{

constexpr int control_side = 6;
constexpr double soft_from = 0.8;    // of the aperture's radius

std::optional<double> number(std::string_view text)
{
    double value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

std::string text(double value)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.9g", value);
    return buffer;
}

double eighths(double value) { return std::round(value * 8) / 8; }

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour middle_grey = {128, 128, 128};

Picture ground_picture(int side, const Colour& colour)
{
    Picture picture = blank_picture(side, side);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        picture.rgb[i] = colour[i % 3];
    return picture;
}

void make_grey(Picture& picture)
{
    const std::vector<std::uint8_t> luma = grey(picture);
    for (std::size_t i = 0; i < picture.rgb.size(); ++i)
        picture.rgb[i] = luma[i / 3];
}

void lay_aperture(Picture& picture, const Colour& ground)
{
    const double radius = picture.width / 2.0, centre = (picture.width - 1) / 2.0;
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x) {
            const double d = std::hypot(x - centre, y - centre) / radius;
            double weight = 1;
            if (d >= 1)
                weight = 0;
            else if (d > soft_from)
                weight = (1 + std::cos(std::numbers::pi * (d - soft_from) / (1 - soft_from))) / 2;
            std::uint8_t* const pixel = picture.at(x, y);
            for (int c = 0; c < 3; ++c)
                pixel[c] = std::uint8_t(std::lround(weight * pixel[c] + (1 - weight) * ground[std::size_t(c)]));
        }
}

}    // namespace

// A key is hexadecimal digits of a digest, but also what a user gave: digested once more, it is any number.
std::uint64_t key_number(const std::string& key)
{
    return std::stoull(sha256(std::as_bytes(std::span(key))).substr(0, 16), nullptr, 16);
}

void Framing::set_frame(const std::string& given)
{
    framed = true;
    const std::size_t colon = given.find(':');
    if (given.substr(0, colon) == "crop") {
        frame = Frame::crop;
        const auto value = colon == std::string::npos ? 1.0 : number(given.substr(colon + 1));
        if (value && *value > 0 && *value <= 1) {
            share = *value;
            return;
        }
        throw Error("--frame", "crop's share must be above 0 and at most 1", ExitStatus::usage);
    }
    if (given == "letterbox")
        frame = Frame::letterbox;
    else if (given == "box")
        frame = Frame::box;
    else
        throw Error("--frame", "must be crop, crop:SHARE, letterbox or box", ExitStatus::usage);
}

void Framing::set_jitter(const std::string& given)
{
    const std::size_t colon = given.find(':');
    const auto p = number(std::string_view(given).substr(0, colon));
    const auto s = colon == std::string::npos ? std::nullopt : number(std::string_view(given).substr(colon + 1));
    if (!p || !s || *p < 0 || *p > 1 || *s < 0 || *s > 10)
        throw Error("--jitter", "must be POSITION:SCALE, from 0 to 1 and from 0 to 10", ExitStatus::usage);
    jitter_position = *p;
    jitter_scale = *s;
}

void Framing::set_looks(const std::vector<std::string>& names)
{
    for (const std::string& name : names) {
        if (name == "grey")
            grey = true;
        else if (name == "aperture")
            aperture = true;
        else if (name == "mean-ground")
            mean_ground = true;
        else if (name == "control")
            control = true;
        else
            throw Error("--look", "'" + name + "' is not grey, aperture, mean-ground or control", ExitStatus::usage);
    }
}

bool Framing::changes() const
{
    return framed || size > 0 || through > 0 || jitter_position > 0 || jitter_scale > 0 || grey || aperture || control;
}

int Framing::stored_side(const View& view) const
{
    if (size > 0)
        return int(size);
    return through > 0 ? int(through) : std::max(1, int(std::lround(view.side)));
}

std::string Framing::described(const View& view) const
{
    std::string all = "square " + text(view.x) + " " + text(view.y) + " " + text(view.side);
    if (through > 0)
        all += ", through " + std::to_string(through);
    all += ", size " + std::to_string(stored_side(view));
    for (const auto& [on, name] : {std::pair(grey, "grey"), std::pair(mean_ground, "mean-ground"),
                                   std::pair(control, "control"), std::pair(aperture, "aperture")})
        if (on)
            all += std::string(", ") + name;
    return all;
}

View square_view(double cx, double cy, double wanted, int width, int height)
{
    const int side = std::max(1, int(std::lround(wanted)));
    if (side > std::min(width, height))
        return {};
    return {double(std::clamp(int(std::lround(cx - side / 2.0)), 0, width - side)),
            double(std::clamp(int(std::lround(cy - side / 2.0)), 0, height - side)), double(side)};
}

View picture_view(int width, int height, const Framing& framing)
{
    if (framing.frame == Framing::Frame::letterbox) {
        const int side = std::max(width, height);
        return {-(side - width) / 2.0, -(side - height) / 2.0, double(side)};
    }
    // Odd remainders leave the extra pixel at the right or bottom, as everywhere.
    const int side = std::max(1, int(std::lround(framing.share * std::min(width, height))));
    return {double((width - side) / 2), double((height - side) / 2), double(side)};
}

Jittered jitter(const View& view, const std::string& key, int width, int height, const Framing& framing)
{
    if (framing.jitter_position == 0 && framing.jitter_scale == 0)
        return {view, false};
    Random random(framing.seed, Purpose::jitter, key_number(key));
    const double dx = (2 * random.uniform() - 1) * framing.jitter_position * view.side;
    const double dy = (2 * random.uniform() - 1) * framing.jitter_position * view.side;
    const double wanted = view.side * std::exp((2 * random.uniform() - 1) * std::log1p(framing.jitter_scale));
    const double cx = view.x + view.side / 2 + dx, cy = view.y + view.side / 2 + dy;
    if (framing.frame == Framing::Frame::letterbox) {
        const double side = std::max(1.0, eighths(wanted));
        return {{eighths(cx - side / 2), eighths(cy - side / 2), side}, false};
    }
    // square_view tells only whether the side fits; how far the centre was moved back says the rest.
    const View inside = square_view(cx, cy, std::min(wanted, double(std::min(width, height))), width, height);
    const bool moved = std::abs(inside.x + inside.side / 2 - cx) > 1 || std::abs(inside.y + inside.side / 2 - cy) > 1;
    return {inside, moved || std::lround(wanted) > std::min(width, height)};
}

namespace
{

// A view brought to side x side pixels: what of it lies inside the picture, laid on the ground. `ground`: its colour,
// which is also the aperture's.
Picture view_on_ground(const Picture& picture, const View& view, int side, const Framing& framing, Colour& ground)
{
    // The part of the view that is inside the picture, in whole pixels of it.
    const int left = std::max(0, int(std::floor(view.x))), top = std::max(0, int(std::floor(view.y)));
    const int right = std::min(picture.width, int(std::ceil(view.x + view.side)));
    const int bottom = std::min(picture.height, int(std::ceil(view.y + view.side)));
    if (right <= left || bottom <= top)    // jitter moved it out of sight
        return ground_picture(side, framing.mean_ground ? mean_colour(picture) : ground);
    const double scale = side / view.side;
    const auto scaled = [&](int length) { return std::max(1, int(std::lround(length * scale))); };
    Picture seen =
        resize(crop(picture, left, top, right - left, bottom - top), scaled(right - left), scaled(bottom - top));
    if (framing.grey)
        make_grey(seen);
    if (framing.mean_ground)
        ground = mean_colour(seen);
    if (seen.width == side && seen.height == side)
        return seen;
    Picture result = ground_picture(side, ground);
    paste(result, seen, int(std::lround((left - view.x) * scale)), int(std::lround((top - view.y) * scale)));
    return result;
}

}    // namespace

namespace
{

// What comes after the last resize.
Picture finished(Picture square, const Framing& framing, const Alteration& altered, const Colour& ground)
{
    if (framing.control) {
        const int full = square.width;
        square = resize(resize(square, control_side, control_side), full, full);
    }
    if (altered)
        square = altered(std::move(square));
    if (framing.aperture)
        lay_aperture(square, ground);
    return square;
}

}    // namespace

Picture with_looks(Picture picture, const Framing& framing)
{
    if (framing.grey)
        make_grey(picture);
    const Colour ground = framing.mean_ground ? mean_colour(picture) : middle_grey;
    return finished(std::move(picture), framing, {}, ground);
}

// The chain of framing.h, link by link.
Picture frame_picture(const Picture& picture, const View& view, const Framing& framing, const Alteration& altered)
{
    const int side = framing.through > 0 ? int(framing.through) : framing.stored_side(view);
    Colour ground = middle_grey;
    Picture result = view_on_ground(picture, view, side, framing, ground);
    if (framing.size > 0 && framing.size != side)
        result = resize(result, int(framing.size), int(framing.size));
    return finished(std::move(result), framing, altered, ground);
}

}    // namespace nonna
