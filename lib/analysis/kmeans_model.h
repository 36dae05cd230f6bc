// K-means as a baseline for a network: fitted on pictures, kept in a file, its centroids scored like neurons.
//
// Pictures are prepared as a network's are (model/preprocess.h): each by itself for brightness and contrast, then
// whitened by small filters, fitted on up to 5,000 pictures of the training set. So whitening rests on the statistics
// of 11x11 patches, of which there are as many as one likes, not on those of whole pictures: a 40x40 picture has 4,800
// values, and a covariance of 4,800x4,800 from some thousand pictures is mostly noise, which whitening would blow up.
// Coates, Lee, Ng 2011 whiten the patches K-means sees, of at most some hundred values and from 400,000 of them.
//
// The file (safetensors): `centroids` F32 (K, row, column, channel), in the prepared pictures' space, `weights` F64
// (K), `preprocess.filters` F32 (channels, 11, 11, channels); the rest in its metadata, all that determines the run
// included. It is written anew every few iterations, complete or not at all; `finished` says whether it is the run's
// last.
#pragma once

#include "analysis/kmeans.h"
#include "analysis/response_source.h"
#include "model/preprocess.h"

#include <map>

namespace nonna
{

struct KMeansModel {
    Preprocessing preprocessing;
    Centroids centroids;
    bool finished = false;
    std::map<std::string, std::string> provenance;    // of the run, compared when it goes on
};

// Error when it is no such file, or a damaged one.
KMeansModel load_kmeans(const std::string& path);

struct KMeansFit {
    KMeansOptions kmeans;
    int whitening = 11;    // side of the whitening filters, odd; 0: none
    double eigenvalue_offset = 0.1;
    std::string save;                // empty: nowhere
    std::int64_t save_every = 10;    // iterations
    bool resume = false;             // go on from `save`, where that is there
};

// Training pictures at the side wanted, by number: side * side * channels bytes; any number of threads at once.
struct TrainingPictures {
    std::string name, digest;
    std::size_t count = 0;
    int side = 0;
    std::function<void(std::size_t i, std::span<std::uint8_t> into)> read;
    int channels = 3;    // 1: grey
};

// Interrupted, it saves what it has and throws. It ends early when an iteration over the whole set moves nothing.
// Error when the file to go on from is of another run. `tool`: name and version, for the file.
KMeansModel fit_kmeans(const TrainingPictures& pictures, const KMeansFit& fit, const std::string& tool, Pool& pool);

// One layer, `kmeans`, of K maps: triangle activations. `images` are of the model's side and channels; their pixels,
// the model and the pool must outlive the source.
ResponseSource kmeans_responses(const PictureBytes& images, const KMeansModel& model, const std::string& name,
                                Pool& pool);

}    // namespace nonna
