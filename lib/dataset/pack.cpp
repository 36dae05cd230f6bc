#include "dataset/pack.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/walk.h"
#include "io/digest.h"
#include "io/key_set.h"
#include "io/table.h"
#include "media/reduced_picture.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>

namespace nonna
{

namespace fs = std::filesystem;

namespace
{

struct Result {
    std::vector<Sample> samples;
    std::string subject, skipped;    // skipped: why there are no samples
};

struct Square {
    int x, y, side;
};

// The squares to cut, empty when the whole picture is meant. Patches are drawn by the picture's own digest, so that
// they do not depend on what else is packed, in which order, or on how many threads.
std::vector<Square> squares(const PictureInfo& picture, const std::string& digest, const PackOptions& o,
                            const std::string& subject)
{
    const int shorter = std::min(picture.width, picture.height);
    Square area{0, 0, 0};
    if (o.crop > 0) {
        area.side = o.crop <= 1 ? std::max(1, int(std::lround(o.crop * shorter))) : int(o.crop);
        if (area.side > shorter)
            throw Refusal(subject, Reason::too_small, "smaller than the crop");
        area.x = (picture.width - area.side) / 2;
        area.y = (picture.height - area.side) / 2;
    } else if (o.size > 0) {
        area = {(picture.width - shorter) / 2, (picture.height - shorter) / 2, shorter};
    }
    if (o.patches == 0)
        return area.side > 0 ? std::vector{area} : std::vector<Square>{};

    // Patches come from the crop where there is one, else from anywhere in the picture.
    int x = 0, y = 0, width = picture.width, height = picture.height;
    if (o.crop > 0) {
        x = area.x;
        y = area.y;
        width = height = area.side;
    }
    const std::int64_t most = std::min<std::int64_t>(o.patch_most, std::min(width, height));
    if (most < o.patch_least)
        throw Refusal(subject, Reason::too_small, "smaller than the smallest patch");
    Random random(o.seed, Purpose::patches, std::stoull(digest.substr(0, 16), nullptr, 16));
    std::vector<Square> result;
    for (std::int64_t i = 0; i < o.patches; ++i) {
        const int side = int(o.patch_least) + int(random.below(std::uint64_t(most - o.patch_least + 1)));
        const int dx = int(random.below(std::uint64_t(width - side + 1)));
        const int dy = int(random.below(std::uint64_t(height - side + 1)));
        result.push_back({x + dx, y + dy, side});
    }
    return result;
}

std::string described(const PackOptions& o)
{
    char crop[32];
    std::snprintf(crop, sizeof crop, "%.9g", o.crop);
    std::string text = o.made_by + " --size " + std::to_string(o.size) + " --crop " + crop;
    if (o.patches > 0)
        text += " --patches " + std::to_string(o.patches) + " --patch-size " + std::to_string(o.patch_least) + ":" +
                std::to_string(o.patch_most) + " --seed " + std::to_string(o.seed);
    for (const auto& [on, name] : {std::pair(o.looks.grey, "grey"), std::pair(o.looks.mean_ground, "mean-ground"),
                                   std::pair(o.looks.control, "control"), std::pair(o.looks.aperture, "aperture")})
        if (on)
            text += std::string(" --look ") + name;
    return text;
}

Sample read_file(const PictureJob& job, const PackOptions& o)
{
    const PackInput& file = job.file;
    const std::string& source = file.source.empty() ? file.path : file.source;
    if (!is_tabular(source))
        throw Refusal(file.path, Reason::bad_name);
    const std::string bytes = job.bytes ? *job.bytes : read_picture_file(file.path);
    const auto data = std::as_bytes(std::span(bytes));
    Sample sample;
    sample.picture.assign(data.begin(), data.end());
    sample.meta.sha256 = sha256(data);
    sample.key = sample_key(sample.meta.sha256);
    sample.meta.source = source;
    sample.meta.label = file.label;
    sample.meta.columns = file.columns;
    sample.meta.other = "{\"made_by\":\"" + described(o) + "\"}";
    return sample;
}

Result work(PictureJob& job, const PackOptions& options)
{
    Result result;
    result.subject = job.file.path;
    try {
        if (job.refusal)
            throw *job.refusal;
        result.samples =
            cut_sample(job.sample ? std::move(*job.sample) : read_file(job, options), job.file.path, options);
    } catch (const Error& e) {
        throw_if_interrupted();
        result.skipped = skipped_text(e);
    }
    return result;
}

}    // namespace

namespace
{

Bytes encode(const Picture& picture, bool lossless) { return lossless ? encode_png(picture) : encode_jpeg(picture); }

// A picture none of whose pixels changes: its own bytes, where every decoder gets the same pixels from them. Encoding
// anew would cost quality for nothing.
void keep_picture(Sample& sample, const Picture& picture, const PictureInfo& info, bool lossless)
{
    sample.meta.width = picture.width;
    sample.meta.height = picture.height;
    if (info.plain && (info.extension == "jpg" || info.extension == "png" || info.extension == "webp")) {
        sample.extension = info.extension;
        return;
    }
    sample.extension = lossless ? "png" : "jpg";
    sample.picture = encode(picture, lossless);
}

bool has_looks(const PackOptions& o) { return o.looks.grey || o.looks.control || o.looks.aperture; }

// What all the squares' sizes allow.
int reduction_of(const std::vector<Square>& areas, const PackOptions& o)
{
    if (o.decode == DecodeSize::whole || o.size == 0 || areas.empty())
        return 1;
    return reduction_for(std::ranges::min(areas, {}, &Square::side).side, int(o.size));
}

void cut_out(Sample& sample, const ReducedPicture& from, const Square& area, int side, const PackOptions& o)
{
    const Picture square = cut_square(from, area.x, area.y, area.side, side);
    sample.extension = o.lossless ? "png" : "jpg";
    sample.picture = encode(with_looks(square, o.looks), o.lossless);
    sample.meta.width = sample.meta.height = side;
    sample.meta.reduction = std::min(sample.meta.reduction * from.reduction, 1'000'000);
    move_boxes(sample.meta.detections, area.x, area.y, area.side, area.side, side, side);
}

}    // namespace

std::vector<Sample> cut_sample(Sample sample, const std::string& subject, const PackOptions& o)
{
    const PictureInfo info = inspect_picture(sample.picture, subject);
    if (o.label)
        sample.meta.label = o.label;
    const std::string digest = o.patches ? sha256(sample.picture) : std::string();
    const std::vector<Square> areas = squares(info, digest, o, subject);
    const ReducedPicture from = decode_reduced(sample.picture, subject, reduction_of(areas, o), o.max_pixels);
    const Picture& picture = from.picture;
    if (areas.empty()) {
        if (has_looks(o)) {
            sample.meta.width = picture.width;
            sample.meta.height = picture.height;
            sample.extension = o.lossless ? "png" : "jpg";
            sample.picture = encode(with_looks(picture, o.looks), o.lossless);
        } else {
            keep_picture(sample, picture, info, o.lossless);
        }
        return {std::move(sample)};
    }
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < areas.size(); ++i) {
        const Square& area = areas[i];
        const int side = o.size > 0 ? int(o.size) : area.side;
        const bool whole = area.side == info.width && area.side == info.height;
        Sample one = sample;
        if (o.patches)
            one.key = sample_key(digest, i);
        if (whole && side == area.side && !has_looks(o))
            keep_picture(one, picture, info, o.lossless);
        else
            cut_out(one, from, area, side, o);
        samples.push_back(std::move(one));
    }
    return samples;
}

