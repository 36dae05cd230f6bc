#include "analysis/kmeans_model.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "io/folder_lock.h"
#include "io/safetensors.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <optional>

namespace nonna
{

namespace
{

constexpr const char* format_name = "nonna-kmeans 1";
constexpr std::size_t fitted_on = 5000;
constexpr std::size_t tile = 256, batch_bytes = std::size_t{1} << 28;
// What is not of the run but of how far it is.
const std::vector<std::string> own_keys = {"format", "side", "whitening", "factor", "iterations", "finished"};

std::string exact(double v)
{
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", v);
    return text;
}

template <class Number> Number number(const SafetensorsReader& file, const std::string& key)
{
    const auto found = file.metadata().find(key);
    Number value{};
    if (found != file.metadata().end()) {
        const char* const end = found->second.data() + found->second.size();
        if (const auto r = std::from_chars(found->second.data(), end, value); r.ec == std::errc{} && r.ptr == end)
            return value;
    }
    throw Error(file.name(), "the metadata's '" + key + "' is missing or no number");
}

std::map<std::string, std::string> run_of(const TrainingPictures& pictures, const KMeansFit& fit,
                                          const std::string& tool)
{
    return {{"tool", tool},
            {"data_sha256", pictures.digest},
            {"seed", std::to_string(fit.kmeans.seed)},
            {"start", name_of(fit.kmeans.start)},
            {"batch", std::to_string(fit.kmeans.batch)},
            {"eigenvalue_offset", exact(fit.eigenvalue_offset)}};
}

Preprocessing fit_whitening(const TrainingPictures& pictures, const KMeansFit& fit, Pool& pool)
{
    Architecture input;
    input.name = pictures.name;
    input.side = pictures.side;
    input.channels = pictures.channels;
    input.whitening = fit.whitening;
    std::vector<std::size_t> drawn(pictures.count);
    std::iota(drawn.begin(), drawn.end(), std::size_t{0});
    Random random(fit.kmeans.seed, Purpose::kmeans_start, 1);
    shuffle(drawn, random);
    drawn.resize(std::min(drawn.size(), fitted_on));
    const std::size_t size = input.input().size();
    std::vector<std::uint8_t> pixels(fit.whitening > 0 ? drawn.size() * size : 0);
    if (fit.whitening > 0)
        pool.for_each(drawn.size(), [&](std::size_t i, int) {
            throw_if_interrupted();
            pictures.read(drawn[i], std::span(pixels).subspan(i * size, size));
        });
    WhiteningOptions whitening;
    whitening.seed = fit.kmeans.seed;
    whitening.eigenvalue_offset = fit.eigenvalue_offset;
    return fit_preprocessing(input, pixels, whitening, pool);
}

// The state to go on from.
KMeansModel earlier(const TrainingPictures& pictures, const KMeansFit& fit,
                    const std::map<std::string, std::string>& run)
{
    KMeansModel model = load_kmeans(fit.save);
    const auto refuse = [&](const std::string& what) {
        throw Error(fit.save, "is of a run with another " + what + ": it does not go on from there");
    };
    if (model.preprocessing.side != pictures.side)
        refuse("side");
    if (model.preprocessing.channels != pictures.channels)
        refuse("number of channels");
    if (model.centroids.count != std::size_t(fit.kmeans.centroids))
        refuse("number of centroids");
    if (model.preprocessing.width != fit.whitening)
        refuse("whitening");
    for (const auto& [key, value] : run)
        if (const auto found = model.provenance.find(key); found == model.provenance.end() || found->second != value)
            refuse(key);
    if (model.centroids.iterations > fit.kmeans.iterations)
        throw Error(fit.save, "has " + std::to_string(model.centroids.iterations) +
                                  " iterations already, more than the " + std::to_string(fit.kmeans.iterations) +
                                  " asked for");
    return model;
}

// Of a model whose centroids are still being fitted: no second copy of them is made.
void save(const std::string& path, const KMeansModel& model, const Centroids& centroids, bool finished)
{
    const Preprocessing& p = model.preprocessing;
    std::map<std::string, std::string> metadata = model.provenance;
    metadata["format"] = format_name;
    metadata["side"] = std::to_string(p.side);
    metadata["whitening"] = std::to_string(p.width);
    metadata["factor"] = exact(p.factor);
    metadata["iterations"] = std::to_string(centroids.iterations);
    metadata["finished"] = finished ? "yes" : "no";
    const auto side = std::uint64_t(p.side), width = std::uint64_t(p.width), channels = std::uint64_t(p.channels);
    SafetensorsWriter file(path, std::move(metadata));
    file.declare("weights", "F64", {centroids.count});
    file.declare("centroids", "F32", {centroids.count, side, side, channels});
    if (width > 0)
        file.declare("preprocess.filters", "F32", {channels, width, width, channels});
    file.write(std::span<const double>(centroids.weights));
    file.write(std::span<const float>(centroids.values));
    if (width > 0)
        file.write(std::span<const float>(p.filters));
    file.commit();
}

// Two runs would overwrite each other's centroids. Nothing is held for what is no file, as /dev/null.
std::optional<FolderLock> lock_of(const std::string& path)
{
    std::optional<FolderLock> lock;
    std::error_code ignored;
    const bool device = std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored);
    if (!path.empty() && !device) {
        const std::filesystem::path file = std::filesystem::absolute(path);
        lock.emplace(file.parent_path(), file.filename().string() + ".lock", path,
                     "another run is fitting these centroids");
    }
    return lock;
}

}    // namespace

