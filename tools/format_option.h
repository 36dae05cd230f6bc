// --format of the programs that encode pictures.
#pragma once

#include "base/names.h"

enum class PictureFormat { jpg, png };

template <>
inline constexpr auto nonna::names_of<PictureFormat> = nonna::names<PictureFormat>({
    {PictureFormat::jpg, "jpg"},
    {PictureFormat::png, "png"},
});
