#include "io/image_meta.h"

#include "base/error.h"
#include "base/utf8.h"
#include "io/json_check.h"
#include "io/table.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

namespace nonna
{

namespace
{

using Json = nlohmann::json;

const std::set<std::string> own_fields = {"source",     "sha256",  "pts",   "width", "height",  "decoding", "label",
                                          "detections", "framing", "group", "half",  "columns", "reduction"};

// The fields that are texts and may be missing.
const std::pair<const char*, std::optional<std::string> ImageMeta::*> texts[] = {{"label", &ImageMeta::label},
                                                                                 {"framing", &ImageMeta::framing},
                                                                                 {"group", &ImageMeta::group},
                                                                                 {"half", &ImageMeta::half}};

// Tables of many kinds will hold them, each written after hours of work; none could.
constexpr const char* not_tabular = "holds a tab, line break or NUL, which tables cannot";

bool is_sha256(const std::string& text)
{
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Typed access to one object of the json; every refusal names archive, member and field.
struct Fields {
    const Json& object;
    const std::string &archive, &member;
    std::string path;    // "detections[0]." inside one

    Error refuse(const std::string& field, const std::string& reason) const
    {
        return {archive, member + ": field '" + path + field + "' " + reason};
    }
    const Json& at(const std::string& field) const
    {
        const auto found = object.find(field);
        if (found == object.end())
            throw refuse(field, "is missing");
        return *found;
    }
    std::string text(const std::string& field) const
    {
        if (!at(field).is_string())
            throw refuse(field, "is not a string");
        const std::string text = at(field).get<std::string>();
        if (!fits_cell(text))
            throw refuse(field, not_tabular);
        return text;
    }
    double number(const std::string& field) const
    {
        if (!at(field).is_number())
            throw refuse(field, "is not a number");
        return at(field).get<double>();
    }
    int size(const std::string& field) const
    {
        const Json& value = at(field);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() < 1 || value.get<std::uint64_t>() > 1'000'000)
            throw refuse(field, "is not a whole number from 1 to 1000000");
        return value.get<int>();
    }
    int whole(const std::string& field, int least, int most) const
    {
        const Json& value = at(field);
        if (!value.is_number_integer() || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
            throw refuse(field, "is not a whole number from " + std::to_string(least) + " to " + std::to_string(most));
        return value.get<int>();
    }
    bool truth(const std::string& field) const
    {
        if (!at(field).is_boolean())
            throw refuse(field, "is neither true nor false");
        return at(field).get<bool>();
    }
    std::vector<int> wholes(const std::string& field, std::size_t count, int least, int most) const
    {
        if (array(field).size() != count)
            throw refuse(field, "does not have " + std::to_string(count) + " elements");
        std::vector<int> result;
        for (const Json& value : array(field)) {
            if (!value.is_number_integer() || value.get<std::int64_t>() < least || value.get<std::int64_t>() > most)
                throw refuse(field, "holds something other than whole numbers from " + std::to_string(least) + " to " +
                                        std::to_string(most));
            result.push_back(value.get<int>());
        }
        return result;
    }
    const Json& array(const std::string& field) const
    {
        if (!at(field).is_array())
            throw refuse(field, "is not an array");
        return at(field);
    }
    Fields element(const std::string& field, std::size_t i) const
    {
        Fields inner{object.at(field).at(i), archive, member, path + field + "[" + std::to_string(i) + "]."};
        if (!inner.object.is_object())
            throw refuse(field + "[" + std::to_string(i) + "]", "is not an object");
        return inner;
    }
    void only(const std::set<std::string>& known) const
    {
        for (const auto& entry : object.items())
            if (!known.contains(entry.key()))
                throw refuse(entry.key(), "is unknown");
    }
};

Box read_box(const Fields& fields)
{
    fields.only({"x", "y", "width", "height", "score"});
    Box box{fields.number("x"), fields.number("y"), fields.number("width"), fields.number("height"),
            fields.number("score")};
    if (box.width < 0 || box.height < 0)
        throw fields.refuse(box.width < 0 ? "width" : "height", "is negative");
    return box;
}

Decoding read_decoding(const Fields& outer)
{
    const Fields fields{outer.at("decoding"), outer.archive, outer.member, "decoding."};
    if (!fields.object.is_object())
        throw outer.refuse("decoding", "is not an object");
    fields.only(
        {"format", "matrix", "guessed", "range", "chroma", "transfer", "field", "aspect", "orientation", "crop"});
    Decoding d;
    d.format = fields.text("format");
    d.matrix = fields.text("matrix");
    d.guessed = fields.truth("guessed");
    d.range = fields.text("range");
    d.chroma = fields.text("chroma");
    d.transfer = fields.text("transfer");
    d.field = fields.text("field");
    d.orientation = fields.whole("orientation", 1, 8);
    const std::vector<int> aspect = fields.wholes("aspect", 2, 1, 2'147'483'647);
    d.aspect_width = aspect[0];
    d.aspect_height = aspect[1];
    const std::vector<int> crop = fields.wholes("crop", 4, 0, 1'000'000);
    d.x = crop[0];
    d.y = crop[1];
    d.width = crop[2];
    d.height = crop[3];
    return d;
}

Columns read_columns(const Fields& outer)
{
    const Fields fields{outer.at("columns"), outer.archive, outer.member, "columns."};
    if (!fields.object.is_object())
        throw outer.refuse("columns", "is not an object");
    Columns columns;
    for (const auto& entry : fields.object.items()) {
        if (const std::string fault = column_fault(entry.key()); !fault.empty())
            throw fields.refuse(entry.key(), fault);
        columns[entry.key()] = fields.text(entry.key());
    }
    return columns;
}

Detection read_detection(const Fields& fields)
{
    fields.only({"detector", "parameters", "boxes", "kept"});
    Detection detection{fields.text("detector"), fields.text("parameters"), {}, {}};
    if (fields.object.contains("kept"))
        detection.kept = fields.text("kept");
    for (std::size_t b = 0; b < fields.array("boxes").size(); ++b)
        detection.boxes.push_back(read_box(fields.element("boxes", b)));
    return detection;
}

// Numbers on their way into json, which has none that are not finite.
struct Finite {
    const std::string &archive, &member;
    double operator()(double value) const
    {
        if (!std::isfinite(value))
            throw Error(archive, member + ": a number that is not finite");
        return value;
    }
};

Json detection_json(const Detection& detection, const Finite& finite)
{
    Json boxes = Json::array();
    for (const auto& box : detection.boxes)
        boxes.push_back({{"x", finite(box.x)},
                         {"y", finite(box.y)},
                         {"width", finite(box.width)},
                         {"height", finite(box.height)},
                         {"score", finite(box.score)}});
    Json verdict = {
        {"detector", detection.detector}, {"parameters", detection.parameters}, {"boxes", std::move(boxes)}};
    if (!detection.kept.empty())
        verdict["kept"] = detection.kept;
    return verdict;
}

Json decoding_json(const Decoding& d)
{
    return {{"format", d.format},
            {"matrix", d.matrix},
            {"guessed", d.guessed},
            {"range", d.range},
            {"chroma", d.chroma},
            {"transfer", d.transfer},
            {"field", d.field},
            {"orientation", d.orientation},
            {"aspect", {d.aspect_width, d.aspect_height}},
            {"crop", {d.x, d.y, d.width, d.height}}};
}

}    // namespace

std::string column_fault(const std::string& name)
{
    if (name.empty())
        return "has no name";
    if (!fits_cell(name))
        return "has a name with a tab, line break or NUL, which tables cannot hold";
    if (!is_utf8(name))
        return "has a name that is not UTF-8";
    if (name == "key" || name == "source" || name == "label")
        return "has the name of a column that tables of responses have themselves";
    return "";
}

// Known fields are taken out one by one, each held against its type; what is left is somebody else's and kept as it is.
ImageMeta meta_from_json(std::string_view text, const std::string& archive, const std::string& member)
{
    check_json_object(text, archive, member);
    Json json = Json::parse(text);
    const Fields fields{json, archive, member, ""};
    ImageMeta meta;
    meta.source = fields.text("source");
    meta.sha256 = fields.text("sha256");
    if (!is_sha256(meta.sha256))
        throw fields.refuse("sha256", "is not 64 lower-case hexadecimal digits");
    meta.width = fields.size("width");
    meta.height = fields.size("height");
    if (json.contains("pts"))
        meta.pts = fields.number("pts");
    for (const auto& [field, member_text] : texts)
        if (json.contains(field))
            meta.*member_text = fields.text(field);
    if (json.contains("columns"))
        meta.columns = read_columns(fields);
    if (meta.half && !is_part_letter(*meta.half))
        throw fields.refuse("half", "is not a letter from a to z");
    if (json.contains("reduction"))
        meta.reduction = fields.whole("reduction", 2, 1'000'000);
    if (json.contains("decoding"))
        meta.decoding = read_decoding(fields);
    if (json.contains("detections"))
        for (std::size_t i = 0; i < fields.array("detections").size(); ++i)
            meta.detections.push_back(read_detection(fields.element("detections", i)));
    for (const auto& field : own_fields)
        json.erase(field);
    meta.other = json.dump();
    return meta;
}

// Others' fields and ours in one object, whose keys the library sorts: the same sample is always the same bytes,
// whatever it went through. What reading would refuse is refused here.
std::string meta_to_json(const ImageMeta& meta, const std::string& archive, const std::string& member)
{
    const Finite finite{archive, member};
    check_json_object(meta.other, archive, member);
    Json json = Json::parse(meta.other);
    for (const auto& field : own_fields)
        if (json.contains(field))
            throw Error(archive, member + ": field '" + field + "' is given twice");
    if (!is_sha256(meta.sha256))
        throw Error(archive, member + ": field 'sha256' is not 64 lower-case hexadecimal digits");
    if (meta.width < 1 || meta.height < 1)
        throw Error(archive, member + ": no width or height");
    const auto text = [&](const char* field, const std::string& value) {
        if (!fits_cell(value))
            throw Error(archive, member + ": field '" + field + "' " + not_tabular);
        json[field] = value;
    };
    text("source", meta.source);
    json["sha256"] = meta.sha256;
    json["width"] = meta.width;
    json["height"] = meta.height;
    if (meta.pts)
        json["pts"] = finite(*meta.pts);
    for (const auto& [field, member_text] : texts)
        if (meta.*member_text)
            text(field, *(meta.*member_text));
    for (const auto& [name, cell] : meta.columns) {
        const std::string fault = column_fault(name);
        if (!fault.empty() || !fits_cell(cell))
            throw Error(archive, member + ": field 'columns." + name + "' " + (fault.empty() ? not_tabular : fault));
        json["columns"][name] = cell;
    }
    if (meta.reduction > 1)
        json["reduction"] = meta.reduction;
    if (meta.decoding)
        json["decoding"] = decoding_json(*meta.decoding);
    for (const auto& detection : meta.detections)
        json["detections"].push_back(detection_json(detection, finite));
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Sample make_sample(std::string key, std::string extension, std::string_view picture, std::string_view json,
                   const std::string& archive, const std::string& json_name)
{
    Sample sample{std::move(key), std::move(extension), {}, meta_from_json(json, archive, json_name)};
    const auto bytes = std::as_bytes(std::span(picture));
    sample.picture.assign(bytes.begin(), bytes.end());
    return sample;
}

}    // namespace nonna
