// A picture with its phases scrambled: what is left of it when shapes go and the spectrum stays.
//
// To each frequency's phase a random one is added, uniform in [0, 2 pi), the opposite one at the opposite frequency, so
// that the result is real; the mean and the frequencies that are their own opposite (those of n / 2 waves) keep theirs.
// All three channels get the same additions: colours keep their relation, and grey stays grey. Before rounding, mean,
// contrast and power spectrum are exactly the picture's. Levels beyond 0 and 255 are cut, which costs a picture of high
// contrast a little of it.
#pragma once

#include "base/random.h"
#include "media/picture.h"

namespace nonna
{

Picture scramble_phases(const Picture& square, Random& random);

}    // namespace nonna
