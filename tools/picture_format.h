// --format of the programs that encode pictures.
#pragma once

#include "base/names.h"

enum class PictureFormat { jpg, png };

template <>
inline constexpr auto nonna::names_of<PictureFormat> =
    std::to_array<nonna::Name<PictureFormat>>({{PictureFormat::jpg, "jpg"}, {PictureFormat::png, "png"}});