// A file may come from anywhere. Sizes are checked against each other before anything is allocated by them, the numbers
// after they are read; what is left of the metadata is the run's, which a later one is compared with.
KMeansModel load_kmeans(const std::string& path)
{
    const SafetensorsReader file(path);
    const auto format = file.metadata().find("format");
    if (format == file.metadata().end() || format->second != format_name)
        throw Error(file.name(), "no centroids of nonna-baseline");
    KMeansModel model;
    Preprocessing& p = model.preprocessing;
    p.side = number<int>(file, "side");
    p.width = number<int>(file, "whitening");
    p.factor = number<double>(file, "factor");
    Centroids& c = model.centroids;
    c.iterations = number<std::int64_t>(file, "iterations");
    const std::vector<std::uint64_t>& shape = file.info("centroids").shape;    // (centroid, row, column, channel)
    const bool pictures = p.side >= 1 && p.side <= 4096 && shape.size() == 4 && shape[0] >= 1 &&
                          shape[1] == std::uint64_t(p.side) && shape[2] == shape[1] && (shape[3] == 1 || shape[3] == 3);
    const bool whitening = p.width == 0 || (p.width > 0 && p.width <= p.side && p.width % 2 == 1);
    const bool scale = p.factor > 0 && std::isfinite(float(p.factor));
    if (!pictures || !whitening || !scale || c.iterations < 0 || file.info("weights").elements() != shape[0])
        throw Error(file.name(), "its sizes do not agree with each other");

    p.channels = int(shape[3]);
    c.count = shape[0];
    c.length = std::size_t(p.side) * p.side * p.channels;
    c.values.resize(c.count * c.length);
    file.read("centroids", std::span<float>(c.values));
    c.weights.resize(c.count);
    file.read("weights", std::span<double>(c.weights));
    if (p.width > 0) {
        p.filters.resize(std::size_t(p.channels) * p.channels * p.width * p.width);
        file.read("preprocess.filters", std::span<float>(p.filters));
    }
    const auto finite = [](double v) { return std::isfinite(v); };
    if (!std::all_of(c.values.begin(), c.values.end(), finite) ||
        !std::all_of(c.weights.begin(), c.weights.end(), [](double w) { return std::isfinite(w) && w >= 0; }) ||
        !std::all_of(p.filters.begin(), p.filters.end(), finite))
        throw Error(file.name(), "holds a value that is not a finite number");

    model.provenance = file.metadata();
    model.finished = model.provenance["finished"] == "yes";
    for (const std::string& key : own_keys)
        model.provenance.erase(key);
    return model;
}