void move_boxes(std::vector<Detection>& detections, double x, double y, double width, double height, double to_width,
                double to_height)
{
    const double sx = to_width / width, sy = to_height / height;
    for (Detection& detection : detections) {
        std::erase_if(detection.boxes, [&](const Box& b) {
            const double cx = b.x + b.width / 2, cy = b.y + b.height / 2;
            return cx < x || cy < y || cx >= x + width || cy >= y + height;
        });
        for (Box& b : detection.boxes) {
            const double right = std::min(b.x + b.width, x + width), bottom = std::min(b.y + b.height, y + height);
            b.x = std::max(b.x, x);
            b.y = std::max(b.y, y);
            b = {(b.x - x) * sx, (b.y - y) * sy, (right - b.x) * sx, (bottom - b.y) * sy, b.score};
        }
    }
}

void PackOptions::set_looks(const std::vector<std::string>& names)
{
    looks.set_looks(names);
    if (looks.mean_ground && !looks.aperture)
        throw Error("--look", "mean-ground is the aperture's: give that too", ExitStatus::usage);
    if ((looks.aperture || looks.control) && size == 0 && crop == 0 && patches == 0)
        throw Error("--look", "aperture and control are of squares: give --size, --crop or --patches",
                    ExitStatus::usage);
}

void PackOptions::set_patches(std::int64_t wanted, const std::string& sides)
{
    if ((wanted > 0) != !sides.empty())
        throw Error("--patches", "goes with --patch-size", ExitStatus::usage);
    patches = wanted;
    if (wanted == 0)
        return;
    const char* const end = sides.data() + sides.size();
    const auto a = std::from_chars(sides.data(), end, patch_least);
    if (a.ec == std::errc() && a.ptr != end && *a.ptr == ':') {
        const auto b = std::from_chars(a.ptr + 1, end, patch_most);
        if (b.ec == std::errc() && b.ptr == end && 1 <= patch_least && patch_least <= patch_most && patch_most <= 65536)
            return;
    }
    throw Error("--patch-size", "must be A:B with 1 <= A <= B <= 65536, in pixels", ExitStatus::usage);
}

