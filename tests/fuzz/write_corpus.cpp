// The corpora of what our own programs write, made anew: write_corpus FOLDER. What people write by hand, tables,
// architectures and names, is in FOLDER as it is.
#include "../unit/paramserver/samples.h"
#include "io/image_meta.h"
#include "io/image_stream.h"
#include "io/npy.h"
#include "io/shard_index.h"
#include "micro_model.h"
#include "paramserver/parameter_shard.h"
#include "paramserver/snapshot.h"
#include "paramserver/tile_address.h"
#include "paramserver/tile_messages.h"
#include "train/checkpoint.h"

#include <filesystem>
#include <fstream>
#include <limits>

using namespace nonna;
namespace fs = std::filesystem;

namespace
{

void write_protocol(const std::string& folder)
{
    const auto file = [&](const std::string& name, const test::Bytes& bytes) {
        std::ofstream(folder + "/" + name, std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    };
    for (const test::Sample& s : test::samples()) {
        file(s.name, s.bytes);
        test::Bytes cut = s.bytes;
        cut.resize(cut.size() - cut.size() / 3);
        file(s.name + "-cut", cut);
    }
    using test::altered;
    const test::Bytes push = test::example_push();
    file("empty", {});
    file("push-version-2", altered(push, 4, std::uint16_t(2)));
    file("push-many-numbers", altered(push, 72, (std::uint64_t(1) << 62) + 3));
    file("push-range-wraps", altered(push, 64, ~std::uint64_t(0)));
    file("push-many-statistics", altered(push, 20, 0xffffffffu));
    file("push-decay-nan", altered(push, 56, std::numeric_limits<double>::quiet_NaN()));
    file("push-number-nan", altered(push, 96, std::numeric_limits<float>::quiet_NaN()));
    file("push-no-numbers", test::Bytes(push.begin(), push.begin() + 96));
    file("welcome-many-shards", altered(encode(test::example_welcome()), 52, 0xffffffffu));
    file("hello-role-9", altered(encode(test::example_hello()), 16, 9u));
    file("error-long", encode(ErrorMessage{ErrorCode::failed, std::string(900, 'x')}));
}

void write_tile_messages(const std::string& folder)
{
    const auto file = [&](const std::string& name, test::Bytes bytes) {
        for (const char* cut : {"", "-cut"}) {
            std::ofstream(folder + "/" + name + cut, std::ios::binary)
                .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
            bytes.resize(bytes.size() - 5);
        }
    };
    const TileGreeting greeting{
        2, 1, 4, 9, 0x1122334455667788, 99, test::ascending(3), Hello::Proof::asked, test::ascending(50)};
    const test::Bytes head = encode_head(TilePut{3, 7, 9, {}});
    test::Bytes put = head;
    put.resize(put.size() + 11, std::byte(5));
    file("greeting", encode(greeting));
    file("greeting-itself", test::altered(encode(greeting), 16, 2u));
    file("challenge", encode(1u, Challenge{test::ascending(1), test::ascending(2)}));
    file("welcome", encode_tile(TileKind::welcome, 1));
    file("ping", encode_tile(TileKind::ping, 1));
    file("put", put);
    file("put-empty", head);
    file("put-sequence-0", test::altered(put, 16, std::uint64_t(0)));
    file("leave", encode(TileLeave{1, "no more pictures"}));
    file("leave-well", encode(TileLeave{1, ""}));
    file("kept", encode(TileKept{1, 5, 4}));
    file("kept-more-than-came", test::altered(encode(TileKept{1, 5, 4}), 24, std::uint64_t(6)));
    file("refused", encode(TileRefused{1, TileRefusal::other_process, "another process is here now"}));
    file("refused-7", test::altered(encode(TileRefused{1, TileRefusal::gone, ""}), 12, 7u));
    std::ofstream(folder + "/address") << tile_line({"tcp://10.0.0.1:7701", 0x1122334455667788});
}

Sample sample(int i)
{
    const std::string digest(64, char('a' + i));
    Sample s{sample_key(digest), "png", Bytes(std::size_t(10 + i), std::byte(i)), {}};
    s.meta.source = "a film.mp4";
    s.meta.sha256 = digest;
    s.meta.width = 4;
    s.meta.height = 3;
    if (i == 0) {
        s.meta.label = "face";
        s.meta.pts = 1.5;
        s.meta.group = "somebody";
        s.meta.half = "a";
        s.meta.detections = {{"face", "score 0.9", {{1, 2, 3, 4, 0.75}}, "score"}};
    }
    if (i == 1)
        s.meta.decoding = Decoding{"yuv420p", "bt709", true, "limited", "left", "unknown", "both", 1, 1, 6, 0, 0, 4, 3};
    return s;
}

void write_images(const std::string& folder)
{
    const std::string tar = folder + "/image_set/three.tar";
    ImageWriter writer(tar);
    for (int i = 0; i < 3; ++i) {
        writer.write(sample(i));
        std::ofstream(folder + "/image_json/" + std::to_string(i)) << meta_to_json(sample(i).meta, "set.tar", "x.json");
    }
    writer.commit();
    ImageWriter empty(folder + "/image_set/none.tar");
    empty.commit();
    write_shard_index(folder + "/shard_index/three", scan_shard(tar));
}

void write_models(const std::string& folder)
{
    const Model model = fuzz::micro_model();
    save_model(folder + "/safetensors/micro", model);
    std::ofstream(folder + "/architecture/micro.json") << model.architecture.to_json();

    std::vector<std::uint64_t> positions = {3, 4};
    std::vector<float> squares(model.parameters.size(), 0.5f);
    const std::string scratch = folder + "/scratch";
    Checkpoints(scratch, "a run", model_digest(model), "2")
        .save(model, {20, positions, {{"optimiser.squares", squares}}});
    fs::rename(scratch + "/step-000000020.safetensors", folder + "/checkpoint/micro");

    const Layout layout(parameter_segments(model.architecture), model.statistics.size(),
                        model_identity(model.architecture, model.preprocessing));
    ShardCopy copy;
    copy.range = layout.shard(0, 1);
    copy.version = 20;
    copy.values = Aligned<float>(copy.range.count);
    copy.state = Aligned<float>(copy.range.count);
    copy.statistics = model.statistics;
    copy.replicas[3].incarnation = 7;
    copy.replicas[3].former = {5, 6};
    Snapshots(scratch, layout, 0, 1, Rule::adagrad).save(copy);
    fs::rename(scratch + "/shard-0000-of-0001.000000000020.safetensors", folder + "/snapshot/micro");
    fs::remove_all(scratch);
}

}    // namespace

int main(int argc, char** argv)
{
    if (argc != 2)
        return 2;
    const std::string folder = argv[1];
    for (const char* target : {"protocol", "tile_messages", "image_set", "image_json", "shard_index", "npy",
                               "safetensors", "architecture", "checkpoint", "snapshot", "scratch"})
        fs::create_directories(folder + "/" + target);
    write_protocol(folder + "/protocol");
    write_tile_messages(folder + "/tile_messages");
    write_images(folder);
    NpyWriter array(folder + "/npy/two-by-three", {3});
    array.write_rows(std::vector<float>{1, 2, 3, 4, 5, 6});
    array.commit();
    write_models(folder);
    return 0;
}