// The model is whole, but for its centroids, before the first iteration: so it can be saved after any of them. The
// centroids stay with `kmeans` until the end, for there is room for one copy.
KMeansModel fit_kmeans(const TrainingPictures& pictures, const KMeansFit& fit, const std::string& tool, Pool& pool)
{
    const std::optional<FolderLock> lock = lock_of(fit.save);
    KMeansModel model;
    const std::map<std::string, std::string> run = run_of(pictures, fit, tool);
    const bool goes_on = fit.resume && std::filesystem::exists(fit.save);
    // Vectors are prepared as they are read, by the model's preprocessing, which is found below before any is read.
    VectorSource vectors{
        pictures.name, pictures.count, std::size_t(pictures.side) * pictures.side * pictures.channels, {}};
    vectors.read = [&](std::size_t i, std::span<float> x) {
        std::vector<std::uint8_t> rgb(x.size());
        pictures.read(i, rgb);
        model.preprocessing.apply(rgb, x);
    };
    KMeans kmeans(vectors, fit.kmeans, pool);
    if (goes_on) {
        model = earlier(pictures, fit, run);
        kmeans.resume(std::move(model.centroids));
    } else {
        model.provenance = run;
        model.preprocessing = fit_whitening(pictures, fit, pool);
        kmeans.start();
    }
    const auto checkpoint = [&](bool finished) {
        if (!fit.save.empty())
            save(fit.save, model, kmeans.centroids(), finished);
    };
    if (!fit.save.empty())
        interrupts_can_resume();
    Progress progress("k-means", std::uint64_t(fit.kmeans.iterations), "iterations");
    progress.advance(std::uint64_t(kmeans.centroids().iterations));
    try {
        while (kmeans.centroids().iterations < fit.kmeans.iterations) {
            const std::int64_t done = kmeans.centroids().iterations;
            const KMeansStep step = kmeans.iterate();
            if (kmeans.centroids().iterations == done)    // nothing moves any more
                break;
            char note[80];
            std::snprintf(note, sizeof note, "mean squared distance %.4g, %zu empty", step.distance, step.empty);
            progress.note(note);
            detail("iteration " + std::to_string(kmeans.centroids().iterations) + ": " + note);
            progress.advance();
            if (kmeans.centroids().iterations % fit.save_every == 0)
                checkpoint(false);
        }
    } catch (const Error&) {
        if (interrupted())    // an iteration that is not finished has changed nothing
            checkpoint(false);
        throw;
    }
    checkpoint(true);
    model.centroids = kmeans.take();
    model.finished = true;
    return model;
}

ResponseSource kmeans_responses(const PictureBytes& images, const KMeansModel& model, const std::string& name,
                                Pool& pool)
{
    ResponseSource source;
    source.name = name;
    source.images = images.count;
    source.layers.push_back({"kmeans", Shape{1, 1, int(model.centroids.count)}});
    source.stream = [images, &model, &pool](std::span<const std::size_t> wanted, const TakeResponses& take) {
        const Centroids& c = model.centroids;
        const std::vector<float> squares = squared_norms(c.values, c.length);
        const std::size_t batch = std::clamp<std::size_t>(batch_bytes / (c.count * sizeof(float)), 1, images.count);
        std::vector<std::vector<float>> prepared(std::size_t(pool.threads()));
        std::vector<float> responses(batch * c.count);
        for (std::size_t first = 0; first < images.count; first += batch) {
            const std::size_t count = std::min(batch, images.count - first);
            pool.for_each((count + tile - 1) / tile, [&](std::size_t t, int thread) {
                throw_if_interrupted();
                const std::size_t begin = t * tile, n = std::min(tile, count - begin);
                std::vector<float>& x = prepared[std::size_t(thread)];
                x.resize(tile * c.length);
                for (std::size_t i = 0; i < n; ++i)
                    model.preprocessing.apply(images.pixels.subspan((first + begin + i) * c.length, c.length),
                                              std::span(x).subspan(i * c.length, c.length));
                triangle_activations(std::span<const float>(x).first(n * c.length), n, c, squares,
                                     std::span(responses).subspan(begin * c.count, n * c.count));
            });
            for (std::size_t l = 0; l < wanted.size(); ++l)
                take(l, first, count, std::span(responses).first(count * c.count));
        }
    };
    return source;
}

}    // namespace nonna