PackInput listed(const std::string& name, const std::string& root)
{
    return {root.empty() ? name : (fs::path(root) / name).string(), name, {}, false, {}};
}

std::vector<PackInput> read_labels(const std::string& table, const std::string& root)
{
    if (table.ends_with(".parquet"))
        throw Error(table, "a Parquet table, which is not read: write it as CSV, with pandas' to_csv(index=False)");
    const Table t = read_any_table(table);
    const std::size_t path = t.column("path"), label = t.column("label");
    if (t.rows.empty())
        throw Error(table, "names no picture: it has a header and no other line");
    std::vector<std::size_t> kept;
    for (std::size_t c = 0; c < t.columns.size(); ++c) {
        if (c == path || c == label || t.columns[c].empty())    // pandas writes its index without a name
            continue;
        if (const std::string fault = column_fault(t.columns[c]); !fault.empty())
            throw Error(t.name, "column '" + t.columns[c] + "' " + fault + ": rename it");
        kept.push_back(c);
    }
    const fs::path base = root.empty() ? fs::path(table).parent_path() : fs::path(root);
    std::vector<PackInput> inputs;
    for (const std::vector<std::string>& row : t.rows) {
        inputs.push_back({(base / row[path]).string(), row[path], row[label], false, {}});
        for (const std::size_t c : kept)
            inputs.back().columns[t.columns[c]] = row[c];
    }
    return inputs;
}

ExitStatus pack_pictures(const std::vector<PackInput>& inputs, const std::string& output, const PackOptions& options)
{
    if (options.crop > 1 && options.crop != std::floor(options.crop))
        throw Error("--crop", "must be a whole number of pixels, or a share up to 1", ExitStatus::usage);
    ImageWriter writer(output);
    PictureSource source(inputs);
    Progress progress("packing", 0, "pictures");
    KeySet keys;
    std::size_t skipped = 0;
    in_order<PictureJob, Result>(
        options.threads,
        [&](PictureJob& job) {
            const bool more = source.next(job);
            progress.read(source.so_far().bytes, source.so_far().whole);
            return more;
        },
        [&](PictureJob& job, int) { return work(job, options); },
        [&](Result& result) {
            throw_if_interrupted();
            progress.advance();
            if (result.skipped.empty() && !keys.insert(result.samples.front().key))
                result.skipped =
                    skipped_text(Refusal(result.subject, Reason::duplicate, "same content as a picture before it"));
            if (!result.skipped.empty()) {
                warn(result.subject, result.skipped);
                ++skipped;
                return;
            }
            for (const Sample& sample : result.samples)
                writer.write(sample);
        });
    source.tell_left_out();
    if (writer.count() == 0)
        throw Error(output, "no readable picture, nothing written");
    writer.commit();
    return skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
