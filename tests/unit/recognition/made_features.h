// Features made up for the tests of this room: each class around a point of its own.
#pragma once

#include "base/random.h"
#include "recognition/features.h"

#include <vector>

namespace nonna::test
{

class MadeFeatures final : public Features
{
  public:
    // `each` pictures of each class; `spread`: of a class around its point, whose own is 1.
    MadeFeatures(std::size_t classes, std::size_t each, std::size_t length, double spread, std::uint64_t seed)
        : length_(length)
    {
        Random random(seed, Purpose::tests);
        std::vector<float> points(classes * length);
        for (float& p : points)
            p = float(random.normal());
        for (std::size_t i = 0; i < classes * each; ++i) {
            labels.push_back(std::uint32_t(i % classes));
            for (std::size_t f = 0; f < length; ++f)
                values.push_back(float(3 + points[(i % classes) * length + f] + spread * random.normal()));
        }
        for (std::size_t c = 0; c < classes; ++c)
            names.push_back("class" + std::to_string(1000 + c));
    }

    std::size_t count() const override { return labels.size(); }
    std::size_t length() const override { return length_; }
    void read(std::span<const std::size_t> pictures, std::size_t stride, std::span<float> into) override
    {
        for (std::size_t i = 0; i < pictures.size(); ++i)
            std::copy_n(values.data() + pictures[i] * length_, length_, into.data() + i * stride);
    }

    std::vector<float> values;
    std::vector<std::uint32_t> labels;
    std::vector<std::string> names;

  private:
    std::size_t length_;
};

}    // namespace nonna::test
