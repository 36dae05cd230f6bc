#include "dataset/test_set.h"

#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/random.h"
#include "dataset/class_balance.h"
#include "dataset/pack.h"
#include "dataset/test_set_choice.h"
#include "dataset/test_set_rules.h"
#include "io/digest.h"
#include "media/phase_scramble.h"
#include "media/picture.h"

namespace nonna
{

namespace
{

// What a variant does to the square before the aperture is laid on it.
Alteration alteration(const Chosen& c, const TestSetOptions& o)
{
    if (c.treatment == Treatment::inverted)
        return [](const Picture& square) { return orient(square, 3); };    // EXIF's 3: half a turn
    if (c.treatment == Treatment::scrambled)
        return [&](const Picture& square) {
            Random random(o.seed, Purpose::scramble, key_number(c.item->sample.key));
            return scramble_phases(square, random);
        };
    return {};
}

// The chosen picture as it stands in the test set: framed and encoded anew, or with its own bytes.
Sample make_picture(const Chosen& c, const TestSetOptions& o)
{
    Sample sample = c.item->sample;
    sample.key = c.key();
    sample.meta.label = c.positive ? "1" : "0";
    sample.meta.half = c.half;
    sample.meta.group = c.group;
    if (!o.framing.changes()) {
        const std::span<const std::byte> bytes = c.set->picture(*c.item);
        sample.picture.assign(bytes.begin(), bytes.end());
        return sample;
    }
    const Picture picture = decode_picture(c.set->picture(*c.item), c.item->subject(c.set->name()));
    const Alteration altered = alteration(c, o);
    const Picture framed = frame_picture(picture, c.view, o.framing, altered);
    sample.picture = encode_jpeg(framed);
    sample.extension = "jpg";
    sample.meta.width = sample.meta.height = framed.width;
    record_framing(sample.meta, c.view, o);
    if (c.treatment != Treatment::none)
        *sample.meta.framing += ", " + std::string(name_of(o.variant));
    move_boxes(sample.meta.detections, c.view.x, c.view.y, c.view.side, c.view.side, framed.width, framed.width);
    if (altered)
        sample.meta.detections.clear();    // nobody has looked at what it has become
    return sample;
}

void say_differences(const std::vector<Chosen>& pictures, const Framing& framing, const std::string& output)
{
    std::vector<Shown> shown;
    for (const Chosen& c : pictures)
        shown.push_back({c.positive, c.meta().width, c.meta().height, c.view, c.cut_short});
    for (const std::string& difference : class_differences(shown, framing))
        say(output + ": " + difference);
}

void write_pictures(const Choice& choice, const TestSetOptions& o, const std::string& output)
{
    const std::vector<Chosen>& pictures = choice.pictures;
    std::vector<ListRow> rows = list_rows(pictures, o.framing);
    ImageWriter writer(output);
    Progress progress("writing", pictures.size(), "pictures");
    std::size_t next = 0, written = 0;
    in_order<const Chosen*, Sample>(
        o.threads,
        [&](const Chosen*& job) {
            throw_if_interrupted();
            job = next < pictures.size() ? &pictures[next++] : nullptr;
            return job != nullptr;
        },
        [&](const Chosen*& job, int) { return make_picture(*job, o); },
        [&](Sample& sample) {
            // No list of two sets could say what a variant did: its lists name pictures of the set that is made.
            if (o.variant != Variant::plain) {
                ListRow& row = rows[written++];
                row.picture = sha256(sample.picture);
                row.view.reset();
            }
            writer.write(sample);
            progress.advance();
        });
    // The lists before the set: whoever finds the set finds its lists.
    write_lists(rows, o);
    if (!choice.matches.empty())
        write_match_table(choice.matches, o);
    writer.commit();
}

}    // namespace

ExitStatus mix_test_set(const std::string& positives, const std::string& negatives, const std::string& output,
                        const TestSetOptions& options)
{
    const Candidates yes(positives);
    std::optional<Candidates> no;
    if (!negatives.empty())
        no.emplace(negatives);
    const Choice choice = options.from_list.empty() ? draw_choice(yes, no ? &*no : nullptr, options, output)
                                                    : follow_list(yes, *no, options, output);
    say_differences(choice.pictures, options.framing, output);
    write_pictures(choice, options, output);
    return choice.skipped ? ExitStatus::skipped : ExitStatus::done;
}

}    // namespace nonna
