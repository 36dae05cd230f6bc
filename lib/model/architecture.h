// The architecture: what a network is made of, without any weights. Read from a .conf file (INI subset of TOML: a
// section [network], one [stageN] a stage, and [training]), carried as JSON in every model file. nonna-model(5)
// documents every key.
//
// A stage is of one of two kinds. `rica` (reconstruction ICA, the paper's): local filters -> L2 pooling -> contrast
// normalisation. `autoencoder` (the paper's control): local filters with biases under a sigmoid, and no more. With side
// S, field f, stride t, pooling p, norm n:
//     filter  (S - f) / t + 1,   pool  filter - p + 1,   norm  pool (border same) or pool - n + 1 (border valid).
#pragma once

#include "base/names.h"
#include "kernels/segment.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nonna
{

enum class Border { same, valid };

template <> inline constexpr auto names_of<Border> = names<Border>({{Border::same, "same"}, {Border::valid, "valid"}});

enum class StageKind { rica, autoencoder };

template <>
inline constexpr auto names_of<StageKind> = names<StageKind>({
    {StageKind::rica, "rica"},
    {StageKind::autoencoder, "autoencoder"},
});

// The Gaussian window of the normalisation, `window` units wide, sigma = window / 4: its weight at a distance from the
// middle along one axis, before all are scaled to the sum 1.
double window_weight(int window, int distance);

struct StageArchitecture {
    StageKind kind = StageKind::rica;
    int field = 18;
    int maps = 8;
    int stride = 1;
    int pool = 5;
    int norm = 5;    // width of the Gaussian window; 0: no contrast normalisation
    Border border = Border::same;
    bool tied = true;         // decoder = encoder's weights
    bool unit_norm = true;    // every encoder filter is kept at norm 1
    double lambda = 0.1;      // weight of the sparsity cost
    double epsilon = 1e-3;    // under the pooling root
    double c = 0.01;          // least divisor of the normalisation

    // Follow from the above and the stage's input; filled by Architecture. An autoencoder has filter alone.
    Shape input, filter, pooled, output;

    int sublayers() const
    {
        if (kind == StageKind::autoencoder)
            return 1;
        return norm > 0 ? 3 : 2;
    }
    bool scaled() const { return kind == StageKind::rica && tied; }    // has alpha, the decoder's scale
    std::uint64_t encoder_weights() const;
    std::uint64_t decoder_weights() const { return tied ? 0 : encoder_weights(); }
    std::uint64_t biases() const { return kind == StageKind::autoencoder ? filter.size() + input.size() : 0; }
};

struct Architecture {
    std::string name;
    int side = 0;    // of the square input picture
    int channels = 3;
    int whitening = 11;    // side of the whitening patches; 0: no whitening
    std::vector<StageArchitecture> stages;
    // What an architecture file's section [training] says, as it stands there: how the network is best trained, not
    // what it is made of, so that it is no part of to_json. train/recipe.h gives it meaning.
    std::map<std::string, std::string> training;

    // `name_or_path`: a file, or the name of an installed architecture ("study"). `changes`: "stage1.lambda=0.3", in
    // place of what the file says for that key or of the default; the section must be there. Error naming --set.
    static Architecture read(const std::string& name_or_path, const std::vector<std::string>& changes = {});
    static std::vector<std::string> installed();    // names, sorted
    // Of a model or checkpoint file: its header is read, no weight.
    static Architecture of_model(const std::string& path);
    // Error with the way out where the path is plainly something else, before a model is opened: an image set, a
    // folder, an architecture that nonna-init makes models of.
    static void require_model(const std::string& path);
    static bool is_known(const std::string& name_or_path);    // by its ending, or installed and no file
    // Of whichever it is: a model or checkpoint file, an architecture file, an installed name.
    static Architecture of_any(const std::string& name_or_path);
    static bool is_model(const std::string& name_or_path);    // and not the second or third of these, by its name
    static Architecture from_json(const std::string& text, const std::string& subject);
    std::string to_json() const;    // canonical: equal architectures give equal text

    std::uint64_t encoder_weights() const;
    std::uint64_t decoder_weights() const;
    std::uint64_t biases() const;
    Shape input() const { return {side, side, channels}; }

    // Computes every shape and checks everything; Error(subject, reason) when a window does not fit.
    void complete(const std::string& subject);
};

}    // namespace nonna
