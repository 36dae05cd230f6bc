// How a test set's pictures are brought to what a neuron is shown: one chain for both classes.
//
// Model to hold in mind: a *view* is a square of the picture as stored, in its pixels; it may leave the picture, and
// what is outside is ground. The chain, the same for every picture of a set:
//
//     decode -> the view's pixels -> one resize (media/picture.h) to `through`, or where that is 0 to `size`, or kept
//            -> grey -> laid on the ground -> resize from `through` to `size` -> control -> alteration -> aperture
//            -> encode
//
// Views. crop: the middle square, `share` of the shorter side. letterbox: the square around the whole picture. box:
// square_view around a detector's box. Jitter moves a view's centre by uniform draws from [-P, P] of its side in x and
// in y, and multiplies its side by exp(u log(1 + S)), u uniform in [-1, 1]; drawn from (seed, jitter, key), so that a
// picture's jitter depends neither on its place in the set nor on the others. A crop or a box stays inside its picture:
// it is moved back, and its side is at most the picture's shorter one. Crops and boxes are whole pixels, letterboxes
// eighths, so that a list (nine digits) holds them exactly.
//
// What a view of `through` > 0 gives: every picture passes through the same number of pixels, by area averaging, so
// that none is sharper than another because it was larger; no view may be smaller (fits_through).
//
// Ground is grey of level 128, or with `mean_ground` the mean colour of the view's pixels. `control` averages to 6x6
// and brings back: what is left tells a neuron where a picture is from, not what it shows. The aperture is a disc over
// the whole side: weight 1 to 0.8 of the radius, then half a cosine to 0 at the radius.
#pragma once

#include "media/picture.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace nonna
{

struct View {
    double x = 0, y = 0, side = 0;
    auto operator<=>(const View&) const = default;
};

struct Framing {
    enum class Frame { crop, letterbox, box };
    Frame frame = Frame::crop;
    double share = 1;
    double jitter_position = 0, jitter_scale = 0;
    std::int64_t size = 0;       // stored side; 0: the view's
    std::int64_t through = 0;    // pixels a side that every picture passes through; 0: it does not
    bool grey = false, aperture = false, mean_ground = false, control = false;
    bool framed = false;    // a frame was asked for
    std::uint64_t seed = 0;

    // Each throws Error with status usage: "crop", "crop:SHARE", "letterbox", "box"; "POSITION:SCALE"; names of looks.
    void set_frame(const std::string& text);
    void set_jitter(const std::string& text);
    void set_looks(const std::vector<std::string>& names);

    // Whether a picture is changed at all; where not, its bytes are kept.
    bool changes() const;
    // Whether a view of this side has pixels enough, whatever the jitter.
    bool fits_through(double side) const { return side >= double(through) * (1 + jitter_scale); }
    int stored_side(const View& view) const;
    // What made a picture out of its stored one: "square 45 45 160, size 48, grey".
    std::string described(const View& view) const;
};

// Centred at (cx, cy), whole pixels, moved inside; side 0 where it does not fit.
View square_view(double cx, double cy, double wanted, int width, int height);
// crop or letterbox.
View picture_view(int width, int height, const Framing& framing);

struct Jittered {
    View view;
    bool cut_short = false;    // the picture's border was in the way
};
Jittered jitter(const View& view, const std::string& key, int width, int height, const Framing& framing);

// `altered`, where given, is done to the square before the aperture is laid.
using Alteration = std::function<Picture(Picture)>;
Picture frame_picture(const Picture& picture, const View& view, const Framing& framing, const Alteration& altered = {});

// The looks alone, of a picture that is a square already (grey: of any): grey, control, aperture. The ground is as
// above.
Picture with_looks(Picture picture, const Framing& framing);

// A key as an index of random numbers (base/random.h): the first 8 bytes of its sha256.
std::uint64_t key_number(const std::string& key);

}    // namespace nonna
