// A model: architecture, preprocessing, parameters, provenance; stored as safetensors (nonna-model(5)).
//
// Parameters are one flat vector of floats, ordered by stage, in it encoder, decoder, encoder bias, decoder bias, as
// far as the stage has them, each in the file's order [row][column][dy][dx][input map][map] or [row][column][map]; the
// segment table says where each lies. Beside them stand the stages' statistics: for each stage the two exponentially
// averaged sums <W'h, x> and |W'h|^2 whose quotient is alpha.
#pragma once

#include "kernels/aligned.h"
#include "kernels/segment.h"
#include "model/architecture.h"
#include "model/preprocess.h"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace nonna
{

class Pool;
class SafetensorsReader;

// A tensor of a model file that lies in the flat vector.
struct ParameterTensor {
    std::string name;                    // "stage1.encoder", "stage1.decoder", "stage1.encoder_bias", ...
    std::vector<std::uint64_t> shape;    // row, column, dy, dx, input map, map; of a bias row, column, map
    int stage = 0;
    bool decoder = false;    // the decoder's, be it weights or bias
    bool bias = false;       // an autoencoder's; else filters
    Segment segment;
};

std::vector<ParameterTensor> parameter_layout(const Architecture& architecture);
std::vector<Segment> parameter_segments(const Architecture& architecture);
std::size_t parameter_count(const Architecture& architecture);
// The same, where a model file has every tensor in the shape that it says; else Error.
std::vector<ParameterTensor> checked_layout(const SafetensorsReader& file, const Architecture& architecture);

struct Model {
    Architecture architecture;
    Preprocessing preprocessing;
    Aligned<float> parameters;
    std::vector<double> statistics;    // 2 a stage: sums of <W'h, x> and |W'h|^2
    std::map<std::string, std::string>
        provenance;    // "seed", "tool", "data_sha256", "step", ...: metadata of the file

    double alpha(int stage) const;    // least-squares scale of the decoder; 1 in an untied or autoencoder stage, and
                                      // before anything was seen
};

// More float tensors stored beside the model's own (optimiser state of a checkpoint).
struct ExtraTensor {
    std::string name;
    std::span<const float> values;
};

Model load_model(const std::string& path);
// The same into a model of the same architecture, whose arrays are reused; Error where it is another. Metadata too.
void reload_model(const std::string& path, Model& model);
// How filters stand in a file: bf16 takes half the room, each rounded to 8 significant bits. Memory has floats.
enum class Stored { fp32, bf16 };

template <> inline constexpr auto names_of<Stored> = names<Stored>({{Stored::fp32, "fp32"}, {Stored::bf16, "bf16"}});

// `marks` are further metadata, over the model's provenance.
void save_model(const std::string& path, const Model& model, const std::vector<ExtraTensor>& extra = {},
                const std::map<std::string, std::string>& marks = {}, Stored filters = Stored::fp32);
// The same with a digest of all of its bytes (io/safetensors.h).
void save_sealed_model(const std::string& path, const Model& model, const std::vector<ExtraTensor>& extra,
                       const std::map<std::string, std::string>& marks);

// Numbers that come piece by piece, in their order, where nobody has all of them at once: `put` is called with each. No
// piece is of two tensors.
using Pieces = std::function<void(const std::function<void(std::span<const float>)>& put)>;
struct PiecedTensor {
    std::string name;
    std::size_t count;
    Pieces pieces;
};
// The same file from pieces: all of a model but its parameters, which are `parameters`'.
void save_pieces(const std::string& path, const Model& model, const Pieces& parameters,
                 const std::vector<PiecedTensor>& extra, const std::map<std::string, std::string>& marks, bool sealed,
                 Stored filters);

// What two models must share, beside the parameters' layout, to be trained as one: architecture and preprocessing.
std::string model_identity(const Architecture& architecture, const Preprocessing& preprocessing);

// SHA-256 of what a model computes with: identity, parameters and statistics. Two with the same are the same model,
// whatever file they are in and whatever else is said of them there.
std::string model_digest(const Model& model);
std::string model_file_digest(const std::string& path);    // the same of a file, of which a piece at a time is read

// All of a model but its parameters, of which only numbers [first, first + into.size()) of the flat vector are read.
void load_parameters(const std::string& path, const Architecture& architecture, std::uint64_t first,
                     std::span<float> into);
Model load_model_head(const std::string& path);

// Where a stage's positions begin: at the same filters, one drawn for each map, or each at filters of its own. From the
// first step on they are trained apart. The paper is silent about it; what it decides is in nonna-design(7).
enum class Start { alike, apart };

template <> inline constexpr auto names_of<Start> = names<Start>({{Start::alike, "alike"}, {Start::apart, "apart"}});

// Random weights: normal numbers, each filter normalised to 1; preprocessing as given. Statistics and biases are zero
// and an untied decoder equals the encoder until train/fit_scale has seen data. The start is kept as "start" in the
// provenance.
Model random_model(const Architecture& architecture, const Preprocessing& preprocessing, std::uint64_t seed, Pool& pool,
                   Start start = Start::alike);

}    // namespace nonna
