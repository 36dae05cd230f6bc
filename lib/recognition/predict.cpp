#include "recognition/predict.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "images/picture_set.h"
#include "io/built_set.h"
#include "io/file_kind.h"
#include "io/output.h"
#include "io/table.h"

#include <algorithm>
#include <filesystem>
#include <numeric>

namespace nonna
{

namespace
{

constexpr std::size_t at_a_time = 48;
constexpr std::size_t most_bytes = std::size_t(256) << 20;    // of a picture file, as of a member of a set

bool is_picture_file(const std::string& path)
{
    if (path == "-" || is_built_set(path))
        return false;
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        throw Error(path, "is a folder and no image set: pack it first, with nonna-dataset pack");
    return std::filesystem::is_regular_file(path, error) && detect_file_kind(path) != FileKind::image_set;
}

struct Prediction {
    const LogisticHead& head;
    std::size_t top;
    TableWriter& table;
    Pool& pool;

    void write(Features& features, const std::function<std::string(std::size_t)>& source)
    {
        const std::size_t classes = head.classes.size(), length = head.length();
        std::vector<float> x(at_a_time * length), z(at_a_time * classes);
        std::vector<std::size_t> pictures(at_a_time), order(classes);
        for (std::size_t first = 0; first < features.count(); first += at_a_time) {
            throw_if_interrupted();
            const std::size_t n = std::min(at_a_time, features.count() - first);
            std::iota(pictures.begin(), pictures.end(), first);
            features.read(std::span<const std::size_t>(pictures).first(n), length, x);
            head.standard.apply(x, n, length, pool);
            head_scores(head, x, n, z, pool);
            for (std::size_t i = 0; i < n; ++i) {
                const float* const scores = z.data() + i * classes;
                std::iota(order.begin(), order.end(), std::size_t(0));
                const auto end = order.begin() + std::ptrdiff_t(std::min(top, classes));
                std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) {
                    return scores[a] > scores[b] || (scores[a] == scores[b] && a < b);
                });
                const std::string name = source(first + i);
                for (auto at = order.begin(); at != end; ++at)
                    table.cell(name)
                        .cell(at - order.begin() + 1)
                        .cell(head.classes[*at])
                        .cell(logistic(scores[*at]))
                        .end_row();
            }
        }
    }
};

}    // namespace

void predict(const LogisticHead& head, const Model& model, const std::string& model_name,
             const std::vector<LayerId>& layers, const std::vector<std::string>& pictures, std::size_t top,
             const std::string& output, Pool& pool)
{
    TableWriter table(output, {"source", "rank", "class", "probability"});
    Prediction prediction{head, top, table, pool};
    const PictureForm form = model.preprocessing.form();
    for (std::size_t at = 0; at < pictures.size();) {
        if (!is_picture_file(pictures[at])) {
            const LabelledPictures set({pictures[at]}, form, false);
            const auto features = computed_features(model, model_name, layers, set.numbered(), pool);
            prediction.write(*features, [&](std::size_t i) { return set.source(i); });
            ++at;
            continue;
        }
        std::size_t end = at;    // files that follow one another go through the network together
        while (end < pictures.size() && is_picture_file(pictures[end]))
            ++end;
        const NumberedPictures files{end - at, std::size_t(form.side) * form.side * form.channels,
                                     [&, at](std::size_t i, std::span<std::uint8_t> into) {
                                         const std::string text = read_whole_file(pictures[at + i], most_bytes);
                                         const std::vector<std::uint8_t> pixels =
                                             decode_square(std::as_bytes(std::span(text)), pictures[at + i], form);
                                         std::copy(pixels.begin(), pixels.end(), into.begin());
                                     }};
        const auto features = computed_features(model, model_name, layers, files, pool);
        prediction.write(*features, [&](std::size_t i) { return pictures[at + i]; });
        at = end;
    }
    table.commit();
}

}    // namespace nonna
