// Squares of large photographs, from pictures decoded no larger than the square needs.
//
// Model to hold in mind: libjpeg decodes a JPEG at 1/2, 1/4 or 1/8 of its size from the same coefficients, and each
// pixel is then the average of 2x2, 4x4 or 8x8 of the whole picture's (its inverse transforms are made so; chroma that
// is stored smaller is averaged less, instead of enlarged first). A square that is averaged to a small one anyway loses
// little by that: roundings, and detail within the blocks through which the borders of its pixels run. What is saved is
// most of the transforms and colours; the coefficients are all read, and what is damaged is found as in decode_picture.
//
// Places and sizes are those of the whole picture, after orientation; its pixel (x, y) covers [x, x + 1) x [y, y + 1).
// `picture` covers the same plane in pixels of `reduction`, the first of which begins at (left, top), at most 0: where
// a side is no multiple of the reduction the last block sticks out of the picture as stored, and orientation may bring
// it to the front.
#pragma once

#include "media/picture.h"

#include <span>
#include <string>

namespace nonna
{

struct ReducedPicture {
    Picture picture;
    int width = 0, height = 0;
    int reduction = 1;
    int left = 0, top = 0;
};

// The greatest reduction, 1, 2, 4 or 8, at which a square of `side` pixels still has `reduced_pixels` a side for each
// pixel of the square of `size` that it becomes. Measured (nonna-images(5)): the two squares then differ by less than
// one level, root mean square; with two pixels it would be two levels.
inline constexpr int reduced_pixels = 4;
int reduction_for(int side, int size);

// A JPEG at this reduction, or a smaller one where its chroma asks for that, anything else whole. Error as
// decode_picture, of the whole picture's size too.
ReducedPicture decode_reduced(std::span<const std::byte> encoded, const std::string& subject, int reduction,
                              long max_pixels = default_max_pixels);

// The square of `side` pixels at (x, y), which lies in the picture, brought to size x size: crop and resize
// (media/picture.h) of a picture that is whole, else the area average of the square.
Picture cut_square(const ReducedPicture& from, int x, int y, int side, int size);

}    // namespace nonna
