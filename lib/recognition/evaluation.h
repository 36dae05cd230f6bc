// How good a head is on labelled pictures: top-1, top-5, the mean over classes, what is taken for what, and whether its
// probabilities mean what they say.
//
// Model to hold in mind: of each picture it is kept which class answers, with what probability, and the rank of its own
// class (1: it answers; of equal scores the first class comes first). Everything is made of these. A picture whose
// class the head does not know is wrong at any rank, where that was asked for; else it is an Error.
//
// Intervals are between the 2.5th and the 97.5th of a hundred bootstrap values (Random's Purpose::bootstrap): pictures
// drawn anew within their classes, so that each class keeps its size. A class with a single picture does not vary.
#pragma once

#include "base/names.h"
#include "recognition/logistic_head.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace nonna
{

enum class UnknownLabels { refuse, wrong, skip };

template <>
inline constexpr auto names_of<UnknownLabels> = names<UnknownLabels>({{UnknownLabels::refuse, "refuse"},
                                                                      {UnknownLabels::wrong, "wrong"},
                                                                      {UnknownLabels::skip, "skip"}});

struct PictureAnswer {
    static constexpr std::uint32_t last = std::numeric_limits<std::uint32_t>::max();    // rank of an unknown class
    std::uint32_t truth = 0;                                                            // into Answers::classes
    std::uint32_t answer = 0;                                                           // likewise
    std::uint32_t rank = last;
    float probability = 0;    // of the answer
};

struct Answers {
    std::vector<std::string> classes;    // the head's, then those that only the pictures have
    std::size_t known = 0;               // of them, the head's
    std::vector<PictureAnswer> pictures;
};

// Error where a picture's label is unknown to the head and that is refused; skipped ones are told, and `skipped`
// counts.
Answers answer_pictures(const LogisticHead& head, const std::string& head_name, Features& features,
                        const LabelledPictures& pictures, UnknownLabels unknown, std::size_t& skipped, Pool& pool);

// Tables. measures: measure, value, low, high, of (pictures, or classes).
void write_measures(const std::string& path, const Answers& answers, int resamples, std::uint64_t seed, Pool& pool);
// truth, answer, pictures, share (of the truth's pictures): who is wrong how often, the most first.
void write_confusions(const std::string& path, const Answers& answers);
// low, high, pictures, probability, top1: answers by their probability, in tenths; empty ones left out.
void write_calibration(const std::string& path, const Answers& answers);
// class, pictures, top1, top5
void write_class_measures(const std::string& path, const Answers& answers);

}    // namespace nonna
